"""VASP's OUTCAR and vasprun.xml: made-up numbers in the layout of versions 5.4 and 6."""

from pathlib import Path

import numpy as np
import pytest

from designer_app.io.labels import read_labelled
from designer_app.units import GPA

HEAD = """\
 vasp.5.4.4.18Apr17-6-g9f103f2a35 (build Jul 12 2018 13:43:46) complex
 POTCAR:    PAW_PBE Si 05Jan2001
   TITEL  = PAW_PBE Si 05Jan2001
 POTCAR:    PAW_PBE Si 05Jan2001
   ions per type =               2
   ISPIN  =      1    spin polarized calculation?
   ENCUT  =  300.0 eV  22.05 Ry    4.70 a.u.   3.66  3.66  3.66*2*pi/ulx,y,z
   NELM   =      3;   NELMIN=  2; NELMDL=  0     # of ELM steps
   GGA     =    --    GGA type
"""
STEP = """\
--------------------------------------- Iteration {ionic:6d}({electronic:4d})  ---------------
"""
SETTLED = """\
------------------------ aborting loop because EDIFF is reached ------------------------
"""
RESULT = """\
  FORCE on cell =-STRESS in cart. coord.  units (eV):
  Direction    XX          YY          ZZ          XY          YZ          ZX
  --------------------------------------------------------------------------------------
  Total       1.00000     2.00000     3.00000    -4.00000     5.00000    -6.00000
  in kB      10.00000    20.00000    30.00000   -40.00000    50.00000   -60.00000
  external pressure =       20.00 kB  Pullay stress =        0.00 kB

 VOLUME and BASIS-vectors are now :
 -----------------------------------------------------------------------------
      direct lattice vectors                 reciprocal lattice vectors
     0.000000000  2.700000000  2.700000000    -0.185185185  0.185185185  0.185185185
     2.700000000  0.000000000  2.700000000     0.185185185 -0.185185185  0.185185185
     2.700000000  2.700000000  0.000000000     0.185185185  0.185185185 -0.185185185

 POSITION                                       TOTAL-FORCE (eV/Angst)
 -----------------------------------------------------------------------------------
      0.00000      0.00000      0.00000         0.100000     -0.200000      0.300000
      1.35000      1.35000      1.35000        -0.100000      0.200000     -0.300000
 -----------------------------------------------------------------------------------
    total drift:                                0.000000      0.000000      0.000000

  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)
  ---------------------------------------------------
  free  energy   TOTEN  =       {energy:.8f} eV

  energy  without entropy=      -10.90000000  energy(sigma->0) =      -10.80000000
"""


def outcar(*steps: tuple[int, str]) -> str:
    """Ionic steps of so many electronic ones, and what is said at their end."""
    text = HEAD
    for ionic, (n_electronic, said) in enumerate(steps, 1):
        text += "".join(STEP.format(ionic=ionic, electronic=n + 1) for n in range(n_electronic))
        text += said + RESULT.format(energy=-11.0 - ionic)
    return text


def vasprun(*n_electronic: int) -> str:
    """A run whose ionic steps took so many electronic ones, of at most three."""
    head = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <generator><i name="program" type="string">vasp </i>
  <i name="version" type="string">6.3.0  </i></generator>
 <incar><i type="string" name="GGA">PE</i></incar>
 <kpoints><varray name="kpointlist" ><v> 0.0 0.0 0.0 </v></varray>
  <varray name="weights" ><v> 1.0 </v></varray></kpoints>
 <parameters><separator name="electronic"><i type="int" name="NELM">     3</i>
  <i name="ENMAX">    300.0</i></separator></parameters>
 <atominfo><array name="atoms"><set>
   <rc><c>Si</c><c>   1</c></rc>
   <rc><c>Si</c><c>   1</c></rc>
 </set></array></atominfo>
"""
    structure = """ <structure{name}><crystal><varray name="basis" >
   <v>  0.0  2.7  2.7 </v>
   <v>  2.7  0.0  2.7 </v>
   <v>  2.7  2.7  0.0 </v></varray></crystal>
  <varray name="positions" >
   <v>  0.0  0.0  0.0 </v>
   <v>  0.25 0.25 0.25 </v></varray></structure>
"""
    energy = (
        '<energy><i name="e_fr_energy"> -12.0 </i><i name="e_wo_entrp"> -10.9 </i>'
        '<i name="e_0_energy"> -10.8 </i></energy>'
    )
    steps = "".join(
        " <calculation>\n"
        + n * f"  <scstep>\n{energy}\n  </scstep>\n"
        + structure.format(name="")
        + '  <varray name="forces" >\n   <v> 0.1 -0.2  0.3 </v>\n   <v>-0.1  0.2 -0.3 </v>\n'
        + '  </varray>\n  <varray name="stress" >\n   <v> 10 -40 -60 </v>\n   <v>-40 20 50 </v>\n'
        + f"   <v>-60 50 30 </v>\n  </varray>\n{energy}\n </calculation>\n"
        for n in n_electronic
    )
    initial, final = (structure.format(name=f' name="{each}pos" ') for each in ("initial", "final"))
    return f"{head}{initial}{steps}{final}</modeling>\n"


def read(path: Path, text: str):
    path.write_text(text)
    return read_labelled([path])


@pytest.mark.parametrize(
    ("name", "text"), [("OUTCAR", outcar((2, SETTLED))), ("vasprun.xml", vasprun(2))]
)
def test_energy_forces_and_stress_have_our_units_and_signs(tmp_path, name, text):
    (frame,) = read(tmp_path / name, text).frames
    assert frame.energy == -12.0  # the free energy: forces are its gradient
    assert frame.forces[0].tolist() == [0.1, -0.2, 0.3]
    kbar = [[10, -40, -60], [-40, 20, 50], [-60, 50, 30]]  # positive under compression
    np.testing.assert_allclose(frame.stress, -0.1 * GPA * np.array(kbar, float), rtol=1e-6)
    assert frame.structure.volume == pytest.approx(5.4**3 / 4)


def test_steps_whose_electrons_did_not_settle_are_left_out(tmp_path):
    found = read(tmp_path / "OUTCAR", outcar((2, SETTLED), (3, SETTLED), (1, SETTLED)))
    assert [frame.energy for frame in found.frames] == [-12.0, -14.0]
    assert "“OUTCAR”: 1 of 3 frames is left out" in found.files[0].error
    found = read(tmp_path / "vasprun.xml", vasprun(2, 3))
    assert len(found.frames) == 1
    assert "1 of 2 frames is left out" in found.files[0].error


def test_what_version_6_says_of_unsettled_electrons_is_believed(tmp_path):
    said = SETTLED.replace("because EDIFF is reached", "EDIFF was not reached (unconverged)")
    assert not read(tmp_path / "OUTCAR", outcar((2, said))).frames


def test_what_version_6_gave_up_stays_out_where_linear_response_counts_on(tmp_path):
    said = SETTLED.replace("because EDIFF is reached", "EDIFF was not reached (unconverged)")
    said += STEP.format(ionic=1, electronic=4)  # one more than allowed
    assert not read(tmp_path / "OUTCAR", outcar((3, said))).frames


def test_runs_joined_to_one_file_lose_the_step_that_did_not_settle(tmp_path):
    first, second = outcar((2, SETTLED), (2, SETTLED)), outcar((3, SETTLED), (1, SETTLED))
    killed = first + STEP.format(ionic=3, electronic=1)
    for joined in (first + second, killed + second):
        found = read(tmp_path / "OUTCAR", joined)
        assert [frame.energy for frame in found.frames] == [-12.0, -13.0, -13.0]
    found = read(tmp_path / "OUTCAR", first + STEP.format(ionic=3, electronic=3) + first)
    assert len(found.frames) == 4


def test_version_6_is_believed_that_the_last_step_allowed_settled(tmp_path):
    text = outcar((3, SETTLED), (2, SETTLED))
    said = text.replace("vasp.5.4.4.18Apr17-6-g9f103f2a35", "vasp.6.3.0")
    assert len(read(tmp_path / "OUTCAR", text).frames) == 1
    assert len(read(tmp_path / "OUTCAR", said).frames) == 2


def test_steps_of_linear_response_are_no_sign_of_it(tmp_path):
    assert len(read(tmp_path / "vasprun.xml", vasprun(7)).frames) == 1
