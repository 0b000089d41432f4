"""Fine-tuning of CHGNet: the pretrained network learns the frames of one material.

It is trained as every network is; what differs is where it begins. The frames may come of another
functional or other pseudopotentials than its own training set (Deng et al. 2023,
doi:10.1038/s42256-023-00716-3), whose energies differ by a constant for each element: first these
constants are fitted to what the pretrained network leaves, then its parameters learn the rest.
Deng et al. (2025, doi:10.1038/s41524-024-01500-6) show how such tuning mends its soft forces.

Differs from the paper: its loss has a term of the magnetic moments, ours has none. The layer that
tells moments stays as it was while those beneath it learn, so a tuned potential gives no moments,
and the card says so where the data hold some.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.potentials.chgnet.module import REFERENCES, CHGNetModule
from designer_app.potentials.network import ScaledNetwork
from designer_app.potentials.trained import references_of
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.state import state_from_structures
from designer_app.training import network_training
from designer_app.training.frames import Fitted, SplitFrames
from designer_app.training.network_model import NetworkModel
from designer_app.training.plans import family_settings
from designer_app.training.references import free_atom_energies


def fit(frames: SplitFrames, spec: TrainPotentialSpec, control: RunControl) -> Fitted:
    """CHGNet fine-tuned on the training frames; see `network_training.fit`."""
    offsets = energy_offsets(frames.train, spec, control)
    for symbol, offset in offsets.items():
        control.log.info("Energies of %s differ by %.4f eV from those of CHGNet", symbol, offset)
    return network_training.fit(frames, spec, control, partial(TuningModel, offsets))


class TuningModel(NetworkModel):
    """The pretrained network on the energies of these frames."""

    def __init__(
        self,
        offsets: Mapping[str, float],
        frames: SplitFrames,
        spec: TrainPotentialSpec,
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__(frames, spec, settings)
        assert isinstance(self.network, CHGNetModule)
        known = self.network.references.tolist()
        self.references = {
            symbol: known[ATOMIC_NUMBERS[symbol] - 1] + offset for symbol, offset in offsets.items()
        }
        # It speaks in eV; the scale remains the unit of the loss.
        constants = references_of(self.references), 1.0
        self.scaled = ScaledNetwork(self.network, *constants).on(self.device, self.dtype)

    @property
    def forces_first(self) -> bool:
        """No: its energies are nearly right from the start."""
        return False

    @property
    def repels(self) -> bool:
        """No: it knows near atoms from its own training set."""
        return False

    def arrays(self, weights: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
        """All parameters in the layout of the package, the elements' references among them."""
        state = {**self.network.state_dict(), **weights}
        found = {name: each.detach().float().cpu().numpy() for name, each in state.items()}
        found[REFERENCES] = found[REFERENCES].copy()
        for symbol, energy in self.references.items():
            found[REFERENCES][0, ATOMIC_NUMBERS[symbol] - 1] = energy
        return found


def energy_offsets(
    frames: Sequence[LabelledFrame], spec: TrainPotentialSpec, control: RunControl
) -> dict[str, float]:
    """By how much the energies of the frames lie above the pretrained network's, eV an atom.

    Least squares by composition, as the energies of free atoms are fitted.
    """
    start = family_settings(spec)["start"]
    pretrained = load_potential("chgnet", start, Compute(spec.device, spec.dtype, spec.threads))
    left: list[LabelledFrame] = []
    for done, frame in enumerate(frames):
        control.checkpoint()
        energy = frame.energy
        if energy is not None and np.isfinite(energy):
            state = state_from_structures([frame.structure], pretrained.device)
            pretrained.check(state)
            pairs = build_neighbors(state, pretrained.cutoff, half=pretrained.half_list)
            said = pretrained.predict(state, pairs, frozenset({"energy"}))
            energy -= float(said.energy[0])
        left.append(replace(frame, energy=energy))
        control.progress(done + 1, len(frames), "Comparing energies")
    return free_atom_energies(left, {})
