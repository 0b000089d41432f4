import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.io.toml import read_toml, toml_text, write_toml

_text = st.text(st.characters(exclude_categories=["Cs"]))
_scalars = _text | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_text, _values, max_size=5))
def test_what_is_written_is_read_again(table):
    assert tomllib.loads(toml_text(table)) == table


def test_a_missing_value_is_left_out():
    assert toml_text({"a": None, "b": 1}) == "b = 1\n"


def test_paths_become_text(tmp_path):
    write_toml(tmp_path / "spec.toml", {"out": Path("Läufe") / "1"})
    assert Path(read_toml(tmp_path / "spec.toml")["out"]) == Path("Läufe") / "1"


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match="object"):
        toml_text({"a": object()})
