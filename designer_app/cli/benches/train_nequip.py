"""`bench train-nequip`: training steps against the same network built of e3nn's modules.

A step is energies, forces and the gradient of a loss of both by all weights; the best of several,
one thread, single precision.

`E3nnNequIP` is the plain way to write it: `TensorProduct`, `Linear`, `FullyConnectedTensorProduct`,
`Gate` and `FullyConnectedNet` of e3nn, with the weights of ours. It gives the same energies and
forces, so it also is the reference of the tests.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from e3nn import o3
from e3nn.nn import FullyConnectedNet, Gate
from torch import Tensor, nn

from designer_app.cli.benches.train import DATA
from designer_app.device import Compute
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.periodic import edge_graph_of
from designer_app.io.labels import read_labelled
from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.nequip import NequIP
from designer_app.potentials.nequip.gate import SILU_GAIN
from designer_app.potentials.nequip.irreps import Irrep
from designer_app.potentials.nequip.model import N_HIDDEN, N_SPECIES, TANH_GAIN, Interaction
from designer_app.specs.networks import NequIPSettings
from designer_app.state import set_threads
from designer_app.training.published.folder import data_file, data_folder

REPEATS = 10
CASES = (
    ("ethanol", 5, NequIPSettings(n_features=32, l_max=2, n_layers=4, cutoff=4.0, parity=False)),
    ("ethanol", 5, NequIPSettings(n_features=32, l_max=2, n_layers=4, cutoff=4.0, parity=True)),
    ("ethanol", 5, NequIPSettings(n_features=16, l_max=1, n_layers=3, cutoff=4.0, parity=False)),
    ("Si", 1, NequIPSettings(n_features=32, l_max=2, n_layers=3, cutoff=5.0, parity=False)),
)
"""(data, frames at once, size)."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """Both networks on the same frames with the same weights, and how far their forces are off."""
    set_threads(Compute("cpu", "float32", 1))
    root = data_folder(data)
    for name, n_frames, settings in CASES[: 1 if quick else None]:
        say(f"{n_frames} frames of {name}")
        frames = read_labelled((data_file(root, DATA[name].train),)).frames[:n_frames]
        graphs = FrameGraphs(frames, settings.cutoff)
        (batch,) = batches(graphs, range(n_frames), n_frames, torch.device("cpu"))
        graph = edge_graph_of(batch, torch.float32)
        torch.manual_seed(0)
        ours = NequIP(settings)
        ours.calibrate(graph)
        yield row_of(f"{n_frames} frames of {name}", settings, ours, graph, 2 if quick else REPEATS)


def row_of(
    what: str, settings: NequIPSettings, ours: NequIP, graph: EdgeGraph, repeats: int
) -> dict[str, object]:
    """Times of a step in turns, so that both see the machine alike."""
    theirs = E3nnNequIP(ours, settings)
    _, our_slopes, _ = training_step(ours, graph)
    _, their_slopes, _ = training_step(theirs, graph)
    times = [(_seconds(ours, graph), _seconds(theirs, graph)) for _ in range(repeats)]
    our_ms, their_ms = (1e3 * min(each) for each in zip(*times, strict=True))
    size = f"{settings.n_features} features, l {settings.l_max}, {settings.n_layers} layers"
    return {
        "training step": f"{what}, {size}" + ", both parities" * settings.parity,
        "ours_ms": our_ms,
        "e3nn_ms": their_ms,
        "ratio": our_ms / their_ms,
        "forces_off": float((our_slopes - their_slopes).abs().max() / their_slopes.abs().max()),
    }


class E3nnNequIP(nn.Module):
    """The network of e3nn's modules, with the weights of `ours`."""

    def __init__(self, ours: NequIP, settings: NequIPSettings) -> None:
        super().__init__()
        self.cutoff, self.ours = settings.cutoff, ours
        self.harmonics = o3.Irreps.spherical_harmonics(settings.l_max)
        layers = [
            _E3nnLayer(layer, self.harmonics, settings)
            for layer in ours.layers
            if isinstance(layer, Interaction)
        ]
        self.layers = nn.ModuleList(layers)
        radial = ours.radial
        with torch.no_grad():
            for each, first, second, last in zip(
                layers, radial.first, radial.second, radial.last, strict=True
            ):
                for into, weights in zip(each.radial, (first, second, last), strict=True):
                    into.weight.copy_(weights)
        self.frequencies = nn.Parameter(radial.frequencies.detach().clone())

    def forward(self, graph: EdgeGraph) -> Tensor:
        """Share of each atom in the energy."""
        lengths = graph.vectors.norm(dim=1)
        x = (lengths / self.cutoff)[:, None]
        cut = 1 - 28 * x**6 + 48 * x**7 - 21 * x**8
        waves = torch.sin(self.frequencies * x) / lengths[:, None] * (2 / self.cutoff)
        directions = o3.spherical_harmonics(
            self.harmonics, graph.vectors, normalize=True, normalization="component"
        )
        species = self.ours.species[graph.numbers]
        features = self.ours.embedding[graph.numbers]
        factor = float(self.ours.neighbors) ** -0.5
        for layer in self.layers:
            features = layer(features, species, graph, directions, waves * cut, factor)
        readout = self.ours.readout
        return features @ readout / len(readout) ** 0.5


class _E3nnLayer(nn.Module):
    """One interaction."""

    # e3nn's modules carry no types.
    gate: Any
    mixing: Any
    product: Any
    paths: Any
    own: Any
    radial: Any

    def __init__(self, ours: Interaction, harmonics: Any, settings: NequIPSettings) -> None:
        super().__init__()
        C = ours.n_channels
        incoming = _irreps(ours.incoming, C)
        gated = [each for each in ours.outgoing if each.degree]
        scalars = [each for each in ours.outgoing if not each.degree]
        acts = [torch.nn.functional.silu if each.parity == 1 else torch.tanh for each in scalars]
        gates = o3.Irreps([(C * len(gated), (0, 1))]) if gated else o3.Irreps([])
        self.gate = Gate(
            _irreps(scalars, C), acts, gates, [torch.nn.functional.silu] * len(gates),
            _irreps(gated, C),
        )  # fmt: skip
        for act in (*self.gate.act_scalars.acts, *self.gate.act_gates.acts):
            _set_gain(act)
        between = o3.Irreps([(C, tuple(ours.outgoing[p.target])) for p in ours.convolution.paths])
        self.mixing = o3.Linear(incoming, incoming)
        self.product = o3.TensorProduct(
            incoming, harmonics, between,
            [(p.source, p.degree, n, "uvu", True) for n, p in enumerate(ours.convolution.paths)],
            shared_weights=False, internal_weights=False,
        )  # fmt: skip
        self.paths = o3.Linear(between, self.gate.irreps_in)
        self.own = o3.FullyConnectedTensorProduct(incoming, f"{N_SPECIES}x0e", self.gate.irreps_in)
        n_weights = self.product.weight_numel
        widths = [settings.n_bessel, N_HIDDEN, N_HIDDEN, n_weights]
        self.radial = FullyConnectedNet(widths, torch.nn.functional.silu)
        for layer in self.radial:
            _set_gain(getattr(layer, "act", None))
        self._copy(ours)

    @torch.no_grad()
    def _copy(self, ours: Interaction) -> None:
        C = ours.n_channels
        for weights, (_, instruction, into) in zip(
            ours.mixing, self.mixing.weight_views(yield_instruction=True), strict=True
        ):
            assert instruction.i_in == instruction.i_out
            into.copy_(weights)
        places = dict.fromkeys(range(len(ours.outgoing)), 0)
        for path, (_, _, into) in zip(
            ours.convolution.paths, self.paths.weight_views(yield_instruction=True), strict=True
        ):
            start = C * places[path.target]
            places[path.target] += 1
            into.copy_(ours.paths[path.target][start : start + C])
        kinds = [each for each in ours.outgoing if each in ours.incoming]
        weights_of = dict(zip(kinds, ours.own, strict=True))
        for _, instruction, into in self.own.weight_views(yield_instruction=True):
            weights = weights_of[ours.incoming[instruction.i_in1]]
            into.copy_(weights.view(N_SPECIES, C, -1).transpose(0, 1))

    def forward(
        self,
        x: Tensor,
        species: Tensor,
        graph: EdgeGraph,
        directions: Tensor,
        waves: Tensor,
        factor: float,
    ) -> Tensor:
        own = self.own(x, species)
        mixed = self.mixing(x)
        messages = self.product(mixed[graph.second], directions, self.radial(waves))
        summed = messages.new_zeros(graph.n_atoms, messages.shape[1])
        summed = summed.index_add(0, graph.first, messages) * factor
        found: Tensor = self.gate(own + self.paths(summed))
        return found


def _irreps(kinds: "tuple[Irrep, ...] | list[Irrep]", n_channels: int) -> Any:
    return o3.Irreps([(n_channels, tuple(each)) for each in kinds])


def _set_gain(act: Any) -> None:
    """The exact constant in place of e3nn's, which is drawn by chance."""
    if act is not None:
        act.cst = TANH_GAIN if act.f is torch.tanh else SILU_GAIN


def training_step(network: nn.Module, graph: EdgeGraph) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Energies, slopes along edges, and the gradient of the sum of their squares by the weights."""
    vectors = graph.vectors.detach().clone().requires_grad_()
    energies = network(replace(graph, vectors=vectors))
    (slopes,) = torch.autograd.grad(energies.sum(), vectors, create_graph=True)
    loss = energies.square().sum() + slopes.square().sum()
    weights = list(network.parameters())
    by = torch.autograd.grad(loss, weights, allow_unused=True)
    return energies.detach(), slopes.detach(), [each for each in by if each is not None]


def _seconds(network: nn.Module, graph: EdgeGraph) -> float:
    began = time.perf_counter()
    training_step(network, graph)
    return time.perf_counter() - began
