"""Trajectories: append-only ASE `.traj` files whose frames carry their step, and a step index.

A frame counts once the header of the file counts it, and the header is written last. So a kill at
any moment leaves every finished frame readable, by this program and by ASE; what follows the last
counted frame is cut off when the file is opened for more.

Decision: the index (`.index`, one little-endian int64 a frame) only saves reading every frame to
find a step. It is written after the frame, and made anew from the file where it does not fit.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError, WriteFailedError
from designer_app.io.folders import refuse_link
from designer_app.io.sniffing import sniff

if TYPE_CHECKING:
    from ase import Atoms

log = logging.getLogger(__name__)

_N_ITEMS_AT = 32
"""Byte of the number of frames in the header of the file; the position of the offsets follows."""
_HEADER_BYTES = 48
_GROWTH = 42
"""The table of offsets has room for 1, 42, 42^2, ... frames."""
_STEP = np.dtype("<i8")


@dataclass(frozen=True, eq=False)
class TrajectoryFrame:
    """All that a trajectory keeps of one moment."""

    step: int
    time_fs: float
    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    """(n_atoms, 3) A, unwrapped."""
    cell: NDArray[np.float64]
    pbc: tuple[bool, bool, bool]
    momenta: NDArray[np.float64]
    """(n_atoms, 3) amu A per internal time unit."""
    energy: float
    """Potential energy, eV."""
    forces: NDArray[np.float64]
    stress: NDArray[np.float64] | None = None
    """(3, 3) eV/A^3, potential part, tension positive."""
    masses: NDArray[np.float64] | None = None
    """amu, where they differ from the standard ones."""
    fixed: NDArray[np.bool_] | None = None

    def atoms(self) -> "Atoms":
        """As an ASE object with a calculator that remembers energy, forces and stress."""
        from ase import Atoms
        from ase.calculators.singlepoint import SinglePointCalculator
        from ase.constraints import FixAtoms
        from ase.stress import full_3x3_to_voigt_6_stress

        atoms = Atoms(
            numbers=self.numbers,
            positions=self.positions,
            cell=self.cell,
            pbc=self.pbc,
            momenta=self.momenta,
            masses=self.masses,
            info={"step": self.step, "time_fs": self.time_fs},
        )
        if self.fixed is not None and self.fixed.any():
            atoms.set_constraint(FixAtoms(mask=self.fixed))
        known: dict[str, Any] = {"energy": self.energy, "forces": self.forces}
        if self.stress is not None:
            known["stress"] = full_3x3_to_voigt_6_stress(self.stress)
        atoms.calc = SinglePointCalculator(atoms, **known)
        return atoms


def index_path(trajectory: Path) -> Path:
    """Where the steps of a trajectory's frames are listed."""
    return trajectory.with_suffix(".index")


class TrajectoryWriter:
    """Appends frames; each is on its way to the disk when `write` returns.

    Raises `WriteFailedError` where the system refuses, with the file cut back to whole frames.
    """

    def __init__(self, path: Path, keep_until: int | None = None) -> None:
        """Open for more; frames of steps after `keep_until` are dropped."""
        from ase.io.trajectory import TrajectoryWriter as AseWriter

        self.path = path
        with _reported(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_link(path)
            refuse_link(index_path(path))
            self._steps = _whole_frames(path, keep_until)
            _write_index(path, self._steps)
            self._size = path.stat().st_size if path.exists() else 0
            self._ase: Any = AseWriter(path, mode="a" if self._steps else "w")
            self._index = index_path(path).open("ab")

    @property
    def last_step(self) -> int:
        """Step of the last frame in the file; -1 where there is none."""
        return self._steps[-1] if self._steps else -1

    def __len__(self) -> int:
        return len(self._steps)

    def write(self, frame: TrajectoryFrame) -> None:
        """Append a frame."""
        try:
            self._ase.write(frame.atoms())
            self._size = self._ase.backend.fd.tell()
            self._index.write(np.array(frame.step, _STEP).tobytes())
            self._index.flush()
        except OSError as error:
            self._abandon()
            raise WriteFailedError(str(self.path), error.strerror or str(error)) from error
        self._steps.append(frame.step)

    def sync(self) -> None:
        """Return when all frames are on the disk."""
        with _reported(self.path):
            os.fsync(self._ase.backend.fd.fileno())
            os.fsync(self._index.fileno())

    def close(self) -> None:
        """Close the file."""
        with _reported(self.path):
            if not self._ase.backend.fd.closed:
                self._ase.close()
            self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _abandon(self) -> None:
        """Leave a file of whole frames behind after a failed write."""
        file: BinaryIO = self._ase.backend.fd
        with suppress(OSError):
            file.raw.close()  # type: ignore[attr-defined] - drops what could not be written
        with suppress(OSError, ValueError):
            file.close()
        with suppress(OSError), self.path.open("rb+") as again:
            again.truncate(self._size)
        with suppress(OSError):
            self._index.close()


class TrajectoryReader:
    """Frames of a `.traj` file by their number, also while a run appends to it."""

    def __init__(self, path: Path) -> None:
        """Open; raises `FileUnreadableError` where there is no trajectory."""
        from ase.io.trajectory import TrajectoryReader as AseReader

        self.path = path
        try:
            self._ase: Any = AseReader(path)
            self.steps = np.array(steps_of(path), dtype=np.int64)
        except (OSError, ValueError, KeyError, AttributeError, IndexError) as error:
            raise FileUnreadableError(str(path), "it is not a whole trajectory") from error

    def __len__(self) -> int:
        return len(self._ase)

    def atoms(self, index: int) -> "Atoms":
        """A frame as an ASE object."""
        found: Atoms = self._ase[index]
        return found

    def __iter__(self) -> Iterator["Atoms"]:
        for index in range(len(self)):
            yield self.atoms(index)

    def close(self) -> None:
        """Close the file."""
        self._ase.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_frames(path: Path) -> Iterator["Atoms"]:
    """The frames of a trajectory of this program or any that ASE reads.

    Raises `FileUnreadableError` where there is none, `UnsafeFileError` where it would run code.
    """
    from ase.io import iread

    sniffed = sniff(path)
    for name in sniffed.formats:
        n_read = 0
        try:
            for atoms in iread(str(path), index=":", format=name):
                yield atoms
                n_read += 1
        except Exception:
            # Readers fail in every way on what is not theirs; a torn end costs only itself.
            log.debug("%s as %s ends after %d frames", path, name, n_read, exc_info=True)
        if n_read:
            return
    raise FileUnreadableError(str(path), "it holds no frame that a reader knows")


def steps_of(path: Path) -> list[int]:
    """The steps of the frames, from the index where it fits, else from the frames.

    A frame of another program, which knows no step, counts as its own number.
    """
    from ase.io.ulm import Reader

    with Reader(path) as file:
        count = len(file)
        listed = np.fromfile(index_path(path), _STEP).tolist() if index_path(path).exists() else []
        known = listed[:count]
        if known and _step_of(file[len(known) - 1], len(known) - 1) != known[-1]:
            known = []
        return known + [_step_of(file[number], number) for number in range(len(known), count)]


def _step_of(item: Any, number: int) -> int:
    told = item.get("info") or {}
    return int(told.get("step", number))


def _whole_frames(path: Path, keep_until: int | None) -> list[int]:
    """The steps of the frames that stay, after cutting off what follows them."""
    if not path.exists():
        return []
    if path.stat().st_size <= _HEADER_BYTES:
        path.unlink()
        return []
    steps = steps_of(path)
    kept = [step for step in steps if keep_until is None or step <= keep_until]
    with path.open("rb+") as file:
        file.seek(_N_ITEMS_AT)
        _, table = np.frombuffer(file.read(16), "<i8").tolist()
        if not kept:
            file.truncate(0)
            return []
        file.seek(_N_ITEMS_AT)
        file.write(np.array(len(kept), "<i8").tobytes())
        file.flush()
        file.seek(table + 8 * (len(kept) - 1))
        last = int(np.frombuffer(file.read(8), "<i8")[0])
        file.seek(last)
        length = int(np.frombuffer(file.read(8), "<i8")[0])
        room = 1
        while room < len(kept):
            room *= _GROWTH
        file.truncate(max(last + 8 + length, table + 8 * room))
        os.fsync(file.fileno())
    return kept


def _write_index(path: Path, steps: list[int]) -> None:
    index_path(path).write_bytes(np.array(steps, _STEP).tobytes())


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Turn what the system refuses into `WriteFailedError`."""
    try:
        yield
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
