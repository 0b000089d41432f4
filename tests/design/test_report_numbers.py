"""One unit for each quantity, and no more digits than its error allows."""

import pytest

from designer_app.design.report.facts import provenance, symbol_of
from designer_app.design.report.numbers import asked, interval_text, rounded, value_text
from designer_app.specs.design_targets import target_from
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import ScreenRow

HULL = Estimate(key="e_above_hull", value=-0.114, unit="eV/atom", error=0.021)


@pytest.mark.parametrize(
    ("value", "decimals", "error", "told"),
    [
        (3.834, 2, 0.265, "3.8"),
        (0.0088, 2, 0.0086, "0.01"),
        (1175.5, 0, 81.2, "1,180"),
        (1118.0, 0, 134.6, "1,120"),
        (-0.4321, 2, 0.2, "-0.4"),
        (0.137, 2, 0.14, "0.14"),
        (-0.02, 1, None, "0.0"),
        (1.612, 1, None, "1.6"),
    ],
)
def test_digits_end_where_the_error_begins(value, decimals, error, told):
    assert rounded(value, decimals, error) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(-0.114, "110 ± 20 below"), (0.0074, "10 ± 20 above"), (0.0, "0 ± 20 above")],
)
def test_a_distance_to_the_hull_has_a_side_and_no_sign(value, told):
    assert (
        value_text(Estimate(key="e_above_hull", value=value, unit="eV/atom", error=0.021)) == told
    )


def test_an_interval_has_the_digits_of_its_value():
    found = Estimate(
        key="e_above_hull", value=-0.131, unit="eV/atom", low=-0.1751, high=-0.0798, error=0.022
    )
    assert interval_text(found) == "-180 … -80"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("e_above_hull=..0.05", "energy above hull at most 50 meV/atom"),
        ("e_above_hull=0..0.05", "energy above hull 0 to 50 meV/atom"),
        ("voltage=2..4.6", "voltage 2 to 4.6 V"),
    ],
)
def test_a_target_is_told_in_the_unit_of_the_table(target, told):
    assert asked(target_from(target)) == told


@pytest.mark.parametrize(
    ("made_from", "formula", "told"),
    [
        (
            "Li2MnFeO4 (mp-770627) with Sc for Mn, Cr for Fe (probability 0.00048)",
            "Li2ScCrO4",
            "from Li2MnFeO4 (mp-770627) by putting Sc for Mn and Cr for Fe",
        ),
        (
            "gradient search, begun at TiAl2 (mp-11809) with Nb for Ti (likeness 0.53)",
            "Ni2W",
            "found by the search, far from where it began",
        ),
        (
            "gradient search, begun at TiAl2 (mp-11809) with Nb for Ti (likeness 0.53)",
            "NbAl2",
            "from TiAl2 (mp-11809) by putting Nb for Ti, then improved in the latent space",
        ),
        ("random point", "NbAl2", "random point"),
    ],
)
def test_a_start_is_told_where_the_candidate_is_still_what_it_was(made_from, formula, told):
    assert provenance(ScreenRow(id="1", formula=formula, made_from=made_from)) == told


def test_a_space_group_has_its_screw_axes_lowered():
    assert symbol_of(ScreenRow(id="1", formula="Li", space_group="P2_1/c (14)")) == "P2₁/c"
