"""A network together with its units, asked for what a batch of graphs is labelled with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.periodic import edge_graph_of
from designer_app.graphs.pyg import Data
from designer_app.potentials.base import Prediction
from designer_app.potentials.network import EnergyNetwork, ScaledNetwork
from designer_app.potentials.trained import SCALE, SHIFT, network_of, references_of
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.state import compute_device, network_dtype
from designer_app.training.frames import SplitFrames
from designer_app.training.references import (
    binding_energy,
    energy_scale,
    free_atom_energies,
    references_for,
)
from designer_app.training.starting import StartingPoint

_CALIBRATED_ON = 16
"""Frames."""


class NetworkModel:
    """A new network of a family for these frames; equal for equal seeds."""

    def __init__(
        self, frames: SplitFrames, spec: TrainPotentialSpec, settings: Mapping[str, Any]
    ) -> None:
        compute = Compute(spec.device, spec.dtype, spec.threads)
        self.device = _device(compute)
        self.dtype = network_dtype(compute, self.device)
        self.references = references_for(frames, spec)
        self.scale = energy_scale(frames.train, self.references)
        self.shift = binding_energy(frames.train, self.references)
        torch.manual_seed(spec.seed)
        network = network_of(TRAINABLE[spec.model], settings)
        assert isinstance(network, EnergyNetwork)
        self.network = network
        constants = references_of(self.references), self.scale, self.shift
        self.scaled = ScaledNetwork(network, *constants).on(self.device, self.dtype)
        everything = list(chain(frames.train, frames.validation))
        self._forces = _any_label(everything, "forces") and spec.force_weight > 0.0
        self._stress = _any_label(everything, "stress") and spec.stress_weight > 0.0

    @property
    def forces_first(self) -> bool:
        """Whether energies are to weigh less until forces are learned; of a network by chance."""
        return self._forces

    @property
    def repels(self) -> bool:
        """Whether nuclei are to repel nearer than any that were learned from."""
        return True

    def predict(self, batch: Data, for_training: bool) -> Prediction:
        """Energies, and forces and stress where any frame is labelled with them."""
        return self.scaled.predict(
            edge_graph_of(batch, self.dtype),
            _volumes(batch) if self._stress else None,
            forces=self._forces,
            for_training=for_training,
        )

    def calibrate(self, graphs: FrameGraphs) -> None:
        """Let the family set what it fits to data before the training, on a few frames."""
        rows = np.unique(np.linspace(0, len(graphs) - 1, _CALIBRATED_ON).round().astype(int))
        for batch in batches(graphs, rows.tolist(), len(rows), self.device):
            self.network.calibrate(edge_graph_of(batch, self.dtype))

    def begin_from(self, start: StartingPoint, graphs: FrameGraphs) -> None:
        """Take over a trained network; what its energies lack by composition is added to them.

        Other codes and functionals count the energy of a free atom differently.
        """
        self.network.load_state_dict(dict(start.weights))
        self._set_constants(start.references, start.scale, start.shift)
        left = [
            frame if frame.energy is None else replace(frame, energy=frame.energy - said)
            for frame, said in zip(graphs.frames, self._energies(graphs), strict=True)
        ]
        lacking = free_atom_energies(left, {})
        known = {symbol: start.references[symbol] + lacking[symbol] for symbol in lacking}
        self._set_constants(known, start.scale, start.shift)

    @property
    def constants(self) -> dict[str, Any]:
        """What `restore` takes; plain data."""
        scaled = self.scaled
        return {
            "references": dict(self.references),
            "scale": float(scaled.scale),
            "shift": float(scaled.shift),
        }

    def restore(self, constants: Mapping[str, Any]) -> None:
        """Take up the units of a training that is gone on with."""
        self._set_constants(**constants)

    def arrays(self, weights: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
        """All arrays of the potential with these weights of the network in place of its own."""
        state = {**self.network.state_dict(), **weights}
        found = {name: each.detach().cpu().numpy() for name, each in state.items()}
        scale, shift = self.scaled.scale, self.scaled.shift
        return {**found, SCALE: scale.cpu().numpy(), SHIFT: shift.cpu().numpy()}

    def _set_constants(self, references: Mapping[str, float], scale: float, shift: float) -> None:
        self.references = dict(references)
        constants = references_of(self.references), scale, shift
        self.scaled = ScaledNetwork(self.network, *constants).on(self.device, self.dtype)

    def _energies(self, graphs: FrameGraphs) -> list[float]:
        """eV, of each frame."""
        found: list[float] = []
        for batch in batches(graphs, range(len(graphs)), _CALIBRATED_ON, self.device):
            graph = edge_graph_of(batch, self.dtype)
            found += self.scaled.predict(graph, forces=False).energy.tolist()
        return found


def _device(compute: Compute) -> torch.device:
    """An NVIDIA GPU or the CPU: Apple's GPUs lack the double precision of the sums."""
    device = compute_device(compute)
    if device.type != "mps":
        return device
    if compute.device != "auto":
        raise InvalidSpecError("device", compute.device, "potentials are trained on cpu or cuda")
    return torch.device("cpu")


def _volumes(batch: Data) -> Tensor:
    """A^3; 1 where there is no cell, and no stress to be divided by it."""
    volumes = torch.linalg.det(batch["cell"]).abs()
    return torch.where(volumes > 0.0, volumes, torch.ones_like(volumes))


def _any_label(frames: Sequence[LabelledFrame], name: str) -> bool:
    return any(getattr(frame, name) is not None for frame in frames)
