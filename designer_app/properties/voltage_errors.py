"""How far a potential's voltages are off for known electrodes, as `bench voltage` measured it.

An empirical shift adds the mean of measured less computed voltages, over all electrodes or over
those of one redox metal. It is offered only where it beats the raw error on electrodes left out of
its fit, one at a time.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.resources import resource

FILE = "voltage-errors.toml"
"""In `resources/data`; written by packaging/tools/build_voltage_errors.py."""
SHIFTS = ("for all", "for each metal")
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class MeasuredError:
    """What the benchmark found for one potential."""

    model_sha256: str
    n: int
    """Electrodes."""
    mae: float
    """V."""
    largest: float
    """V."""
    shift: str = ""
    """One of `SHIFTS`, or none where no shift beats the raw error."""
    shift_mae: float = 0.0
    """V, of electrodes left out of the fit."""
    shifts: Mapping[str, float]
    """V to add, by redox metal; under `ALL` the one for all."""
    errors: Mapping[str, float] = field(default_factory=dict[str, float])
    """Computed less measured, V, by compound."""

    @property
    def sentence(self) -> str:
        """The error in words."""
        mean = f"mean error {self.mae:.2f} V on {self.n} known electrodes"
        return f"{mean}, at most {self.largest:.2f} V"

    def shift_for(self, metals: Sequence[str]) -> float | None:
        """V to add for an electrode with these elements; None where no shift is offered for it."""
        if self.shift == SHIFTS[0]:
            return self.shifts[ALL]
        known = [self.shifts[each] for each in metals if each in self.shifts]
        return known[0] if self.shift and len(known) == 1 else None


def loo_errors(errors: Sequence[float], metals: Sequence[str], shift: str) -> NDArray[np.float64]:
    """Errors, V, that a shift leaves of electrodes which took no part in its fit.

    The only electrode of a metal keeps its raw error.
    """
    values = np.array(errors, dtype=np.float64)
    left = values.copy()
    for index, metal in enumerate(metals):
        others = np.array(
            [
                other != index and (shift == SHIFTS[0] or metals[other] == metal)
                for other in range(len(values))
            ]
        )
        if others.any():
            left[index] -= values[others].mean()
    return left


def fitted(errors: Sequence[float], metals: Sequence[str], model_sha256: str) -> MeasuredError:
    """The errors of a potential, with the shift that helps most on electrodes left out, if any."""
    values = np.array(errors, dtype=np.float64)
    mae = float(np.abs(values).mean())
    by_shift = {name: float(np.abs(loo_errors(errors, metals, name)).mean()) for name in SHIFTS}
    best = min(SHIFTS, key=lambda name: by_shift[name])
    is_better = by_shift[best] < mae
    shifts = {ALL: -float(values.mean())}
    if best == SHIFTS[1]:
        named = np.array(metals)
        shifts = {
            metal: -float(values[named == metal].mean())
            for metal in sorted(set(metals))
            if (named == metal).sum() > 1
        }
    return MeasuredError(
        model_sha256=model_sha256,
        n=len(values),
        mae=mae,
        largest=float(np.abs(values).max()),
        shift=best if is_better else "",
        shift_mae=by_shift[best] if is_better else 0.0,
        shifts=shifts if is_better else {},
    )


def measured_error(model_sha256: str) -> MeasuredError | None:
    """The error of a potential by the hash of its weights; None where nobody measured it."""
    return next((each for each in _table() if each.model_sha256 == model_sha256), None)


@lru_cache(maxsize=1)
def _table() -> tuple[MeasuredError, ...]:
    path = resource("data") / FILE
    if not path.is_file():
        return ()
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["potential"]
    return tuple(MeasuredError(**row) for row in rows)
