from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from designer_app.provenance import Provenance
from designer_app.running.control import Progress
from designer_app.running.encoding import BrokenMessageError, decode, encode
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.specs.trust import TrustReport

_dtypes = (
    arrays_of.boolean_dtypes()
    | arrays_of.integer_dtypes(endianness="?")
    | arrays_of.floating_dtypes(sizes=(16, 32, 64))
    | arrays_of.complex_number_dtypes(sizes=(64, 128))
)
_arrays = _dtypes.flatmap(
    lambda dtype: arrays_of.arrays(
        dtype, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    )
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.text(min_size=1).map(Path)
)
_plain_values = st.recursive(
    _scalars | _arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.just("__array__"), inner, max_size=3)
    ),
    max_leaves=10,
)


def _same(first, second):
    """Whether two nested values have the same types and the same contents, NaN included."""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and first.tobytes() == second.tobytes()
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, dict):
        return list(first) == list(second) and all(_same(first[key], second[key]) for key in first)
    if hasattr(first, "__dataclass_fields__"):
        return all(_same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
    return repr(first) == repr(second)


@given(_plain_values)
def test_plain_values_come_back_as_they_were(value):
    assert _same(decode(*encode(value)), value)


@given(_plain_values)
def test_plain_values_cross_to_the_worker_and_back(ask, value):
    assert _same(ask("echo", value), value)


def _silicon():
    return Structure(
        numbers=np.array([14, 14]),
        positions=np.array([[0.0, 0, 0], [1.36, 1.36, 1.36]]),
        cell=np.eye(3) * 5.43,
        pbc=(True, True, True),
        name="Si",
    )


@pytest.mark.parametrize(
    "value",
    [
        MDSpec(structure=_silicon(), out=Path("läufe") / "1", temperature_end=900.0),
        Progress(3, 7.0, "of 7"),
        Progress(3, 7.0, "", TrustReport(level="good", axes=())),
        Provenance("open", seed=4),
    ],
    ids=lambda value: type(value).__name__,
)
def test_our_dataclasses_come_back_as_they_were(value):
    assert _same(decode(*encode(value)), value)


def test_numbers_of_numpy_become_numbers_of_python():
    value = {"a": np.float64(1.5), "b": np.int32(3), "c": np.bool_(True), "d": np.longdouble(0.5)}
    assert _same(decode(*encode(value)), {"a": 1.5, "b": 3, "c": True, "d": 0.5})


@dataclass(frozen=True)
class Stranger:
    x: int = 0


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, np.array([object()]), Stranger(), np.datetime64("2026-01-01"), print],
    ids=["object", "set", "object array", "foreign dataclass", "date", "function"],
)
def test_what_is_no_plain_data_is_refused(value):
    with pytest.raises(TypeError, match="not plain data"):
        encode({"deep": [value]})


@pytest.mark.parametrize(
    "named",
    [
        "subprocess:Popen",
        "os:system",
        "designer_app.specs.fields:Callable",
        "designer_app.specs.fields:spec_field",
        "designer_app.specs_of_others:Spec",
        "designer_app.registry:Row",
        "designer_app.running.link:WorkerLink",
        "designer_app.specs.missing:Spec",
        "",
    ],
)
def test_only_our_frozen_dataclasses_are_made(named):
    with pytest.raises(BrokenMessageError):
        decode({"__spec__": named, "fields": {"args": ["true"]}}, [])


@pytest.mark.parametrize(
    "header",
    [
        {"__array__": 3},
        {"__array__": "x"},
        {"__unknown__": 1},
        {"__dict__": [[[], 1]]},
        {"__spec__": 3, "fields": {}},
        {"__spec__": "designer_app.specs.md:MDSpec"},
        {"__spec__": "designer_app.specs.md:MDSpec", "fields": {"colour": 1}},
    ],
)
def test_a_damaged_value_is_told_as_such(header):
    with pytest.raises(BrokenMessageError):
        decode(header, [])
