"""Whether a potential can be trusted with a structure, as far as the registry or its card tells.

Two axes: does it have parameters for the elements, and is it made for this kind of matter; of a
trained one, did its health check go well, and what the job `trust` found out about the structure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from designer_app.io.documents import Document
from designer_app.io.examples import Example, examples
from designer_app.io.potential_cards import PotentialCard, baseline_families, families
from designer_app.specs.potentials import PotentialRow
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import (
    is_made_for,
    kind_of_matter,
    made_for,
    supercell_for,
    thin_for,
)
from designer_app.specs.supercells import Repeats
from designer_app.specs.trust import TrustReport
from designer_app.ui.wording import element_counts


class Level(Enum):
    """Green, amber, red: always shown with its own shape and word."""

    GOOD = "good"
    CARE = "care"
    NO = "no"


_WORDS = {Level.GOOD: "suitable", Level.CARE: "with care", Level.NO: "not usable"}
_ORDER = (Level.NO, Level.CARE, Level.GOOD)
"""The worst first."""
_DOUBTED = "do not trust"
"""The word of a red light under which a computation is possible all the same."""


@dataclass(frozen=True)
class Verdict:
    """A level, one word for it, and the reasons, the one that decided first."""

    level: Level | None
    """None where nothing is open that it could be judged by."""
    word: str
    reasons: tuple[str, ...]
    levels: tuple[Level | None, ...] = ()
    """Of the reasons, where each has its own; None of those that only tell."""
    stops: bool = False
    """Whether nothing can be computed with it."""
    supercell: Repeats | None = None
    """What would mend it, where the cell is too thin."""


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
    level, word = verdict.level, verdict.word
    if known.trust == "amber" and level is not Level.CARE:
        level, word = Level.CARE, _WORDS[Level.CARE]
    return Verdict(level, word, (known.note, *verdict.reasons), stops=verdict.stops)


def judge_trained(
    card: PotentialCard, structure: Structure | None, report: TrustReport | None = None
) -> Verdict:
    """The verdict on a trained potential; without a structure, on it alone."""
    told = _learned(card)
    if structure is not None:
        missing = sorted(set(element_counts(structure)) - set(card.elements))
        if missing:
            never = f"It never saw {', '.join(missing)}."
            return Verdict(Level.NO, _WORDS[Level.NO], (never, told), stops=True)
        thin = _thin(baseline_families(card), structure)
        if thin is not None:
            return thin
        if report is None:  # which tells of elements itself
            told = f"It learned all elements here. {told}"
    level, word, sentence = _health(card)
    axes = [(level, sentence)] if sentence else []
    if report is not None:
        axes += [(Level(axis.level), axis.sentence) for axis in report.axes]
        axes.sort(key=lambda axis: _ORDER.index(axis[0]))
        if _ORDER.index(Level(report.level)) < _ORDER.index(level):
            level = Level(report.level)
            word = _DOUBTED if level is Level.NO else _WORDS[level]
    levels = (*(each for each, _ in axes), None)
    return Verdict(level, word, (*(said for _, said in axes), told), levels)


def _health(card: PotentialCard) -> tuple[Level, str, str]:
    """(level, word, sentence) of the newest health check."""
    found, verdict = str(card.health.get("level", "")), str(card.health.get("verdict", ""))
    if found not in [level.value for level in Level]:
        ask = "Its health was not checked yet: check it before you trust numbers."
        return Level.CARE, "not checked", ask
    level = Level(found)
    said = f"Health check: {verdict[0].lower()}{verdict[1:]}" if verdict else ""
    return level, _DOUBTED if level is Level.NO else _WORDS[level], said


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


def _thin(parts: Sequence[str], structure: Structure) -> Verdict | None:
    """The verdict on a cell that is too thin for a part."""
    wrong, remedy = thin_for(parts, structure)
    if not wrong:
        return None
    larger = supercell_for(parts, structure)
    return Verdict(Level.NO, _WORDS[Level.NO], (wrong, remedy), stops=True, supercell=larger)


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
            stops=True,
        )
    thin = _thin(families(row.key, model), structure)
    if thin is not None:
        return thin
    covers = (
        f"It knows all elements here ({', '.join(sorted(elements))})."
        if known
        else "Which elements it covers depends on the model you name."
    )
    matter = kind_of_matter(structure)
    suits = made_for(row, matter)
    if is_made_for(row, matter):
        level = Level.GOOD if known else Level.CARE
        return Verdict(level, _WORDS[level], (covers, suits))
    return Verdict(Level.CARE, _WORDS[Level.CARE], (suits, covers))
