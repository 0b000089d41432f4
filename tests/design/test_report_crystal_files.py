"""Files of crystals: standard cells with symmetry that open again as the same crystal."""

from pathlib import Path

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher

from designer_app.design.report.crystal_files import standard_cif, write_crystal
from designer_app.io.structures import read_document
from designer_app.resources import resource
from designer_app.screening.duplicates import pymatgen_of
from designer_app.screening.placing import space_group
from designer_app.screening.reference.table import load_reference
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure

SAME = StructureMatcher(ltol=0.01, stol=0.01, angle_tol=0.2, scale=False)
"""Tighter than any change of a relaxation."""
NOISE = 1e-3
"""A, more than a relaxation leaves on symmetric places."""


def read(path: Path) -> Structure:
    return read_document(ReadSpec(path=path)).structure()


@pytest.fixture(scope="module")
def olivine() -> Structure:
    found = read(resource("examples/LiFePO4.cif"))
    moved = found.positions + np.random.default_rng(0).normal(0.0, NOISE, found.positions.shape)
    return Structure(found.numbers, moved, found.cell, found.pbc, name="LiFePO4")


@pytest.mark.parametrize("source", ["mp-19131", "mp-18493", "mp-770627", "mp-1190364"])
def test_a_written_crystal_is_the_same_when_it_is_read_again(tmp_path, source):
    table = load_reference()
    assert table is not None
    phase = table.by_source(source)
    assert phase is not None
    cif, poscar = write_crystal(tmp_path / "shortlist", "01_x", phase.structure(), "")
    again = read(tmp_path / cif)
    assert SAME.fit(pymatgen_of(phase.structure()), pymatgen_of(again))
    assert SAME.fit(pymatgen_of(phase.structure()), pymatgen_of(read(tmp_path / poscar)))
    assert space_group(again) == space_group(phase.structure())


def test_the_cell_has_its_symmetry_and_no_noise(olivine):
    text = standard_cif(olivine, "01_LiFePO4", "LiFePO4, Pnma")
    assert text.startswith("# LiFePO4, Pnma\ndata_01_LiFePO4\n")
    assert "Pnma" in text
    assert sum(line.split()[0] in ("Li", "Fe", "P", "O") for line in text.splitlines()) == 6
    assert "0.00000" in text
    assert "0.0000000" not in text


def test_a_crystal_whose_atoms_are_far_from_symmetry_keeps_them(olivine):
    rng = np.random.default_rng(1)
    moved = olivine.positions + rng.normal(0.0, 0.08, olivine.positions.shape)
    shaken = Structure(olivine.numbers, moved, olivine.cell, olivine.pbc)
    assert "'x, y, z'" in (text := standard_cif(shaken, "x"))
    assert "'-x, -y, -z'" not in text
