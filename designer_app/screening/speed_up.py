"""How much faster the loaded potential is than a DFT code: measured where one is installed."""

import time
from dataclasses import dataclass
from importlib.util import find_spec

from designer_app.errors import MissingPackageError
from designer_app.io.documents import atoms_from_structure
from designer_app.potentials import Potential, as_ase_calculator
from designer_app.potentials.ase_calculator import calculator_from_text
from designer_app.specs.structure import Structure

ENGINES = {
    "gpaw": ("gpaw", "gpaw:GPAW(mode='pw', txt=None)", "apt install gpaw gpaw-data"),
}
"""DFT codes by key: package, calculator, how it is installed."""
REPEATS = 3


@dataclass(frozen=True)
class SpeedUp:
    """Energy and forces of one slab by both, in the same process."""

    engine: str
    n_atoms: int
    engine_s: float
    our_s: float
    """Seconds, of the fastest of a few evaluations; one of the engine."""

    @property
    def factor(self) -> float:
        """How many evaluations of ours fit into one of the engine's."""
        return self.engine_s / self.our_s


def speed_up(slab: Structure, potential: Potential, engine: str = "gpaw") -> SpeedUp:
    """The times of one evaluation of a slab. `engine` is a key, or any ASE calculator as text.

    Raises `MissingPackageError` where the code is not installed: nothing is estimated then.
    """
    calculator = engine
    if engine in ENGINES:
        package, calculator, install = ENGINES[engine]
        if find_spec(package) is None:
            raise MissingPackageError(package, "measuring the speed against a DFT code", install)
    theirs = atoms_from_structure(slab)
    theirs.calc = calculator_from_text(calculator)
    began = time.perf_counter()
    theirs.get_forces()
    engine_s = time.perf_counter() - began
    ours = atoms_from_structure(slab)
    ours.calc = as_ase_calculator(potential)
    times = []
    for _ in range(REPEATS):
        ours.rattle(1e-3, seed=len(times))  # the calculator keeps what it has computed
        began = time.perf_counter()
        ours.get_forces()
        times.append(time.perf_counter() - began)
    return SpeedUp(engine, len(slab), engine_s, min(times))
