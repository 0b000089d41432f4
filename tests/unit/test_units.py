import ase.units
import pytest

from designer_app import units


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (units.FS, ase.units.fs),
        (units.PS, 1000 * ase.units.fs),
        (units.KB, ase.units.kB),
        (units.GPA, ase.units.GPa),
        (units.BAR, ase.units.bar),
        (units.SECOND, ase.units.second),
    ],
)
def test_units_are_those_of_ase(ours, theirs):
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_density_of_water_follows_from_mass_and_volume():
    molecule_amu, volume_a3 = 18.015, 29.9
    density = molecule_amu / volume_a3 * units.AMU_PER_A3_IN_G_CM3
    assert density == pytest.approx(1.0, abs=0.002)


def test_a_diffusion_coefficient_of_one_cm2_per_s_is_ten_angstrom2_per_femtosecond():
    assert pytest.approx(10.0, rel=1e-12) == units.CM2_PER_S * units.FS
