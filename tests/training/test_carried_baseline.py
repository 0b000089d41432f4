"""What a correction's folder holds of its baseline."""

import pytest

from designer_app.device import Compute
from designer_app.io.potential_cards import BASELINE_FOLDER
from designer_app.potentials import load_potential
from designer_app.resources import resource
from designer_app.training.carried_baseline import carried_baseline


@pytest.mark.parametrize(
    "baseline",
    [
        "tight-binding:GFN1-xTB",
        "ase:ase.calculators.emt:EMT",
        "ensemble:chgnet:0.3.0+chgnet:r2scan",
    ],
)
def test_what_is_named_stays_named(baseline, tmp_path):
    assert ":".join(carried_baseline(baseline, tmp_path)) == baseline
    assert not (tmp_path / BASELINE_FOLDER).exists()


@pytest.fixture
def table(tmp_path):
    """A table of one's own, in two folders."""
    shipped = resource("potentials/lennard-jones") / "noble-gases.toml"
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.toml").write_bytes(shipped.read_bytes())
    return tmp_path


def test_a_table_of_ones_own_is_copied(table):
    out = table / "out"
    told = carried_baseline(f"lennard-jones:{table / 'a' / 'mine.toml'}", out)
    assert told == ("lennard-jones", "baseline/mine.toml")
    assert load_potential("lennard-jones", str(out / told[1]), Compute("cpu")).elements


def test_members_of_the_same_name_are_kept_apart(table):
    files = [f"lennard-jones:{table / name / 'mine.toml'}" for name in ("a", "b")]
    told = carried_baseline(f"ensemble:{'+'.join(files)}", table / "out")
    assert told[1] == "lennard-jones:baseline/mine.toml+lennard-jones:baseline/mine-2.toml"


def test_a_training_that_goes_on_carries_the_same(table):
    baseline = f"lennard-jones:{table / 'a' / 'mine.toml'}"
    assert carried_baseline(baseline, table / "out") == carried_baseline(baseline, table / "out")
