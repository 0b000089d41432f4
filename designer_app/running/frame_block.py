"""Positions of the newest frame in memory that window and worker share.

One frame is under way at a time: the worker writes the next only after the window has said that
it copied the last (`FrameTaken`). So nobody reads half a frame, no lock is held across processes,
and a window that is busy costs the worker nothing: frames it cannot show are never copied.

The window owns the memory, because it outlives the worker: a worker that is killed leaves nothing
behind, and a window that is killed has Python's resource tracker to clean up.
"""

from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST_BLOCK = 1000
"""Atoms below which a frame simply goes through the pipe (12 kB)."""


class FrameBlock:
    """Shared memory for the positions of `n_atoms` atoms."""

    def __init__(self, memory: SharedMemory, n_atoms: int) -> None:
        self.n_atoms = n_atoms
        self.name = memory.name
        self._memory = memory
        self._positions: NDArray[np.float32] | None = np.ndarray(
            (n_atoms, 3), np.float32, buffer=memory.buf
        )

    @classmethod
    def create(cls, n_atoms: int) -> "FrameBlock":
        """New shared memory, owned by this process."""
        return cls(SharedMemory(create=True, size=12 * n_atoms), n_atoms)

    @classmethod
    def attach(cls, name: str, n_atoms: int) -> "FrameBlock":
        """The shared memory of another process."""
        return cls(_attached(name), n_atoms)

    def put(self, positions: NDArray[np.float32]) -> None:
        """Copy positions into the block."""
        assert self._positions is not None
        self._positions[:] = positions

    def take(self) -> NDArray[np.float32]:
        """A copy of the positions in the block."""
        assert self._positions is not None
        return self._positions.copy()

    def close(self, *, remove: bool = False) -> None:
        """Let go of the memory; its owner also removes it."""
        self._positions = None
        self._memory.close()
        if remove:
            with suppress(FileNotFoundError):
                self._memory.unlink()


def _attached(name: str) -> SharedMemory:
    """Shared memory that this process will not remove at its end.

    Until Python 3.13 (`track=False`) attaching counts as owning on POSIX (python/cpython#82300):
    the worker's resource tracker would remove the block under the window, and warn about it.
    """
    register = resource_tracker.register

    def leave_out(tracked: str, kind: str) -> Any:
        return None if tracked.lstrip("/") == name.lstrip("/") else register(tracked, kind)

    resource_tracker.register = leave_out
    try:
        return SharedMemory(name)
    finally:
        resource_tracker.register = register
