import json
import tomllib
import zipfile
from dataclasses import asdict

import numpy as np
import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, MissingReferenceError
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.resources import resource
from designer_app.screening.checks import ReferenceCrystals
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.reference.archive import write_archive
from designer_app.screening.reference.checking import AGREES, recomputed, sample
from designer_app.screening.reference.ledger import Ledger, RelaxedPhase
from designer_app.screening.reference.packing import ALLOWED, energies_per_atom, pack
from designer_app.screening.reference.relaxing import relax_phases
from designer_app.screening.reference.table import (
    ReferenceTable,
    TableHeader,
    load_reference,
    read_table,
    write_table,
)

ROUNDING = 1e-6
"""eV/atom: energies are kept in single precision."""


@pytest.fixture(scope="module")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute("cpu"))


@pytest.fixture(scope="module")
def relaxed(emt):
    """Metals and an alloy that this potential knows, relaxed."""
    alloy = bulk("Cu", a=3.75, cubic=True)
    alloy.symbols[0] = "Au"
    made = {
        "copper": bulk("Cu", a=3.7),
        "gold": bulk("Au", a=4.1, cubic=True),
        "alloy": alloy,
        "nickel": bulk("Ni", a=3.5),
    }
    return relax_phases([structure_from_atoms(atoms, name) for name, atoms in made.items()], emt)


def _header(**changed):
    said = {
        "name": "metals",
        "potential": "ase",
        "model": "EMT",
        "model_sha256": "1" * 64,
        "correction": "none",
        "goal": "",
        "sources": "",
        "excluded": {},
    }
    return TableHeader(**(said | changed))


@pytest.fixture(scope="module")
def packed(relaxed, emt):
    return pack(relaxed, emt)


@pytest.fixture
def table(packed, emt, tmp_path):
    write_table(tmp_path / "t.npz", _header(model_sha256=emt.model_sha256), packed.arrays)
    return read_table(tmp_path / "t.npz")


def test_energies_survive_the_way_into_a_file_and_back(table, relaxed):
    for phase in relaxed:
        again = table.by_source(phase.source)
        assert again.energy_per_atom == pytest.approx(
            phase.energy / len(phase.structure), abs=ROUNDING
        )


def test_the_energy_of_an_unpacked_crystal_is_the_stored_one(table, emt):
    found = energies_per_atom([table.structure(index) for index in range(len(table))], emt)
    np.testing.assert_allclose(found, table.arrays["energy"], atol=ALLOWED)


def test_a_file_depends_on_its_content_alone(packed, tmp_path):
    for name in ("a.npz", "b.npz"):
        write_table(tmp_path / name, _header(), packed.arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_phases_of_a_system_hold_no_other_elements(table):
    assert {phase.source for phase in table.in_system(("Cu", "Au"))} == {"copper", "gold", "alloy"}
    assert {phase.formula for phase in table.in_system(("Ni",))} == {"Ni"}


def test_compositions_are_those_of_the_primitive_cell(table):
    assert table.by_source("gold").composition == {"Au": 1.0}
    assert table.by_source("alloy").composition == {"Cu": 3.0, "Au": 1.0}
    assert len(table.by_source("alloy").structure()) == 4


def test_hypothetical_phases_compete_but_are_no_known_crystals(packed, table):
    alone = table.in_system(("Au", "Cu"))
    beside = ReferenceTable(table.header, packed.arrays, "2" * 64)
    table = ReferenceTable(table.header, table.arrays, table.hash, hypothetical=beside)
    assert len(table.in_system(("Au", "Cu"))) == 2 * len(alone)
    assert len(table.known_in_system(("Au", "Cu"))) == len(alone)
    assert len(table) == len(beside)
    assert f"and {len(beside)} hypothetical ones (222222222222)" in table.name


def test_a_hypothetical_phase_is_found_by_its_name(packed, table):
    arrays = {**packed.arrays, "sources": _renamed(packed)}
    beside = ReferenceTable(table.header, arrays, "2" * 64)
    table = ReferenceTable(table.header, table.arrays, table.hash, hypothetical=beside)
    assert table.by_source("hypothetical-copper").formula == "Cu"
    assert table.index("hypothetical-copper") is None


def test_hypothetical_phases_of_another_potential_are_refused(packed, table, tmp_path):
    write_table(tmp_path / "known.npz", table.header, packed.arrays)
    beside = ReferenceTable(_header(name="ours", model_sha256="3" * 64), packed.arrays)
    with pytest.raises(FileUnreadableError, match=r"ours.*of another potential than.*metals"):
        read_table(tmp_path / "known.npz", beside)


def _renamed(packed):
    names = bytes(packed.arrays["sources"]).decode().split("\n")
    return np.frombuffer("\n".join(f"hypothetical-{name}" for name in names).encode(), np.uint8)


def test_failed_and_unconverged_crystals_are_left_out_and_counted(relaxed, emt):
    lost = RelaxedPhase("lost", None, np.nan, np.nan, 0, False, "fell apart")
    tired = RelaxedPhase("tired", relaxed[0].structure, -1.0, 0.0, 200, False)
    found = pack([*relaxed, lost, tired], emt)
    assert found.excluded == {"failed": 1, "not converged": 1}
    assert len(found.deviations) == len(relaxed)


def test_a_crystal_whose_energy_does_not_come_back_is_left_out(relaxed, emt):
    wrong = RelaxedPhase("wrong", relaxed[0].structure, -99.0, 0.0, 3, True)
    assert pack([wrong], emt).excluded == {"changed by packing": 1}


def test_what_a_table_holds_already_is_packed_the_same_without_looking_for_symmetry(
    table, relaxed, emt, monkeypatch
):
    def not_again(*_):
        raise AssertionError

    monkeypatch.setattr("designer_app.screening.reference.packing.described", not_again)
    found = pack(relaxed, emt, table)
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(array, table.arrays[name])


def test_a_check_agrees_with_what_was_packed(table, emt):
    found = recomputed(table, emt, sample(table, 3, seed=1))
    assert all(phase.agrees for phase in found)
    assert max(abs(phase.relaxed - phase.stored) for phase in found) <= AGREES


def test_a_check_with_other_weights_is_refused(packed, emt):
    other = ReferenceTable(_header(), packed.arrays)
    with pytest.raises(MissingReferenceError):
        recomputed(other, emt, [0])


def test_a_table_of_a_newer_program_is_refused(packed, tmp_path):
    told = asdict(_header()) | {"version": 99}
    text = np.frombuffer(json.dumps(told).encode(), np.uint8)
    write_archive(tmp_path / "new.npz", {"header": text, **packed.arrays})
    with pytest.raises(FileUnreadableError, match="newer"):
        read_table(tmp_path / "new.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_refused(content, tmp_path):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(FileUnreadableError):
        read_table(tmp_path / "bad.npz")


def test_a_table_without_one_of_its_arrays_is_refused(packed, tmp_path):
    text = np.frombuffer(json.dumps(asdict(_header())).encode(), np.uint8)
    arrays = {name: array for name, array in packed.arrays.items() if name != "kind"}
    write_archive(tmp_path / "less.npz", {"header": text, **arrays})
    with pytest.raises(FileUnreadableError, match="damaged"):
        read_table(tmp_path / "less.npz")


def test_a_damaged_line_of_a_ledger_is_named(relaxed, tmp_path):
    ledger = Ledger(tmp_path / "phases.jsonl")
    ledger.append(relaxed[:1])
    with ledger.path.open("a") as file:
        file.write("\0\0\0\n")
    with pytest.raises(FileUnreadableError, match="line 2"):
        list(ledger.read())


def test_a_line_cut_off_by_a_kill_is_dropped(relaxed, tmp_path):
    ledger = Ledger(tmp_path / "phases.jsonl")
    ledger.append(relaxed[:2])
    ledger.path.write_bytes(ledger.path.read_bytes()[:-5])
    assert [phase.source for phase in ledger.read()] == ["copper"]
    ledger.append(relaxed[2:3])
    assert [phase.source for phase in ledger.read()] == ["copper", "alloy"]


def test_a_table_holding_python_objects_is_refused(packed, tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, header=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(FileUnreadableError):
        read_table(path)


def test_a_potential_without_a_shipped_table_has_none():
    assert load_reference("chgnet", "my-fine-tuned.pth") is None
    assert load_reference("lennard-jones") is None


# --- the shipped table ---


@pytest.fixture(scope="module")
def shipped():
    found = load_reference("chgnet", "0.3.0")
    assert found is not None
    return found


def test_the_shipped_table_is_small_and_holds_no_code(shipped):
    path = resource("data/reference-chgnet-0.3.0.npz")
    assert path.stat().st_size < 5_000_000
    with zipfile.ZipFile(path) as archive:
        assert all(name.endswith(".npy") for name in archive.namelist())


def test_the_shipped_table_belongs_to_the_shipped_weights(shipped):
    from designer_app.weights.packaged import CHGNET_WEIGHTS

    assert shipped.header.model_sha256 == CHGNET_WEIGHTS["0.3.0"].sha256
    assert "MP2020" in shipped.header.correction


def test_every_element_of_a_shipped_phase_has_a_phase_of_its_own(shipped):
    alone = {
        next(iter(phase.composition))
        for phase in (shipped.phase(index) for index in range(len(shipped)))
        if len(phase.composition) == 1
    }
    used = {symbol for index in range(len(shipped)) for symbol in shipped.phase(index).composition}
    assert used == alone


@pytest.mark.parametrize("n", [6, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["known", "hypothetical"])
def test_a_sample_of_the_shipped_table_recomputes(shipped, kind, n):
    potential = load_potential("chgnet", "0.3.0", Compute("cpu", "float32", 1))
    table = shipped if kind == "known" else shipped.hypothetical
    small = [index for index in range(len(table)) if sum(table._amounts[index]) <= 12]
    chosen = np.random.default_rng(n).choice(small, n, replace=False)
    found = recomputed(table, potential, [int(index) for index in chosen])
    assert [phase.source for phase in found if not phase.agrees] == []


def test_crystals_that_the_published_tables_lack_are_in_the_shipped_table(shipped):
    text = (resource("data") / "simple-crystals.toml").read_text(encoding="utf-8")
    simple = [f"{kind}-{name}" for kind, names in tomllib.loads(text).items() for name in names]
    own = ["example-LiFePO4", "example-LiCoO2", "electrode-LiTiS2", *simple]
    assert [source for source in own if shipped.by_source(source) is None] == []
    assert shipped.by_source("rocksalt-LiF").formula == "LiF"


def test_every_hypothetical_phase_lies_on_the_hull_and_is_none_of_the_known(shipped):
    beside = shipped.hypothetical
    known = ReferenceCrystals(shipped, lambda: None)
    for index in np.random.default_rng(0).choice(len(beside), 10, replace=False).tolist():
        phase = beside.phase(index)
        hull = hull_for(phase.composition, shipped.in_system(phase.composition), shipped.origin)
        placed = hull.place(phase.composition, phase.energy_per_atom)
        assert placed.e_above_hull < 1e-3  # eV/atom
        assert known.same_as(phase.structure()) is None


def test_no_hypothetical_phase_makes_a_textbook_compound_fall_apart(shipped):
    for source in ("textbook-FeBr2-CdI2", "rocksalt-MnS", "textbook-PdF2-rutile", "example-LiCoO2"):
        phase = shipped.by_source(source)
        systems = (shipped.known_in_system(phase.composition), shipped.in_system(phase.composition))
        apart = [
            hull_for(phase.composition, each, shipped.origin)
            .place(phase.composition, phase.energy_per_atom)
            .e_above_hull
            for each in systems
        ]
        assert apart[1] - apart[0] < 0.016  # eV/atom
