"""Where a fine-tuning begins: with the weights of a trained potential of the same family."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from designer_app.io.potential_cards import baseline_of, read_potential_card
from designer_app.potentials.baseline_files import is_same, parts_of
from designer_app.potentials.trained import by_member, weights_of
from designer_app.specs.fields import refusal
from designer_app.specs.potentials import imports_code
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.training.members import place_of_log
from designer_app.weights.potential_cards import read_potential

_BEGIN_ELSEWHERE = {
    "gap": "a GAP is solved for and has no weights to go on with",
    "chgnet": "CHGNet begins with its pretrained weights: choose them under its own Start",
}


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """A trained network with its units."""

    title: str
    weights_sha256: str
    weights: Mapping[str, Tensor]
    references: Mapping[str, float]
    """Energy of the free atom by element, eV."""
    scale: float
    shift: float
    """eV."""

    @property
    def in_words(self) -> str:
        """For the card of what is trained from here."""
        return (
            f"Fine-tuned: it began as {self.title} ({self.weights_sha256[:12]}). Errors on frames "
            "which that one had learned from are no test."
        )


def with_baseline_of_start(spec: TrainPotentialSpec) -> TrainPotentialSpec:
    """On the baseline of what it begins with, where none was named; code is only run if named."""
    if spec.start is None or spec.baseline or spec.model in _BEGIN_ELSEWHERE:
        return spec
    key, model = baseline_of(spec.start, read_potential_card(spec.start))
    return spec if not key or imports_code(key, model) else replace(spec, baseline=f"{key}:{model}")


def check_start(
    spec: TrainPotentialSpec, elements: Iterable[str], baseline: tuple[str, str]
) -> None:
    """Raise `InvalidSpecError` where a training on these elements cannot begin as `start` says.

    `baseline` is the (potential, model) that is corrected, where it lies now.
    """
    if spec.start is None:
        return
    if spec.model in _BEGIN_ELSEWHERE:
        raise refusal(spec, "start", _BEGIN_ELSEWHERE[spec.model])
    card = read_potential_card(spec.start)
    if card.family != spec.model:
        titles = [
            TRAINABLE[key].title if key in TRAINABLE else key for key in (card.family, spec.model)
        ]
        raise refusal(spec, "start", f"it is a {titles[0]}, and a {titles[1]} is to be trained")
    unseen = [symbol for symbol in elements if symbol not in card.elements]
    if unseen:
        reason = f"it has never seen {' '.join(unseen)}: train anew, or leave these frames out"
        raise refusal(spec, "start", reason)
    before = baseline_of(spec.start, card)
    if not is_same(before, baseline):
        parts = [f"{key}:{Path(model).name}" for key, model in parts_of(*before) if key]
        held = " + ".join(parts) or "nothing"
        raise refusal(spec, "start", f"it corrects {held}: choose the same baseline")


def sizes_of_start(spec: TrainPotentialSpec) -> Mapping[str, Any]:
    """Sizes of the network that a training begins with; empty where it begins with none."""
    return {} if spec.start is None else read_potential_card(spec.start).settings


def starting_point(spec: TrainPotentialSpec) -> StartingPoint | None:
    """What a member of a training begins with, None where that is chance.

    Members of an ensemble begin with those of another one in turn.
    """
    if spec.start is None:
        return None
    card, arrays = read_potential(spec.start)
    members = by_member(arrays)
    weights, scale, shift = weights_of(members[place_of_log(spec)[1] % len(members)])
    return StartingPoint(card.title, card.weights_sha256, weights, card.references_eV, scale, shift)
