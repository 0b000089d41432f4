"""The shipped deviations, and CHGNet on a metal that everybody knows."""

import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.adsorption_errors import FEWEST, LEVEL, slab_error
from designer_app.specs.adsorption import AdsorptionSpec


@pytest.fixture(scope="module")
def chgnet():
    return load_potential("chgnet", "", Compute(device="cpu"))


@pytest.mark.parametrize("adsorbate", ["H", "O", "OH", "C", "N", "CH", "NH"])
def test_the_shipped_deviations_belong_to_the_shipped_potential(chgnet, adsorbate):
    found = slab_error(chgnet, adsorbate)
    assert found is not None
    assert found.n_metals >= FEWEST
    assert 0.0 < found.error <= found.half_width
    assert "doi:" in found.source
    assert LEVEL == 0.9


def test_nothing_is_known_of_other_potentials_and_adsorbates(chgnet):
    emt = load_potential("ase", "ase.calculators.emt:EMT", Compute())
    assert slab_error(emt, "H") is None
    assert slab_error(chgnet, "OOH") is None


def test_hydrogen_on_silver_is_shown_with_its_error(chgnet):
    silver = structure_from_atoms(bulk("Ag", a=4.1), "silver")
    spec = AdsorptionSpec(adsorbate="H", spacing=2.5, layers=3, sites=1)
    found = adsorption_energies(silver, spec, chgnet)
    said = found.best[0]
    known = slab_error(chgnet, "H")
    assert known is not None
    assert said.error == known.error
    assert said.low is not None
    assert said.low < 0.34 < (said.high or 0.0)  # eV, doi:10.1149/1.1856988
    assert found.slab.surface_energy > 0.0


def test_a_shift_that_does_not_help_is_refused(chgnet):
    from designer_app.errors import InvalidSpecError

    known = slab_error(chgnet, "C")
    assert known is not None
    assert known.shifted_error >= known.error
    silver = structure_from_atoms(bulk("Ag", a=4.1))
    spec = AdsorptionSpec(adsorbate="C", spacing=2.5, layers=3, sites=1, reference="calibrated")
    with pytest.raises(InvalidSpecError) as told:
        adsorption_energies(silver, spec, chgnet)
    assert "does not help" in told.value.reason
