import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.ui.trust import Level, judge
from designer_app.ui.trust_light import TrustLight


def structure(*symbols):
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in symbols])
    return Structure(
        numbers=numbers,
        positions=np.arange(3.0 * len(numbers)).reshape(-1, 3),
        cell=np.eye(3) * 9.0,
        pbc=(True,) * 3,
    )


def test_chgnet_suits_a_crystal():
    assert judge(POTENTIALS["chgnet"], "", structure("Li", "O")).level is Level.GOOD


def test_chgnet_is_amber_for_water():
    verdict = judge(POTENTIALS["chgnet"], "", structure("O", "H", "H"))
    assert verdict.level is Level.CARE
    assert "liquid" in " ".join(verdict.reasons)


def test_a_missing_element_is_red_and_named():
    verdict = judge(POTENTIALS["morse"], "", structure("Li", "O"))
    assert verdict.level is Level.NO
    assert "Li, O" in verdict.reasons[0]


def test_a_foreign_model_is_never_green():
    verdict = judge(POTENTIALS["chgnet"], "my-weights.pt", structure("Li", "O"))
    assert verdict.level is Level.CARE


def test_the_light_tells_its_word_to_everyone(qtbot, theme):
    light = TrustLight(theme)
    qtbot.addWidget(light)
    light.set_verdict(judge(POTENTIALS["chgnet"], "", structure("Li", "O")))
    assert light.accessibleName() == "Trust: suitable"
    light.click()
    assert light.findChildren(type(light._popup))


def test_a_cell_too_thin_for_one_k_point_is_red_and_says_what_would_do():
    verdict = judge(POTENTIALS["tight-binding"], "", structure("O", "H", "H"))
    assert verdict.level is Level.NO
    assert "2 x 2 x 2" in verdict.reasons[1]
