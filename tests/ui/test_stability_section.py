"""The stability of what is open: from the question to the sentence."""

import numpy as np

from designer_app.io.examples import example
from designer_app.specs.hull import HullPlacement
from designer_app.ui.panels.stability_section import stability_reasons, stability_text

LONG_ENOUGH_MS = 280_000

PLACEMENT = HullPlacement(
    formula="LiMnPO4",
    amounts=(("Li", 1.0), ("Mn", 1.0), ("P", 1.0), ("O", 4.0)),
    energy=-7.0,
    formation_energy=-2.5,
    e_above_hull=0.012,
    below_hull=0.0,
    decomposition=(("Li3PO4", 0.6, "mp-1"), ("Mn3O4", 0.4, "mp-2")),
    potential="chgnet 0.3.0",
    reference_set="Materials Project crystals, 25397 phases (1bd7)",
    correction="MP2020",
)


def test_the_sentence_names_potential_and_size_of_the_set():
    told = stability_text(PLACEMENT).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert told == "Stability: 12 meV/atom above the hull (chgnet 0.3.0, 25397 phases)."


def test_behind_why_stand_phases_set_and_correction():
    told = stability_reasons(PLACEMENT, {"warnings": ["Beware."]})
    assert "0.60 Li₃PO₄ (mp-1)" in told
    assert "Formation energy \N{MINUS SIGN}2.500" in told
    assert "Correction: MP2020." in told
    assert "Beware." in told


def test_rock_salt_is_found_on_the_hull(qtbot, window):
    window.commands.open_path(example("NaCl").path)
    with qtbot.waitSignal(window.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass
    section = window.structure.stability
    section.button.click()
    assert not section.button.isEnabled()
    qtbot.waitUntil(lambda: bool(section.outcome.texts()), timeout=LONG_ENOUGH_MS)
    assert "on the hull" in section.outcome.texts()[0]
    section.outcome.acted.emit("why")
    assert section.why.isVisible()


def test_a_molecule_has_no_place_on_a_hull(qtbot, window, tmp_path):
    from ase import Atoms
    from ase.io import write

    path = tmp_path / "h2.xyz"
    write(path, Atoms("H2", positions=np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]])))
    window.commands.open_path(path)
    with qtbot.waitSignal(window.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass
    assert not window.structure.stability.button.isEnabled()
