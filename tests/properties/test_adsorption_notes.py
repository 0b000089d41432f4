"""How long relaxations take is said before they begin."""

import logging

import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.properties import adsorption
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.adsorption_notes import USUAL_STEPS, expected_seconds, expected_time
from designer_app.relaxation import Relaxed
from designer_app.running.control import RunControl
from designer_app.specs.adsorption import AdsorptionSpec


def _relaxed(n_steps):
    return Relaxed(structure_from_atoms(bulk("Cu")), True, n_steps, 0.0, 0.0, 0.0)


def test_time_grows_with_atoms_and_relaxations():
    """One atom took 3 s for 3 evaluations."""
    assert expected_seconds([_relaxed(2)], 3.0, 1, 1) == pytest.approx(USUAL_STEPS)
    assert expected_seconds([_relaxed(2)], 3.0, 4, 10) == pytest.approx(40 * USUAL_STEPS)


@pytest.mark.parametrize(("seconds", "words"), [(20.0, "about 20 s"), (600.0, "about 10 min")])
def test_times_are_told_in_words(seconds, words):
    assert expected_time(12, 40, seconds) == f"12 relaxations of 40 atoms take {words}."


def test_a_long_calculation_says_so_before_it_begins(monkeypatch, caplog):
    monkeypatch.setattr(adsorption, "WORTH_TELLING", 0.0)
    emt = load_potential("ase", "ase.calculators.emt:EMT", Compute())
    spec = AdsorptionSpec(spacing=2.5, layers=3, potential="ase", sites=1)
    control = RunControl()
    control.log.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.WARNING):
            adsorption_energies(structure_from_atoms(bulk("Cu", a=3.59)), spec, emt, control)
    finally:
        control.log.removeHandler(caplog.handler)
    assert "relaxations of" in caplog.text


def test_a_polar_face_is_told_of():
    """The cut alone matters here, so that any potential will do."""
    from designer_app.properties.adsorption_notes import warnings_of
    from designer_app.properties.slabs import cut_slabs
    from designer_app.specs.adsorption import SlabFacts

    salt = structure_from_atoms(bulk("LiF", "rocksalt", a=4.03))
    cut = cut_slabs(salt, (1, 1, 1), spacing=2.5)[0]
    facts = SlabFacts(
        formula="LiF",
        miller=(1, 1, 1),
        n_layers=cut.n_layers,
        n_atoms=len(cut.structure),
        area=cut.area,
        termination=cut.termination,
        n_terminations=1,
        surface_energy=1.0,
        image_distance=2.8,
    )
    told = warnings_of(AdsorptionSpec(), salt, cut, _relaxed(3), facts, [])
    assert any("polar" in sentence for sentence in told)
