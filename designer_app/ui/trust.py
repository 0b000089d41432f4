"""Whether a potential can be trusted with a structure, as far as the registry or its card tells.

Two axes: does it have parameters for the elements, and is it made for this kind of matter; of a
trained one, did its health check go well.
"""

from dataclasses import dataclass
from enum import Enum

from designer_app.io.documents import Document
from designer_app.io.examples import Example, examples
from designer_app.io.potential_cards import PotentialCard
from designer_app.specs.potentials import PotentialRow
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import is_made_for, kind_of_matter, made_for, thin_cell
from designer_app.ui.wording import element_counts


class Level(Enum):
    """Green, amber, red: always shown with its own shape and word."""

    GOOD = "good"
    CARE = "care"
    NO = "no"


_WORDS = {Level.GOOD: "suitable", Level.CARE: "with care", Level.NO: "not usable"}


@dataclass(frozen=True)
class Verdict:
    """A level, one word for it, and the reasons, the one that decided first."""

    level: Level
    word: str
    reasons: tuple[str, ...]


def shipped_example(document: Document | None) -> Example | None:
    """The example that a document is, as it was read; None for everything else."""
    if document is None or document.provenance.made_by != "open":
        return None
    return next((each for each in examples() if str(each.path) == document.source), None)


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


def judge_trained(card: PotentialCard, structure: Structure | None) -> Verdict:
    """The verdict on a trained potential; without a structure, on it alone."""
    told = _learned(card)
    if structure is not None:
        missing = sorted(set(element_counts(structure)) - set(card.elements))
        if missing:
            never = f"It never saw {', '.join(missing)}."
            return Verdict(Level.NO, _WORDS[Level.NO], (never, told))
        told = f"It learned all elements here. {told}"
    found = str(card.health.get("level", ""))
    verdict = str(card.health.get("verdict", ""))
    if found not in [level.value for level in Level]:
        ask = "Its health was not checked yet: check it before you trust numbers."
        return Verdict(Level.CARE, "not checked", (ask, told))
    level = Level(found)
    return Verdict(level, _WORDS[level], tuple(part for part in (verdict, told) if part))


def _learned(card: PotentialCard) -> str:
    """How far off it is where it was not trained, in a sentence."""
    for name in ("test", "validation"):
        found = next((each for each in card.errors if each.name == name), None)
        if found is not None and found.force_meV_A is not None:
            return (
                f"On {found.n_frames} frames kept back its forces are off by "
                f"{found.force_meV_A:.3g} meV/Å on average."
            )
    return "Its card tells no error on frames that were kept back."


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
    wrong, remedy = thin_cell(row, structure)
    if wrong:
        return Verdict(Level.NO, _WORDS[Level.NO], (wrong, remedy))
    reasons = [
        f"It knows all elements here ({', '.join(sorted(elements))})."
        if known
        else "Which elements it covers depends on the model you name."
    ]
    matter = kind_of_matter(structure)
    reasons.append(made_for(row, matter))
    if known and is_made_for(row, matter):
        return Verdict(Level.GOOD, _WORDS[Level.GOOD], tuple(reasons))
    return Verdict(Level.CARE, _WORDS[Level.CARE], tuple(reasons))
