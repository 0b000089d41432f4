"""The voltage head: average voltage and volume change of an insertion electrode, for any ion."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import Amounts, ElementTable
from designer_app.properties.heads.learned import METHOD, Learned, learned_from
from designer_app.properties.heads.redox_features import ION_CHARGE, REDOX, redox_features
from designer_app.specs.estimates import LearnedEstimate
from designer_app.training.splits import amounts_in
from designer_app.weights.cards import ModelCard, read_model

VOLTAGE, VOLUME = "voltage", "volume_change"
FEWEST_LABELS = 50
"""Below so many pairs of an ion there is no number for it."""


@dataclass(frozen=True, eq=False)
class VoltageHead:
    """Boosted trees learned from computed voltages of the Materials Project."""

    card: ModelCard
    table: ElementTable
    voltage: Learned
    volume: Learned | None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The head in a folder. Raises `FileUnreadableError`."""
        card, arrays = read_model(folder)
        found = {each.key: learned_from(card, each, arrays) for each in card.heads}
        table = ElementTable(arrays["elements"].astype(np.float64))
        return cls(card, table, found[VOLTAGE], found.get(VOLUME))

    @property
    def labels(self) -> dict[str, int]:
        """Pairs learned from, of each working ion."""
        return {ion: pair[0] for ion, pair in self.card.head(VOLTAGE).by_group.items()}

    def predict(
        self, framework: str, ion: str, *, before: float = 0.0, after: float | None = None
    ) -> LearnedEstimate:
        """Average voltage in V against the ion's metal, by the level of the table (PBE+U).

        `framework` is the formula without the working ion, such as "FePO4"; `before` and `after`
        are ions for it as written. Without `after` each redox metal takes one electron.
        Raises `InvalidSpecError` for formulas and ions that cannot be.
        """
        return self._estimate(self.voltage, framework, ion, before, after)

    def predict_volume_change(
        self, framework: str, ion: str, *, before: float = 0.0, after: float | None = None
    ) -> LearnedEstimate:
        """Change of volume as a fraction, always positive. As `predict`."""
        if self.volume is None:
            return _no_value(VOLUME, "", self.card, "This model has no head for volume changes.")
        return self._estimate(self.volume, framework, ion, before, after)

    def predict_pair(self, charged: str, discharged: str, ion: str) -> LearnedEstimate:
        """Average voltage between two formulas of one framework."""
        first, last = amounts_in(charged), amounts_in(discharged)
        bare = {each: n for each, n in first.items() if each != ion}
        other = {each: n for each, n in last.items() if each != ion}
        times = sum(bare.values()) / max(sum(other.values()), 1e-9)
        same = bare.keys() == other.keys() and all(
            math.isclose(bare[each], other[each] * times, rel_tol=1e-3) for each in bare
        )
        if not same:
            raise InvalidSpecError(
                "discharged", discharged, f"without {ion} it is not {charged} without {ion}"
            )
        after = last.get(ion, 0.0) * times
        text = "".join(f"{each}{n:.6f}" for each, n in bare.items())
        return self.predict(text, ion, before=first.get(ion, 0.0), after=after)

    def _estimate(
        self, learned: Learned, framework: str, ion: str, before: float, after: float | None
    ) -> LearnedEstimate:
        amounts = amounts_in(framework)
        if ion in amounts:
            raise InvalidSpecError("framework", framework, f"give it without the ion {ion}")
        if ion not in ION_CHARGE:
            known = ", ".join(ION_CHARGE)
            raise InvalidSpecError("ion", ion, f"this head knows {known}", "Working ion")
        end = _one_electron(amounts, ion) if after is None else after
        if not end > before >= 0:
            raise InvalidSpecError("after", end, f"it must be above {before:g}", "Ions after")
        n = self.labels.get(ion, 0)
        if n < FEWEST_LABELS:
            said = f"No data: only {n} electrodes with {ion} are known, {FEWEST_LABELS} are needed."
            return _no_value(learned.head.key, learned.head.unit, self.card, said)
        row = redox_features(amounts, ion, before, end, self.table)
        doubt = "" if any(each in REDOX for each in amounts) else "It has no redox metal."
        found = learned.estimate(row, [*amounts, ion], doubt=doubt)
        return _shown(found, learned.card.head(learned.head.key).by_group.get(ion))


def _shown(found: LearnedEstimate, of_ion: tuple[int, float] | None) -> LearnedEstimate:
    """With the held-out error of the ion itself; a volume change as the fraction, not its log."""
    if found.key == VOLUME:
        return _as_fraction(found, of_ion)
    if of_ion is None or found.error is None:
        return found
    return _widened(replace(found, error=of_ion[1]), max(of_ion[1] / found.error, 1.0))


def _widened(found: LearnedEstimate, times: float) -> LearnedEstimate:
    """With an interval that is wider where an ion's errors are: K is off by more than Li."""

    def moved(each: float) -> float:
        return found.value + times * (each - found.value)

    return replace(
        found,
        low=None if found.low is None else moved(found.low),
        high=None if found.high is None else moved(found.high),
        distribution=tuple(moved(each) for each in found.distribution),
    )


def _as_fraction(found: LearnedEstimate, of_ion: tuple[int, float] | None) -> LearnedEstimate:
    return replace(
        found,
        value=math.exp(found.value),
        low=None if found.low is None else math.exp(found.low),
        high=None if found.high is None else math.exp(found.high),
        unit="",
        error=of_ion[1] if of_ion else found.error,
        distribution=tuple(math.exp(each) for each in found.distribution),
    )


def _no_value(key: str, unit: str, card: ModelCard, reason: str) -> LearnedEstimate:
    return LearnedEstimate(
        key=key,
        value=math.nan,
        unit=unit,
        method=METHOD,
        origin=card.origin,
        light="red",
        reason=reason,
    )


def _one_electron(amounts: Amounts, ion: str) -> float:
    metals = sum(n for each, n in amounts.items() if each in REDOX)
    return (metals or 1.0) / ION_CHARGE[ion]


def log_volume_change(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the volume head learns: changes spread over decades; artefacts of 300 % are cut."""
    return np.log(np.clip(changes, 1e-3, 3.0))
