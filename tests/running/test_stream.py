import io
import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.running import stream
from designer_app.running.encoding import BrokenMessageError
from designer_app.running.stream import MessageWriter, packed, receive


def _bytes(value):
    return b"".join(bytes(part) for part in packed(value))


_VALUE = {"positions": np.arange(6.0).reshape(2, 3), "name": "LiFePO₄", "none": np.empty((0, 3))}


def test_messages_come_out_in_their_order():
    pipe = io.BytesIO()
    writer = MessageWriter(pipe)
    for value in (1, _VALUE, "end"):
        writer.send(value)
    pipe.seek(0)
    assert receive(pipe) == 1
    assert np.array_equal(receive(pipe)["positions"], _VALUE["positions"])
    assert receive(pipe) == "end"
    assert receive(pipe) is None


@given(st.data())
def test_a_truncated_stream_is_told_as_such(data):
    whole = _bytes(_VALUE)
    n = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(BrokenMessageError, match="ended after"):
        receive(io.BytesIO(whole[:n]))


@given(st.binary(min_size=20).filter(lambda raw: not raw.startswith(b"dsgn")))
def test_a_garbage_stream_is_told_as_such(raw):
    with pytest.raises(BrokenMessageError, match="where a message should start"):
        receive(io.BytesIO(raw))


@given(st.data())
def test_a_damaged_message_is_refused_or_read_but_never_worse(data):
    whole = bytearray(_bytes(_VALUE))
    at = data.draw(st.integers(4, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    with suppress(BrokenMessageError):
        receive(io.BytesIO(bytes(whole)))


def test_another_version_is_named():
    raw = bytearray(_bytes(1))
    raw[4] = 99
    with pytest.raises(BrokenMessageError, match="version 99"):
        receive(io.BytesIO(bytes(raw)))


def test_a_promise_of_much_memory_allocates_none():
    header = json.dumps({"message": 1, "arrays": [["<f8", [10**15]]]}).encode()
    raw = stream._PREFIX.pack(b"dsgn", stream.VERSION, len(header), 8) + header
    with pytest.raises(BrokenMessageError, match="promised"):
        receive(io.BytesIO(raw))


@pytest.mark.parametrize("kind", ["O", "V8", "M8[s]"])
def test_arrays_of_objects_are_never_made(kind):
    header = json.dumps({"message": {"__array__": 0}, "arrays": [[kind, [1]]]}).encode()
    raw = stream._PREFIX.pack(b"dsgn", stream.VERSION, len(header), 8) + header + bytes(8)
    with pytest.raises(BrokenMessageError):
        receive(io.BytesIO(raw))


def test_too_large_a_message_is_refused_before_anything_is_written(monkeypatch):
    monkeypatch.setattr(stream, "MAX_ARRAY_BYTES", 100)
    pipe = io.BytesIO()
    with pytest.raises(ValueError, match="too large"):
        MessageWriter(pipe).send(np.zeros(100))
    assert pipe.getvalue() == b""


def test_a_closed_writer_is_a_broken_pipe():
    writer = MessageWriter(io.BytesIO())
    writer.close(1.0)
    with pytest.raises(BrokenPipeError):
        writer.send(1)
