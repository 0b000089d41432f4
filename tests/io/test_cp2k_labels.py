"""CP2K's main output; the excerpts are of a run of CP2K 2023.1 on silicon (PBE, 100 Ha)."""

from pathlib import Path

import numpy as np
import pytest

from designer_app.io.labels import read_labelled
from designer_app.io.labels.units import BOHR, HARTREE
from designer_app.units import GPA

HEAD = """\
 DBCSR| CPU Multiplication driver                                           BLAS (U)
 CP2K| version string:                                       CP2K version 2023.1
 FUNCTIONAL| PBE:
 CELL_REF| Vector a [angstrom]:       1.000     0.000     0.000   |a| =     1.000000
 CELL| Vector a [angstrom]:       3.840     0.000     0.000   |a| =     3.839590
 CELL| Vector b [angstrom]:       1.920     3.325     0.000   |b| =     3.839590
 CELL| Vector c [angstrom]:       1.920     1.108     3.135   |c| =     3.839590
 CELL| Periodicity                                                           XYZ
"""
COORDINATES = """\
 MODULE QUICKSTEP: ATOMIC COORDINATES IN ANGSTROM

   Atom Kind Element         X             Y             Z       Z(eff)     Mass
      1    1 Si   14      0.000000      0.000000      0.054300   4.0000  28.0855
      2    1 Si   14      1.357500      1.357500      1.357500   4.0000  28.0855


 SCF PARAMETERS         Density guess:                                    ATOMIC
"""
ENERGY = """\
 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:              -31.115352988602453

"""
OLD_FORCES = """\
 ATOMIC FORCES in [a.u.]

 # Atom   Kind   Element          X              Y              Z
      1      1      Si          0.00000003    -0.00000003    -0.01126506
      2      1      Si          0.00393480     0.00393482     0.00517585
 SUM OF ATOMIC FORCES           0.00000000     0.00000000    -0.00000062     0.00000062
"""
NEW_FORCES = """\
 FORCES| Atomic forces [hartree/bohr]
 FORCES|   Atom     x               y               z               |f|
 FORCES|      1  3.00000000E-08 -3.00000000E-08 -1.12650600E-02   1.12650600E-02
 FORCES|      2  3.93480000E-03  3.93482000E-03  5.17585000E-03   7.60000000E-03
 FORCES| Sum     3.93483000E-03  3.93479000E-03 -6.08921000E-03
"""
STRESS = """
 STRESS| Analytical stress tensor [GPa]
 STRESS|                        x                   y                   z
 STRESS|      x        1.06296630727E+01   6.55187360366E-01  -1.87999606826E-06
 STRESS|      y        6.55187360366E-01   1.06296630728E+01  -5.05890183343E-07
 STRESS|      z       -1.87999606826E-06  -5.05890183343E-07   1.05454487126E+01
 STRESS| 1/3 Trace                                             1.06015916194E+01

 STRESS| Eigenvectors and eigenvalues of the analytical stress tensor [GPa]
 STRESS|                        1                   2                   3
 STRESS| Eigenvalues   9.97447571238E+00   1.05454487126E+01   1.12848504331E+01
 STRESS|      x           0.707106781191      0.000000410088      0.707106781182
 STRESS|      y          -0.707106781180      0.000002816692      0.707106781187
 STRESS|      z           0.000001701726      0.999999999996     -0.000002281678
"""


@pytest.mark.parametrize("forces", [OLD_FORCES, NEW_FORCES], ids=["until 2024", "since 2025"])
def test_a_step_has_energy_forces_and_stress(tmp_path: Path, forces: str) -> None:
    path = tmp_path / "si.log"
    path.write_text(HEAD + COORDINATES + ENERGY + forces + STRESS)
    found = read_labelled([path])
    (frame,) = found.frames
    assert frame.energy == pytest.approx(-31.115352988602453 * HARTREE)
    assert frame.forces is not None
    assert frame.forces[0, 2] == pytest.approx(-0.01126506 * HARTREE / BOHR)
    assert frame.forces[1, 0] == pytest.approx(0.00393480 * HARTREE / BOHR)
    assert frame.stress is not None  # compression is positive in CP2K
    assert frame.stress[0, 0] == pytest.approx(-10.6296630727 * GPA)
    assert frame.stress[0, 1] == pytest.approx(-0.655187360366 * GPA)
    assert np.allclose(frame.structure.cell[1], [1.920, 3.325, 0.0])
    assert frame.structure.numbers.tolist() == [14, 14]
    assert found.files[0].settings == "CP2K 2023.1, PBE"


def test_each_step_has_its_own_coordinates(tmp_path: Path) -> None:
    moved = COORDINATES.replace("0.054300", "0.060000")
    second = ENERGY.replace("-31.115352988602453", "-31.2")
    path = tmp_path / "si.log"
    path.write_text(HEAD + COORDINATES + ENERGY + OLD_FORCES + moved + second + OLD_FORCES)
    frames = read_labelled([path]).frames
    assert [frame.structure.positions[0, 2] for frame in frames] == [0.0543, 0.06]
    assert [round(frame.energy / HARTREE, 3) for frame in frames if frame.energy] == [
        -31.115,
        -31.2,
    ]


def test_an_energy_without_coordinates_of_its_own_makes_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "si.log"
    path.write_text(HEAD + COORDINATES + ENERGY + OLD_FORCES + ENERGY + OLD_FORCES)
    assert len(read_labelled([path]).frames) == 1


def test_an_output_without_an_energy_says_so(tmp_path: Path) -> None:
    path = tmp_path / "si.log"
    path.write_text(HEAD + COORDINATES)
    assert "it has no energy" in read_labelled([path]).files[0].error


def test_a_step_whose_electrons_did_not_settle_is_left_out(tmp_path: Path) -> None:
    warned = " *** 12:00:00 WARNING in qs_scf.F:542 :: SCF run NOT converged ***\n"
    second = COORDINATES + warned + ENERGY.replace("-31.1", "-31.2") + OLD_FORCES
    path = tmp_path / "si.log"
    path.write_text(HEAD + COORDINATES + ENERGY + OLD_FORCES + second)
    found = read_labelled([path])
    assert [round(frame.energy / HARTREE, 3) for frame in found.frames if frame.energy] == [-31.115]
    assert "1 of 2 frames is left out" in found.files[0].error
