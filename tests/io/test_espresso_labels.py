"""Quantum ESPRESSO's output: made-up numbers in the layout of pw.x 6.7."""

import numpy as np
import pytest

from designer_app.io.labels import read_labelled
from designer_app.io.labels.units import BOHR, HARTREE
from designer_app.units import GPA

RY = 0.5 * HARTREE
HEAD = """\

     Program PWSCF v.6.7MaX starts on  1Feb2021 at 22:29:45

     bravais-lattice index     =            0
     lattice parameter (alat)  =       7.6000  a.u.
     unit-cell volume          =     438.9760 (a.u.)^3
     number of atoms/cell      =            2
     number of atomic types    =            1
     kinetic-energy cutoff     =      50.0000  Ry
     Exchange-correlation= PBE

     celldm(1)=   7.600000  celldm(2)=   0.000000  celldm(3)=   0.000000
     celldm(4)=   0.000000  celldm(5)=   0.000000  celldm(6)=   0.000000

     crystal axes: (cart. coord. in units of alat)
               a(1) = (   1.000000   0.000000   0.000000 )
               a(2) = (   0.000000   1.000000   0.000000 )
               a(3) = (   0.000000   0.000000   1.000000 )

   Cartesian axes

     site n.     atom                  positions (alat units)
         1           Al  tau(   1) = (   0.0000000   0.0000000   0.0000000  )
         2           Al  tau(   2) = (   0.5000000   0.5000000   0.5000000  )

     number of k points=     1  Fermi-Dirac smearing, width (Ry)=  0.0010
                       cart. coord. in units 2pi/alat
        k(    1) = (   0.0000000   0.0000000   0.0000000), wk =   2.0000000

"""
FORCES = """\

     Forces acting on atoms (cartesian axes, Ry/au):

     atom    1 type  1   force =     0.01000000   -0.02000000    0.03000000
     atom    2 type  1   force =    -0.01000000    0.02000000   -0.03000000

     Total force =     0.052915     Total SCF correction =     0.000050


     Computing stress (Cartesian axis) and pressure

          total   stress  (Ry/bohr**3)                   (kbar)     P=       20.00
   0.00006798  -0.00027191  -0.00040787           10.00      -40.00      -60.00
  -0.00027191   0.00013596   0.00033989          -40.00       20.00       50.00
  -0.00040787   0.00033989   0.00020393          -60.00       50.00       30.00

   This run was terminated on:  22:29:47   1Feb2021
"""
PRINTED = "!    total energy              =     -21.7{digit} Ry\n"


def read(tmp_path, text):
    (tmp_path / "pw.out").write_text(HEAD + text + FORCES)
    return read_labelled([tmp_path / "pw.out"])


def test_energy_forces_and_stress_have_our_units_and_signs(tmp_path):
    """Of energies that verbose runs print at each iteration the last one counts."""
    iterations = "".join(
        f"     iteration #  {n}     ecut=    50.00 Ry     beta= 0.70\n{PRINTED.format(digit=n)}"
        for n in (1, 2)
    )
    settled = "\n     convergence has been achieved in   2 iterations\n"
    (frame,) = read(tmp_path, iterations + settled).frames
    of_constants = 1e-6
    assert frame.energy == pytest.approx(-21.72 * RY, rel=of_constants)
    assert frame.forces[0] == pytest.approx(
        np.array([0.01, -0.02, 0.03]) * RY / BOHR, rel=of_constants
    )
    kbar = [[10, -40, -60], [-40, 20, 50], [-60, 50, 30]]  # positive under compression
    of_digits = 1e-4
    np.testing.assert_allclose(frame.stress, -0.1 * GPA * np.array(kbar), rtol=of_digits)
    assert frame.structure.volume == pytest.approx((7.6 * BOHR) ** 3)


def test_forces_without_an_energy_are_of_electrons_that_did_not_settle(tmp_path):
    found = read(tmp_path, "     convergence NOT achieved after 100 iterations: stopping\n")
    assert not found.frames
    assert "1 of 1 frames is left out" in found.files[0].error
