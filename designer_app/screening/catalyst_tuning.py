"""The user's own DFT adsorption energies, and what they correct.

Two forms are read: a CSV table with the columns `adsorbate`, `surface` (its formula) and
`energy_eV`, and an ASE database whose rows carry the keys `adsorbate` and `adsorption_energy`.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import NO_SUCH_FILE, FileUnreadableError, InvalidSpecError
from designer_app.io.formulas import formula
from designer_app.properties.adsorbates import Adsorbate, adsorbates_from_text
from designer_app.specs.estimates import Estimate

COLUMNS = ("adsorbate", "surface", "energy_eV")
FEWEST = 3
"""Own rows of an adsorbate below which nothing is corrected."""
FEWEST_FOR_SLOPE = 6
"""Below so many a slope follows the noise."""
LEVEL = 0.9

Predict = Callable[[str, str], float]
"""EV from (adsorbate, surface formula); NaN where it knows nothing."""


@dataclass(frozen=True)
class OwnEnergy:
    """A row of the user's."""

    adsorbate: str
    surface: str
    energy: float
    """eV."""


@dataclass(frozen=True)
class Correction:
    """What is added to the predictions for one adsorbate: slope x prediction + intercept."""

    adsorbate: str
    n_rows: int
    slope: float
    intercept: float
    """eV."""
    raw_error: float
    error: float
    """eV, mean absolute, without and with the correction, each row left out of its fit in turn."""
    half_width: float
    """eV, of the 90 % interval, from the same rows left out."""

    @property
    def helps(self) -> bool:
        """Whether rows that it was not fitted to come out better."""
        return self.error < self.raw_error

    def applied(self, estimate: Estimate) -> Estimate:
        """An estimate corrected; as it was where the correction does not help."""
        if not self.helps:
            return estimate
        value = self.slope * estimate.value + self.intercept
        return Estimate(
            key=estimate.key,
            value=value,
            unit=estimate.unit,
            low=value - self.half_width,
            high=value + self.half_width,
            error=self.error,
            method=estimate.method,
            origin=f"{estimate.origin}; corrected with {self.n_rows} own rows: "
            f"{self.slope:.2f} E {self.intercept:+.2f} eV",
            light=estimate.light,
            reason=estimate.reason,
        )


def read_own(path: Path) -> list[OwnEnergy]:
    """The rows of a CSV table or an ASE database. Raises `FileUnreadableError`."""
    if not path.is_file():
        raise FileUnreadableError(str(path), NO_SUCH_FILE)
    rows = list(_database(path) if path.suffix in (".db", ".json") else _table(path))
    if not rows:
        raise FileUnreadableError(str(path), "it holds no row")
    return rows


def corrections(rows: Iterable[OwnEnergy], predict: Predict) -> dict[str, Correction]:
    """A correction for each adsorbate with enough rows that the predictor knows."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        guess = predict(row.adsorbate, row.surface)
        if np.isfinite(guess):
            pairs.setdefault(row.adsorbate, []).append((guess, row.energy))
    return {
        key: _fitted(key, np.array(found)) for key, found in pairs.items() if len(found) >= FEWEST
    }


def _fitted(adsorbate: str, pairs: NDArray[np.float64]) -> Correction:
    """A shift, or a line where that is better on rows left out."""
    guesses, energies = pairs.T
    raw = float(np.abs(energies - guesses).mean())
    found = []
    for with_slope in (False, True)[: 1 + (len(pairs) >= FEWEST_FOR_SLOPE)]:
        left = np.array(
            [
                energies[k] - _line_at(guesses[k], np.delete(pairs, k, axis=0), with_slope)
                for k in range(len(pairs))
            ]
        )
        found.append((float(np.abs(left).mean()), with_slope, np.sort(np.abs(left))))
    error, with_slope, left = min(found, key=lambda each: each[0])
    slope, intercept = _line(pairs, with_slope)
    rank = min(int(np.ceil((len(left) + 1) * LEVEL)), len(left))
    return Correction(adsorbate, len(pairs), slope, intercept, raw, error, float(left[rank - 1]))


def _line(pairs: NDArray[np.float64], with_slope: bool) -> tuple[float, float]:
    guesses, energies = pairs.T
    spread = float(((guesses - guesses.mean()) ** 2).sum())
    if not with_slope or spread < 1e-6:
        return 1.0, float((energies - guesses).mean())
    slope = float(((guesses - guesses.mean()) * (energies - energies.mean())).sum()) / spread
    return slope, float(energies.mean() - slope * guesses.mean())


def _line_at(guess: float, pairs: NDArray[np.float64], with_slope: bool) -> float:
    slope, intercept = _line(pairs, with_slope)
    return slope * guess + intercept


# --- reading ------------------------------------------------------------------------------------


def _table(path: Path) -> Iterator[OwnEnergy]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                reason = f"the column {missing[0]} is missing; it needs {', '.join(COLUMNS)}"
                raise FileUnreadableError(str(path), reason)
            for number, row in enumerate(reader, start=2):
                yield _row(path, f"line {number}", row)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadableError(str(path), "it is no table of text") from error


def _row(path: Path, where: str, row: Mapping[str, str]) -> OwnEnergy:
    try:
        energy = float(row["energy_eV"])
    except (TypeError, ValueError):
        reason = f"{where}: “{row['energy_eV']}” is not a number"
        raise FileUnreadableError(str(path), reason) from None
    if not np.isfinite(energy):
        raise FileUnreadableError(str(path), f"{where}: the energy is not finite")
    return OwnEnergy(_named(row["adsorbate"] or "").key, (row["surface"] or "").strip(), energy)


def _named(text: str) -> Adsorbate:
    found = adsorbates_from_text(text)
    if len(found) != 1:
        raise InvalidSpecError("adsorbate", text, "name one adsorbate a row", "Adsorbate")
    return found[0]


def _database(path: Path) -> Iterator[OwnEnergy]:
    from ase.db import connect

    try:
        rows = list(connect(path).select())
    except Exception as error:  # ASE raises what its reader of the day raises
        raise FileUnreadableError(str(path), "it is no ASE database") from error
    for row in rows:
        pairs = row.key_value_pairs
        missing = [key for key in ("adsorbate", "adsorption_energy") if key not in pairs]
        if missing:
            reason = f"row {row.id} has no key {missing[0]}"
            raise FileUnreadableError(str(path), reason)
        adsorbate = _named(str(pairs["adsorbate"]))
        surface = _without(adsorbate, row.symbols)
        yield OwnEnergy(adsorbate.key, surface, float(pairs["adsorption_energy"]))


def _without(adsorbate: Adsorbate, symbols: Sequence[str]) -> str:
    """The formula of a slab without the atoms of its adsorbate, reduced."""
    left = list(symbols)
    for symbol, _ in adsorbate.atoms:
        if symbol in left:
            left.remove(symbol)
    counts = {symbol: left.count(symbol) for symbol in left}
    divisor = int(np.gcd.reduce(list(counts.values()))) if counts else 1
    return formula({symbol: float(count // divisor) for symbol, count in counts.items()})
