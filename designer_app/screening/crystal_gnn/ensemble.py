"""Several networks that answer together: mean, spread, interval, and how far to trust them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.elements import STANDARD_MASSES, SYMBOLS
from designer_app.errors import DesignerAppError, MissingDataError, UnsupportedElementError
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.graphs import (
    CrystalGraphs,
    check_crystal,
    crystal_graphs,
)
from designer_app.screening.crystal_gnn.heads import HEADS, unfitted
from designer_app.screening.crystal_gnn.network import (
    CrystalGraphNetwork,
    NetworkSize,
    member_outputs,
)
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.trust.intervals import Calibration
from designer_app.weights.cards import HeadCard, ModelCard, read_model

FOLDER = "weights/crystal-gnn"
RARE = 50
"""Crystals with an element among those learned from, below which the light is amber."""
ATOMIC_MASS_G = 1.66053906660
"""amu/A^3 in g/cm^3."""
CHUNK = 512
"""Crystals whose graphs are built and judged together."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeadPrediction:
    """One number for each crystal, in the head's unit."""

    mean: Floats
    spread: Floats
    """Standard deviation between the members, as the network fits the number (`HeadRow.scale`)."""
    low: Floats
    high: Floats
    """Bounds of the 90 % interval."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """Whether a crystal resembles what the networks learned from."""

    light: str
    """green or amber; what the networks do not know at all is refused."""
    reason: str


class CrystalEnsemble:
    """Networks of one size with their calibration and card."""

    def __init__(self, card: ModelCard, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.card = card
        self.heads: dict[str, HeadCard] = {each.key: each for each in card.heads}
        size = NetworkSize(**card.settings["size"])
        self.members = [_member(size, arrays, k) for k in range(len(card.seeds))]
        self.offset = arrays["scaling.mean"].astype(np.float64)
        self.scale = arrays["scaling.spread"].astype(np.float64)
        self.seen = arrays["elements.seen"]
        """Training crystals with each element, by atomic number."""
        self._calibrations = {
            row.key: _calibration(arrays, row.key)
            for row in HEADS
            if f"{row.key}.half_width" in arrays
        }
        self._logit = arrays["stability.platt"].astype(np.float64)
        self.usual_spread = arrays["spread.usual"].item()
        """Of the formation energy, eV/atom: 95 % of validation crystals stay below."""

    @property
    def origin(self) -> str:
        """Name, version and hash, as results show it."""
        return self.card.origin

    # --- crystals ---

    def predict(
        self, structures: Sequence[Structure], control: RunControl | None = None
    ) -> dict[str, HeadPrediction]:
        """Every head for each crystal, in order; the geometry may be unrelaxed.

        Raises where a structure is no ordered crystal or holds an element nobody learned of; see
        `refusals` to find such rows first.
        """
        outputs: list[Floats] = []
        for start in range(0, len(structures), CHUNK):
            if control is not None:
                control.checkpoint()
            part = structures[start : start + CHUNK]
            for structure in part:
                self.check(structure)
            outputs.append(self.outputs(crystal_graphs(part)))
        if not outputs:
            return {}
        found = self.calibrated(np.concatenate(outputs, axis=1))
        return {**found, **_volumes(structures, found)}

    def check(self, structure: Structure) -> None:
        """Raise where a structure cannot be judged."""
        check_crystal(structure)
        for number in np.unique(structure.numbers).tolist():
            if self.seen[number] == 0:
                raise UnsupportedElementError(SYMBOLS[number], "the crystal network")

    def refusals(self, structures: Sequence[Structure]) -> list[DesignerAppError | None]:
        """Why each structure cannot be judged, or None."""
        found: list[DesignerAppError | None] = []
        for structure in structures:
            try:
                self.check(structure)
                found.append(None)
            except DesignerAppError as error:
                found.append(error)
        return found

    def coverage(
        self, structures: Sequence[Structure], found: Mapping[str, HeadPrediction]
    ) -> list[Coverage]:
        """How far each crystal is from what was learned, in a light and a sentence."""
        spreads = found["formation_energy"].spread
        return [
            self._covered(structure, float(spread))
            for structure, spread in zip(structures, spreads, strict=True)
        ]

    def _covered(self, structure: Structure, spread: float) -> Coverage:
        rare = [
            f"{SYMBOLS[number]} ({self.seen[number]})"
            for number in np.unique(structure.numbers).tolist()
            if self.seen[number] < RARE
        ]
        if rare:
            return Coverage("amber", f"Few crystals learned from hold {', '.join(rare)}.")
        if spread > self.usual_spread:
            return Coverage(
                "amber",
                f"The networks disagree by {spread:.3f} eV/atom, more than for 95 % of known "
                "crystals.",
            )
        return Coverage("green", "")

    def estimates(self, structures: Sequence[Structure]) -> list[dict[str, Estimate]]:
        """The same numbers as rows show them: with unit, interval, error and origin."""
        found = self.predict(structures)
        covered = self.coverage(structures, found) if structures else []
        return [
            {key: self._estimate(key, each, row, covered[row]) for key, each in found.items()}
            for row in range(len(structures))
        ]

    def _estimate(self, key: str, found: HeadPrediction, row: int, covered: Coverage) -> Estimate:
        card = self.heads[key]
        return Estimate(
            key=key,
            value=float(found.mean[row]),
            unit=card.unit,
            low=float(found.low[row]),
            high=float(found.high[row]),
            error=card.held_out_error,
            method="crystal network",
            origin=self.origin,
            light=covered.light,
            reason=covered.reason,
        )

    # --- graphs ---

    @torch.no_grad()
    def outputs(self, graphs: CrystalGraphs, stretch: Floats | None = None) -> Floats:
        """What each member fits, not scaled any more: (n_members, n_graphs, n_heads)."""
        found = [member_outputs(member, graphs, stretch) for member in self.members]
        return np.stack(found) * self.scale + self.offset

    def calibrated(self, outputs: Floats) -> dict[str, HeadPrediction]:
        """Heads in their units from what the members fit."""
        means, spreads = outputs.mean(axis=0), outputs.std(axis=0)
        found = {}
        for column, row in enumerate(HEADS):
            if row.key not in self.heads:
                continue
            mean, spread = means[:, column], spreads[:, column]
            if row.scale == "logit":
                low, mean, high = (
                    self._logit[0] * (mean + k * 1.645 * spread) + self._logit[1]
                    for k in (-1.0, 0.0, 1.0)
                )
            else:
                low, high = self._calibrations[row.key].interval(mean, spread)
            found[row.key] = HeadPrediction(
                unfitted(row, mean), spread, unfitted(row, low), unfitted(row, high)
            )
        return found


@lru_cache(maxsize=1)
def load_crystal_ensemble() -> CrystalEnsemble:
    """The shipped ensemble; raises `MissingDataError` where none is shipped."""
    folder = resource(FOLDER)
    if not folder.is_dir():
        raise MissingDataError(str(folder), "this copy of the program has no crystal network")
    return ensemble_in(folder)


def ensemble_in(folder: Path) -> CrystalEnsemble:
    """The ensemble that a training wrote to a folder."""
    return CrystalEnsemble(*read_model(folder))


def element_counts(graphs: CrystalGraphs, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """How many of the graphs hold each element, by atomic number."""
    chosen = graphs.chosen(rows)
    graph = np.repeat(np.arange(len(rows)), chosen.n_nodes)
    pairs = np.unique(np.stack([graph, chosen.numbers.astype(np.int64)]), axis=1)
    return np.bincount(pairs[1], minlength=len(SYMBOLS)).astype(np.int32)


def _volumes(
    structures: Sequence[Structure], found: Mapping[str, HeadPrediction]
) -> dict[str, HeadPrediction]:
    """Volume and density of the relaxed crystals, which follow from their expansion."""
    growth = found.get("expansion")
    if growth is None:
        return {}
    start = np.array([each.volume / len(each) for each in structures])
    masses = [STANDARD_MASSES[each.numbers].mean() for each in structures]
    dense = np.array(masses) * ATOMIC_MASS_G / start
    return {
        "volume": HeadPrediction(
            start * np.exp(growth.mean),
            growth.spread,
            start * np.exp(growth.low),
            start * np.exp(growth.high),
        ),
        "density": HeadPrediction(
            dense * np.exp(-growth.mean),
            growth.spread,
            dense * np.exp(-growth.high),
            dense * np.exp(-growth.low),
        ),
    }


def _member(
    size: NetworkSize, arrays: Mapping[str, NDArray[Any]], number: int
) -> CrystalGraphNetwork:
    network = CrystalGraphNetwork(size)
    start = f"member{number}."
    network.load_state_dict(
        {
            name.removeprefix(start): torch.from_numpy(each.astype(np.float32))
            for name, each in arrays.items()
            if name.startswith(start)
        }
    )
    return network.eval()


def _calibration(arrays: Mapping[str, NDArray[Any]], key: str) -> Calibration:
    return Calibration(
        half_width=arrays[f"{key}.half_width"].item(),
        quantiles=arrays[f"{key}.quantiles"].astype(np.float64),
        floor=arrays[f"{key}.floor"].item(),
    )
