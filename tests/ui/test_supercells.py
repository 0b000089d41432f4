"""A cell too thin for a potential, and the larger one that mends it."""

import numpy as np
import pytest

from designer_app.io.documents import Document
from designer_app.specs.structure import Structure
from designer_app.specs.supercells import supercell
from designer_app.ui.trust import Level

ROCK_SALT = 4.21
"""A."""


@pytest.fixture
def magnesia():
    cell = 0.5 * ROCK_SALT * (1.0 - np.eye(3))
    return Structure(
        numbers=np.array([12, 8]),
        positions=np.array([[0.0, 0.0, 0.0], 0.5 * cell.sum(axis=0)]),
        cell=cell,
        pbc=(True, True, True),
        masses=np.array([24.3, 16.0]),
        name="MgO",
    )


def test_a_supercell_has_the_same_crystal_in_a_larger_cell(magnesia):
    larger = supercell(magnesia, (2, 1, 3))
    assert len(larger) == 6 * len(magnesia)
    assert larger.volume == pytest.approx(6 * magnesia.volume)
    fractional = larger.positions @ np.linalg.inv(magnesia.cell)
    assert np.allclose(np.round(2 * fractional), 2 * fractional)
    assert np.array_equal(larger.masses[larger.numbers == 8], np.full(6, 16.0))


def test_a_red_light_for_a_thin_cell_offers_the_supercell_that_mends_it(window, magnesia):
    window.session.set_document(Document.from_structure(magnesia, made_by="test"))
    window.show_workspace("dynamics")
    dynamics = window.dynamics
    dynamics.choose_potential("tight-binding", "GFN1-xTB")
    button = dynamics.potential.enlarge
    assert dynamics.potential.verdict.level is Level.NO
    assert not button.isHidden()
    assert not dynamics.run.isEnabled()
    button.click()
    document = window.session.document
    assert document.name == "MgO 5x5x5"
    assert len(document) == 250
    assert dynamics.potential.is_usable
    assert "is made for" in dynamics.potential.verdict.reasons[0]  # what makes it amber
    assert button.isHidden()
