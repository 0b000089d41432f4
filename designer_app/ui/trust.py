"""Whether a potential can be trusted with a structure, as far as the registry tells.

Two axes: does it have parameters for the elements, and is it made for this kind of matter.
"""

from dataclasses import dataclass
from enum import Enum

from designer_app.io.documents import Document
from designer_app.io.examples import Example, examples
from designer_app.specs.potentials import PotentialRow
from designer_app.specs.structure import Structure
from designer_app.ui.wording import element_counts

_NOBLE = frozenset(("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
_MOLECULAR = frozenset(("H", "C", "N", "O", "F", "P", "S", "Cl", "Br", "I"))
_NONMETALS = _NOBLE | _MOLECULAR | {"B", "Si", "Ge", "As", "Se", "Sb", "Te", "At", "X"}
_MATTER_WORDS = {
    "noble-gas": "noble gas",
    "molecule": "molecule",
    "liquid": "molecular liquid",
    "metal": "metal",
    "solid": "crystal",
}


class Level(Enum):
    """Green, amber, red: always shown with its own shape and word."""

    GOOD = "good"
    CARE = "care"
    NO = "no"


_WORDS = {Level.GOOD: "suitable", Level.CARE: "with care", Level.NO: "not usable"}


@dataclass(frozen=True)
class Verdict:
    """A level, one word for it, and the reasons."""

    level: Level
    word: str
    reasons: tuple[str, ...]


def shipped_example(document: Document | None) -> Example | None:
    """The example that a document is, as it was read; None for everything else."""
    if document is None or document.provenance.made_by != "open":
        return None
    return next((each for each in examples() if str(each.path) == document.source), None)


def kind_of_matter(structure: Structure) -> str:
    """One of the registry's kinds of matter, from elements and periodicity."""
    elements = set(element_counts(structure))
    if elements <= _NOBLE:
        return "noble-gas"
    if not any(structure.pbc):
        return "molecule"
    if "H" in elements and elements <= _MOLECULAR:
        return "liquid"
    return "metal" if not elements & _NONMETALS else "solid"


def judge(
    row: PotentialRow, model: str, structure: Structure, known: Example | None = None
) -> Verdict:
    """The verdict on a potential with one of its models; of a shipped structure more is known."""
    verdict = _general(row, model, structure)
    if known is None or known.potential != row.key or model not in ("", known.model):
        return verdict
    level = Level.CARE if known.trust == "amber" else verdict.level
    word = _WORDS[level] if level is not verdict.level else verdict.word
    return Verdict(level, word, (known.note, *verdict.reasons))


def _general(row: PotentialRow, model: str, structure: Structure) -> Verdict:
    elements = set(element_counts(structure))
    known = row.elements(model)
    missing = sorted(elements - known) if known else []
    if missing:
        names = ", ".join(missing)
        return Verdict(
            Level.NO,
            _WORDS[Level.NO],
            (f"{row.title} knows nothing of {names}.", "Choose another potential."),
        )
    reasons = [
        f"It knows all elements here ({', '.join(sorted(elements))})."
        if known
        else "Which elements it covers depends on the model you name."
    ]
    matter = kind_of_matter(structure)
    suits = matter in row.suits or (matter == "metal" and "solid" in row.suits)
    made_for = ", ".join(_MATTER_WORDS.get(kind, kind) + "s" for kind in row.suits)
    if suits:
        reasons.append(f"It is made for {made_for}; this looks like a {_MATTER_WORDS[matter]}.")
        if known:
            return Verdict(Level.GOOD, _WORDS[Level.GOOD], tuple(reasons))
    else:
        reasons.append(
            f"This looks like a {_MATTER_WORDS[matter]}, and {row.title} is made for {made_for}: "
            "trends may be right, numbers need a check."
        )
    return Verdict(Level.CARE, _WORDS[Level.CARE], tuple(reasons))
