"""What heads learn from: energies against the hull of other formulas, proposals, kept-back rows."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.heads.computed import (
    FILE,
    added_computed,
    computed_energies,
    fingerprints,
    placed_computed,
    read_computed,
    voltage_line_of,
)
from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import (
    DECODED,
    FORMER,
    KNOWN,
    NO_ION,
    SPLITS,
    formulas_of,
    fractions_of,
)
from designer_app.design.heads.negatives import labels_by_energy, voltage_line
from designer_app.design.heads.proposals import Proposals, amounts_of_slots
from designer_app.design.heads.rest_of_hull import RestOfHull
from designer_app.design.left_out import LeftOut, all_of, named
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.tokens import N_ELEMENTS, TokenTable
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.resources import resource
from designer_app.screening.charge_balance import balanced
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.reference.table import load_reference
from designer_app.training.splits import split_of

SAME = 1e-5
"""EV/atom, of energies in single precision."""


@pytest.fixture(scope="module")
def rest() -> RestOfHull:
    table = load_reference()
    assert table is not None
    return RestOfHull(table)


def fractions(**amounts: float) -> np.ndarray:
    found = np.zeros(N_ELEMENTS)
    for symbol, amount in amounts.items():
        found[ATOMIC_NUMBERS[symbol]] = amount
    return found / found.sum()


def test_the_distance_is_that_of_a_hull_without_the_formula(rest: RestOfHull) -> None:
    table = load_reference()
    assert table is not None
    hull = hull_for(("Li", "Fe", "O"), table.in_system(("Li", "Fe", "O")), table.origin)
    amounts = {"Li": 1.0, "Fe": 1.0, "O": 2.0}
    placed = hull.without_formula(amounts).place(amounts, -5.9)
    found = rest.distance(fractions(**amounts), -5.9)
    assert found == pytest.approx(placed.e_above_hull - placed.below_hull, abs=SAME)
    formation = rest.formation_energy(fractions(**amounts), -5.9)
    assert formation == pytest.approx(placed.formation_energy, abs=SAME)


def test_a_known_ground_state_lies_below_the_rest(rest: RestOfHull) -> None:
    table = load_reference()
    assert table is not None
    phases = [each for each in table.in_system(("Na", "Cl")) if each.formula == "NaCl"]
    lowest = min(each.energy_per_atom for each in phases)
    assert rest.distance(fractions(Na=1, Cl=1), lowest) < -0.5


def test_the_lead_takes_a_distance_above_all_phases_to_one_above_other_formulas(
    rest: RestOfHull,
) -> None:
    table = load_reference()
    assert table is not None
    hull = hull_for(("Cl", "Na"), table.in_system(("Cl", "Na")), table.origin)
    above_all = hull.place({"Na": 1.0, "Cl": 1.0}, -3.0).e_above_hull
    salt = fractions(Na=1, Cl=1)
    assert above_all + rest.lead(salt) == pytest.approx(rest.distance(salt, -3.0), abs=SAME)


def test_a_formula_that_nobody_knows_has_no_lead(rest: RestOfHull) -> None:
    assert rest.lead(fractions(Na=3, Cl=17)) == 0.0


def test_an_element_has_no_rest(rest: RestOfHull) -> None:
    assert np.isnan(rest.distance(fractions(Na=1), -1.3))


def test_proposals_are_the_same_for_the_same_seed() -> None:
    library = load_library()
    known, _ = known_tokens(library)
    first, second = (
        Proposals(library, known, np.random.default_rng(4)).table(12) for _ in range(2)
    )
    assert (first.elements == second.elements).all()
    assert (first.prototype == second.prototype).all()


def test_slots_of_a_proposal_hold_different_elements() -> None:
    library = load_library()
    known, _ = known_tokens(library)
    table = Proposals(library, known, np.random.default_rng(1)).table(40)
    for row in table.elements:
        present = row[row > 0]
        assert len(set(present.tolist())) == len(present)


def test_proposed_electrodes_are_neutral_and_hold_an_ion() -> None:
    library = load_library()
    known, _ = known_tokens(library)
    proposals = Proposals(library, known, np.random.default_rng(1))
    for _ in range(8):
        parent, elements = proposals._next("electrode")
        counts = library.slot_counts[proposals.known.prototype[parent]]
        amounts = amounts_of_slots(elements, counts)
        assert balanced(amounts, "strict") is not None
        assert set(amounts) & set(IONS)


def test_shipped_labels_are_split_by_formula() -> None:
    library = load_library()
    crystals, electrodes = read_computed(library)
    rows = np.arange(0, len(crystals), 997)
    for formula, split in zip(
        formulas_of(crystals.table.rows(rows), library), crystals.split[rows], strict=True
    ):
        assert SPLITS[split] == split_of(formula)
    assert (electrodes.ion != NO_ION).all()


def test_most_of_what_nobody_made_is_bad_and_most_of_what_is_known_is_good() -> None:
    crystals, _ = read_computed(load_library())
    above = crystals.column("e_above_hull")
    known = crystals.origin == KNOWN
    assert np.nanmean(above[known] < 0.1) > 0.9
    assert np.nanmean(above[~known] < 0.1) < 0.7


def test_every_prototype_has_a_fingerprint_of_its_own() -> None:
    prints = fingerprints(load_library())
    assert len(set(prints.tolist())) == len(prints)


def test_energies_become_labels_and_failures_are_left_out(rest: RestOfHull) -> None:
    library = load_library()
    known, ids = known_tokens(library)
    table = load_reference()
    assert table is not None
    rows = np.arange(500, 503)
    energies = np.array([table.arrays["energy"][table.index(ids[row])] for row in rows], float)
    energies[1] = np.nan
    found = labels_by_energy(known.rows(rows), energies, library, rest)
    assert len(found) == 2
    wanted = rest.formation_energy(
        fractions_of(known.rows(rows), library, N_ELEMENTS)[0], energies[0]
    )
    assert found.column("formation_energy")[0] == pytest.approx(wanted, abs=SAME)


def test_a_formula_that_is_left_out_is_found_in_every_prototype() -> None:
    library = load_library()
    crystals, _ = read_computed(library)
    every = partial(formulas_of, crystals.table, library)
    chosen = named("LiFePO4; Fe2O3", crystals.table, every, library)
    formulas = set(formulas_of(crystals.table.rows(chosen), library))
    assert {"LiFePO4", "Fe2O3"} == formulas


def test_descriptions_name_formulas_or_families() -> None:
    assert all_of("LiFePO4; olivine: P") == (
        LeftOut(formula="LiFePO4"),
        LeftOut("olivine", (15,)),
    )


def test_joined_tables_keep_their_rows() -> None:
    known, _ = known_tokens(load_library())
    both = TokenTable.joined([known.rows(np.arange(3)), known.rows(np.arange(5, 7))])
    assert (both.prototype == known.prototype[[0, 1, 2, 5, 6]]).all()


def test_the_line_of_voltages_is_found_despite_outliers() -> None:
    library = load_library()
    known, _ = known_tokens(library)
    lithium = ATOMIC_NUMBERS["Li"]
    holds = (known.elements == lithium).any(axis=1) & ((known.elements > 0).sum(axis=1) > 2)
    table = known.rows(np.flatnonzero(holds)[:60])
    share = fractions_of(table, library, N_ELEMENTS)[:, lithium]
    generator = np.random.default_rng(0)
    metals = np.full(N_ELEMENTS, np.nan)
    metals[lithium] = -1.9
    labels = np.full((60, 7), np.nan)
    labels[:, 1], labels[:, 3] = -5.0, lithium
    stands = generator.uniform(1.0, 4.0, 60)
    relaxed = 0.9 * stands - 0.1
    relaxed[:5] -= 2.0
    for column, volts in ((4, stands), (5, relaxed)):
        labels[:, column] = (-5.0 - share * metals[lithium] + volts * share) / (1.0 - share)
    slope, intercept, _ = voltage_line([(table, labels)], library, metals)
    assert (slope, intercept) == pytest.approx((0.9, -0.1), abs=0.01)
    assert SYMBOLS[lithium] == "Li"


@pytest.fixture
def copied_labels(tmp_path) -> Path:
    path = tmp_path / "labels.npz"
    path.write_bytes(resource(FILE).read_bytes())
    return path


def three_decodes(energies: np.ndarray) -> tuple[TokenTable, dict[str, np.ndarray]]:
    names = ("formation_energy", "e_above_hull", "voltage", "volume_change")
    columns = dict.fromkeys(names, energies) | {"ion": np.full(3, NO_ION)}
    return known_tokens(load_library())[0].rows(np.arange(3)), columns


def test_decodes_are_added_and_those_before_are_called_so(copied_labels: Path) -> None:
    path, library = copied_labels, load_library()
    before = read_computed(library)[0]
    energies = np.array([0.1, 0.2, 0.3])
    table, columns = three_decodes(energies)
    added_computed(path, library, (table, columns))
    after = read_computed(library, path)[0]
    n_decoded = int((before.origin == DECODED).sum())
    n_former = int((before.origin == FORMER).sum())
    assert int((after.origin == FORMER).sum()) == n_former + n_decoded
    new = after.rows(after.origin == DECODED)
    assert new.column("e_above_hull").tolist() == pytest.approx(energies.tolist())
    assert (new.table.elements == table.elements).all()
    assert voltage_line_of(path) == voltage_line_of(resource(FILE))


def test_decodes_can_take_the_place_of_those_before(copied_labels: Path) -> None:
    library = load_library()
    before = read_computed(library)[0]
    made = three_decodes(np.array([0.1, 0.2, 0.3]))
    added_computed(copied_labels, library, made, instead=True)
    after = read_computed(library, copied_labels)[0]
    assert len(after) == int((before.origin != DECODED).sum()) + 3


def test_energies_of_shipped_labels_are_those_of_the_reference_phases(rest: RestOfHull) -> None:
    table, library = load_reference(), load_library()
    assert table is not None
    _, energies = computed_energies(resource(FILE), library, rest.elements)["known"]
    with np.load(resource(FILE)) as archive:
        sources = bytes(archive["sources"]).decode().split("\n")
    rows = np.flatnonzero(np.isfinite(energies))[::500]
    wanted = [table.arrays["energy"][table.index(sources[row])] for row in rows]
    assert energies[rows] == pytest.approx(np.array(wanted, float), abs=SAME)


def test_distances_are_written_anew_and_keep_what_is_no_number(copied_labels: Path) -> None:
    library = load_library()
    before = read_computed(library)[0]
    with np.load(copied_labels) as archive:
        above = {
            part: np.full(len(archive[f"{part}_ion"]), 0.25, dtype=np.float64)
            for part in ("known", "made")
        }
    above["made"][:] = np.nan
    placed_computed(copied_labels, above, "more phases")
    after = read_computed(library, copied_labels)[0]
    is_known = after.origin == KNOWN
    assert (after.column("e_above_hull")[is_known] == np.float32(0.25)).all()
    made = before.column("e_above_hull")[~is_known]
    assert np.array_equal(after.column("e_above_hull")[~is_known], made, equal_nan=True)
    assert voltage_line_of(copied_labels) == voltage_line_of(resource(FILE))


def test_shipped_labels_hold_decodes_of_the_shipped_autoencoder_of_test_formulas() -> None:
    crystals = read_computed(load_library())[0]
    decoded = crystals.rows(crystals.origin == DECODED)
    assert len(decoded) > 200
    assert set(decoded.split.tolist()) == {SPLITS.index("test")}
