"""Cards and the weights they stand for."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.errors import FileUnreadableError
from designer_app.weights.cards import (
    CARD_FILE,
    WEIGHTS_FILE,
    DataSet,
    HeadCard,
    ModelCard,
    read_card,
    read_model,
    write_model,
)

CARD = ModelCard(
    key="voltage",
    title="Voltage head",
    version="1",
    made_by="designer-app train --model voltage",
    data=(DataSet(name="table", file="battery/t.csv", sha256="00", licence="CC-BY-4.0"),),
    split="kept back by framework",
    heads=(
        HeadCard(
            key="voltage",
            title="Voltage",
            unit="V",
            n_labels=7,
            held_out_error=0.4,
            by_group={"Li": (5, 0.3)},
        ),
    ),
    settings={"trees": 10},
    seeds=(1, 2),
    elements=("Li", "O"),
)
ARRAYS = {"values": np.arange(5, dtype=np.float32), "places": np.arange(3, dtype=np.uint16)}


def test_a_card_comes_back_as_it_was_written(tmp_path):
    written = write_model(tmp_path, CARD, ARRAYS)
    assert read_card(tmp_path) == written
    assert written == replace(CARD, weights_sha256=written.weights_sha256)


def test_arrays_come_back_with_their_kinds(tmp_path):
    write_model(tmp_path, CARD, ARRAYS)
    _, arrays = read_model(tmp_path)
    for name, each in ARRAYS.items():
        assert arrays[name].dtype == each.dtype
        np.testing.assert_array_equal(arrays[name], each)


def test_weights_that_are_not_those_of_the_card_are_refused(tmp_path):
    write_model(tmp_path, CARD, ARRAYS)
    other = tmp_path / "other"
    write_model(other, CARD, {"values": np.zeros(5, dtype=np.float32)})
    (tmp_path / WEIGHTS_FILE).write_bytes((other / WEIGHTS_FILE).read_bytes())
    with pytest.raises(FileUnreadableError, match="not the file that its card names"):
        read_model(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "key": "x"}'])
def test_what_is_no_card_is_refused(tmp_path, text):
    (tmp_path / CARD_FILE).write_text(text)
    with pytest.raises(FileUnreadableError):
        read_card(tmp_path)


def test_a_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(FileUnreadableError):
        read_model(tmp_path)


def test_a_card_names_its_heads():
    assert CARD.head("voltage").n_labels == 7
    with pytest.raises(KeyError):
        CARD.head("colour")
