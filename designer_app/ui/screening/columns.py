"""The numbers of a candidate as columns: name, unit, scale, and the rule that each must meet."""

import math
from dataclasses import dataclass, replace

from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import LEAST_RELEASE, ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.number_editor import unit_text
from designer_app.ui.wording import THIN


@dataclass(frozen=True, kw_only=True)
class Column:
    """One property of all candidates."""

    key: str
    title: str
    unit: str = ""
    """As shown."""
    scale: float = 1.0
    """From the estimate's unit to the one shown."""
    decimals: int | None = None
    """As many as its error leaves; empty: three digits."""
    is_log: bool = False
    """Drawn and compared by its decimal logarithm."""
    better: str = ""
    """high, low, or empty where neither is."""
    doc: str = ""
    """What it is, with the expert's term."""

    @property
    def heading(self) -> str:
        """Title and unit, as an axis is labelled."""
        return f"{self.title} ({unit_text(self.unit)})" if self.unit else self.title

    def shown(self, value: float) -> float:
        """A value of an estimate in the unit shown."""
        return value * self.scale

    def text(self, value: float, *, with_unit: bool = False) -> str:
        """A value of an estimate as it is written."""
        if not math.isfinite(value):
            return ""
        number = number_of(self.shown(value), self.decimals, is_log=self.is_log)
        return f"{number}{THIN}{unit_text(self.unit)}" if with_unit and self.unit else number


def number_of(value: float, decimals: int | None = None, *, is_log: bool = False) -> str:
    """A number with the digits a screening deserves: three, and none after whole hundreds."""
    if decimals is not None:
        value = round(value, decimals) + 0.0
        return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
    if value == 0.0:
        return "0"
    if is_log:
        exponent = math.floor(math.log10(abs(value)))
        mantissa = value / 10.0**exponent
        if round(mantissa, 1) >= 10.0:
            mantissa, exponent = mantissa / 10.0, exponent + 1
        return f"{mantissa:.1f}e{exponent}"
    size = abs(value)
    if size >= 1e5 or size < 1e-3:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "\N{MINUS SIGN}", int(value < 0))
    places = max(0, 2 - math.floor(math.log10(size)))
    return f"{value:.{min(places, 3)}f}".replace("-", "\N{MINUS SIGN}")


_KNOWN = (
    Column(key="activity", title="Activity", unit="V", decimals=2, better="high",
           doc="Height on the volcano of the reaction: minus the overpotential; 0 is the top."),
    Column(key="adsorption_free_energy", title="Adsorption energy", unit="eV", decimals=2,
           doc="Free energy of the reaction's leading intermediate on the surface."),
    Column(key="energy_density", title="Energy density", unit="Wh/kg", better="high",
           doc="Energy stored in a kilogram of the active material against the metal of the ion."),
    Column(key="voltage", title="Voltage", unit="V", decimals=2,
           doc="Average voltage against the metal of the working ion."),
    Column(key="ionic_conductivity", title="Conductivity", unit="S/cm", is_log=True, better="high",
           doc="Of the working ion at room temperature."),
    Column(key="e_above_hull", title="Above hull", unit="meV/atom", scale=1000.0, decimals=0,
           better="low",
           doc="Energy above the convex hull of the phases of its elements in the reference set."),
    Column(key="charged_above_hull", title="Charged, above hull", unit="meV/atom", scale=1000.0,
           decimals=0, better="low",
           doc="Energy above the hull when the ions that can leave have left: above about 100 it "
           "may fall apart."),
    Column(key="ion_release", title="Ions released", unit="%", scale=100.0, better="high",
           doc="Share of the working ions that the other elements can make up for by oxidation."),
    Column(key="capacity", title="Capacity", unit="mAh/g", better="high",
           doc="Charge stored in a gram by the ions that can be released."),
    Column(key="volume_change", title="Volume change", unit="%", scale=100.0, better="low",
           doc="Of the cell, from the charged to the discharged material."),
    Column(key="stability", title="Stability", unit="%", scale=100.0, better="high",
           doc="Probability of lying within 50 meV/atom of the convex hull."),
    Column(key="e_above_hull_second", title="Second potential", unit="meV/atom", scale=1000.0,
           decimals=0, better="low",
           doc="Energy above the hull of the same phases by another potential: what the set of "
           "phases lacks, it lacks here too."),
    Column(key="formation_energy", title="Formation energy", unit="eV/atom", decimals=3,
           better="low",
           doc="Energy against the elements."),
    Column(key="band_gap", title="Band gap", unit="eV", decimals=2, doc="Of the Kohn-Sham levels."),
    Column(key="energy", title="Energy", unit="eV/atom", doc="As the potential gives it."),
    Column(key="price", title="Price", unit="USD/kg", better="low", doc="Of its elements."),
    Column(key="selectivity", title="Selectivity", better="high",
           doc="Of the wanted reaction among those that compete with it."),
    Column(key="bulk_modulus", title="Bulk modulus", unit="GPa", doc="Resistance to compression."),
    Column(key="overpotential", title="Overpotential", unit="V", better="low",
           doc="Beyond the equilibrium potential of the reaction (volcano)."),
)  # fmt: skip
KNOWN = {column.key: column for column in _KNOWN}
_ORDER = {column.key: place for place, column in enumerate(_KNOWN)}

OF_THE_CELL = frozenset(("energy",))
"""Numbers that tell nothing beside those of other formulas: the panel has them, no table."""

SCORE = Column(
    key="score", title="Score", better="high", doc="Sorts the rows of one run; larger is better."
)
ATOMS = Column(key="n_atoms", title="Atoms", doc="In the cell of the candidate.")
PLAIN = (SCORE, ATOMS)
"""Numbers of a row that are no estimates."""
_IN_A_SENTENCE = {"e_above_hull": "energy above hull"}


def column_for(estimate: Estimate) -> Column:
    """The column of a property, also of one without a name of its own here."""
    known = KNOWN.get(estimate.key)
    if known is None:
        return Column(key=estimate.key, title=name_of(estimate.key), unit=estimate.unit)
    if known.scale != 1.0 and estimate.unit == known.unit:  # it came in the unit shown
        return replace(known, scale=1.0)
    return known if known.scale != 1.0 else replace(known, unit=estimate.unit or known.unit)


def name_of(key: str) -> str:
    """A property as people call it."""
    return KNOWN[key].title if key in KNOWN else key.replace("_", " ").capitalize()


def reason_text(reason: str) -> str:
    """A reason of the funnel as people read it: criteria by their names."""
    parts = reason.split(", ")
    is_rule = all(part in KNOWN for part in parts)
    return ", ".join(name_of(part).lower() for part in parts) if is_rule else reason


def place_of(key: str) -> int:
    """Where a column stands among others."""
    return _ORDER.get(key, len(_ORDER))


@dataclass(frozen=True)
class Criterion:
    """What a property must be, in the estimate's unit."""

    key: str
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    """Least probability of meeting it; None where the value itself is asked."""

    def sentence(self, column: Column) -> str:
        """The rule in words."""
        told = self._limits(column)
        return f"{told} with a chance above {self.chance:.0%}" if self.chance is not None else told

    def _limits(self, column: Column) -> str:
        if self.low is not None and self.high is not None:
            return f"{column.text(self.low)} to {column.text(self.high, with_unit=True)}"
        if self.low is not None:
            return f"at least {column.text(self.low, with_unit=True)}"
        return f"at most {column.text(self.high or 0.0, with_unit=True)}"

    def bounds(self) -> tuple[float, ...]:
        """The limits that are set."""
        return tuple(each for each in (self.low, self.high) if each is not None)


def criteria_of(spec: ScreenSpec) -> dict[str, Criterion]:
    """The thresholds of a run, by property."""
    found = [
        Criterion("stability", low=spec.stability),
        Criterion("e_above_hull", high=spec.e_above_hull),
    ]
    if spec.rules == "battery":
        if spec.energy_density > 0:
            found.append(Criterion("energy_density", low=spec.energy_density))
        if spec.asks_voltage:
            found.append(Criterion("voltage", low=spec.voltage_low, high=spec.voltage_high))
        if spec.test_conductivity:
            limit, chance = spec.ionic_conductivity, spec.conduction_chance
            found.append(Criterion("ionic_conductivity", low=limit, chance=chance))
        if spec.is_for_electrodes:  # nobody asked for it: last, as plots draw what stands first
            found.append(Criterion("ion_release", low=LEAST_RELEASE))
    if spec.rules == "catalyst":
        found.append(Criterion("activity", low=spec.activity))
    return {each.key: each for each in found}


def estimate_text(estimate: Estimate, column: Column) -> str:
    """Value, interval and unit in one line."""
    if not math.isfinite(estimate.value):
        return "no value"
    told = column.text(estimate.value)
    if estimate.low is not None and estimate.high is not None:
        low, high = column.text(estimate.low), column.text(estimate.high)
        told += f" ({low} to {high})"
    elif estimate.error is not None:
        told += f" ± {column.text(estimate.error)}"
    return f"{told}{THIN}{unit_text(column.unit)}" if column.unit else told


def explain(estimate: Estimate, column: Column) -> str:
    """All that is known of a number, a line each, for a tooltip."""
    lines = [f"{column.title}: {estimate_text(estimate, column)}"]
    if estimate.low is not None and estimate.high is not None:
        lines.append(f"{estimate.level:.0%} interval")
    if estimate.error is not None:
        text = column.text(estimate.error, with_unit=True)
        lines.append(f"Error on data kept back: {text}")
    if estimate.probability is not None:
        lines.append(f"Chance to pass: {estimate.probability:.0%}")
    origin = ", ".join(part for part in (estimate.method, estimate.origin) if part)
    if origin:
        lines.append(f"By {origin}")
    if estimate.reason:
        lines.append(estimate.reason)
    return "\n".join(lines)


def reason_of(row: ScreenRow) -> str:
    """Why a row was lost or misses, with the names of its failing criteria in words."""
    names = {key: _IN_A_SENTENCE.get(key, name_of(key).lower()) for key in row.failing}
    told = row.reason or (f"misses {', '.join(names.values())}" if names else "")
    for key, name in names.items():
        told = told.replace(key.replace("_", " "), name)
    return told[:1].upper() + told[1:]
