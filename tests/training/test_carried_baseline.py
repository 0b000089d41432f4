"""What a correction's folder holds of its baseline."""

import pytest

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError, ResumeError, UnsafeFileError
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    PotentialCard,
    baseline_of,
    write_potential_card,
)
from designer_app.potentials import load_potential
from designer_app.resources import resource
from designer_app.training.carried_baseline import carried_baseline, on_carried_baseline


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


@pytest.fixture
def gaps(tmp_path):
    """Text of two GAPs of QUIP whose sparse points are in files of the same name."""

    def made(*points):
        paths = []
        for folder, text in zip("ab", points, strict=True):
            (tmp_path / folder).mkdir()
            paths.append(tmp_path / folder / "g.xml")
            paths[-1].write_text(
                '<GAP_params label="GAP_1"><gpCoordinates sparseX_filename="g.xml.sparseX.1">'
                "<descriptor>soap Z=14</descriptor></gpCoordinates></GAP_params>"
            )
            paths[-1].with_name("g.xml.sparseX.1").write_text(text)
        return "ensemble:" + "+".join(f"gap:{path}" for path in paths)

    return made


def test_sparse_points_of_two_gaps_do_not_overwrite_each_other(gaps, tmp_path):
    with pytest.raises(InvalidSpecError, match="two different files"):
        carried_baseline(gaps("points of a", "points of b"), tmp_path / "out")
    kept = tmp_path / "out" / BASELINE_FOLDER / "g.xml.sparseX.1"
    assert kept.read_text() == "points of a"


def test_gaps_on_the_same_sparse_points_share_them(gaps, tmp_path):
    told = carried_baseline(gaps("the same", "the same"), tmp_path / "out")
    assert told[1] == "gap:baseline/g.xml+gap:baseline/g-2.xml"


def test_copies_have_names_that_differ_by_more_than_capitals(table):
    big = table / "b" / "MINE.toml"
    (table / "b" / "mine.toml").rename(big)
    baseline = f"ensemble:lennard-jones:{table / 'a' / 'mine.toml'}+lennard-jones:{big}"
    told = carried_baseline(baseline, table / "out")
    assert told[1] == "lennard-jones:baseline/mine.toml+lennard-jones:baseline/MINE-2.toml"


def test_a_training_that_goes_on_carries_the_same(table):
    baseline = f"lennard-jones:{table / 'a' / 'mine.toml'}"
    assert carried_baseline(baseline, table / "out") == carried_baseline(baseline, table / "out")


def test_a_training_that_goes_on_is_told_of_another_baseline_and_keeps_its_own(table):
    path, out = table / "a" / "mine.toml", table / "out"
    carried_baseline(f"lennard-jones:{path}", out)
    before = (out / "baseline" / "mine.toml").read_bytes()
    path.write_bytes(before + b"\n# changed\n")
    with pytest.raises(ResumeError, match="another"):
        carried_baseline(f"lennard-jones:{path}", out, begun=True)
    assert (out / "baseline" / "mine.toml").read_bytes() == before


def test_a_training_goes_on_where_its_baseline_is_gone(table):
    path, out = table / "a" / "mine.toml", table / "out"
    before = carried_baseline(f"lennard-jones:{path}", out)
    path.unlink()
    assert carried_baseline(f"lennard-jones:{path}", out, begun=True) == before


def test_a_baseline_that_is_not_there_is_refused(table):
    with pytest.raises(InvalidSpecError, match="no such file"):
        carried_baseline(f"lennard-jones:{table / 'none.toml'}", table / "out")


@pytest.mark.parametrize("baseline", ["delta:folder", "ensemble:delta:morse+schnet:a+chgnet"])
def test_parts_of_parts_are_refused(baseline, table):
    with pytest.raises(InvalidSpecError, match="parts"):
        carried_baseline(baseline, table / "out")


def test_what_lies_behind_a_link_is_not_carried(table, make_link):
    given = table / "given"
    given.mkdir()
    card = PotentialCard(
        family="schnet", title="", settings={}, elements=("Cu",), cutoff=5.0, references_eV={}
    )
    write_potential_card(given, card)
    (table / "secret").write_text("key")
    make_link(given / "weights.safetensors", table / "secret")
    with pytest.raises(FileUnreadableError, match="link"):
        carried_baseline(f"schnet:{given}", table / "out")


@pytest.mark.parametrize("name", ["a+morse.toml", "a b.c.toml"])
def test_a_copy_has_a_name_that_parts_nothing(name, table):
    path = table / name
    path.write_bytes((table / "a" / "mine.toml").read_bytes())
    card = PotentialCard(
        family="schnet", title="", settings={}, elements=("Ar",), cutoff=5.0, references_eV={}
    )
    out = table / "out"
    card = on_carried_baseline(
        card, f"ensemble:lennard-jones:{path}+lennard-jones:noble-gases", out, begun=False
    )
    assert load_potential(*baseline_of(out, card), Compute("cpu")).elements


def test_a_folder_named_by_dots_is_carried_by_its_own_name(table, monkeypatch):
    card = PotentialCard(
        family="schnet", title="", settings={}, elements=("Cu",), cutoff=5.0, references_eV={}
    )
    write_potential_card(table / "a", card)
    (table / "a" / "weights.safetensors").write_bytes(b"")
    (table / "a" / "inside").mkdir()
    monkeypatch.chdir(table / "a" / "inside")
    assert carried_baseline("schnet:..", table / "out") == ("schnet", "baseline/a")


def test_the_copy_of_a_program_is_the_one_that_was_named(tmp_path):
    (tmp_path / "a+b.pth").write_bytes(b"a program")
    card = PotentialCard(
        family="schnet", title="", settings={}, elements=("Cu",), cutoff=4.0, references_eV={}
    )
    named = f"script:{tmp_path / 'a+b.pth'}"
    told = on_carried_baseline(card, named, tmp_path / "out", begun=False)
    assert told.baseline == ("script", f"{BASELINE_FOLDER}/a-b.pth")


def test_a_folder_whose_name_is_a_member_brings_no_code(table):
    out = table / "out+ase:somewhere:Calculator"
    card = PotentialCard(
        family="schnet", title="", settings={}, elements=("Cu",), cutoff=4.0, references_eV={}
    )
    files = [f"lennard-jones:{table / name / 'mine.toml'}" for name in ("a", "b")]
    with pytest.raises(UnsafeFileError):
        on_carried_baseline(card, f"ensemble:{'+'.join(files)}", out, begun=False)
