"""Another program as the other side of a bench: in a Python of its own, asked line by line.

Times are of the processor, so that other work on the machine counts for neither side; blocks of
ours and theirs alternate, and ratios are medians over neighbouring blocks.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.structure import Structure

BLOCKS = 3


class PeerProgram:
    """A script beside this file that answers each line it is asked with a line of JSON.

    It runs in the Python that `peer_python` finds; without one nothing is there.
    """

    def __init__(
        self,
        script: str,
        variable: str,
        case: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
        folder: Path,
        module: str | None = None,
    ) -> None:
        self.said: dict[str, Any] = {}
        """What it told before it was asked, its version last."""
        self._process: subprocess.Popen[str] | None = None
        python = peer_python(variable, module)
        if python is None:
            return
        path = folder / "case.npz"
        np.savez(path, **{**arrays, "case": np.array(json.dumps(dict(case)))})  # pyright: ignore[reportArgumentType]
        # A file, because nobody reads complaints while it runs: a full pipe would stop it.
        self._complaints = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, "-W", "ignore", str(Path(__file__).with_name(script)), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env=peer_environment(python),
        )
        while "version" not in self.said:
            self.said |= self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)  # closes what it reads, so that it ends
            self._complaints.close()

    def seconds(self, ask: str) -> float | None:
        """Processor time it took; None without a peer."""
        if self._process is None:
            return None
        assert self._process.stdin is not None
        self._process.stdin.write(ask + "\n")
        self._process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.communicate()
            self._complaints.seek(0)
            message = f"the other program ended: {self._complaints.read().strip()[-500:]}"
            raise RuntimeError(message)
        found: dict[str, Any] = json.loads(line)
        return found


def peer_python(variable: str, module: str | None = None) -> str | None:
    """Our Python where it has the other program's module, else the one that a variable names."""
    if module is not None and find_spec(module) is not None:
        return sys.executable
    return os.environ.get(variable) or None


def peer_environment(python: str) -> dict[str, str]:
    """One thread, its own packages, and the libraries that the mpich wheel puts beside them."""
    libraries = [str(Path(python).parent.parent / "lib")]
    if "LD_LIBRARY_PATH" in os.environ:
        libraries.append(os.environ["LD_LIBRARY_PATH"])
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": "",
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
    }


def arrays_of(number: int, structure: Structure) -> dict[str, NDArray[Any]]:
    """A structure under names that begin with its number, as the scripts read it."""
    return {
        f"{number}/numbers": np.asarray(structure.numbers),
        f"{number}/positions": np.asarray(structure.positions),
        f"{number}/cell": np.asarray(structure.cell),
        f"{number}/pbc": np.asarray(structure.pbc),
    }


def alternate(
    ours: Callable[[], float], theirs: Callable[[], float | None]
) -> list[tuple[float, float | None]]:
    """Times of neighbouring blocks of both."""
    return [(ours(), theirs()) for _ in range(BLOCKS)]


def told(
    times: list[tuple[float, float | None]], unit: str, factor: float, peer: str
) -> dict[str, object]:
    """Medians of both sides and of their ratio."""
    pairs = [(mine, other) for mine, other in times if other]
    ratios = [mine / other for mine, other in pairs]
    return {
        "unit": unit,
        "ours": factor * statistics.median(mine for mine, _ in times),
        peer: factor * statistics.median(other for _, other in pairs) if pairs else None,
        "ratio": statistics.median(ratios) if ratios else None,
        "ratio min": min(ratios, default=None),
        "ratio max": max(ratios, default=None),
    }
