"""Keys and numbers of a file as labels in eV, eV/A and eV/A^3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.io.labels.keys import STRESS_ORDERS, Mapped, candidates
from designer_app.io.labels.raw import RawFile, RawFrame
from designer_app.io.labels.units import (
    UNITS,
    VIRIAL_UNITS,
    all_electron_unit,
    forces_unit,
    guess_stress_unit,
)
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import LabelKey

Array = NDArray[np.float64]
_PLACES = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "xy": (0, 1), "yz": (1, 2), "xz": (0, 2)}
_QUANTITIES = ("energy", "forces", "stress", "magmoms")


@dataclass(frozen=True)
class _Chosen:
    """What is taken for one quantity."""

    key: str
    unit: str
    choices: tuple[str, ...]


def interpret(
    raw: RawFile, frames: Sequence[RawFrame], mapped: Mapped, source: str
) -> tuple[tuple[LabelledFrame, ...], tuple[LabelKey, ...]]:
    """(labelled frames, keys and units as they were taken)."""
    chosen = {name: _chosen(name, raw, frames, mapped) for name in _QUANTITIES}
    if not chosen["forces"].unit and chosen["forces"].key:
        unit = forces_unit(chosen["energy"].unit or "eV")
        chosen["forces"] = _Chosen(chosen["forces"].key, unit, chosen["forces"].choices)
    tags = (mapped.keys["tag"],) if "tag" in mapped.keys else candidates("tag", frames)[:1]
    order = mapped.stress_order or _stress_order(chosen["stress"].key, frames)
    made = tuple(
        _labelled(frame, chosen, tags, order, raw.settings, source, place)
        for place, frame in enumerate(frames)
    )
    return made, tuple(_key(name, chosen[name], made, raw) for name in _QUANTITIES)


def _chosen(quantity: str, raw: RawFile, frames: Sequence[RawFrame], mapped: Mapped) -> _Chosen:
    found = candidates(quantity, frames)
    key = mapped.keys.get(quantity, found[0] if found else "")
    choices = tuple(dict.fromkeys((key, *found))) if key else found
    if not any(key in frame.labels for frame in frames):
        return _Chosen("", "", choices)
    unit = raw.units.get(quantity, "") or mapped.units.get(quantity, "")
    if not unit:
        unit = _guessed(quantity, key, raw, frames)
    if quantity == "stress" and mapped.stress_sign is not None and quantity not in raw.units:
        bare = unit.removeprefix("-")
        # A virial counts compression as positive where a stress counts tension.
        flipped = (mapped.stress_sign < 0.0) != (bare in VIRIAL_UNITS)
        unit = f"-{bare}" if flipped else bare
    return _Chosen(key, unit, choices)


def _guessed(quantity: str, key: str, raw: RawFile, frames: Sequence[RawFrame]) -> str:
    usual = raw.usual.get(quantity, "")
    if quantity == "energy":
        if "per_atom" in key.lower():
            return "eV/atom"
        if usual:
            return usual
        known = [each for each in frames if _number(each.labels.get(key)) is not None]
        unit = all_electron_unit(
            [float(np.asarray(each.labels[key]).item()) for each in known],
            [each.structure.numbers for each in known],
        )
        return unit or "eV"
    if quantity == "stress":
        values = [_array(each.labels.get(key)) for each in frames]
        return guess_stress_unit(key, [each for each in values if each is not None], usual)
    return usual or {"forces": "", "magmoms": "muB"}[quantity]


def _labelled(
    frame: RawFrame,
    chosen: Mapping[str, _Chosen],
    tags: Sequence[str],
    order: str,
    settings: str,
    source: str,
    place: int,
) -> LabelledFrame:
    n_atoms = len(frame.structure)
    energy = _number(frame.labels.get(chosen["energy"].key))
    if energy is not None:
        unit = chosen["energy"].unit
        energy *= UNITS["energy"][unit] * (n_atoms if unit == "eV/atom" else 1)
    forces = _array(frame.labels.get(chosen["forces"].key))
    if forces is not None:
        fits = forces.size == 3 * n_atoms
        forces = (
            forces.reshape(n_atoms, 3) * UNITS["forces"][chosen["forces"].unit] if fits else None
        )
    moments = _array(frame.labels.get(chosen["magmoms"].key))
    tag = next((frame.labels[name] for name in tags if name in frame.labels), "")
    return LabelledFrame(
        structure=frame.structure,
        energy=energy,
        forces=forces,
        stress=_stress(frame, chosen["stress"], order),
        magmoms=moments if moments is not None and moments.shape == (n_atoms,) else None,
        tag=str(tag),
        source=source,
        index=place,
        settings=settings,
    )


def _stress(frame: RawFrame, chosen: _Chosen, order: str) -> Array | None:
    values = _array(frame.labels.get(chosen.key))
    if values is None or values.size not in (6, 9):
        return None
    volume = frame.structure.volume
    if not all(frame.structure.pbc) or volume <= 0.0:
        return None
    factor = UNITS["stress"][chosen.unit]
    if chosen.unit in VIRIAL_UNITS:
        factor /= volume
    return factor * _full(values, order)


def _full(values: Array, order: str) -> Array:
    """A symmetric 3 x 3 matrix of six or nine components."""
    if values.size == 9:
        square = values.reshape(3, 3)
        return 0.5 * (square + square.T)
    full = np.zeros((3, 3))
    for place, value in zip(STRESS_ORDERS[order], values.ravel(), strict=True):
        row, column = _PLACES[place]
        full[row, column] = full[column, row] = value
    return full


def _stress_order(key: str, frames: Sequence[RawFrame]) -> str:
    """How six components are written, told by the sheared cells among the frames; else VASP's.

    A shear of the cell makes a shear stress in the same plane, and little in the two others. (Of
    the published mlearn sets, Si and Li are in the order of VASP, Mo is in that of LAMMPS.)
    """
    scores = dict.fromkeys(STRESS_ORDERS, 0.0)
    for frame in frames:
        values = _array(frame.labels.get(key))
        if values is None or values.size != 6 or not all(frame.structure.pbc):
            continue
        lengths = np.linalg.norm(frame.structure.cell, axis=1)
        if not (lengths > 0.0).all():
            continue
        unit = frame.structure.cell / lengths[:, None]
        shear = np.abs([unit[0] @ unit[1], unit[1] @ unit[2], unit[0] @ unit[2]])
        if not 1e-3 < shear.max() < _NEARLY_RIGHT:
            continue
        for order in scores:
            full = np.abs(_full(values, order))
            stress = np.array([full[0, 1], full[1, 2], full[0, 2]])
            size = float(np.linalg.norm(stress) * np.linalg.norm(shear))
            scores[order] += float(stress @ shear) / size if size > 0.0 else 0.0
    return max(scores, key=lambda order: scores[order])


_NEARLY_RIGHT = 0.3
"""Cosine of the angles of cells that are sheared from a right-angled one."""


def _key(quantity: str, chosen: _Chosen, frames: Sequence[LabelledFrame], raw: RawFile) -> LabelKey:
    return LabelKey(
        quantity=quantity,
        key=chosen.key,
        unit=chosen.unit,
        choices=chosen.choices,
        unit_choices=() if quantity in raw.units else tuple(UNITS[quantity]),
        n_frames=sum(getattr(frame, quantity) is not None for frame in frames),
    )


def _number(value: Any) -> float | None:
    array = _array(value)
    return None if array is None or array.size != 1 else float(array.ravel()[0])


def _array(value: Any) -> Array | None:
    if value is None or isinstance(value, str | bool):
        return None
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
