"""The decoder's own failures, and what labels them: the hull of other formulas, and voltages.

A voltage needs the host relaxed without its ions, which costs as much as the crystal itself. The
host as it stands, without relaxing, gives a voltage that is too high by what relaxing gains; a
line fitted to hosts that were relaxed brings it down. Its error stands in the table's header.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.computed import Arrays, crystal_labels
from designer_app.design.heads.features import IONS
from designer_app.design.heads.labelling import COLUMNS
from designer_app.design.heads.labels import NO_ION, LabelledTokens, fractions_of
from designer_app.design.heads.rest_of_hull import RestOfHull
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import N_ELEMENTS, N_GEOMETRY, TokenTable
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.potentials.base import Potential
from designer_app.properties.working_ions import metal_of
from designer_app.relaxation import relax
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.substituted_table import read_substituted
from designer_app.screening.reference.relaxing import REFERENCE_GOAL, Inner
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.voltage import ION_CHARGES

Floats = NDArray[np.float64]
Line = tuple[float, float, float]
"""Slope, intercept in V, mean absolute error in V."""
LARGEST_V = 8.0
"""Size of a voltage beyond which the host fell apart."""
MOVED = 0.6
"""Standard deviation of what is added to latent vectors of known crystals, in units of theirs."""


class Decodes:
    """What the autoencoder decodes of random latent vectors, and of known ones moved a little."""

    def __init__(
        self,
        library: PrototypeLibrary,
        known: TokenTable,
        generator: np.random.Generator,
        *,
        most_atoms: int = 20,
    ) -> None:
        from designer_app.design.vae import load_vae

        self.library, self.generator, self.most_atoms = library, generator, most_atoms
        self.vae = load_vae()
        self.latents = self.vae.encode_table(known)
        self.scale = self.latents.std(dim=0)

    def table(self, n: int) -> TokenTable:
        """The next n decodes of small cells; every second one begins at a known crystal."""
        parts: list[TokenTable] = []
        while sum(len(part) for part in parts) < n:
            noise = torch.from_numpy(
                self.generator.standard_normal((2 * n, len(self.scale))).astype(np.float32)
            )
            rows = self.generator.integers(len(self.latents), size=2 * n)
            moved = self.latents[rows] + MOVED * self.scale * noise
            is_moved = torch.from_numpy(self.generator.random(2 * n) < 0.5)
            z = torch.where(is_moved[:, None], moved, noise)
            found = self.vae.best_decode(z)
            several = (found.elements > 0).sum(axis=1) > 1
            small = self.library.n_atoms[found.prototype] <= self.most_atoms
            parts.append(found.rows(several & small))
        return TokenTable.joined(parts).rows(np.arange(n))


def labels_by_energy(
    table: TokenTable,
    energies: Floats,
    library: PrototypeLibrary,
    reference: ReferenceTable | RestOfHull,
) -> LabelledTokens:
    """Crystals with relaxed energies (eV/atom; NaN where a relaxation failed) as labels."""
    rest = reference if isinstance(reference, RestOfHull) else RestOfHull(reference)
    columns = hull_columns(table, energies, library, rest)
    return crystal_labels(table, columns["formation_energy"], columns["e_above_hull"], library)


def hull_columns(
    table: TokenTable, energies: Floats, library: PrototypeLibrary, rest: RestOfHull
) -> Arrays:
    """Formation energy and distance above the hull of other formulas, eV/atom."""
    fractions = fractions_of(table, library, N_ELEMENTS)
    formation = np.full(len(table), np.nan)
    above = np.full(len(table), np.nan)
    for row in np.flatnonzero(np.isfinite(energies)):
        formation[row] = rest.formation_energy(fractions[row], float(energies[row]))
        above[row] = rest.distance(fractions[row], float(energies[row]))
    return {"formation_energy": formation, "e_above_hull": above}


def metal_energies(potential: Potential, control: RunControl | None = None) -> Floats:
    """(N_ELEMENTS,) eV/atom of the metals of the working ions, relaxed; NaN for the others."""
    ends = relax(
        [metal_of(ion) for ion in IONS],
        potential,
        REFERENCE_GOAL,
        control=Inner(control or RunControl()),
    )
    found = np.full(N_ELEMENTS, np.nan)
    for ion, end in zip(IONS, ends, strict=True):
        found[ATOMIC_NUMBERS[ion]] = end.energy / len(end.structure)
    return found


def voltages(
    table: TokenTable,
    labels: Floats,
    library: PrototypeLibrary,
    metals: Floats,
    column: str = "host_energy",
) -> Floats:
    """V between the relaxed crystal and its host, whose energy (eV per atom of it) is a column."""
    ion = labels[:, COLUMNS.index("ion")].astype(np.int64)
    fractions = fractions_of(table, library, N_ELEMENTS)
    share = fractions[np.arange(len(table)), ion]
    charge = np.zeros(N_ELEMENTS)
    for symbol, carried in ION_CHARGES.items():
        charge[ATOMIC_NUMBERS[symbol]] = carried
    gained = labels[:, COLUMNS.index("energy")] - (1.0 - share) * labels[:, COLUMNS.index(column)]
    with np.errstate(divide="ignore", invalid="ignore"):
        volts = -(gained - share * metals[ion]) / (share * charge[ion])
    return np.where((ion > 0) & (np.abs(volts) < LARGEST_V), volts, np.nan)


def voltage_line(
    parts: Sequence[tuple[TokenTable, Floats]], library: PrototypeLibrary, metals: Floats
) -> Line:
    """From a voltage of a host as it stands to that of a relaxed one, by least absolute errors."""
    pairs = [
        (voltages(*part, library, metals, "host_made_energy"), voltages(*part, library, metals))
        for part in parts
    ]
    stands, relaxed = (np.concatenate(each) for each in zip(*pairs, strict=True))
    both = np.isfinite(stands) & np.isfinite(relaxed)
    x, y = stands[both], relaxed[both]
    weights = np.ones(len(x))
    slope = intercept = 0.0
    for _ in range(20):  # iteratively reweighted least squares: some hosts fall apart
        slope, intercept = np.polyfit(x, y, 1, w=np.sqrt(weights))
        weights = 1.0 / np.maximum(np.abs(y - slope * x - intercept), 0.02)
    error = float(np.abs(y - slope * x - intercept).mean())
    return float(slope), float(intercept), error


def electrode_columns(
    table: TokenTable, labels: Floats, library: PrototypeLibrary, metals: Floats, line: Line
) -> Arrays:
    """Voltage (V), volume change (%) and the place of the ion, for those that have one."""
    relaxed = voltages(table, labels, library, metals)
    stands = voltages(table, labels, library, metals, "host_made_energy")
    volts = np.where(np.isfinite(relaxed), relaxed, line[0] * stands + line[1])
    ion = labels[:, COLUMNS.index("ion")].astype(np.int64)
    places = {ATOMIC_NUMBERS[symbol]: place for place, symbol in enumerate(IONS)}
    swelling = 100.0 * np.expm1(labels[:, COLUMNS.index("host_expansion")])
    return {
        "voltage": volts,
        "volume_change": np.where(np.isfinite(relaxed), np.abs(swelling), np.nan),
        "ion": np.array([places.get(int(each), NO_ION) for each in ion]),
    }


def substituted_tokens(
    library: PrototypeLibrary, known: TokenTable, ids: Sequence[str], rest: RestOfHull
) -> tuple[TokenTable, Floats]:
    """Crystals of the shipped table of substitutions and their relaxed energies, eV/atom."""
    found = read_substituted()
    place = {source: row for row, source in enumerate(ids)}
    rows: list[int] = []
    elements: list[list[int]] = []
    formation: list[float] = []
    if found is not None:
        values = found.values[:, 0]
        for made, energy in zip(found.substitutions(), values, strict=True):
            row = place.get(made.prototype)
            if row is not None:
                rows.append(row)
                elements.append([made.swaps.get(int(n), int(n)) for n in known.elements[row]])
                formation.append(float(energy))
    prototype = known.prototype[rows]
    table = TokenTable(
        prototype,
        np.array(elements, dtype=np.int64),
        library.log_volumes[prototype],
        np.zeros((len(rows), N_GEOMETRY), dtype=np.float32),
    )
    fractions = fractions_of(table, library, N_ELEMENTS)
    return table, np.array(formation) + fractions @ np.nan_to_num(rest.elements)
