"""Graphs of labelled frames for a training: the pairs of each are searched once and kept."""

from collections.abc import Iterator, Sequence

import torch
from psutil import virtual_memory
from torch.utils.data import Dataset

from designer_app.graphs.periodic import graph_of_pairs, label_tensors, pairs_within
from designer_app.graphs.pyg import Data, DataLoader
from designer_app.specs.labelled import LabelledFrame

MOST_BYTES = 2 * 2**30
"""Graphs kept in memory, or a quarter of what is free; those of further frames are made again."""


class FrameGraphs(Dataset[Data]):
    """Graph of each frame with all its labels; NaN marks what is not known."""

    def __init__(
        self, frames: Sequence[LabelledFrame], cutoff: float, most_bytes: int = MOST_BYTES
    ) -> None:
        self.frames = frames
        self.cutoff = cutoff
        self._room = min(most_bytes, virtual_memory().available // 4)
        self._kept: dict[int, Data] = {}

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Data:
        """The graph of a frame; PyTorch Geometric's loader asks for it."""
        kept = self._kept.get(index)
        if kept is None:
            kept = self._built(self.frames[index])
            size = sum(each.nbytes for each in kept.to_dict().values())
            if size <= self._room:
                self._room -= size
                self._kept[index] = kept
        return kept

    def _built(self, frame: LabelledFrame) -> Data:
        graph = graph_of_pairs(frame.structure, pairs_within(frame.structure, self.cutoff))
        small = graph["shifts"].to(torch.int16)  # of 40 bytes an edge, 18 are zeros
        if bool((small == graph["shifts"]).all()):
            graph["shifts"] = small
        for name, value in label_tensors(frame, missing=True).items():
            graph[name] = value
        return graph


def batches(
    graphs: FrameGraphs, rows: Sequence[int], batch_size: int, device: torch.device
) -> Iterator[Data]:
    """Batches of the rows in this order, on a device."""
    loader = DataLoader(graphs, batch_size=batch_size, sampler=rows)  # pyright: ignore[reportArgumentType]
    for batch in loader:
        yield batch if device.type == "cpu" else batch.to(device)
