import sys
from types import SimpleNamespace

import numpy as np
import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import Cancelled, DatabaseUnavailableError, MissingReferenceError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.user_folders import references_folder
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.screening.reference import again, databases
from designer_app.screening.reference.again import reference_set, relaxed_again

METALS = ("Cu", "Au")


@pytest.fixture(scope="module")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute("cpu"))


@pytest.fixture
def relaxations(monkeypatch):
    """Names of the structures that were relaxed, in order."""
    done = []
    real = again.relax_phases

    def counted(structures, potential, **settings):
        done.extend(structure.name for structure in structures)
        return real(structures, potential, **settings)

    monkeypatch.setattr(again, "relax_phases", counted)
    return done


def _copper(a=3.7, name="mine"):
    return structure_from_atoms(bulk("Cu", a=a), name)


def test_another_potential_gets_the_phases_relaxed_again(emt, relaxations):
    found = reference_set(METALS, emt)
    assert {"Cu", "Au"} <= {phase.formula for phase in found.phases}
    assert len(relaxations) >= len(found.phases)
    assert found.origin.model_sha256 == emt.model_sha256
    assert "relaxed again with ase" in found.origin.reference_set


@pytest.mark.parametrize(
    ("name", "said"), [("hypothetical-Cu", "(1 hypothetical; "), ("mp-1", "(")]
)
def test_the_name_of_a_set_counts_its_hypothetical_phases(emt, monkeypatch, name, said):
    starts = [_copper(name=name), _copper(name="mp-30")]
    monkeypatch.setattr(again, "_starts", lambda *_: starts)
    found = reference_set(("Cu",), emt)
    assert f"2 of 2 phases {said}{again.set_hash(found.phases)[:12]})" in found.origin.reference_set


def test_what_was_relaxed_is_not_relaxed_twice(emt, relaxations):
    first = reference_set(METALS, emt)
    relaxations.clear()
    second = reference_set(METALS, emt)
    assert relaxations == []
    assert first.origin.reference_set == second.origin.reference_set


def test_an_interrupted_set_goes_on_where_it_stopped(emt, relaxations, monkeypatch):
    monkeypatch.setattr(again, "CHUNK", 1)
    structures = [_copper(3.5 + 0.05 * step, f"cell {step}") for step in range(4)]
    control = RunControl()
    monkeypatch.setattr(
        control, "progress", lambda done, *_: control.cancel() if done >= 2 else None
    )
    with pytest.raises(Cancelled):
        relaxed_again(structures, emt, control)
    n_done = len(relaxations)
    assert 0 < n_done < len(structures)
    relaxed_again(structures, emt, RunControl())
    assert len(relaxations) == len(structures) + 1  # the one that was stopped begins again


def test_an_edited_structure_of_the_same_name_is_relaxed_anew(emt, relaxations):
    relaxed_again([_copper(3.7)], emt, RunControl())
    relaxed_again([_copper(3.9)], emt, RunControl())
    assert len(relaxations) == 2


def test_phases_are_kept_by_the_hash_of_the_weights(emt):
    relaxed_again([_copper()], emt, RunControl())
    (folder,) = references_folder().iterdir()
    assert folder.name == f"ase-{emt.model_sha256[:16]}"


def test_without_leave_to_relax_the_hull_is_refused(emt):
    with pytest.raises(MissingReferenceError) as told:
        reference_set(METALS, emt, may_relax=False)
    assert told.value.element == ""


def test_own_phases_join_the_set_and_its_name_says_so(emt):
    found = reference_set(METALS, emt, added=[_copper()])
    assert found.origin.reference_set.endswith("+ 1 own phases")
    assert any(phase.source.startswith("mine") for phase in found.phases)


def test_an_own_phase_that_fails_is_told_of_and_tried_again(emt, relaxations, caplog):
    squeezed = bulk("Cu", a=3.6, cubic=True)
    squeezed.positions[1] = squeezed.positions[0] + 0.01
    strange = structure_from_atoms(squeezed, "strange")
    for _ in range(2):
        found = reference_set(METALS, emt, added=[strange])
        assert found.origin.reference_set.endswith("+ 0 own phases")
        assert "strange is left out of the set" in caplog.text
        caplog.clear()
    assert sum(name.startswith("strange") for name in relaxations) == 2


def test_the_shipped_potential_takes_the_shipped_phases(relaxations):
    potential = load_potential("chgnet", "0.3.0", Compute("cpu", "float32", 1))
    found = reference_set(("Na", "Cl"), potential)
    assert relaxations == []
    assert "NaCl" in {phase.formula for phase in found.phases}
    assert "MP2020" in found.origin.correction


# --- databases; no test asks the internet ---


def _crystal():
    from pymatgen.core import Lattice, Structure

    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])


def _replace(monkeypatch, name, **classes):
    """A stand-in for a module of pymatgen that talks to the internet (and takes long to import)."""
    monkeypatch.setitem(sys.modules, f"pymatgen.ext.{name}", SimpleNamespace(**classes))


class _Entry:
    entry_id = "mp-30"
    energy = -123.0

    def __init__(self, structure):
        self.structure = structure


def test_structures_come_from_the_materials_project_without_energies(monkeypatch):
    class Rester:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def get_entries_in_chemsys(self, elements):
            assert elements == ["Au", "Cu"]
            return [_Entry(_crystal())]

    _replace(monkeypatch, "matproj", MPRester=Rester)
    (found,) = databases.structures_from("materials-project", METALS)
    assert found.name == "mp-30"
    np.testing.assert_array_equal(found.numbers, 4 * [29])


def test_an_optimade_provider_is_asked_for_these_elements_only(monkeypatch):
    class Rester:
        def __init__(self, provider, timeout):
            assert (provider, timeout > 0) == ("odbx", True)

        def get_structures_with_filter(self, text):
            assert text == 'elements HAS ONLY "Au", "Cu"'
            shared = _crystal()
            shared[0] = {"Cu": 0.5, "Au": 0.5}
            return {"odbx": {"odbx/1": _crystal(), "odbx/2": shared}}

    _replace(monkeypatch, "optimade", OptimadeRester=Rester)
    found = databases.structures_from("odbx", METALS)
    assert [structure.name for structure in found] == ["odbx/1"]  # shared sites have no energy


def test_a_missing_key_is_a_sentence(monkeypatch):
    class Rester:
        def __init__(self):
            raise ValueError("Invalid or old API key.\nSee the dashboard.")

    _replace(monkeypatch, "matproj", MPRester=Rester)
    with pytest.raises(DatabaseUnavailableError) as told:
        databases.structures_from("materials-project", METALS)
    assert told.value.reason == "Invalid or old API key"


def test_no_internet_is_a_sentence(monkeypatch):
    class Rester:
        def __init__(self, provider, timeout):
            raise ConnectionError(f"no route to {provider} in {timeout} s")

    _replace(monkeypatch, "optimade", OptimadeRester=Rester)
    with pytest.raises(DatabaseUnavailableError, match="no route"):
        databases.structures_from("mp", METALS)
