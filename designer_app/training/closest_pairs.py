"""The shortest distances in frames, below which a trained potential lets nuclei repel."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.graphs.dataset import FrameGraphs
from designer_app.potentials.nuclear_repulsion import ENDS, NUMBERS, SHORTEST_OF_ALL

FloatArray = NDArray[np.float64]


def repulsion_ends(nearest: FloatArray) -> FloatArray:
    """(n_kinds, n_kinds) A where the repulsion ends, by the shortest distances of each pair.

    A pair of elements that never meets within the cutoff takes the shortest distance of all.
    """
    nearest = np.minimum(nearest, nearest.T)
    shortest = nearest.min() if np.isfinite(nearest).any() else 1.0
    return SHORTEST_OF_ALL * np.where(np.isfinite(nearest), nearest, shortest)


def repulsion_arrays(every: Iterable[FrameGraphs]) -> dict[str, NDArray[np.generic]]:
    """What a trained network carries to know where the repulsion ends."""
    every = tuple(every)
    numbers = sorted(
        {int(z) for graphs in every for f in graphs.frames for z in f.structure.numbers}
    )
    nearest = np.full((len(numbers), len(numbers)), np.inf)
    row = {number: place for place, number in enumerate(numbers)}
    for graphs in every:
        for place in range(len(graphs)):
            graph = graphs[place]
            sender, receiver = graph["edge_index"]
            shifts = graph["shifts"].to(graph["pos"].dtype) @ graph["cell"][0]
            r = torch.linalg.vector_norm(
                graph["pos"][sender] + shifts - graph["pos"][receiver], dim=1
            )
            kinds = np.array([row[int(z)] for z in graph["z"]], dtype=np.int64)
            np.minimum.at(nearest, (kinds[receiver.numpy()], kinds[sender.numpy()]), r.numpy())
    return {NUMBERS: np.array(numbers, dtype=np.int64), ENDS: repulsion_ends(nearest)}
