"""Files of `torch.save`, old and new, read without PyTorch and without running anything in them."""

import io
import struct
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from designer_app.weights.stub_unpickler import StubUnpickler, numbers_of, resolved

_LARGEST = 8 * 10**9
"""Bytes that an archive may unpack to."""


def read_torch_zip(path: Path) -> tuple[Any, set[str]]:
    """(tree, classes that became stubs) of a file of PyTorch 1.6 and later."""
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > _LARGEST:
            raise UnpicklingError("it unpacks to more than 8 GB")
        inside = next(name for name in archive.namelist() if name.split("/")[-1] == "data.pkl")
        folder = inside[: -len("data.pkl")]
        order = f"{folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise UnpicklingError("its numbers are big-endian")
        reader = StubUnpickler(io.BytesIO(archive.read(inside)))
        tree = _loaded(reader)
        numbers = {}
        for key, storage in reader.storages.items():
            name = f"{folder}data/{key}"
            if name not in archive.namelist():
                raise UnpicklingError("numbers of a tensor are missing")
            numbers[key] = numbers_of(archive.read(name), storage.kind)
    return resolved(tree, numbers), reader.seen


def read_torch_legacy(path: Path) -> tuple[Any, set[str]]:
    """(tree, classes that became stubs) of a file of PyTorch before 1.6.

    Five pickles one after the other (magic number, version, system, the objects, keys of the
    storages), then for each storage its length as int64 and its numbers.
    """
    with path.open("rb") as file:
        for _ in range(3):
            _loaded(StubUnpickler(file))
        reader = StubUnpickler(file)
        tree = _loaded(reader)
        keys = _loaded(StubUnpickler(file))
        if not isinstance(keys, list):
            raise UnpicklingError("it lists no numbers")
        numbers = {}
        for key in map(str, keys):
            storage = reader.storages.get(key)
            if storage is None:
                raise UnpicklingError("numbers that no tensor uses")
            (n,) = struct.unpack("<q", _exactly(file.read(8), 8))
            width = 2 if storage.kind == "bfloat16" else numbers_of(b"", storage.kind).itemsize
            left = path.stat().st_size - file.tell()
            if not 0 <= n * width <= left:
                raise UnpicklingError("numbers of a tensor are missing")
            numbers[key] = numbers_of(file.read(n * width), storage.kind)
    return resolved(tree, numbers), reader.seen


def _exactly(data: bytes, n: int) -> bytes:
    if len(data) != n:
        raise UnpicklingError("it ends early")
    return data


def _loaded(reader: StubUnpickler) -> Any:
    try:
        return reader.load()
    except UnpicklingError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise UnpicklingError("it is damaged") from error
