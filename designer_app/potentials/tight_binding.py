"""Tight binding: GFN1-xTB and GFN2-xTB through the package tblite.

E is the extended tight-binding energy with self-consistent charges: GFN1-xTB (Grimme, Bannwarth
and Shushkov 2017, doi:10.1021/acs.jctc.7b00118), with anisotropic electrostatics GFN2-xTB
(Bannwarth, Ehlert and Grimme 2019, doi:10.1021/acs.jctc.8b01176), by tblite (Katbashev et al.
2025, doi:10.1021/acs.jpca.4c08263). A crystal is computed at the Gamma point alone: its cell must
be so large that this one point stands for all, 12 A across at least (`thinnest_cell` of the row).

model -> method, with settings: "GFN1-xTB(charge=-1, multiplicity=2, temperature=1000)".
"""

import hashlib
import re
import sys
import weakref
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import torch
from ase.units import Bohr, Hartree
from numpy.typing import NDArray

from designer_app.device import Compute, default_threads
from designer_app.errors import (
    ElectronsNotConvergedError,
    InvalidPositionsError,
    InvalidSpecError,
    MissingPackageError,
)
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.keywords import literal_keywords
from designer_app.specs.potentials import POTENTIALS
from designer_app.state import AtomicState
from designer_app.units import KB

METHODS = tuple(model for model, _ in POTENTIALS["tight-binding"].models)
_HEAVIEST = 86
_MODEL = re.compile(r"(?P<method>[\w-]+)\s*(?P<settings>\(.*\))?", re.DOTALL)
_ATOMS_FOR_THREADS = 50
"""Below so many, threads wait for each other longer than they work."""
_MOST_KEPT = 64
"""Structures of a batch whose electrons are kept as the start of the next call."""


@dataclass(frozen=True, kw_only=True)
class TightBindingSettings:
    """What may stand in brackets behind a method's name."""

    charge: int = 0
    """Of each structure, e."""
    multiplicity: int = 0
    """2S + 1; 0 pairs all electrons that can be paired."""
    temperature: float = 300.0
    """Of the electrons, K."""
    iterations: int = 250
    """Until the charges must agree with themselves."""
    accuracy: float = 0.1
    """Of the charges; forces are then within 2e-5 eV/A, and within 1e-4 at 1."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("charge", -100, 100),
            ("multiplicity", 0, 100),
            ("temperature", 0.0, 1e5),
            ("iterations", 1, 100_000),
            ("accuracy", 1e-6, 1000.0),
        ):
            value = getattr(self, name)
            whole = isinstance(getattr(type(self), name), int)
            kinds = int if whole else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
                kind = "a whole number" if whole else "a number"
                reason = f"{name} is {kind} from {low:g} to {high:g}"
                raise InvalidSpecError("model", f"{name}={value}", reason)


def load(model: str, compute: Compute) -> "TightBindingPotential":
    """The method that `model` names; it runs on the CPU.

    Raises `MissingPackageError` where tblite is not installed.
    """
    method, settings = settings_of(model)
    try:
        from tblite import interface
    except ImportError as error:
        raise missing_tblite() from error
    return TightBindingPotential(
        method, settings, model, interface, compute.threads or default_threads()
    )


def settings_of(model: str) -> tuple[str, TightBindingSettings]:
    """(method, settings) of a model's text. Raises `InvalidSpecError`."""
    parts = _MODEL.fullmatch(model.strip())
    if parts is None or parts["method"] not in METHODS:
        reason = f"the methods are {' and '.join(METHODS)}"
        raise InvalidSpecError("model", model, reason)
    given = literal_keywords(model, parts["settings"] or "()")
    known = [field.name for field in fields(TightBindingSettings)]
    for name in given:
        if name not in known:
            reason = f"it has no setting {name}, only {', '.join(known)}"
            raise InvalidSpecError("model", model, reason)
    return parts["method"], TightBindingSettings(**given)


def missing_tblite(system: str = sys.platform) -> MissingPackageError:
    """What to do where tblite is not installed, on this system."""
    install = 'pip install "designer-app[tight-binding]"'
    if system == "win32":
        install += " inside WSL; there is no tblite for Windows itself"
    return MissingPackageError("tblite", "tight binding", install)


@dataclass(frozen=True, eq=False)
class _Kept:
    """A structure as tblite holds it, and its electrons from the last call."""

    numbers: NDArray[np.int64]
    is_periodic: bool
    calculator: Any
    electrons: Any


class TightBindingPotential(Potential):
    """An extended tight-binding method, asked for one structure after the other.

    The electrons of each structure of a batch start where those of the last call ended, which
    saves a fifth of the time and leaves differences below the accuracy: restarts are not bitwise.
    """

    key: ClassVar[str] = "tight-binding"
    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress", "energies"})
    native: ClassVar[bool] = False

    def __init__(
        self,
        method: str,
        settings: TightBindingSettings,
        model: str,
        interface: Any,
        threads: int,
    ) -> None:
        from threadpoolctl import ThreadpoolController  # comes with scikit-learn

        origin = f"{method} {settings} tblite {version('tblite')}"
        super().__init__(
            model=model,
            # The parameters are inside the package: name, settings and version decide the numbers.
            model_sha256=hashlib.sha256(origin.encode()).hexdigest(),
            cutoff=0.0,
            elements=frozenset(range(1, _HEAVIEST + 1)),
            device=torch.device("cpu"),
        )
        self.method = method
        self.settings = settings
        self._interface = interface
        self._threads = threads
        self._pools = ThreadpoolController()
        self._kept: dict[int, _Kept] = {}
        # tblite frees its memory by functions that are gone when Python ends.
        weakref.finalize(self, self._kept.clear)

    def check(self, state: AtomicState, want: frozenset[str] = ENERGY_AND_FORCES) -> None:
        """Raise where it cannot say what is wanted; it knows no layers and no wires."""
        super().check(state, want)
        if bool((state.pbc.any(dim=1) & ~state.pbc.all(dim=1)).any()):
            reason = "it knows molecules and crystals periodic in three directions, nothing between"
            raise InvalidSpecError("potential", self.key, reason, "Potential")

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What is wanted of each structure, put together."""
        del neighbors
        self.check(state, want)
        numbers = state.numbers.cpu().numpy()
        positions = state.positions.detach().cpu().numpy()
        cells, pbc = state.cell.detach().cpu().numpy(), state.pbc.cpu().numpy()
        ends = np.cumsum(state.atoms_per_system.cpu().numpy())
        found = [
            self._asked(
                system, numbers[start:end], positions[start:end], cells[system], pbc[system]
            )
            for system, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
        ]

        def joined(name: str, unit: float) -> torch.Tensor:
            return torch.from_numpy(unit * np.concatenate([each.get(name) for each in found])).to(
                state.positions
            )

        energy = Hartree * np.array([each.get("energy") for each in found])
        stress = None
        if "stress" in want:
            virial = torch.from_numpy(Hartree * np.stack([each.get("virial") for each in found]))
            stress = virial.to(state.positions) / state.volume[:, None, None]
            stress = 0.5 * (stress + stress.transpose(1, 2))
        return Prediction(
            energy=torch.from_numpy(energy).to(state.positions),
            forces=joined("gradient", -Hartree / Bohr) if "forces" in want else None,
            stress=stress,
            energies=joined("energies", Hartree) if "energies" in want else None,
        )

    def _asked(
        self,
        system: int,
        numbers: NDArray[np.int64],
        positions: NDArray[np.float64],
        cell: NDArray[np.float64],
        pbc: NDArray[np.bool_],
    ) -> Any:
        """The result of one structure, from its own electrons of the last call where it has any."""
        is_periodic = bool(pbc.all())
        kept = self._kept.pop(system, None)
        try:
            if (
                kept is not None
                and kept.is_periodic == is_periodic
                and np.array_equal(kept.numbers, numbers)
            ):
                calculator, electrons = kept.calculator, kept.electrons
                lattice = cell / Bohr if is_periodic else None
                calculator.update(positions=positions / Bohr, lattice=lattice)
                try:
                    electrons = calculator.singlepoint(electrons)
                except RuntimeError:  # from far away the old electrons may lead nowhere
                    electrons = calculator.singlepoint()
            else:
                calculator = self._calculator(numbers, positions, cell, is_periodic=is_periodic)
                electrons = calculator.singlepoint()
        except (RuntimeError, ValueError) as error:
            raise self._told(str(error), len(numbers)) from error
        if system < _MOST_KEPT:
            self._kept[system] = _Kept(numbers.copy(), is_periodic, calculator, electrons)
        return electrons

    def _calculator(
        self,
        numbers: NDArray[np.int64],
        positions: NDArray[np.float64],
        cell: NDArray[np.float64],
        *,
        is_periodic: bool,
    ) -> Any:
        settings = self.settings
        calculator = self._interface.Calculator(
            self.method,
            numbers,
            positions / Bohr,
            charge=settings.charge,
            uhf=max(settings.multiplicity - 1, 0),
            lattice=cell / Bohr if is_periodic else None,
            periodic=np.array([True, True, True]) if is_periodic else None,
            color=False,
            logger=_be_silent,
        )
        calculator.set("verbosity", 0)
        calculator.set("accuracy", settings.accuracy)
        calculator.set("max-iter", settings.iterations)
        calculator.set("temperature", settings.temperature * KB / Hartree)
        return calculator

    def _told(self, reason: str, n_atoms: int) -> Exception:
        """What tblite complains of, as an error of ours."""
        if "SCF not converged" in reason:
            return ElectronsNotConvergedError(self.method, self.settings.iterations, n_atoms)
        if "unpaired electrons" in reason:
            charge, multiplicity = self.settings.charge, self.settings.multiplicity
            odd = f"a multiplicity of {multiplicity} does not fit charge {charge} and these atoms"
            return InvalidSpecError("model", self.model, odd, "Model")
        return InvalidPositionsError(f"tblite says “{reason.strip().rstrip('.')}”")


def _be_silent(text: str) -> None:
    """Takes what tblite would print."""
