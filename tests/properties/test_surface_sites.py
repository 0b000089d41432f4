"""Sites of surfaces whose answer every textbook shows."""

from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from designer_app.io.documents import structure_from_atoms
from designer_app.properties.slab_cells import Slab
from designer_app.properties.slabs import cut_slabs
from designer_app.properties.surface_sites import distinct_sites, nearest_site, surface_sites


def _slab(atoms, miller, **settings):
    return cut_slabs(structure_from_atoms(atoms), miller, **settings)[0]


def _kinds(slab):
    return [site.name for site in distinct_sites(surface_sites(slab))]


def test_fcc_111_has_four_kinds():
    assert set(_kinds(_slab(bulk("Pt"), (1, 1, 1)))) == {
        "hollow fcc",
        "hollow hcp",
        "bridge",
        "ontop",
    }


def test_fcc_111_has_as_many_sites_of_each_kind_as_geometry_says():
    slab = _slab(bulk("Pt"), (1, 1, 1))
    n = int((slab.layers == 0).sum())
    counted = Counter(site.name for site in surface_sites(slab))
    assert counted == {"ontop": n, "bridge": 3 * n, "hollow fcc": n, "hollow hcp": n}


def test_fcc_100_has_a_fourfold_hollow():
    assert set(_kinds(_slab(bulk("Cu"), (1, 0, 0)))) == {"hollow 4-fold", "bridge", "ontop"}


def test_bcc_110_has_a_short_and_a_long_bridge():
    names = _kinds(_slab(bulk("Mo"), (1, 1, 0)))
    assert len([name for name in names if name.startswith("bridge")]) == 2
    assert {"hollow 3-fold", "ontop"} < set(names)


def test_the_basal_plane_of_an_hcp_metal_has_the_hollows_of_fcc_111():
    assert {"hollow fcc", "hollow hcp"} < set(_kinds(_slab(bulk("Ru"), (0, 0, 1))))


def test_an_alloy_tells_its_elements_apart():
    crystal = Atoms(
        "Pt3Ni",
        scaled_positions=[(0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0), (0, 0, 0)],
        cell=[3.85] * 3,
        pbc=True,
    )
    names = _kinds(_slab(crystal, (1, 1, 1), spacing=5.0))
    assert {"ontop Pt", "ontop Ni", "hollow fcc Ni-Pt-Pt", "hollow fcc Pt-Pt-Pt"} < set(names)


def test_a_site_between_nonmetals_is_left_out():
    names = _kinds(_slab(bulk("NaCl", "rocksalt", a=5.64), (1, 0, 0)))
    assert set(names) == {"ontop Na", "ontop Cl"}


def test_a_crystal_without_metals_keeps_its_hollows_and_bridges():
    kinds = _kinds(_slab(bulk("Si"), (1, 1, 1)))
    assert any(name.startswith("hollow") for name in kinds)


def test_a_larger_cell_has_no_other_kinds():
    small = _kinds(_slab(bulk("Pt"), (1, 1, 1), spacing=2.0))
    assert small == _kinds(_slab(bulk("Pt"), (1, 1, 1), spacing=8.0))


@pytest.mark.parametrize("step", [(0.31, 0.17), (1.4, -2.2)])
def test_moving_the_slab_in_its_plane_changes_no_kind(step):
    slab = _slab(bulk("Pt"), (1, 1, 1), spacing=5.0)
    given = slab.structure
    moved = type(given)(
        given.numbers,
        given.positions + np.array([*step, 0.0]),
        given.cell,
        given.pbc,
        fixed=given.fixed,
    )
    other = Slab(moved, slab.miller, slab.layers, slab.n_bulk_cells)
    assert Counter(each.name for each in surface_sites(other)) == Counter(
        each.name for each in surface_sites(slab)
    )


def test_pymatgen_finds_the_same_number_of_kinds():
    import warnings

    from pymatgen.analysis.adsorption import AdsorbateSiteFinder
    from pymatgen.core import Structure
    from pymatgen.core.surface import SlabGenerator

    for symbol, miller in (("Pt", (1, 1, 1)), ("Mo", (1, 1, 0))):
        cell = bulk(symbol, cubic=True)
        crystal = Structure(cell.cell.array, cell.symbols, cell.get_scaled_positions())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = SlabGenerator(crystal, miller, 8.0, 12.0, center_slab=True).get_slab()
            theirs = AdsorbateSiteFinder(made).find_adsorption_sites()["all"]
        assert len(_kinds(_slab(bulk(symbol), miller))) == len(theirs)


def test_the_nearest_site_is_found_across_the_border_of_the_cell():
    slab = _slab(bulk("Pt"), (1, 1, 1), spacing=5.0)
    sites = surface_sites(slab)
    for site in sites:
        image = site.place + slab.structure.cell[0, :2] - 2 * slab.structure.cell[1, :2]
        assert nearest_site(sites, image, slab.structure.cell).kind == site.kind
