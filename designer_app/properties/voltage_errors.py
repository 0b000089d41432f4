"""How far a potential's voltages are off for known electrodes, as `bench voltage` measured it."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from designer_app.resources import resource

FILE = "voltage-errors.toml"
"""In `resources/data`; written by packaging/tools/build_voltage_errors.py."""


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

    @property
    def sentence(self) -> str:
        """The error in words."""
        mean = f"mean error {self.mae:.2f} V on {self.n} known electrodes"
        return f"{mean}, at most {self.largest:.2f} V"


def measured_error(model_sha256: str) -> MeasuredError | None:
    """The error of a potential by the hash of its weights; None where nobody measured it."""
    return next((each for each in _table() if each.model_sha256 == model_sha256), None)


@lru_cache(maxsize=1)
def _table() -> tuple[MeasuredError, ...]:
    path = resource("data") / FILE
    if not path.is_file():
        return ()
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["potential"]
    names = ("model_sha256", "n", "mae", "largest")
    return tuple(MeasuredError(**{name: row[name] for name in names}) for row in rows)
