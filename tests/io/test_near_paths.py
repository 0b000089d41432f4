"""Paths that files in a folder tell of others."""

from pathlib import Path

from designer_app.io.near_paths import found_from, told_from


def test_what_lies_near_is_told_from_the_folder_and_found_when_both_are_moved(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    (before / "out").mkdir(parents=True)
    (before / "cu.xyz").touch()
    told = told_from(before / "out", before / "cu.xyz")
    assert told == "../cu.xyz"
    before.rename(after)
    assert found_from(after / "out", told) == (after / "cu.xyz").resolve()


def test_of_what_lies_elsewhere_only_the_name_is_told(tmp_path):
    far = Path(tmp_path.anchor) / "nobody" / "cu.xyz"
    assert told_from(tmp_path, far) == "cu.xyz"


def test_what_lies_in_the_home_of_another_person_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home" / "me")
    told = told_from(tmp_path / "home" / "me" / "out", tmp_path / "home" / "somebody" / "cu.xyz")
    assert told == "cu.xyz"


def test_a_name_alone_may_be_that_of_a_file_here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "cu.xyz").touch()
    monkeypatch.chdir(tmp_path / "here")
    assert found_from(tmp_path, "cu.xyz") == Path("cu.xyz")


def test_what_is_named_anew_stands_for_what_has_its_name(tmp_path):
    new = tmp_path / "new" / "cu.xyz"
    new.parent.mkdir()
    new.touch()
    assert found_from(tmp_path, "old/cu.xyz", [new]) == new
