"""A safe copy of a stranger's weights: tensors as safetensors, the rest as JSON, nothing as code.

What the program uses is this copy, never the file it was taken from. Classes named in the file are
kept as names; what holds neither tensors nor plain values is refused with a sentence.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from designer_app.errors import FileTooLargeError, ModelUnreadableError, UnsafeFileError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.model_files import ModelFile, sniff_model
from designer_app.provenance import sha256_of
from designer_app.weights.stub_unpickler import Stub, read_stubs
from designer_app.weights.torch_files import read_torch_legacy, read_torch_zip

COPY_WEIGHTS = "weights.safetensors"
COPY_TOLD = "copy.json"
FORMAT = 1
LARGEST = 4 * 10**9
"""Bytes of a file that is read whole."""
_SMALL = 64
"""Numbers of an array that the JSON repeats: species, cutoffs, scales."""
_DAMAGED = (ValueError, StopIteration, EOFError, KeyError, TypeError, OverflowError, IndexError)
_MOST_TOLD = 20_000
"""Values that the JSON repeats at most."""
_DEEPEST_TOLD = 12
_STATES = ("state_dict", "model_state_dict", "model", "net", "ema", "weights", "params")
"""Where training programs put the parameters in what they save, in this order."""


@dataclass(frozen=True, eq=False)
class SafeCopy:
    """Parameters by name and all plain values, read without running anything."""

    arrays: Mapping[str, NDArray[Any]]
    told: Any
    """Plain values of the file: dictionaries, lists, numbers, texts; stubs by the names of their
    classes."""
    classes: tuple[str, ...]
    """Named in the file; none of them was imported."""
    source_sha256: str
    kind: str


def read_safely(path: Path) -> SafeCopy:
    """What a file of weights holds. Raises `UnsafeFileError` for code, `FileUnreadableError`."""
    file = sniff_model(path)
    if file.role in ("code", "refused"):
        raise UnsafeFileError(str(path), f"it is {file.words}, which only runs as a program")
    if path.is_file() and path.stat().st_size > LARGEST:
        raise FileTooLargeError(str(path), path.stat().st_size, LARGEST)
    try:
        return _read(file)
    except UnpicklingError as error:
        raise UnsafeFileError(str(path), str(error)) from error
    except (*_DAMAGED, BadZipFile, SafetensorError) as error:
        raise ModelUnreadableError(str(path), f"{file.words}, but damaged") from error
    except RecursionError as error:
        raise UnsafeFileError(str(path), "it is nested too deeply") from error
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error


def _read(file: ModelFile) -> SafeCopy:
    path, sha256 = file.path, sha256_of(file.path)
    seen: set[str] = set()
    tree: Any
    if file.kind == "safetensors":
        return SafeCopy(load(path.read_bytes()), {}, (), sha256, file.kind)
    if file.kind == "npz":
        with np.load(path, allow_pickle=False) as archive:  # objects in it raise ValueError
            tree = {name: archive[name] for name in archive.files}
    elif file.kind == "torch":
        tree, seen = read_torch_zip(path)
    elif file.kind == "torch-legacy":
        tree, seen = read_torch_legacy(path)
    elif file.kind == "pickle":
        tree, seen = read_stubs(path.read_bytes())
    else:
        raise ModelUnreadableError(str(path), f"it is {file.words}, not a file of weights")
    arrays = dict(_parameters(tree, set()))
    if not arrays:
        held = f": it holds {', '.join(sorted(seen)[:3])}" if seen else ""
        raise UnsafeFileError(str(path), f"no weights can be taken out of it as data{held}")
    return SafeCopy(arrays, _Teller().of(tree), tuple(sorted(seen)), sha256, file.kind)


def _parameters(tree: Any, seen: set[int]) -> Iterator[tuple[str, NDArray[Any]]]:
    """The parameters of a model, wherever the file keeps them; each part is looked at once."""
    if id(tree) in seen:
        return
    seen.add(id(tree))
    if isinstance(tree, Stub):
        yield from _of_module(tree, "")
        return
    if not isinstance(tree, dict):
        return
    own = {name: each for name, each in tree.items() if isinstance(each, np.ndarray)}
    if own:
        yield from ((str(name), each) for name, each in own.items())
        return
    for name in (*(each for each in _STATES if each in tree), *tree):
        found = list(_parameters(tree[name], seen))
        if found:
            yield from found
            return


def _of_module(stub: Stub, prefix: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Parameters and buffers of a pickled module of PyTorch, by the names of its state dict."""
    state = stub.__dict__["state"]
    if not isinstance(state, dict):
        return
    for group in ("_parameters", "_buffers"):
        held = state.get(group)
        for name, each in held.items() if isinstance(held, dict) else ():
            if isinstance(each, np.ndarray):
                yield f"{prefix}{name}", each
    modules = state.get("_modules")
    for name, each in modules.items() if isinstance(modules, dict) else ():
        if isinstance(each, Stub):
            yield from _of_module(each, f"{prefix}{name}.")


class _Teller:
    """What JSON can say of a tree; large arrays by their shape, and no more than is readable."""

    def __init__(self) -> None:
        self._left = _MOST_TOLD

    def of(self, tree: Any, depth: int = 0) -> Any:
        """Plain values."""
        self._left -= 1
        if depth > _DEEPEST_TOLD or self._left < 0:
            return "..."
        found = tree
        if isinstance(tree, np.ndarray):
            found = tree.tolist() if tree.size <= _SMALL else {"shape": list(tree.shape)}
        elif isinstance(tree, dict):
            found = {str(name): self.of(each, depth + 1) for name, each in tree.items()}
        elif isinstance(tree, list | tuple):
            found = [self.of(each, depth + 1) for each in tree]
        elif isinstance(tree, Stub):
            found = {"class": tree.pickled_as, "state": self.of(tree.__dict__["state"], depth + 1)}
        elif not isinstance(tree, bool | int | float | str | None):
            found = type(tree).__name__
        return found


def write_copy(folder: Path, copy: SafeCopy) -> None:
    """Put a copy into a folder."""
    told = {
        "format": FORMAT,
        "source_sha256": copy.source_sha256,
        "kind": copy.kind,
        "classes": list(copy.classes),
        "told": copy.told,
    }
    arrays = {name: np.ascontiguousarray(each) for name, each in copy.arrays.items()}
    atomic_write(folder / COPY_WEIGHTS, save(arrays))
    atomic_write(folder / COPY_TOLD, json.dumps(told, indent=1, default=str) + "\n")


def read_copy(folder: Path) -> SafeCopy:
    """The copy in a folder. Raises `ModelUnreadableError`."""
    try:
        told = json.loads((folder / COPY_TOLD).read_text(encoding="utf-8"))
        arrays = load((folder / COPY_WEIGHTS).read_bytes())
        return SafeCopy(
            arrays, told["told"], tuple(told["classes"]), told["source_sha256"], told["kind"]
        )
    except OSError as error:
        raise ModelUnreadableError(str(folder), error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelUnreadableError(str(folder), "it is no copy of weights") from error
