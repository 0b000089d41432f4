"""Average voltage and voltage curve of an electrode from relaxed structures.

Between two compositions of one host, with x_1 < x_2 ions of charge z per formula unit,

    V = -[E(x_2) - E(x_1) - (x_2 - x_1) E(metal)] / [(x_2 - x_1) z e]

with energies of relaxed crystals in place of free energies: volume and entropy terms are a few
hundredths of a volt at room temperature (Aydinol et al. 1997, doi:10.1103/PhysRevB.56.1354). The
compositions that lie on the lower convex hull of E(x) are stable; the curve falls in a step from
each of them to the next.

| symbol | variable |
|---|---|
| E(x), x | energy, x: per formula unit of the host |
| E(metal) | metal: eV per atom, relaxed with the same potential |
| z | ION_CHARGES |
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.properties.electrode_checks import (
    framework_doubts,
    oxidation_doubts,
    voltage_doubt,
)
from designer_app.properties.intercalation import Composition, Ladder
from designer_app.properties.working_ions import capacity, formula_at, metal_of
from designer_app.relaxation import Relaxed
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES, VoltagePoint, VoltageResult, VoltageStep

Relaxer = Callable[[Sequence[Structure]], list[Relaxed]]
"""Each structure where a potential takes it, in the order given."""
_SAME_EV = 1e-6


@dataclass(frozen=True, eq=False)
class Level:
    """The lowest arrangement of one composition, per formula unit of the host."""

    composition: Composition
    lowest: Relaxed
    energy: float
    """eV."""
    volume: float
    """A^3."""
    n_relaxed: int

    @property
    def x(self) -> float:
        """Ions per formula unit of the host."""
        return self.composition.x


def measured(ladder: Ladder, relaxer: Relaxer) -> tuple[VoltageResult, tuple[Level, ...]]:
    """The electrode after relaxing its compositions and the metal in one batch.

    An arrangement between the ends that fails is told of and left out; a failing end raises its
    error. The origin of the estimate is for the caller to name.
    """
    structures = [metal_of(ladder.ion)]
    structures += [each for level in ladder.compositions for each in level.structures]
    results = relaxer(structures)
    if results[0].error is not None:
        raise results[0].error
    metal = results[0].energy / len(results[0].structure)
    levels, failures = _levels(ladder, results[1:])
    first, last = levels[0], levels[-1]
    stable = hull([(level.x, level.energy) for level in levels])
    voltage = mean_voltage(first, last, metal, ladder.ion)
    warnings = (*_unconverged(levels, results[0]), *doubts(ladder, first, last, voltage))
    mAh = capacity(ladder.amounts, ladder.ion, first.x, last.x)
    result = VoltageResult(
        ion=ladder.ion,
        charged=formula_at(ladder.amounts, ladder.ion, first.x),
        discharged=formula_at(ladder.amounts, ladder.ion, last.x),
        x_charged=first.x,
        x_discharged=last.x,
        voltage=voltage,
        capacity=mAh,
        energy_density=voltage * mAh,
        volume_change=(first.volume - last.volume) / last.volume,
        estimate=Estimate(
            key="voltage",
            value=voltage,
            unit="V",
            method="relaxation",
            light="amber" if warnings else "green",
            reason=warnings[0] if warnings else "",
        ),
        steps=tuple(
            _step(levels[low], levels[high], metal, ladder) for low, high in pairwise(stable)
        ),
        points=tuple(_point(level, levels, stable, ladder) for level in levels),
        warnings=warnings,
        failures=tuple(failures),
        charged_energy=first.lowest.energy / len(first.lowest.structure),
        discharged_energy=last.lowest.energy / len(last.lowest.structure),
        charged_structure=first.lowest.structure,
        discharged_structure=last.lowest.structure,
    )
    return result, levels


def mean_voltage(first: Level, last: Level, metal: float, ion: str) -> float:
    """V between two levels; `metal` in eV per atom."""
    n = last.x - first.x
    return -(last.energy - first.energy - n * metal) / (n * ION_CHARGES[ion])


def hull(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points on the lower convex hull, by rising x (Andrew's monotone chain)."""
    kept: list[int] = []
    for index in sorted(range(len(points)), key=lambda each: points[each]):
        if kept and points[index][0] == points[kept[-1]][0]:
            continue
        while len(kept) > 1 and _above(points[kept[-2]], points[kept[-1]], points[index]):
            kept.pop()
        kept.append(index)
    return kept


def _above(
    left: tuple[float, float], middle: tuple[float, float], right: tuple[float, float]
) -> bool:
    """Whether the middle point lies on or above the line between the others."""
    return middle[1] > _on_line(left, right, middle[0]) - _SAME_EV


def _on_line(left: tuple[float, float], right: tuple[float, float], x: float) -> float:
    share = (x - left[0]) / (right[0] - left[0])
    return left[1] + share * (right[1] - left[1])


def _levels(ladder: Ladder, results: Sequence[Relaxed]) -> tuple[tuple[Level, ...], list[str]]:
    """The lowest arrangement of each composition, and what became of those that failed."""
    levels: list[Level] = []
    failures: list[str] = []
    left = list(results)
    for composition in ladder.compositions:
        here = [left.pop(0) for _ in composition.structures]
        fine = [each for each in here if each.error is None and math.isfinite(each.energy)]
        failures += [
            f"{each.structure.name}: {explain_exception(each.error).sentence}"
            for each in here
            if each.error is not None
        ]
        if not fine:
            is_end = composition in (ladder.compositions[0], ladder.compositions[-1])
            if is_end:
                raise _first_error(here)
            continue
        lowest = min(fine, key=lambda each: each.energy)
        levels.append(
            Level(
                composition,
                lowest,
                lowest.energy / composition.units,
                lowest.structure.volume / composition.units,
                len(fine),
            )
        )
    return tuple(levels), failures


def _first_error(results: Sequence[Relaxed]) -> DesignerAppError:
    return next(each.error for each in results if each.error is not None)


def _step(low: Level, high: Level, metal: float, ladder: Ladder) -> VoltageStep:
    return VoltageStep(
        x_from=low.x,
        x_to=high.x,
        voltage=mean_voltage(low, high, metal, ladder.ion),
        formula_from=formula_at(ladder.amounts, ladder.ion, low.x),
        formula_to=formula_at(ladder.amounts, ladder.ion, high.x),
    )


def _point(
    level: Level, levels: Sequence[Level], stable: Sequence[int], ladder: Ladder
) -> VoltagePoint:
    corners = [(levels[index].x, levels[index].energy) for index in stable]
    left = max((each for each in corners if each[0] <= level.x), key=lambda each: each[0])
    right = min((each for each in corners if each[0] >= level.x), key=lambda each: each[0])
    line = left[1] if left == right else _on_line(left, right, level.x)
    ends = (levels[0].x, levels[0].energy), (levels[-1].x, levels[-1].energy)
    return VoltagePoint(
        x=level.x,
        formula=formula_at(ladder.amounts, ladder.ion, level.x),
        formation_energy=level.energy - _on_line(*ends, level.x),
        above_hull=max(level.energy - line, 0.0),
        n_arrangements=level.n_relaxed,
        searched=level.composition.searched,
    )


def _unconverged(levels: Sequence[Level], metal: Relaxed) -> list[str]:
    named = [level.lowest.structure.name for level in levels if not level.lowest.converged]
    if not metal.converged:
        named.append(metal.structure.name)
    return [f"Not fully relaxed: {', '.join(named)}."] if named else []


def doubts(ladder: Ladder, first: Level, last: Level, voltage: float) -> list[str]:
    """What speaks against believing the number, one sentence each."""
    most_charged = last.x if ladder.is_limited else first.x
    return [
        *voltage_doubt(voltage, ladder.ion),
        *oxidation_doubts(ladder.amounts, ladder.ion, most_charged, last.x),
        *framework_doubts(
            first.lowest.structure,
            last.lowest.structure,
            ladder.ion,
            is_mapped=ladder.is_mapped,
        ),
    ]
