"""Messages through a pipe: a fixed prefix (name, version, lengths), a JSON header, raw arrays.

A stream that holds anything else is refused with a `BrokenMessageError` that says what is wrong.
"""

import json
import math
import struct
import threading
from typing import Any, BinaryIO

import numpy as np

from designer_app.running.encoding import (
    ARRAY_KINDS,
    Array,
    BrokenMessageError,
    decode,
    encode,
)

VERSION = 1
MAX_HEADER_BYTES = 256 * 2**20
MAX_ARRAY_BYTES = 8 * 2**30

_NAME = b"dsgn"
_PREFIX = struct.Struct("<4sIIQ")
"""Name, version, bytes of the header, bytes of all arrays."""


class MessageWriter:
    """The writing end of a pipe, safe to use from several threads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Write a message. Raises `TypeError` or `ValueError`, writing nothing, where it cannot."""
        parts = packed(message)
        with self._lock:
            if self._stream.closed:
                raise BrokenPipeError
            for part in parts:
                self._stream.write(part)
            self._stream.flush()

    def close(self, patience_s: float) -> None:
        """Tell the other side that nothing more will come. Raises `OSError` where it is stuck."""
        if not self._lock.acquire(timeout=patience_s):
            raise TimeoutError
        try:
            self._stream.close()
        finally:
            self._lock.release()


def packed(message: Any) -> list[bytes | memoryview]:
    """A message as the pieces that are written one after the other."""
    value, arrays = encode(message)
    header = json.dumps(
        {"message": value, "arrays": [[each.dtype.str, list(each.shape)] for each in arrays]},
        separators=(",", ":"),
    ).encode()
    n_bytes = sum(each.nbytes for each in arrays)
    if len(header) > MAX_HEADER_BYTES or n_bytes > MAX_ARRAY_BYTES:
        message = f"a message of {len(header) + n_bytes} bytes is too large to send"
        raise ValueError(message)
    prefix = _PREFIX.pack(_NAME, VERSION, len(header), n_bytes)
    return [prefix + header, *(_raw(each) for each in arrays if each.nbytes)]


def receive(stream: BinaryIO) -> Any:
    """The next message, or None at the end of the stream. Raises `BrokenMessageError`."""
    prefix = _exactly(stream, bytearray(_PREFIX.size), may_end=True)
    if prefix is None:
        return None
    name, version, header_bytes, array_bytes = _PREFIX.unpack(prefix)
    if name != _NAME:
        message = f"the stream holds {bytes(prefix)!r} where a message should start"
        raise BrokenMessageError(message)
    if version != VERSION:
        message = f"the other side speaks version {version}, this program version {VERSION}"
        raise BrokenMessageError(message)
    if header_bytes > MAX_HEADER_BYTES or array_bytes > MAX_ARRAY_BYTES:
        message = f"a message of {header_bytes + array_bytes} bytes is too large"
        raise BrokenMessageError(message)
    header = _exactly(stream, bytearray(header_bytes))
    assert header is not None
    try:
        told = json.loads(bytes(header))
        value, layout = told["message"], told["arrays"]
        arrays = _arrays(stream, layout, array_bytes)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"the header of a message is damaged: {error}"
        raise BrokenMessageError(message) from error
    return decode(value, arrays)


def _arrays(stream: BinaryIO, layout: list[Any], promised: int) -> list[Array]:
    described: list[tuple[np.dtype[Any], list[int]]] = []
    for kind, shape in layout:
        dtype = np.dtype(kind)
        if dtype.kind not in ARRAY_KINDS or not all(type(n) is int and n >= 0 for n in shape):
            message = f"an array of {kind!r} and shape {shape!r} is not sent by this program"
            raise BrokenMessageError(message)
        described.append((dtype, shape))
    n_bytes = sum(dtype.itemsize * math.prod(shape) for dtype, shape in described)
    if n_bytes != promised:
        message = f"arrays of {n_bytes} bytes are described where {promised} were promised"
        raise BrokenMessageError(message)
    arrays = [np.empty(shape, dtype) for dtype, shape in described]
    for array in arrays:
        if array.nbytes:
            _exactly(stream, array.reshape(-1).view(np.uint8).data)
    return arrays


def _raw(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _exactly(
    stream: BinaryIO, buffer: bytearray | memoryview, *, may_end: bool = False
) -> bytearray | memoryview | None:
    """The buffer, filled; None where the stream ended before its first byte and may."""
    view = memoryview(buffer)
    filled = 0
    while filled < len(view):
        n = stream.readinto(view[filled:])  # pyright: ignore[reportAttributeAccessIssue]
        if not n:
            if may_end and not filled:
                return None
            message = f"the stream ended after {filled} of {len(view)} bytes"
            raise BrokenMessageError(message)
        filled += n
    return buffer
