"""Which key of a file is the energy, which the forces, which the stress."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from designer_app.errors import InvalidSpecError
from designer_app.io.labels.raw import RawFrame
from designer_app.io.labels.units import UNITS

_REFERENCE = r"(?:ref|dft|qm|reference|target)[_-]?"
_OTHER_ENERGIES = "per_?atom|correct|format|bind|cohes|kinet|fermi|hull|gap|cut|std|var|err|atomi"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "energy": (
        rf"{_REFERENCE}(?:total|free|potential)?[_-]?(?:energy|e)",
        # Forces are the gradient of the free energy where electrons are smeared.
        r"free_energy",
        r"energy",
        r"(?:uncorrected_)?(?:total|potential)_energy",
        r"e|etot|toten|e_tot|u|u0",
        rf"(?!.*(?:{_OTHER_ENERGIES})).*energy.*",
        r".*energy_per_atom",
    ),
    "forces": (
        rf"{_REFERENCE}(?:forces?|f)",
        r"forces?",
        r"f",
        r"(?!.*(?:weight|mask|std|var|err)).*force.*",
    ),
    "stress": (
        rf"{_REFERENCE}(?:stress|virials?)",
        r"(?:virial_)?stress",
        r"virials?",
        r"(?!.*(?:weight|mask|std|var|err)).*(?:stress|virial).*",
    ),
    "magmoms": (rf"{_REFERENCE}magmoms?", r"magmoms?", r"(?!.*initial).*magmom.*"),
    "tag": (r"config_?type", r"group", r"tag", r"category|subset|dataset|label"),
}
"""Names of each quantity, whole and without regard to case; earlier ones are preferred."""

UNIT_NAMES = {
    "energy_unit": "energy",
    "force_unit": "forces",
    "forces_unit": "forces",
    "stress_unit": "stress",
}
_QUANTITIES = {
    "energy": "energy",
    "force": "forces",
    "forces": "forces",
    "stress": "stress",
    "virial": "stress",
    "magmom": "magmoms",
    "magmoms": "magmoms",
    "tag": "tag",
}
STRESS_SIGNS = {"tension": 1.0, "ase": 1.0, "vasp": -1.0, "compression": -1.0, "lammps": -1.0}
STRESS_ORDERS = {
    "vasp": ("xx", "yy", "zz", "xy", "yz", "xz"),
    "lammps": ("xx", "yy", "zz", "xy", "xz", "yz"),
    "voigt": ("xx", "yy", "zz", "yz", "xz", "xy"),
}
"""How six components are written; `voigt` is also ASE's and pymatgen's."""


@dataclass(frozen=True)
class Mapped:
    """What the user said the keys mean; what is not said is found."""

    keys: Mapping[str, str]
    units: Mapping[str, str]
    stress_sign: float | None = None
    stress_order: str = ""


def read_mapping(mapping: Iterable[str]) -> Mapped:
    """`energy=REF_energy`, `energy_unit=Ha`, `stress_sign=vasp` ... as a `Mapped`.

    Raises `InvalidSpecError` for names and units that do not exist.
    """
    keys: dict[str, str] = {}
    units: dict[str, str] = {}
    sign: float | None = None
    order = ""
    for said in mapping:
        name, has_value, value = (part.strip() for part in said.partition("="))
        if not has_value or not value:
            raise _refused(said, "write it as name=value, such as energy=REF_energy")
        if name in _QUANTITIES:
            keys[_QUANTITIES[name]] = value
        elif name in UNIT_NAMES:
            quantity = UNIT_NAMES[name]
            units[quantity] = _one_of(said, value, UNITS[quantity])
        elif name == "stress_sign":
            sign = STRESS_SIGNS[_one_of(said, value, STRESS_SIGNS)]
        elif name == "stress_order":
            order = _one_of(said, value, STRESS_ORDERS)
        else:
            names = (*_QUANTITIES, *UNIT_NAMES, "stress_sign", "stress_order")
            raise _refused(said, f"the names are {', '.join(dict.fromkeys(names))}")
    return Mapped(keys, units, sign, order)


def _one_of(said: str, value: str, choices: Iterable[str]) -> str:
    by_letter = {each.casefold(): each for each in choices}
    if value.casefold() not in by_letter:
        raise _refused(said, f"choose one of {', '.join(by_letter.values())}")
    return by_letter[value.casefold()]


def _refused(said: str, reason: str) -> InvalidSpecError:
    return InvalidSpecError("mapping", said, reason, "Keys")


def candidates(quantity: str, frames: Sequence[RawFrame]) -> tuple[str, ...]:
    """Keys of a file that could be meant by a quantity, the likeliest first."""
    names: dict[str, None] = {}
    for frame in frames:
        for name, value in frame.labels.items():
            if name not in names and _has_shape(quantity, value, len(frame.structure)):
                names[name] = None
    ranked = [
        (rank, place, name)
        for place, name in enumerate(names)
        if (rank := _rank(quantity, name)) is not None
    ]
    return tuple(name for _, _, name in sorted(ranked))


def _rank(quantity: str, name: str) -> int | None:
    for rank, pattern in enumerate(_NAMES[quantity]):
        if re.fullmatch(pattern, name, re.IGNORECASE):
            return rank
    return None


def _has_shape(quantity: str, value: Any, n_atoms: int) -> bool:
    if quantity == "tag":
        return isinstance(value, str)
    if isinstance(value, str | bool) or value is None:
        return False
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    fits = {
        "energy": array.size == 1,
        "forces": array.size == 3 * n_atoms,
        "stress": array.size in (6, 9),
        "magmoms": array.shape == (n_atoms,),
    }
    return fits[quantity]
