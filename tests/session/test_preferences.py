import pytest

from designer_app.errors import InvalidSpecError
from designer_app.io.toml import read_toml, write_toml
from designer_app.session.preferences import PreferenceStore, load_preferences
from designer_app.session.recent import MOST_FILES, Recent
from designer_app.session.settings import Preferences
from designer_app.specs.fields import check_spec, spec_fields


@pytest.fixture
def path(tmp_path):
    return tmp_path / "preferences.toml"


def test_the_defaults_are_valid_and_every_setting_is_described():
    check_spec(Preferences())
    for _, said, _ in spec_fields(Preferences):
        assert said.label
        assert said.doc.endswith(".")


def test_a_change_is_told_and_remembered(qtbot, path):
    store = PreferenceStore(path)
    with qtbot.waitSignal(store.changed) as told:
        store.set("theme", "dark")
    assert told.args == ["theme", "dark"]
    assert PreferenceStore(path).get("theme") == "dark"


def test_what_does_not_change_is_neither_told_nor_written(qtbot, path):
    store = PreferenceStore(path)
    with qtbot.assertNotEmitted(store.changed):
        store.set("theme", "system")
    assert not path.exists()


def test_a_value_that_cannot_be_used_is_refused(qtbot, path):
    store = PreferenceStore(path)
    with pytest.raises(InvalidSpecError):
        store.set("theme", "pink")
    assert store.get("theme") == "system"


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe\x00", b"[theme\n"])
def test_a_damaged_file_gives_the_defaults_and_is_kept(path, content):
    path.write_bytes(content)
    assert load_preferences(path) == Preferences()
    assert path.with_name("preferences.toml.damaged").read_bytes() == content


def test_one_bad_value_does_not_spoil_the_others(path):
    write_toml(path, {"theme": "dark", "threads": "many", "from_the_future": 1})
    assert load_preferences(path) == Preferences(theme="dark")


def test_a_disk_that_takes_nothing_does_not_stop_the_program(qtbot, path):
    path.parent.joinpath("blocked").write_text("a file, no folder")
    store = PreferenceStore(path.parent / "blocked" / "preferences.toml")
    store.set("theme", "dark")
    assert store.get("theme") == "dark"


def test_the_file_of_a_test_is_not_the_one_of_the_user(qtbot, folders_of_the_user):
    PreferenceStore().set("theme", "light")
    assert read_toml(folders_of_the_user / "settings" / "preferences.toml")["theme"] == "light"


def test_recent_files_are_the_latest_first_and_still_there(tmp_path):
    files = [tmp_path / f"{number}.cif" for number in range(MOST_FILES + 3)]
    recent = Recent(tmp_path / "recent.toml")
    for file in files:
        file.touch()
        recent.add_file(file)
    recent.add_file(files[5])
    files[6].unlink()
    found = Recent(tmp_path / "recent.toml").files
    assert found[:2] == [files[5], files[-1]]
    assert files[6] not in found
    assert len(found) == MOST_FILES - 1


def test_a_damaged_memory_is_an_empty_one(tmp_path):
    (tmp_path / "recent.toml").write_text("files = [1, 2]\nproject = 3")
    recent = Recent(tmp_path / "recent.toml")
    assert recent.files == []
    assert recent.project is None
