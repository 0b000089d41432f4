"""The shipped structures: what they claim to be, and rebuilt from the published numbers."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from designer_app.io.documents import Document
from designer_app.io.examples import example, examples
from designer_app.io.structures import read_document
from designer_app.jobs.inspect import run as inspect
from designer_app.properties.ordering import ewald_matrix
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.documents import InspectSpec, ReadSpec
from designer_app.specs.fields import check_spec
from designer_app.specs.md import MDSpec
from designer_app.specs.potentials import POTENTIALS
from designer_app.state import check_computable

TOOLS = Path(__file__).parents[1] / "packaging" / "tools"
WRITTEN_A = 1e-6
"""A. The files carry eight decimals."""

# formula, atoms, space group, g/cm3 as published or from the lattice, nearest distance / A
FACTS = {
    "LiFePO4": ("LiFePO4", 28, "Pnma", 3.60, 1.52),
    "LiCoO2": ("LiCoO2", 12, "R-3m", 5.05, 1.92),
    "LiMn2O4": ("LiMn2O4", 56, "Fd-3m", 4.29, 1.96),
    "Li4Ti5O12": ("Li4Ti5O12", 42, "C2/m", 3.486, 1.975),
    "Li10GeP2S12": ("Li10GeP2S12", 50, "Cc", 2.04, 1.99),
    "SrTiO3": ("SrTiO3", 5, "Pm-3m", 5.12, 1.95),
    "NaCl": ("NaCl", 8, "Fm-3m", 2.16, 2.82),
    "Si": ("Si", 8, "Fd-3m", 2.33, 2.35),
    "Cu": ("Cu", 4, "Fm-3m", 8.93, 2.56),
    "Pt111-CO": ("Pt16CO", 18, None, None, 1.15),
    "water": ("H2O", 192, "P1", 0.997, 0.957),
}


def opened(key) -> Document:
    return read_document(ReadSpec(path=example(key).path))


def looked_at(document):
    spec = InspectSpec(structure=document.structure(), occupancies=document.occupancies)
    return inspect(spec, RunControl())


def test_all_examples_are_listed():
    assert {each.key for each in examples()} == set(FACTS)
    listed = {each.file for each in examples()} | {"examples.toml"}
    assert {path.name for path in resource("examples").iterdir()} == listed


@pytest.mark.parametrize("key", FACTS)
def test_an_example_is_what_it_claims_to_be(key):
    document = opened(key)
    facts = looked_at(document)
    formula, n_atoms, space_group, density, nearest = FACTS[key]
    assert facts["formula"] == formula
    assert facts["n_atoms"] == n_atoms
    assert facts["space_group"] == space_group
    if density is not None:
        assert facts["density_g_cm3"] == pytest.approx(density, rel=0.005)
    assert facts["min_distance_A"] == pytest.approx(nearest, abs=0.006)
    assert document.warnings == ()
    check_computable(document.structure())


@pytest.mark.parametrize("key", FACTS)
def test_an_example_names_a_shipped_potential_and_a_valid_first_run(key):
    shown = example(key)
    assert shown.model in dict(POTENTIALS[shown.potential].models)
    check_spec(MDSpec(potential=shown.potential, model=shown.model, **shown.md))
    assert shown.trust in ("green", "amber")
    assert "doi:" in shown.source or "Acta Cryst." in shown.source


def test_the_lower_layers_of_the_slab_are_fixed_and_the_molecule_stands_on_a_top_site():
    structure = opened("Pt111-CO").structure()
    assert structure.pbc == (True, True, False)
    heights = structure.positions[:, 2]
    assert structure.fixed is not None
    np.testing.assert_array_equal(structure.fixed, heights < np.median(heights) - 0.1)
    carbon, oxygen = (np.flatnonzero(structure.numbers == z)[0] for z in (6, 8))
    apart = np.linalg.norm(structure.positions - structure.positions[carbon], axis=1)
    assert np.sort(apart)[1:3] == pytest.approx([1.15, 1.85], abs=WRITTEN_A)
    assert heights[oxygen] > heights[carbon] > heights[structure.numbers == 78].max()


def test_water_is_made_of_whole_molecules_with_hydrogen_bonds():
    atoms = opened("water").atoms()
    oxygens = np.flatnonzero(atoms.numbers == 8)
    hydrogens = np.flatnonzero(atoms.numbers == 1)
    distances = atoms.get_all_distances(mic=True)[np.ix_(oxygens, hydrogens)]
    bonded = distances < 1.0
    assert (bonded.sum(axis=1) == 2).all()
    hydrogen_bonds = ((distances > 1.4) & (distances < 2.45)).sum() / len(oxygens)
    assert 1.3 < hydrogen_bonds < 2.0  # liquid water has 1.7-1.8 donated per molecule


def test_manganese_of_the_spinel_has_the_bond_valence_of_its_mean_charge():
    # s = exp((R0 - R) / 0.37 A), R0 = 1.760 A for Mn(III) and 1.753 A for Mn(IV)
    # (Brown and Altermatt 1985, doi:10.1107/S0108768185002063)
    length = looked_at(opened("LiMn2O4"))["min_distance_A"]
    valence = 6 * np.exp((0.5 * (1.760 + 1.753) - length) / 0.37)
    assert valence == pytest.approx(3.5, abs=0.05)


def test_the_shared_site_of_the_titanate_has_the_bond_valence_of_its_mean_charge():
    # R0 = 1.815 A for Ti(IV) and 1.466 A for Li (Brown and Altermatt 1985)
    structure = opened("Li4Ti5O12").structure()
    titanium = structure.numbers == 22
    atoms = opened("Li4Ti5O12").atoms()
    lengths = atoms.get_all_distances(mic=True)[titanium][:, structure.numbers == 8].min(axis=1)
    valence = 6 * (5 * np.exp((1.815 - lengths) / 0.37) + np.exp((1.466 - lengths) / 0.37)) / 6
    np.testing.assert_allclose(valence, 3.5, atol=0.05)


def test_lithium_of_the_electrolyte_keeps_its_distance():
    atoms = opened("Li10GeP2S12").atoms()
    lithium = np.flatnonzero(atoms.numbers == 3)
    distances = atoms.get_all_distances(mic=True)[np.ix_(lithium, lithium)]
    assert distances[distances > 0].min() > 2.2


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    sys.path.insert(0, str(TOOLS))
    try:
        spec = importlib.util.spec_from_file_location("build_examples", TOOLS / "build_examples.py")
        builder = importlib.util.module_from_spec(spec)
        sys.modules["build_examples"] = builder  # dataclasses look their module up
        spec.loader.exec_module(builder)
        folder = tmp_path_factory.mktemp("examples")
        builder.write_all(folder)
        return folder
    finally:
        sys.path.remove(str(TOOLS))
        sys.modules.pop("build_examples", None)


@pytest.mark.parametrize("key", [key for key in FACTS if key != "Li10GeP2S12"])
def test_an_example_is_rebuilt_from_the_published_numbers(key, rebuilt):
    shipped = opened(key).structure()
    again = read_document(ReadSpec(path=rebuilt / example(key).file)).structure()
    np.testing.assert_array_equal(shipped.numbers, again.numbers)
    np.testing.assert_allclose(shipped.cell, again.cell, atol=WRITTEN_A)
    np.testing.assert_allclose(shipped.positions, again.positions, atol=WRITTEN_A)


def test_the_electrolyte_is_ordered_again_with_the_same_electrostatic_energy(rebuilt):
    def energy(path):
        structure = read_document(ReadSpec(path=path)).structure()
        charges = {3: 1.0, 32: 4.0, 15: 5.0, 16: -2.0}
        q = np.array([charges[z] for z in structure.numbers])
        return q @ ewald_matrix(structure.positions, structure.cell) @ q

    shipped = energy(example("Li10GeP2S12").path)
    assert energy(rebuilt / "Li10GeP2S12.cif") == pytest.approx(shipped, abs=1e-3)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", [each.key for each in examples() if each.file.endswith(".cif")])
def test_ase_and_pymatgen_read_the_same_crystal(key):
    from ase.io import read
    from pymatgen.core import Structure

    ours = opened(key).structure()
    for theirs in (read(example(key).path), Structure.from_file(example(key).path).to_ase_atoms()):
        assert sorted(theirs.numbers) == sorted(ours.numbers)
        assert theirs.get_volume() == pytest.approx(ours.volume, rel=1e-6)
