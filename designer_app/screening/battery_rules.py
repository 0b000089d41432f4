"""What a screen of battery materials asks, what passes, and what sorts."""

from collections.abc import Callable, Mapping, Sequence

from designer_app.errors import DesignerAppError, NoWorkingIonError
from designer_app.explanations import explain_exception
from designer_app.potentials import Potential
from designer_app.properties.working_ions import check_has_ion, host_of
from designer_app.running.control import RunControl
from designer_app.screening import ion_release
from designer_app.screening.battery_estimates import (
    from_relaxation,
    learned_conductivity,
    learned_voltage,
)
from designer_app.screening.rules import Criterion, stability_criteria, value_of
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import LEAST_RELEASE, ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

THRESHOLDS: Mapping[str, float] = {
    "energy_density": 500.0,
    "ionic_conductivity": 1e-3,
    "stability": 0.9,
}
"""Wh/kg; S/cm at room temperature; chance of lying within 50 meV/atom of the hull."""
_UNKNOWN_STABILITY = 0.5


class BatteryRules:
    """What a screen of battery materials asks: the `Rules` of a funnel."""

    def __init__(self, spec: ScreenSpec, potential: Callable[[], Potential] | None = None) -> None:
        self.spec = spec
        self.potential = potential
        """Loads what relaxations need; without it there are only learned numbers."""
        found: list[Criterion] = []
        if spec.is_for_electrodes:
            found.append(Criterion(key=ion_release.KEY, low=LEAST_RELEASE))
        if spec.energy_density > 0:
            found.append(Criterion(key="energy_density", low=spec.energy_density))
        if spec.asks_voltage:
            found.append(Criterion(key="voltage", low=spec.voltage_low, high=spec.voltage_high))
        if spec.test_conductivity:
            found.append(
                Criterion(
                    key="ionic_conductivity",
                    low=spec.ionic_conductivity,
                    least_probability=spec.conduction_chance,
                )
            )
        self.criteria = (*found, *stability_criteria(spec))

    def refusal(self, structure: Structure) -> str:
        """Why a material is no electrode, or no electrolyte, for the working ion; "" if it may be.

        Li3N is no electrode, because nothing but nitrogen would stay, but conducts.
        """
        try:
            check_has_ion(structure, self.spec.ion)
            if self.spec.is_for_electrodes:
                host_of(structure, self.spec.ion)
        except DesignerAppError as error:
            prefix = "no working ion" if isinstance(error, NoWorkingIonError) else "no electrode"
            return f"{prefix}: {explain_exception(error).sentence}"
        return ""

    def quick(
        self, structures: Sequence[Structure], rows: Sequence[ScreenRow], control: RunControl
    ) -> list[tuple[Estimate, ...]]:
        """What electrodes are asked for and conductivity, by learned heads where they are there."""
        found: list[tuple[Estimate, ...]] = []
        del rows
        for structure in structures:
            control.checkpoint()
            estimates: tuple[Estimate, ...] = ()
            if self.spec.is_for_electrodes:
                estimates = learned_voltage(structure, self.spec.ion)
            if self.spec.test_conductivity:
                estimates += learned_conductivity(structure, self.spec.ionic_conductivity)
            found.append(estimates)
        return found

    def physics(
        self, structure: Structure, row: ScreenRow, control: RunControl
    ) -> tuple[Estimate, ...]:
        """Voltage, capacity, energy density and volume change from relaxed structures.

        An electrolyte, and what gives up no ions, has none of them.
        """
        is_idle = value_of(row, ion_release.KEY, 1.0) <= LEAST_RELEASE
        if self.potential is None or not self.spec.is_for_electrodes or is_idle:
            return ()
        return from_relaxation(structure, self.spec.ion, self.potential(), control)

    def score(self, row: ScreenRow) -> float:
        """Chance of being stable, times energy density over its threshold for electrodes; where
        conductivity is asked, up to twice that by the chance that it passes.
        """
        score = value_of(row, "stability", _UNKNOWN_STABILITY)
        if self.spec.is_for_electrodes:
            threshold = self.spec.energy_density or THRESHOLDS["energy_density"]
            score *= value_of(row, "energy_density", 0.0) / threshold
        conductivity = row.estimate("ionic_conductivity")
        if self.spec.test_conductivity and conductivity is not None:
            score *= 1.0 + (conductivity.probability or 0.0)
        return score
