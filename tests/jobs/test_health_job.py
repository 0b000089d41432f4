import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import InvalidSpecError
from designer_app.io.potential_cards import (
    PotentialCard,
    read_potential_card,
    write_potential_card,
)
from designer_app.jobs import health
from designer_app.running.control import RunControl
from designer_app.specs.health import HealthSpec
from designer_app.ui.potentials.health_view import report_of

LJ = {"potential": "lennard-jones", "model": "noble-gases", "temperature": 20.0, "steps": 20}


@pytest.fixture
def labelled(tmp_path):
    """One atom, a stretched crystal, a calm one: only the last is worth a check."""
    frames = []
    for atoms, energy in (
        (bulk("Ar", "fcc", a=5.25), -1.0),
        (bulk("Ar", "fcc", a=5.8, cubic=True), -0.2),
        (bulk("Ar", "fcc", a=5.25, cubic=True), -0.32),
    ):
        atoms.calc = SinglePointCalculator(atoms, energy=energy)
        frames.append(atoms)
    write(tmp_path / "argon.extxyz", frames)
    return tmp_path / "argon.extxyz"


def test_without_a_structure_the_calmest_frame_of_the_data_is_checked(labelled):
    report = health.run(HealthSpec(data=(labelled,), **LJ), RunControl())
    assert report.structure == "Ar4"
    found = next(each for each in report.items if each.key == "equation-of-state")
    # A cell of 5.25 A has 36.2 A^3 an atom; the stretched one would have 48.8.
    middle = found.curves[0].x[len(found.curves[0].x) // 2]
    assert middle == pytest.approx(5.25**3 / 4)


def test_with_neither_structure_nor_data_there_is_nothing_to_check():
    with pytest.raises(InvalidSpecError, match="nothing to deform"):
        health.run(HealthSpec(**LJ), RunControl())


def test_a_card_keeps_the_report_with_its_curves(tmp_path, labelled):
    report = health.run(HealthSpec(data=(labelled,), **LJ), RunControl())
    card = PotentialCard(
        family="schnet", title="x", settings={}, elements=("Ar",), cutoff=5.0,
        references_eV={},
    )  # fmt: skip
    write_potential_card(tmp_path, card)
    health._keep(tmp_path, report)
    kept = report_of(read_potential_card(tmp_path).health)
    assert (kept.verdict, kept.seconds) == (report.verdict, report.seconds)
    assert [each.title for each in kept.items] == [each.title for each in report.items]
    for one, other in zip(kept.items, report.items, strict=True):
        for ours, theirs in zip(one.curves, other.curves, strict=True):
            np.testing.assert_allclose(ours.y, theirs.y, rtol=1e-5)
