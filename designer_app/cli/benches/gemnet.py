"""`bench gemnet`: GemNet-T against fairchem-core 1.10, in one run.

fairchem-core runs in a Python of its own, which the environment variable
DESIGNER_APP_FAIRCHEM_PYTHON names; without one its columns stay empty. The same weights and frames
of ethanol, one thread, single precision; both must say the same. Edges are known before on both
sides, triplets are found in the network. "forces" are energies and forces, "training step" also the
gradient of a loss of both by all weights; `peer_program` says how times are taken.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.cli.benches.peer_program import PeerProgram, alternate, arrays_of, told
from designer_app.cli.benches.train import DATA
from designer_app.device import Compute
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.periodic import edge_graph_of
from designer_app.io.labels import read_labelled
from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.gemnet import GemNet
from designer_app.potentials.gemnet.fairchem_weights import from_fairchem
from designer_app.potentials.network import N_NUMBERS, ScaledNetwork
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GemNetSettings
from designer_app.state import set_threads
from designer_app.training.published.folder import data_file, data_folder

VARIABLE = "DESIGNER_APP_FAIRCHEM_PYTHON"
PEER = "fairchem-core"
# Both must draw one radial projection for all degrees, as fairchem-core does.
SIZES = (
    GemNetSettings(radial_by_degree=False),
    GemNetSettings(n_atom=64, n_edge=64, n_triplet=32, n_blocks=3, radial_by_degree=False),
)
FRAMES, REPEATS, QUICK_REPEATS = 10, 5, 1
SAME = 1e-4
"""Of the largest energy and force: rounding of single precision."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """Forces and training steps of both sizes."""
    set_threads(Compute("cpu", "float32", 1))
    frames = read_labelled((data_file(data_folder(data), DATA["ethanol"].train),)).frames[:FRAMES]
    for settings in SIZES[1:] if quick else SIZES:
        say(f"GemNet-T, {settings.n_edge} wide")
        yield from rows_of(frames, settings, QUICK_REPEATS if quick else REPEATS)


def rows_of(
    frames: tuple[LabelledFrame, ...], settings: GemNetSettings, repeats: int
) -> Iterator[dict[str, object]]:
    """Both kinds of question to networks of one size."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, frame in enumerate(frames):
        arrays |= arrays_of(number, frame.structure)
    case = {**asdict(settings), "frames": len(frames)}
    graph = _graph(frames, settings.cutoff)
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        PeerProgram("gemnet_peer.py", VARIABLE, case, arrays, Path(folder)) as peer,
    ):
        network = GemNet(settings)
        if peer.said:
            with np.load(Path(folder) / "weights.npz") as weights:
                state = {name: torch.from_numpy(weights[name]) for name in weights.files}
            network = from_fairchem(state, settings.cutoff)
        ours = ScaledNetwork(network, torch.zeros(N_NUMBERS), 1.0).on(
            torch.device("cpu"), torch.float32
        )
        if peer.said:
            _check(ours, graph, peer.said)
        for what, ask in (("forces", "forces"), ("training step", "train")):
            mine = _question(ours, graph, ask)
            times = alternate(
                lambda mine=mine: sum(mine() for _ in range(repeats)),
                lambda ask=ask: _sum_of([peer.seconds(ask) for _ in range(repeats)]),
            )
            yield {
                "what": f"{what}, {len(frames)} frames of ethanol",
                "GemNet-T": f"{settings.n_edge} wide, {settings.n_blocks} blocks",
                **told(times, "ms", 1e3 / repeats, PEER),
            }


def _graph(frames: tuple[LabelledFrame, ...], cutoff: float) -> EdgeGraph:
    graphs = FrameGraphs(frames, cutoff)
    (batch,) = batches(graphs, range(len(frames)), len(frames), torch.device("cpu"))
    return edge_graph_of(batch, torch.float32)


def _question(ours: ScaledNetwork, graph: EdgeGraph, ask: str) -> Callable[[], float]:
    """Processor time of one answer."""

    def answer() -> float:
        began = time.process_time()
        said = ours.predict(graph, for_training=ask == "train")
        if ask == "train":
            assert said.forces is not None
            ours.zero_grad()
            (said.energy.square().sum() + said.forces.square().sum()).backward()
        return time.process_time() - began

    answer()
    return answer


def _check(ours: ScaledNetwork, graph: EdgeGraph, theirs: dict[str, Any]) -> None:
    """Raise where the two sides do not compute the same."""
    said = ours.predict(graph)
    assert said.forces is not None
    for mine, known in ((said.energy, theirs["energies"]), (said.forces, theirs["forces"])):
        other = torch.tensor(known, dtype=mine.dtype)
        off = float((mine - other).abs().max() / other.abs().max())
        if off > SAME:
            raise RuntimeError(f"the two sides are {off:.1e} apart")


def _sum_of(times: list[float | None]) -> float | None:
    known = [each for each in times if each is not None]
    return sum(known) if known else None
