"""Candidates: substitution, ion exchange, and that both keep what they promise."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from designer_app.elements import SYMBOLS
from designer_app.io.examples import example
from designer_app.io.formulas import amounts_of
from designer_app.io.structures import read_document
from designer_app.running.control import RunControl
from designer_app.screening.candidates import Proposed, made_candidates
from designer_app.screening.charge_balance import balanced
from designer_app.screening.frames import filled, frame_of
from designer_app.screening.masks import masks_of
from designer_app.screening.substitution import proposals, replacements
from designer_app.specs.documents import ReadSpec
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.structure import Structure

OLIVINE_IONS = (("Li", 1), ("Fe", 2), ("P", 5), ("O", -2))
OLIVINE_AMOUNTS = (4.0, 4.0, 4.0, 16.0)


def _example(key: str) -> Structure:
    return read_document(ReadSpec(path=example(key).path)).structure()


@pytest.fixture(scope="module")
def olivine() -> Structure:
    return _example("LiFePO4")


def _made(spec: ScreenSpec, *given: Structure) -> tuple[list, Proposed]:
    proposed = Proposed()
    found = made_candidates(spec, given, None, masks_of(spec), RunControl(), proposed)
    return list(found), proposed


def _symbols(structure: Structure) -> set[str]:
    return {SYMBOLS[number] for number in structure.numbers}


def test_the_probabilities_of_an_ion_are_those_of_the_published_table():
    from pymatgen.analysis.structure_prediction.substitution_probability import (
        SubstitutionProbability,
    )

    mined = SubstitutionProbability()
    found = replacements(("Fe", 2))
    assert found["Mn", 2] == pytest.approx(mined.cond_prob("Mn2+", "Fe2+"), rel=1e-12)
    assert found["Mg", 2] > found["Ti", 4]


def test_proposals_come_most_probable_first():
    first = islice(proposals(OLIVINE_IONS, OLIVINE_AMOUNTS, SYMBOLS[1:90]), 200)
    logs = [each.log_probability for each in first]
    assert logs == sorted(logs, reverse=True)


def test_proposals_keep_the_charge():
    for each in islice(proposals(OLIVINE_IONS, OLIVINE_AMOUNTS, SYMBOLS[1:90]), 200):
        ions = zip(each.ions, OLIVINE_AMOUNTS, strict=True)
        assert sum(charge * amount for (_, charge), amount in ions) == pytest.approx(0)


def test_an_element_that_is_required_is_always_there():
    found = proposals(OLIVINE_IONS, OLIVINE_AMOUNTS, SYMBOLS[1:90], required="Na")
    assert all("Na" in dict(each.ions) for each in islice(found, 50))


def test_the_same_settings_make_the_same_candidates(olivine: Structure):
    spec = ScreenSpec(make="substitute", n_candidates=30)
    first, second = _made(spec, olivine)[0], _made(spec, olivine)[0]
    assert [each.made_from for each in first] == [each.made_from for each in second]
    assert all(
        np.array_equal(a.structure.positions, b.structure.positions)
        for a, b in zip(first, second, strict=True)
    )


def test_candidates_are_neutral_and_of_allowed_elements(olivine: Structure):
    spec = ScreenSpec(make="substitute", n_candidates=60, no_cobalt=True, exclude="Mn", cheap=True)
    allowed = masks_of(spec).allowed
    found, _ = _made(spec, olivine)
    assert len(found) == 60
    for each in found:
        assert _symbols(each.structure) <= allowed
        assert "Li" in _symbols(each.structure)
        assert balanced(amounts_of(each.structure.numbers), "strict") is not None


def test_candidates_differ_from_what_they_are_made_from(olivine: Structure):
    found, _ = _made(ScreenSpec(make="substitute", n_candidates=40), olivine)
    formulas = [each.structure.name for each in found]
    assert "LiFePO4" not in formulas
    assert len(set(formulas)) == 40


def test_the_volume_follows_the_radii(olivine: Structure):
    found = {
        each.structure.name: each.structure.volume / olivine.volume
        for each in _made(ScreenSpec(make="substitute", n_candidates=8), olivine)[0]
    }
    assert found["LiNiPO4"] < found["LiCoPO4"] < 1.0 < found["LiMnPO4"] < found["LiCaPO4"]


def test_elements_that_do_not_fit_are_refused(olivine: Structure):
    charges = {"Li": 1.0, "Fe": 2.0, "P": 5.0, "O": -2.0}
    frame = frame_of(olivine, charges, "LiFePO4")
    as_it_is = [(each, round(charges[each])) for each in frame.elements]
    same = filled(frame, as_it_is, "LiFePO4")
    assert same is not None
    assert same.volume == pytest.approx(olivine.volume)
    squeezed = replace(frame, shortest=frame.shortest * 0.5)
    assert filled(squeezed, as_it_is, "LiFePO4") is None


def test_an_ion_of_the_same_charge_takes_all_places(olivine: Structure):
    found, _ = _made(ScreenSpec(make="exchange", ion="Na"), olivine)
    (sodium,) = found
    assert sodium.structure.name == "NaFePO4"
    was_lithium = olivine.numbers == 3
    assert (sodium.structure.numbers[was_lithium] == 11).all()
    assert np.array_equal(sodium.structure.numbers[~was_lithium], olivine.numbers[~was_lithium])


def test_the_framework_stays_where_it_was(olivine: Structure):
    (sodium,), _ = _made(ScreenSpec(make="exchange", ion="Na"), olivine)
    before = np.linalg.solve(olivine.cell.T, olivine.positions.T)
    after = np.linalg.solve(sodium.structure.cell.T, sodium.structure.positions.T)
    # Fractions of the cell; only rounding may change them.
    assert after == pytest.approx(before, abs=1e-9)


def test_an_ion_of_twice_the_charge_takes_every_second_place(olivine: Structure):
    (magnesium,), _ = _made(ScreenSpec(make="exchange", ion="Mg"), olivine)
    amounts = amounts_of(magnesium.structure.numbers)
    assert amounts == {"O": 16, "Mg": 2, "P": 4, "Fe": 4}
    assert "every second place" in magnesium.made_from


def test_an_ion_of_half_the_charge_is_refused_and_counted():
    cell = np.eye(3) * 4.21
    oxide = Structure(
        numbers=np.array([12, 8]),
        positions=np.array([[0.0, 0.0, 0.0], [2.105, 0.0, 0.0]]),
        cell=cell,
        pbc=(True, True, True),
        name="MgO",
    )
    found, proposed = _made(ScreenSpec(make="exchange", ion="Li"), oxide)
    assert found == []
    assert proposed.told() == (("charge cannot balance", 1),)


def test_alloys_are_ranked_by_likeness():
    spec = ScreenSpec(rules="catalyst", make="substitute", n_candidates=5)
    found, _ = _made(spec, _example("Cu"))
    assert len(found) == 5
    assert all("likeness" in each.made_from for each in found)
