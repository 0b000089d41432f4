"""Both ways over the bridge to ASE: its calculators as potentials, potentials as its calculators.

A calculator is named by its import path and keywords, `ase.calculators.lj:LennardJones(sigma=3.4,
epsilon=0.01)`. Keywords are literals, parsed and never evaluated; only classes that derive from
ASE's own base class are called, but importing their module runs its code: whoever passes on a
name from a stranger's file asks first.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import (
    BadConfiguration,
    BaseCalculator,
    Calculator,
    CalculatorSetupError,
    PropertyNotImplementedError,
    all_changes,
)
from ase.stress import full_3x3_to_voigt_6_stress, voigt_6_to_full_3x3_stress

from designer_app.device import Compute
from designer_app.errors import CannotProvideError, InvalidSpecError, MissingPackageError
from designer_app.neighbors.pairs import NeighborList
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.keywords import literal_keywords
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, state_from_structures

_NAME = re.compile(r"(?P<module>[\w.]+):(?P<name>\w+)(?P<call>\(.*\))?", re.DOTALL)
SKIN = 0.5
"""A, beyond the cutoff of a potential that is driven from ASE."""
_DEAREST_FIRST = ("stress", "forces", "magmoms", "energies", "energy")
_FROM_ASE = frozenset(_DEAREST_FIRST)


def load(model: str, compute: Compute) -> "AsePotential":
    """The calculator that `model` names, as a potential; it runs where it likes."""
    del compute
    return AsePotential(calculator_from_text(model), model)


def calculator_from_text(text: str) -> BaseCalculator:
    """A calculator from "module:Class" or "module:Class(keyword=literal, ...)"."""
    parts = _NAME.fullmatch(text.strip())
    if parts is None:
        raise InvalidSpecError("model", text, "write module:Class or module:Class(keyword=value)")
    keywords = literal_keywords(text, parts["call"] or "()")
    try:
        module = import_module(parts["module"])
    except ImportError as error:
        package = (error.name or parts["module"]).split(".")[0]
        purpose = f"the calculator {parts['name']}"
        install = f"pip install {package}, or name one that has it in Preferences, Other Python"
        raise MissingPackageError(package, purpose, install) from error
    kind = getattr(module, parts["name"], None)
    if not (isinstance(kind, type) and issubclass(kind, BaseCalculator)):
        raise InvalidSpecError(
            "model", text, f"{parts['module']} has no ASE calculator class {parts['name']}"
        )
    with _told_if_it_does_not_start(text):
        return kind(**keywords)


@contextmanager
def _told_if_it_does_not_start(text: str) -> Iterator[None]:
    """Many calculators only write input for a program, which may not be there."""
    try:
        yield
    # CP2K's asserts that its shell answers; others look for their program when first asked.
    except (BadConfiguration, CalculatorSetupError, OSError, AssertionError) as error:
        said = str(error).strip().rstrip(".") or "no answer"
        reason = (
            f"the program behind it does not start: {said}. Install it and tell ASE its command"
        )
        raise InvalidSpecError("model", text, reason, "Model") from error


class AsePotential(Potential):
    """An ASE calculator, asked for one structure after the other; it finds its own neighbours."""

    key: ClassVar[str] = "ase"
    native: ClassVar[bool] = False

    def __init__(self, calculator: BaseCalculator, model: str) -> None:
        super().__init__(
            model=model,
            # No weights are known; the name and keywords are what decides the numbers.
            model_sha256=hashlib.sha256(model.encode()).hexdigest(),
            cutoff=0.0,
            elements=None,
            device=torch.device("cpu"),
        )
        self.calculator = calculator
        offered = frozenset(calculator.implemented_properties)
        # What a calculator offers is known of the object only, not of this class.
        self.gives = offered & _FROM_ASE  # pyright: ignore[reportAttributeAccessIssue]

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What the calculator says of each structure, put together."""
        del neighbors
        numbers = state.numbers.cpu().numpy()
        positions = state.positions.detach().cpu().numpy()
        cells, pbc = state.cell.detach().cpu().numpy(), state.pbc.cpu().numpy()
        ends = np.cumsum(state.atoms_per_system.cpu().numpy())
        found: list[dict[str, np.ndarray]] = []
        for system, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            atoms = Atoms(
                numbers[start:end], positions[start:end], cell=cells[system], pbc=pbc[system]
            )
            found.append(self._asked(atoms, want | {"energy"}))

        def joined(name: str, *, stacked: bool) -> torch.Tensor | None:
            if name not in found[0]:
                return None
            values = [each[name] for each in found]
            array = np.stack(values) if stacked else np.concatenate(values)
            return torch.from_numpy(array).to(state.positions)

        energy = joined("energy", stacked=True)
        assert energy is not None
        return Prediction(
            energy=energy,
            forces=joined("forces", stacked=False),
            stress=joined("stress", stacked=True),
            energies=joined("energies", stacked=False),
            magmoms=joined("magmoms", stacked=False),
        )

    def _asked(self, atoms: Atoms, want: frozenset[str]) -> dict[str, np.ndarray]:
        # The dearest first, always in this order: most calculators then have the others at hand.
        order = [name for name in _DEAREST_FIRST if name in want & self.gives]
        found: dict[str, np.ndarray] = {}
        for name in order:
            try:
                with _told_if_it_does_not_start(self.model):
                    value = self.calculator.get_property(name, atoms)
            except PropertyNotImplementedError as error:
                raise CannotProvideError(self.model, name) from error
            array = np.array(value, dtype=np.float64)
            if name == "stress" and array.shape == (6,):
                array = voigt_6_to_full_3x3_stress(array)
            found[name] = array
        return found


class PotentialCalculator(Calculator):
    """A potential for everything that drives ASE calculators: MD, NEB, phonons, matcalc.

    Neighbours are kept between calls and rebuilt when atoms have moved far enough. Forces come
    with every energy; stress and magnetic moments from the first time that they are asked for.
    """

    def __init__(self, potential: Potential, **keywords: Any) -> None:
        offered = sorted(potential.gives & _FROM_ASE)
        self.implemented_properties = [*offered, "free_energy"]
        super().__init__(**keywords)
        self.potential = potential
        self._asked = {"energy", "forces"}
        self._verlet = VerletList(potential.cutoff, SKIN, half=potential.half_list)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Fill `results`: eV, eV/A, eV/A^3 (Voigt xx yy zz yz xz xy), Bohr magnetons."""
        super().calculate(atoms, properties, system_changes)
        assert isinstance(self.atoms, Atoms)
        has_cell = bool(self.atoms.pbc.all() and self.atoms.cell.rank == 3)
        if "stress" in properties and not has_cell:
            message = "stress needs a cell that is periodic in three directions"
            raise PropertyNotImplementedError(message)
        self._asked.update(set(properties) & self.potential.gives)
        want = frozenset(self._asked if has_cell else self._asked - {"stress"})
        state = state_from_structures([_structure(self.atoms)], self.potential.device)
        self.potential.check(state, want)
        prediction = self.potential.predict(state, self._verlet.update(state), want)
        self.results = _results(prediction)


def _structure(atoms: Atoms) -> Structure:
    return Structure(
        numbers=atoms.numbers.astype(np.int64),
        positions=atoms.positions.copy(),
        cell=np.asarray(atoms.cell, dtype=np.float64).copy(),
        pbc=tuple(bool(flag) for flag in atoms.pbc),  # type: ignore[arg-type]
        masses=atoms.get_masses(),
    )


def _results(prediction: Prediction) -> dict[str, Any]:
    energy = float(prediction.energy[0])
    found: dict[str, Any] = {"energy": energy, "free_energy": energy}
    for name in ("forces", "energies", "magmoms"):
        values = getattr(prediction, name)
        if values is not None:
            found[name] = values.detach().cpu().numpy().astype(np.float64)
    if prediction.stress is not None:
        stress = prediction.stress[0].detach().cpu().numpy().astype(np.float64)
        found["stress"] = full_3x3_to_voigt_6_stress(stress)
    return found
