import pytest

from designer_app.io.formulas import with_subscripts, with_subscripts_in


@pytest.mark.parametrize(
    ("formula", "lowered"),
    [
        ("LiFePO4", "LiFePO₄"),
        ("FeC2O4·2H2O", "FeC₂O₄·2H₂O"),
        ("LiNi0.4Mn0.6O2", "LiNi₀.₄Mn₀.₆O₂"),
        ("Ca(OH)2", "Ca(OH)₂"),
    ],
)
def test_counts_of_a_formula_are_lowered(formula, lowered):
    assert with_subscripts(formula) == lowered


def test_numbers_beside_formulas_stay():
    said = "8 of 10 meet all targets; best: Li3V2O5 (mp-17), 0.48 Li2O."
    assert with_subscripts_in(said) == "8 of 10 meet all targets; best: Li₃V₂O₅ (mp-17), 0.48 Li₂O."
