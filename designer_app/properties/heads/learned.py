"""What all heads share: a model, its calibration, and what it has seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.nn.forest import Forest, forest_from
from designer_app.nn.linear import Linear, is_linear, linear_from
from designer_app.properties.heads.domains import Domain, Places
from designer_app.specs.estimates import LearnedEstimate
from designer_app.trust.intervals import Calibration
from designer_app.weights.cards import HeadCard, ModelCard

Floats = NDArray[np.float64]

METHOD = "learned head"


@dataclass(frozen=True, eq=False)
class Learned:
    """One number: everything that is needed to estimate it."""

    head: HeadCard
    card: ModelCard
    model: Forest | Linear
    calibration: Calibration
    domain: Domain

    def estimate(
        self, row: Floats, elements: Iterable[str], *, doubt: str = "", key: str = ""
    ) -> LearnedEstimate:
        """The estimate for one row of features; `doubt` is why it is not sound, if so."""
        mean, spread = self.model.predict(row[None])
        low, high = self.calibration.interval(mean, spread)
        light, reason = self.light(row, float(spread[0]), elements)
        if doubt:
            light = "red" if light == "red" else "amber"
            reason = reason or doubt
        return LearnedEstimate(
            key=key or self.head.key,
            value=float(mean[0]),
            unit=self.head.unit,
            low=float(low[0]),
            high=float(high[0]),
            error=self.head.held_out_error,
            method=METHOD,
            origin=self.card.origin,
            light=light,
            reason=reason,
            distribution=self.calibration.distribution(float(mean[0]), float(spread[0])),
        )

    def light(self, row: Floats, spread: float, elements: Iterable[str]) -> tuple[str, str]:
        """(light, why it is not green)."""
        unknown = sorted(set(elements) - set(self.head.elements or self.card.elements))
        if unknown:
            return "red", f"It has never seen {' or '.join(unknown)}."
        distance = self.domain.distance(row)
        if distance > self.domain.far:
            return (
                "red",
                "This is farther from all it learned from than 99 of 100 rows it was judged on.",
            )
        if distance > self.domain.near:
            return "amber", "This is unlike most of what it learned from."
        if spread > self.domain.spread:
            return "amber", "Its members disagree more than on nine of ten rows it was judged on."
        return "green", ""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the cards, by name."""
        key, domain, known = self.head.key, self.domain, self.calibration
        return {
            **self.model.arrays(key),
            f"{key}.quantiles": known.quantiles.astype(np.float32),
            f"{key}.widths": np.array([known.half_width, known.floor], dtype=np.float64),
            f"{key}.centre": domain.places.centre.astype(np.float32),
            f"{key}.scale": domain.places.scale.astype(np.float32),
            f"{key}.means": domain.places.means.astype(np.float16),
            f"{key}.limits": np.array([domain.near, domain.far, domain.spread], dtype=np.float64),
        }


def learned_from(card: ModelCard, head: HeadCard, arrays: Mapping[str, NDArray[Any]]) -> Learned:
    """The head that `Learned.arrays` wrote."""
    key = head.key
    half_width, floor = (float(each) for each in arrays[f"{key}.widths"])
    near, far, spread = (float(each) for each in arrays[f"{key}.limits"])
    return Learned(
        head=head,
        card=card,
        model=linear_from(arrays, key) if is_linear(arrays, key) else forest_from(arrays, key),
        calibration=Calibration(
            half_width=half_width,
            quantiles=arrays[f"{key}.quantiles"].astype(np.float64),
            floor=floor,
        ),
        domain=Domain(
            places=Places(
                centre=arrays[f"{key}.centre"].astype(np.float64),
                scale=arrays[f"{key}.scale"].astype(np.float64),
                means=arrays[f"{key}.means"].astype(np.float64),
            ),
            near=near,
            far=far,
            spread=spread,
        ),
    )
