"""A pickle read as data: tensors, arrays and plain values; every other class is an inert stub.

A pickle is a program that may call anything it can import. Here it can import nothing: each name in
it gives either one of a few functions below that only take arrays apart, or a class made on the
spot that remembers its arguments and does nothing. So a stranger's file cannot do anything but use
memory and time, which the worker limits.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pickle import UnpicklingError
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

_KINDS: dict[str, str] = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
"""numpy's name of what each of PyTorch's storages holds."""
_TYPES: dict[str, str] = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "bfloat16",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "<i1",
    "uint8": "<u1",
    "bool": "?",
}
_DEPTH = 100
"""Levels of nesting beyond which a file is refused: no model is that deep."""


class Stub:
    """What stands in for an object of a class that is not made."""

    pickled_as = ""
    """Module and name in the file."""

    def __new__(cls, *args: Any, **_: Any) -> Self:
        """Remember what it was made from."""
        made = object.__new__(cls)
        made.__dict__.update(arguments=args, state=None, items=[], pairs=[])
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing happens."""

    def __setstate__(self, state: Any) -> None:
        """Remember the state."""
        self.__dict__["state"] = state

    def append(self, item: Any) -> None:
        """Remember what a list-like object would hold."""
        self.__dict__["items"].append(item)

    def extend(self, items: Any) -> None:
        """Remember what a list-like object would hold."""
        self.__dict__["items"].extend(items)

    def __setitem__(self, name: Any, value: Any) -> None:
        """Remember what a dict-like object would hold."""
        self.__dict__["pairs"].append((name, value))

    def __call__(self, *args: Any, **_: Any) -> "Stub":
        """Calling it gives another stub."""
        return type(self)(*args)


class Storage:
    """Numbers of a tensor, that lie elsewhere in the file."""

    def __init__(self, key: str, kind: str, n: int) -> None:
        self.key, self.kind, self.n = key, kind, n


@dataclass(frozen=True, eq=False)
class Strided:
    """A tensor as a view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, numbers: NDArray[Any]) -> NDArray[Any]:
        """The tensor, copied out of its storage; raises `UnpicklingError` where it is too short."""
        if len(self.shape) != len(self.strides) or min((0, *self.shape, *self.strides)) < 0:
            raise UnpicklingError("a tensor has no sensible shape")
        if 0 in self.shape:
            return np.zeros(self.shape, dtype=numbers.dtype)
        last = self.offset + sum(
            (n - 1) * step for n, step in zip(self.shape, self.strides, strict=True)
        )
        if self.offset < 0 or last >= len(numbers):
            raise UnpicklingError("a tensor reaches beyond its numbers")
        size = int(np.prod(self.shape, dtype=object))
        if size > len(numbers):  # a view that repeats its numbers could fill the memory
            raise UnpicklingError("a tensor is larger than its numbers")
        steps = tuple(step * numbers.itemsize for step in self.strides)
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, steps)
        return np.array(view)


class _Harmless:
    """Stands before a function of ours: a pickle may call it, and change nothing about it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, _: Any) -> None:
        raise UnpicklingError("it changes what it may only call")


class _Array:
    """An array of numpy as a pickle describes it."""

    def __init__(self) -> None:
        self.value: NDArray[Any] = np.zeros(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, is_fortran, numbers = state
        if not isinstance(kind, _Kind) or kind.name[1:2] not in "fiub?" or kind.is_odd:
            raise UnpicklingError("an array holds objects instead of numbers")
        if isinstance(numbers, str):
            numbers = numbers.encode("latin1")
        flat = np.frombuffer(numbers, dtype=np.dtype(kind.name))
        self.value = flat.reshape(shape, order="F" if is_fortran else "C").copy()


class _Kind:
    """A number type of numpy as a pickle describes it."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        text = name if isinstance(name, str) else ""
        self.name = text if text[:1] in "<>|=" else f"<{text}"
        self.is_odd = False

    def __setstate__(self, state: Any) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
        self.name = f"{'<' if order == '|' else order}{self.name.lstrip('<>|=')}"
        # Fields of a record, or a type inside a type.
        self.is_odd = isinstance(state, tuple) and any(each is not None for each in state[2:5])


def _scalar(kind: _Kind, numbers: Any) -> Any:
    if isinstance(numbers, str):
        numbers = numbers.encode("latin1")
    if kind.name[1:2] not in "fiub?" or not isinstance(numbers, bytes):
        raise UnpicklingError("a number of a strange type")
    return np.frombuffer(numbers, dtype=np.dtype(kind.name), count=1)[0].item()


def _tensor(storage: Any, offset: int, shape: Any, strides: Any, *_: Any) -> Strided:
    if not isinstance(storage, Storage):
        raise UnpicklingError("a tensor without numbers")
    return Strided(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


def _codecs_encode(text: Any, encoding: Any = "latin1", *_: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise UnpicklingError("bytes of a strange encoding")
    return text.encode("latin1")


_HARMLESS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch", "Size"): lambda shape=(): tuple(shape),
    ("torch", "device"): lambda *named: ":".join(map(str, named)),
    ("_codecs", "encode"): _codecs_encode,
    **{
        (f"numpy.{core}.multiarray", name): made
        for core in ("core", "_core")
        for name, made in (("_reconstruct", lambda *_: _Array()), ("scalar", _scalar))
    },
    ("numpy", "dtype"): _Kind,
    ("numpy", "ndarray"): _Array,
}
"""All that a pickle can reach; each takes plain values and gives plain values."""


class StubUnpickler(pickle.Unpickler):
    """Reads one pickle. `seen` names the classes that became stubs."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")
        self.seen: set[str] = set()
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """A harmless function, a kind of numbers, or a new stub: nothing is imported."""
        if (module, name) in _HARMLESS:
            return _Harmless(_HARMLESS[module, name])
        if module in ("torch", "torch.storage") and name in _KINDS:
            return _KINDS[name]
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        full = f"{module}.{name}"
        self.seen.add(full)
        return type("Stub", (Stub,), {"pickled_as": full})

    def persistent_load(self, pid: Any) -> Any:
        """The storage that ("storage", kind, key, place, length, ...) names, or, in old files, the
        class that ("module", class, source file, source) names.
        """
        if isinstance(pid, tuple) and len(pid) == 4 and pid[0] == "module":
            return pid[1]
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise UnpicklingError("a reference to something outside the file")
        kind, key, n = pid[1], str(pid[2]), int(pid[4])
        if not isinstance(kind, str):
            raise UnpicklingError("a tensor of a strange type")
        return self.storages.setdefault(key, Storage(key, kind, n))


def read_stubs(data: bytes) -> tuple[Any, set[str]]:
    """(tree, classes that became stubs) of a plain pickle. Raises `UnpicklingError`."""
    reader = StubUnpickler(io.BytesIO(data))
    try:
        tree = reader.load()
    except UnpicklingError:
        raise
    except Exception as error:
        raise UnpicklingError("it is damaged") from error
    return resolved(tree, {}), reader.seen


def resolved(tree: Any, numbers: Mapping[str, NDArray[Any]]) -> Any:
    """The tree with its tensors as arrays; stubs stay stubs, with what they hold resolved."""
    try:
        return _Resolver(numbers).of(tree, 0)
    except (OverflowError, TypeError, ValueError, AttributeError, MemoryError) as error:
        raise UnpicklingError("a tensor in it makes no sense") from error


class _Resolver:
    """Visits every object once, however often the file refers to it."""

    def __init__(self, numbers: Mapping[str, NDArray[Any]]) -> None:
        self._numbers = numbers
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []
        """What was visited: an id is free again once its object is gone."""

    def of(self, tree: Any, depth: int) -> Any:
        """The resolved object."""
        if depth > _DEPTH:
            raise UnpicklingError("it is nested too deeply")
        if not isinstance(tree, Strided | _Array | dict | list | tuple | Stub):
            return tree
        if id(tree) not in self._done:
            self._kept.append(tree)
            self._done[id(tree)] = self._made(tree, depth)
        return self._done[id(tree)]

    def _made(self, tree: Any, depth: int) -> Any:
        if isinstance(tree, Strided):
            if tree.storage.key not in self._numbers:
                raise UnpicklingError("a tensor without numbers")
            return tree.array(self._numbers[tree.storage.key])
        if isinstance(tree, _Array):
            return tree.value
        if isinstance(tree, dict):
            return {_name(name): self.of(each, depth + 1) for name, each in tree.items()}
        if isinstance(tree, Stub):
            for part in ("arguments", "state", "items", "pairs"):
                tree.__dict__[part] = self.of(tree.__dict__[part], depth + 1)
            return tree
        return type(tree)([self.of(each, depth + 1) for each in tree])


def _name(name: Any) -> Any:
    return name if isinstance(name, str | int | float | bool) or name is None else str(name)


def numbers_of(data: bytes, kind: Any) -> NDArray[Any]:
    """The numbers of a storage; bfloat16 as float32, which holds it exactly."""
    if kind not in _KINDS.values():
        raise UnpicklingError("a tensor of a strange type")
    if kind == "bfloat16":
        halves = np.frombuffer(data, dtype="<u2").astype(np.uint32)
        return (halves << 16).view(np.float32)
    return np.frombuffer(data, dtype=np.dtype(kind))
