"""Sentences of the science core as a window writes them."""

import pytest

from designer_app.ui.wording import THIN, listed, printed, three_figures, with_margin

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Read forces in eV/A.", "Read forces in eV/Å."),
        ("off by 62 meV/A on average", "off by 62 meV/Å on average"),
        ("eV/A^3", "eV/Å³"),
        ("20.5 A3/atom", f"20.5{NBSP}Å³/atom"),
        ("nearer than 1.85 A two atoms attract", f"nearer than 1.85{NBSP}Å two atoms attract"),
        ("A crystal of 3 Ag and 1 Al", "A crystal of 3 Ag and 1 Al"),
        ("37,732 weights", f"37{THIN}732 weights"),
        ("at 1,250,000", f"at 1{THIN}250{THIN}000"),
        ("0, 0, 0.5", "0, 0, 0.5"),
        ("drifts by -0.00 meV", "drifts by 0.00 meV"),
        ("-0.005 and -0.5", "-0.005 and -0.5"),
    ],
)
def test_units_and_thousands_are_printed_one_way(told, shown):
    assert printed(told) == shown


@pytest.mark.parametrize(
    ("names", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_names_are_listed_as_in_a_sentence(names, told):
    assert listed(list(names)) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(19.0, "19.0"), (155.4, "155"), (0.58, "0.580"), (4.43, "4.43"), (2493.4, f"2{THIN}493")],
)
def test_errors_keep_three_figures(value, told):
    assert three_figures(value) == told


@pytest.mark.parametrize(
    ("value", "margin", "told"),
    [(58.9, 11.2, "59 ± 11"), (2.561, 0.58, "2.56 ± 0.58"), (0.659, 0.08, "0.659 ± 0.080")],
)
def test_a_margin_decides_the_figures_of_its_value(value, margin, told):
    assert with_margin(value, margin) == told
