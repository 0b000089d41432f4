"""A cheap potential and what was learned on top of it: E = E_baseline + E_correction.

The correction is trained on the difference between accurate and cheap energies, forces and
stresses (Delta-learning, Ramakrishnan et al. 2015, doi:10.1021/acs.jctc.5b00099), which is
smoother than the energy itself and needs fewer calculations. Forces and stress are sums too, so
they stay derivatives of the energy, and the sum runs in dynamics as any other potential.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    baseline_of,
    read_potential_card,
    trained_folder,
)
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials import load_potential
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.baseline_files import is_same, refuse_unnamed_code
from designer_app.potentials.composite import CompositePotential
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.potentials import key_and_model, sum_texts
from designer_app.state import AtomicState, state_from_structures

_SUMMED = frozenset({"energy", "forces", "stress", "energies"})
_ATOMS_AT_ONCE = 256
"""In a batch of baseline labels: enough to keep a processor busy, little between two stops."""


def load(model: str, compute: Compute) -> Potential:
    """The folder of a trained correction whose card names its baseline, or two potentials.

    Two potentials are written baseline first: "tight-binding:GFN1-xTB+schnet:FOLDER".
    """
    texts = sum_texts(model)
    if len(texts) == 1:
        from designer_app.potentials import trained  # it imports this module for such folders

        found = trained.load(model, compute)
        if not isinstance(found, DeltaPotential):
            raise InvalidSpecError("model", model, "what was trained there has no baseline")
        return found
    named, (key, folder) = texts[0], key_and_model(texts[1])
    if _corrects(folder, named):  # whoever names the baseline himself allows its code
        from designer_app.potentials import trained

        return trained.load(folder, compute, named_baseline=named)
    baseline = load_potential(*key_and_model(named), compute)
    correction = load_potential(key, folder, compute)
    if isinstance(correction, DeltaPotential):
        reason = f"its correction brings its own baseline; write delta:{correction.model}"
        raise InvalidSpecError("model", model, reason)
    return DeltaPotential(baseline, correction, model)


def _corrects(folder: str, named: str) -> bool:
    """Whether the card of a correction names this "key:model" as its baseline."""
    place = trained_folder(folder)
    if not folder or not (place / POTENTIAL_CARD).is_file():
        return False
    card = read_potential_card(place)
    try:
        return is_same(baseline_of(place, card), key_and_model(named))
    except FileUnreadableError:  # it lies elsewhere: taken only from where the user says so too
        return named == ":".join(map(str, card.baseline))


def on_baseline(
    correction: Potential, baseline: tuple[str, str], compute: Compute, named: str = ""
) -> "DeltaPotential":
    """A correction on the (potential, model) that its card names.

    Raises `UnsafeFileError` where that would import a module: a card may come from a stranger.
    Not so where the user `named` just this "key:model" himself.
    """
    both = f"delta:{':'.join(baseline)}+{correction.key}:FOLDER"
    how = f"To allow it, name both: {both}"
    refuse_unnamed_code(Path(correction.model), baseline, named, how)
    return DeltaPotential(load_potential(*baseline, compute), correction)


class DeltaPotential(CompositePotential):
    """The sum of a baseline and a correction; its spread is that of the correction."""

    key: ClassVar[str] = "delta"

    def __init__(self, baseline: Potential, correction: Potential, model: str = "") -> None:
        named = f"{baseline.key}:{baseline.model}+{correction.key}:{correction.model}"
        super().__init__((baseline, correction), model or named)
        self.baseline = baseline
        self.correction = correction
        both = baseline.gives & correction.gives & _SUMMED
        # What it can do is decided by its two parts, not by the class.
        self.gives = both | (correction.gives & {"spread"})  # pyright: ignore[reportAttributeAccessIssue]

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """The sums of what is wanted."""
        summed = want & _SUMMED
        below, above = (
            part.predict(state, self.list_for(part, neighbors), asked)
            for part, asked in (
                (self.baseline, summed),
                (self.correction, summed | (want & {"spread"})),
            )
        )
        return Prediction(
            energy=below.energy + above.energy,
            forces=_sum(below.forces, above.forces),
            stress=_sum(below.stress, above.stress),
            energies=_sum(below.energies, above.energies),
            spread=above.spread,
        )


def _sum(below: Tensor | None, above: Tensor | None) -> Tensor | None:
    return None if below is None or above is None else below + above


def baseline_labels(
    frames: Sequence[LabelledFrame], baseline: Potential, control: RunControl
) -> tuple[LabelledFrame, ...]:
    """The frames with the baseline's prediction taken off each label, for a correction to learn.

    A label that is missing stays missing, and so becomes one that the baseline cannot give.
    Raises what the baseline raises of a structure, such as `UnsupportedElementError`.
    """
    found: list[LabelledFrame] = []
    for batch in _batches(frames):
        control.checkpoint()
        found += _differences(batch, baseline)
        control.progress(len(found), len(frames), "Baseline")
    return tuple(found)


def _batches(frames: Sequence[LabelledFrame]) -> list[list[LabelledFrame]]:
    """Frames in order, together as long as they have few atoms and the same labels."""
    batches: list[list[LabelledFrame]] = []
    n_atoms, wanted = 0, frozenset[str]()
    for frame in frames:
        wants = _labelled(frame)
        if not batches or wants != wanted or n_atoms + len(frame) > _ATOMS_AT_ONCE:
            batches.append([])
            n_atoms, wanted = 0, wants
        batches[-1].append(frame)
        n_atoms += len(frame)
    return batches


def _labelled(frame: LabelledFrame) -> frozenset[str]:
    names = ("energy", "forces", "stress")
    return frozenset(name for name in names if getattr(frame, name) is not None)


def _differences(frames: list[LabelledFrame], baseline: Potential) -> list[LabelledFrame]:
    """A batch of frames with the same labels, less the baseline."""
    want = _labelled(frames[0]) & baseline.gives
    state = state_from_structures([frame.structure for frame in frames], baseline.device)
    baseline.check(state, want)
    neighbors = build_neighbors(state, baseline.cutoff, baseline.half_list)
    said = baseline.predict(state, neighbors, want)
    energies = said.energy.double().cpu().tolist()
    lengths = [len(frame) for frame in frames]
    forces = [None] * len(frames) if said.forces is None else _split(said.forces, lengths)
    stresses = [None] * len(frames) if said.stress is None else _split(said.stress, 1)
    return [
        replace(
            frame,
            energy=None if frame.energy is None else frame.energy - energy,
            forces=_less(frame.forces, force),
            stress=None if stress is None else _less(frame.stress, stress[0]),
        )
        for frame, energy, force, stress in zip(frames, energies, forces, stresses, strict=True)
    ]


def _split(values: Tensor, lengths: list[int] | int) -> list[np.ndarray]:
    return [part.numpy() for part in torch.split(values.double().cpu(), lengths)]


def _less(label: np.ndarray | None, said: np.ndarray | None) -> np.ndarray | None:
    return None if label is None or said is None else label - said
