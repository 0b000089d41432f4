"""Plain values as JSON plus raw arrays, and back. Nothing in it can run code: it is no pickle.

What has no JSON form is an object with one reserved name: `{"__array__": 0}`, `{"__tuple__": []}`,
`{"__spec__": "module:Class", "fields": {}}`. Only frozen dataclasses of our own modules of plain
data are rebuilt, whatever the other side names.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PLAIN_MODULES = (
    "designer_app.specs",
    "designer_app.running",
    "designer_app.io.documents",
    "designer_app.provenance",
)
"""Modules, and packages with all their modules, whose frozen dataclasses may cross."""
ARRAY_KINDS = "biufcUS"
"""numpy's letters for bool, integer, float, complex and text; never object."""


class BrokenMessageError(ValueError):
    """What was received is not something this program sends."""


def encode(value: Any) -> tuple[Any, list[Array]]:
    """(JSON value, arrays) of nested plain data. Raises `TypeError` for anything else."""
    arrays: list[Array] = []
    return _encoded(value, arrays), arrays


def decode(header: Any, arrays: list[Array]) -> Any:
    """The value that `encode` was given. Raises `BrokenMessageError`."""
    try:
        return _decoded(header, arrays)
    except BrokenMessageError:
        raise
    except Exception as error:
        message = f"a value cannot be rebuilt: {error!r}"
        raise BrokenMessageError(message) from error


def _encoded(value: Any, arrays: list[Array]) -> Any:
    for kind, encoded in _ENCODED:
        if isinstance(value, kind):
            return encoded(value, arrays)
    if _is_plain_class(type(value)):
        return _encoded_dataclass(value, arrays)
    message = f"{type(value).__module__}.{type(value).__qualname__} is not plain data"
    raise TypeError(message)


def _encoded_number(value: "np.generic[Any]", arrays: list[Array]) -> Any:
    """One of numpy's scalars, as Python's."""
    kinds: dict[str, Callable[[Any], Any]] = {
        "b": bool,
        "i": int,
        "u": int,
        "f": float,
        "c": complex,
    }
    if value.dtype.kind not in kinds:
        message = f"a scalar of {value.dtype} is not plain data"
        raise TypeError(message)
    return _encoded(kinds[value.dtype.kind](value), arrays)


def _kept(array: Array, arrays: list[Array]) -> int:
    if array.dtype.kind not in ARRAY_KINDS:
        message = f"an array of {array.dtype} is not plain data"
        raise TypeError(message)
    arrays.append(np.asarray(array, order="C"))
    return len(arrays) - 1


def _encoded_dict(value: dict[Any, Any], arrays: list[Array]) -> Any:
    if all(isinstance(key, str) and not key.startswith("__") for key in value):
        return {key: _encoded(each, arrays) for key, each in value.items()}
    pairs = [[_encoded(key, arrays), _encoded(each, arrays)] for key, each in value.items()]
    return {"__dict__": pairs}


def _encoded_dataclass(value: Any, arrays: list[Array]) -> Any:
    kind = type(value)
    plain = {each.name: getattr(value, each.name) for each in fields(value) if each.init}
    return {
        "__spec__": f"{kind.__module__}:{kind.__qualname__}",
        "fields": {name: _encoded(each, arrays) for name, each in plain.items()},
    }


def _is_plain_class(kind: type) -> bool:
    return (
        is_dataclass(kind)
        and cast("Any", kind).__dataclass_params__.frozen
        and _is_plain_module(kind.__module__)
    )


def _is_plain_module(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in PLAIN_MODULES)


def _decoded(header: Any, arrays: list[Array]) -> Any:
    if isinstance(header, list):
        return [_decoded(each, arrays) for each in header]
    if not isinstance(header, dict):
        return header
    tag = next(iter(header), "")
    if not tag.startswith("__"):
        return {key: _decoded(each, arrays) for key, each in header.items()}
    if tag == "__spec__":
        return _decoded_dataclass(header["__spec__"], header["fields"], arrays)
    if tag not in _TAGS:
        message = f"unknown tag {tag!r}"
        raise BrokenMessageError(message)
    return _TAGS[tag](header[tag], arrays)


def _decoded_dataclass(named: str, given: dict[str, Any], arrays: list[Array]) -> Any:
    module, _, name = named.partition(":")
    if not _is_plain_module(module):
        message = f"{named!r} is not a class of plain data"
        raise BrokenMessageError(message)
    kind = getattr(import_module(module), name, None)
    if not isinstance(kind, type) or kind.__module__ != module or not _is_plain_class(kind):
        message = f"{named!r} is not a class of plain data"
        raise BrokenMessageError(message)
    return kind(**{key: _decoded(each, arrays) for key, each in given.items()})


# Subclasses come before what they derive from: bool is an int, numpy's float64 a float.
_ENCODED: tuple[tuple[type, Callable[[Any, list[Array]], Any]], ...] = (
    (type(None), lambda value, _: value),
    (bool, lambda value, _: value),
    (int, lambda value, _: int(value)),
    (float, lambda value, _: float(value)),
    (str, lambda value, _: str(value)),
    (list, lambda value, arrays: [_encoded(each, arrays) for each in value]),
    (dict, _encoded_dict),
    (tuple, lambda value, arrays: {"__tuple__": [_encoded(each, arrays) for each in value]}),
    (np.ndarray, lambda value, arrays: {"__array__": _kept(value, arrays)}),
    (bytes, lambda value, arrays: {"__bytes__": _kept(np.frombuffer(value, np.uint8), arrays)}),
    (np.generic, _encoded_number),
    (Path, lambda value, _: {"__path__": str(value)}),
    (complex, lambda value, _: {"__complex__": [value.real, value.imag]}),
)
_TAGS: dict[str, Callable[[Any, list[Array]], Any]] = {
    "__tuple__": lambda inside, arrays: tuple(_decoded(each, arrays) for each in inside),
    "__dict__": lambda inside, arrays: {
        _decoded(key, arrays): _decoded(each, arrays) for key, each in inside
    },
    "__array__": lambda index, arrays: arrays[index],
    "__bytes__": lambda index, arrays: arrays[index].tobytes(),
    "__path__": lambda text, _: Path(text),
    "__complex__": lambda parts, _: complex(*parts),
}
