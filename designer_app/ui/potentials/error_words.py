"""Errors of a trained potential in plain words: small or large, and what stands out.

Forces are compared with the forces in the data, energies with nothing. The words are for that ratio
alone: what it means for a question, no ratio tells.
"""

from collections.abc import Sequence

import numpy as np

from designer_app.io.formulas import written_in
from designer_app.io.parity import Parity
from designer_app.io.potential_cards import ErrorsOn, PotentialCard
from designer_app.ui.potentials.offers import judged_on
from designer_app.ui.wording import listed, with_spaces

_SMALL, _LARGE = 0.10, 0.25
"""Of the mean absolute force component: below the one small, above the other large."""
_FAR_WORSE = 2.0
"""Times the error on all frames kept back: a group beyond stands out."""
_HOW_GOOD = "Whether it is good enough for a question, its health check and a comparison tell."
_MEV = 1000.0
_SETS = ("train", "validation", "test")
TAG = "tag "
"""Before the names of tags on a card; elements stand by their symbols."""


def outcome_of(card: PotentialCard) -> str:
    """What came out, in one sentence."""
    errors, name = judged_on(card), written_in(card.title)
    told = errors_text(errors) if errors is not None else ""
    if errors is None or not told:
        return f"{name} is ready; no frames were kept back to judge it by."
    kind = "it never saw" if errors.name == "test" else "that chose its best epoch"
    frames = "the one frame" if errors.n_frames == 1 else f"{with_spaces(errors.n_frames)} frames"
    return f"On {frames} {kind}, {name} is off by {told}, on average."


def plotted_text(card: PotentialCard) -> str:
    """Of which frames the plots are, where the outcome tells of others; "" where of the same."""
    judged = judged_on(card)
    shown = next((each for each in card.errors if each.name == "validation"), None)
    if judged is None or shown is None or shown is judged:
        return ""
    told = errors_text(shown)
    frames = "frame" if shown.n_frames == 1 else "frames"
    plots = f"The plots show the {with_spaces(shown.n_frames)} validation {frames}"
    return f"{plots}, off by {told}." if told else f"{plots}."


def errors_text(errors: ErrorsOn) -> str:
    """20.8 meV/atom in energies and 159 meV/Å in forces."""
    return " and ".join(
        f"{value:.3g} {unit}"
        for value, unit in (
            (errors.energy_meV_atom, "meV/atom in energies"),
            (errors.force_meV_A, "meV/Å in forces"),
        )
        if value is not None
    )


def force_share(card: PotentialCard, found: Parity | None) -> tuple[float, float] | None:
    """(error of the forces over the mean force component, that component in eV/Å); None where the
    data do not tell.
    """
    errors = judged_on(card)
    if errors is None or errors.force_meV_A is None:
        return None
    typical = errors.typical_force_meV_A
    if typical is None and found is not None and len(found.force.reference):
        typical = _MEV * float(np.abs(found.force.reference).mean())
    return (errors.force_meV_A / typical, typical / _MEV) if typical else None


def size_of_errors(card: PotentialCard, found: Parity | None) -> str:
    """How much that is of a typical force, in words; "" where the data do not tell."""
    share = force_share(card, found)
    if share is None:
        return ""
    part, typical = share
    if part <= _SMALL:
        said = "small."
    elif part <= _LARGE:
        said = "moderate."
    else:
        said = "large: give it more time, or more calculations."
    off = f"Forces are off by {100 * part:.0f} % of a typical force here, {typical:.2g} eV/Å"
    return f"{off}. That is {said} {_HOW_GOOD}"


def far_worse(card: PotentialCard) -> list[ErrorsOn]:
    """Elements and tags whose errors are far above those on all frames kept back."""
    whole = judged_on(card)
    if whole is None:
        return []
    groups = [each for each in card.errors if each.name not in _SETS]
    return [each for each in groups if _excess(each, whole) > _FAR_WORSE]


def worse_text(card: PotentialCard) -> str:
    """Which groups are far worse than the rest, in a sentence; "" where none is."""
    found = far_worse(card)
    if not found:
        return ""
    told = [f"{each.name.removeprefix(TAG)} ({errors_text(each)}{_count(each)})" for each in found]
    its = "it" if len(found) == 1 else "them"
    verb = "is" if len(found) == 1 else "are"
    return (
        f"{listed(told)} {verb} far worse than the rest: add calculations like {its}, or do not "
        f"use the potential for {its}."
    )


def far_worse_of(rows: Sequence[tuple[str, float]], counts: Sequence[int]) -> set[str]:
    """Names of groups whose error is far above the mean over all frames."""
    weights = np.array(counts, dtype=np.float64)
    if len(rows) < 2 or not weights.sum():
        return set()
    whole = float(np.average([value for _, value in rows], weights=weights))
    return {name for name, value in rows if value > _FAR_WORSE * whole}


def _excess(group: ErrorsOn, whole: ErrorsOn) -> float:
    pairs = (
        (group.force_meV_A, whole.force_meV_A),
        (group.energy_meV_atom, whole.energy_meV_atom),
    )
    return max((here / there for here, there in pairs if here is not None and there), default=0.0)


def _count(group: ErrorsOn) -> str:
    return ", one frame only" if group.n_frames == 1 else ""
