"""Findings about units, and about forces and stresses that are no slopes of the energies."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from designer_app.io.labels.keys import UNIT_NAMES
from designer_app.io.labels.units import UNITS, all_electron_unit, forces_unit
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, Fix, LabelKey
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.preflight.neighbours import Step, Surroundings
from designer_app.training.preflight.slopes import Ratio, force_ratio, stress_ratio
from designer_app.training.preflight.stiffness import ODD, Held, stiffness

Frames = Sequence[LabelledFrame]

_AGREES = 0.2
"""Relative difference of a ratio from 1 that third-order terms of anharmonic bonds can make."""
_USUAL_FORCE = (0.005, 30.0)
"""eV/A: root mean square of the forces in any set that is worth learning from."""


@dataclass(frozen=True)
class Taken:
    """Units that the labels were read in, where all files agree; "" where not."""

    energy: str
    forces: str
    stress: str

    @staticmethod
    def of(keys: Sequence[LabelKey]) -> "Taken":
        """The units of the keys, where they may be changed."""
        found: dict[str, set[str]] = {"energy": set(), "forces": set(), "stress": set()}
        for key in keys:
            if key.key and key.quantity in found:
                found[key.quantity].add(key.unit if key.unit_choices else "")
        only = {name: next(iter(each)) if len(each) == 1 else "" for name, each in found.items()}
        return Taken(**only)


def unit_findings(
    frames: Frames,
    steps: Sequence[Step],
    near: Surroundings,
    keys: Sequence[LabelKey],
    spec: TrainPotentialSpec,
) -> Iterator[Finding]:
    """What is wrong with units, signs, and the agreement of energies, forces and stresses."""
    taken = Taken.of(keys)
    implausible = _implausible_energies(frames, taken, spec)
    if implausible is not None:
        yield implausible
        return  # whatever else is odd follows from it
    yield from _zero_forces(frames)
    ratio = force_ratio(frames, steps)
    held = stiffness(frames, steps, near)
    if ratio is not None and not _agrees(ratio):
        yield _force_finding(frames, ratio, held, taken, spec)
        return
    if held is not None and not 1.0 / ODD < held[0] / held[1] < ODD:
        yield _stiffness_finding(held, ratio, taken, spec)
        return
    if ratio is None:
        yield from _implausible_forces(frames)
    ratio = stress_ratio(frames, steps)
    if ratio is not None and not _agrees(ratio):
        yield _stress_finding(ratio, taken, spec)


def _agrees(ratio: Ratio) -> bool:
    return abs(ratio.value - 1.0) < _AGREES + 4.0 * ratio.uncertainty


def changed_mapping(spec: TrainPotentialSpec, **units: str) -> tuple[str, ...]:
    """The mapping of a spec with other units; what it said of them before is dropped."""
    quantities = {UNIT_NAMES[name] for name in units}
    dropped = {name for name, quantity in UNIT_NAMES.items() if quantity in quantities}
    if "stress" in quantities:
        dropped.add("stress_sign")
    kept = [said for said in spec.mapping if said.partition("=")[0].strip() not in dropped]
    return (*kept, *(f"{name}={unit}" for name, unit in units.items()))


def _implausible_energies(frames: Frames, taken: Taken, spec: TrainPotentialSpec) -> Finding | None:
    """All-electron energies in another unit than they were read in."""
    if not taken.energy:
        return None
    factor = UNITS["energy"][taken.energy]
    known = [each for each in frames if each.energy is not None]
    scale = [len(each) if taken.energy == "eV/atom" else 1 for each in known]
    raw = [(each.energy or 0.0) / factor / size for each, size in zip(known, scale, strict=True)]
    unit = all_electron_unit(raw, [each.structure.numbers for each in known])
    if unit in ("", taken.energy) or not known:
        return None
    per_atom = float(np.median([(each.energy or 0.0) / len(each) for each in known]))
    return Finding(
        key="units",
        level="error",
        sentence=f"Read in {taken.energy} the energies are {per_atom:.4g} eV/atom; read in {unit} "
        "they are those of all electrons of these atoms.",
        advice=f"Read the energies in {unit}.",
        fixes=(_remapped(spec, f"Energies are in {unit}", energy_unit=unit),),
    )


def _remapped(spec: TrainPotentialSpec, title: str, **units: str) -> Fix:
    return Fix(title=title, changes=(("mapping", changed_mapping(spec, **units)),))


def _zero_forces(frames: Frames) -> Iterator[Finding]:
    known = [each for each in frames if each.forces is not None and len(each) > 1]
    zero = [each for each in known if each.forces is not None and not each.forces.any()]
    if known and len(zero) == len(known):
        yield Finding(
            key="gradient",
            level="error",
            sentence=f"All forces of all {len(known)} frames are zero.",
            advice="The calculations probably wrote none; name the key that holds them, or compute "
            "them.",
        )


def _rms_force(frames: Frames) -> float:
    squares = [float((each.forces**2).mean()) for each in frames if each.forces is not None]
    return float(np.sqrt(np.mean(squares))) if squares else 0.0


def _implausible_forces(frames: Frames) -> Iterator[Finding]:
    """Forces of an unlikely size, where no two frames lie close enough to check them."""
    size = _rms_force(frames)
    low, high = _USUAL_FORCE
    if 0.0 < size < low or size > high:
        yield Finding(
            key="units",
            level="warning",
            sentence=f"The forces are {size:.2g} eV/Å on average (root mean square), where "
            f"{low:g} to {high:g} is usual.",
            advice="Check their unit; in Ha/bohr they are 51 times smaller, in kcal/mol/Å 23 times "
            "larger.",
        )


def _force_finding(
    frames: Frames, ratio: Ratio, held: Held | None, taken: Taken, spec: TrainPotentialSpec
) -> Finding:
    said = (
        f"Between {ratio.n_steps} pairs of near frames the energy changes by {ratio.value:.3g} "
        f"(± {ratio.uncertainty:.1g}) times the work of the forces, where it must be 1"
    )
    if abs(ratio.value + 1.0) < _AGREES:
        return Finding(
            key="gradient",
            level="error",
            sentence=f"{said}: the forces have the wrong sign, as if gradients were stored.",
            advice="Write the negative gradients as forces.",
        )
    if held is None:
        fixes = _unit_fixes(frames, ratio.value, taken, spec)
    else:
        fixes = _joint_fixes(held, ratio, taken, spec)
    if fixes:
        return Finding(
            key="units",
            level="error",
            sentence=f"{said}: energies and forces are in units that do not go together "
            f"(read in {taken.energy} and {taken.forces}).",
            advice=f"{fixes[0].title}.",
            fixes=fixes,
        )
    return Finding(
        key="gradient",
        level="error",
        sentence=f"{said}: the forces are not the gradient of these energies.",
        advice="Check that both keys come from the same calculation, and that the energy is the "
        "one that forces belong to (the free energy where electrons are smeared).",
    )


def _stiffness_finding(
    held: Held, ratio: Ratio | None, taken: Taken, spec: TrainPotentialSpec
) -> Finding:
    """Energies and forces agree, and both are in another unit."""
    fixes = _joint_fixes(held, ratio, taken, spec)
    ways = ", or ".join(each.title[0].lower() + each.title[1:] for each in fixes)
    return Finding(
        key="units",
        level="warning",
        sentence=f"Atoms are held by {held[0]:.2g} eV/Å², where about {held[1]:.2g} are usual in "
        "such a solid: energies and forces together seem to be in another unit.",
        advice="Check what the program that computed them writes" + (f": {ways}." if ways else "."),
        fixes=fixes,
    )


def _joint_fixes(
    held: Held, ratio: Ratio | None, taken: Taken, spec: TrainPotentialSpec
) -> tuple[Fix, ...]:
    """Units in which energies and forces agree and atoms are held as usual, the likelier first."""
    if not taken.energy or not taken.forces:
        return ()
    ranked: list[tuple[int, Fix]] = []
    for unit, other in itertools.product(UNITS["energy"], UNITS["forces"]):
        by_energy = UNITS["energy"][unit] / UNITS["energy"][taken.energy]
        by_force = UNITS["forces"][other] / UNITS["forces"][taken.forces]
        usual = other == forces_unit(unit)
        agree = usual if ratio is None else abs(ratio.value * by_energy / by_force - 1) < _AGREES
        off = float(abs(np.log(held[0] * by_force / held[1])))
        if unit == "eV/atom" or not agree or off > 0.5 * np.log(ODD):
            continue
        kept = (unit == taken.energy) + (other == taken.forces)
        if kept == 2:
            continue
        read = [f"energies in {unit}"] if unit != taken.energy else []
        read += [f"forces in {other}"] if other != taken.forces else []
        fix = _remapped(spec, f"Read {' and '.join(read)}", energy_unit=unit, forces_unit=other)
        # How stiff a solid is does not tell Ha from Ry: what the order of units prefers is first.
        ranked.append((int(off > np.log(3.0)) - usual - kept, fix))
    return tuple(fix for _, fix in sorted(ranked, key=lambda each: each[0]))[:3]


def _unit_fixes(
    frames: Frames, ratio: float, taken: Taken, spec: TrainPotentialSpec
) -> tuple[Fix, ...]:
    """Units of energies or forces that would make the ratio 1, the likelier first."""
    if not taken.energy or not taken.forces:
        return ()
    force = UNITS["forces"][taken.forces]
    energy = UNITS["energy"][taken.energy]
    size = _rms_force(frames)
    ranked: list[tuple[bool, float, Fix]] = []
    for unit, factor in UNITS["forces"].items():
        miss = abs(ratio * force / factor - 1.0)
        likely = _USUAL_FORCE[0] < size * factor / force < _USUAL_FORCE[1]
        fix = _remapped(spec, f"Read forces in {unit}", forces_unit=unit)
        ranked.append((not likely, miss, fix))
    for unit, factor in UNITS["energy"].items():
        if unit != "eV/atom":
            likely = _USUAL_FORCE[0] < size < _USUAL_FORCE[1]
            fix = _remapped(
                spec, f"Read energies in {unit}", energy_unit=unit, forces_unit=taken.forces
            )
            ranked.append((not likely, abs(ratio * factor / energy - 1.0), fix))
    fitting = [each for each in ranked if each[1] < _AGREES]
    return tuple(fix for _, _, fix in sorted(fitting, key=lambda each: each[:2]))[:3]


def _stress_finding(ratio: Ratio, taken: Taken, spec: TrainPotentialSpec) -> Finding:
    said = (
        f"Between {ratio.n_steps} pairs of strained cells the energy changes by {ratio.value:.3g} "
        f"(± {ratio.uncertainty:.1g}) times the work of the stress, where it must be 1"
    )
    off: Fix = Fix(title="Learn no stress", changes=(("stress_weight", 0.0),))
    if not taken.stress:
        return Finding(
            key="stress",
            level="error",
            sentence=f"{said}.",
            advice="Check unit and sign of the stress in the files, or learn without it.",
            fixes=(off,),
        )
    now = UNITS["stress"][taken.stress]
    misses = {
        unit: abs(ratio.value * now / factor - 1.0)
        for unit, factor in UNITS["stress"].items()
        if unit.removeprefix("-") not in ("eV", "Ha")
    }
    unit = min(misses, key=lambda each: misses[each])
    if misses[unit] < 2 * _AGREES and unit != taken.stress:
        named = unit.removeprefix("-")
        sign = "positive under compression" if unit.startswith("-") else "positive under tension"
        return Finding(
            key="stress",
            level="error",
            sentence=f"{said}: the stress is in {named}, {sign}.",
            advice=f"Read the stress in {named}, {sign}.",
            fixes=(_remapped(spec, f"{named}, {sign}", stress_unit=unit), off),
        )
    return Finding(
        key="stress",
        level="warning",
        sentence=f"{said}; a plane-wave cutoff that is too low for stresses does this too.",
        advice="Check unit, sign and order of the components, or learn without stress.",
        fixes=(off,),
    )
