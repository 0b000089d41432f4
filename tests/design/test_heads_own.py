"""A head of one's own column: read, learned, written beside the shipped heads, and asked."""

import csv
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.heads.build import train
from designer_app.design.heads.computed import read_computed
from designer_app.design.heads.ensemble import FOLDER, read_design_heads
from designer_app.design.heads.labels import KNOWN, formulas_of
from designer_app.design.heads.own import read_own_table
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.soft import certain
from designer_app.design.search.ranking import Predictions, estimates_of
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.writing import write_document
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec

needs_weights = pytest.mark.skipif(
    not resource(FOLDER).is_dir(), reason="no trained design heads are shipped"
)
N = 100


def hardness(n: int = N) -> list[dict[str, str]]:
    """Formulas with a number that follows the mass of oxygen in them."""
    library = load_library()
    crystals, _ = read_computed(library)
    rows = np.flatnonzero(
        (crystals.origin == KNOWN)
        & (crystals.table.elements == 8).any(axis=1)
        & (crystals.table.prototype < 300)
    )[:n]
    table = crystals.table.rows(rows)
    counts = library.slot_counts[table.prototype]
    share = (counts * (table.elements == 8)).sum(axis=1) / counts.sum(axis=1)
    names = formulas_of(table, library)
    return [
        {"formula": name, "hardness (GPa)": f"{10 * value:.3f}", "note": "mine"}
        for name, value in zip(names, share, strict=True)
    ]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_name_and_unit_of_a_column_become_those_of_a_head(tmp_path: Path) -> None:
    own = read_own_table(written(tmp_path / "own.csv", hardness(40)), load_library())
    assert (own.name, own.unit) == ("hardness", "GPa")
    assert own.data.keys == ("own:hardness",)


def test_rows_that_cannot_be_used_are_told_of(tmp_path: Path) -> None:
    rows = hardness(40)
    rows[3]["hardness (GPa)"] = "hard"
    rows[4]["formula"] = "LiLiXe7O3"
    own = read_own_table(written(tmp_path / "own.csv", rows), load_library())
    assert len(own.left_out) == 2
    assert own.left_out[0].startswith("Line 5")


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpecError, match="30 are needed"):
        read_own_table(written(tmp_path / "own.csv", hardness(10)), load_library())


def test_a_table_without_crystals_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "own.csv", [{"name": "a", "value": "1"}])
    with pytest.raises(FileUnreadableError, match="formula"):
        read_own_table(path, load_library())


def test_structure_files_are_read_from_the_folder_of_the_table(tmp_path: Path) -> None:
    library = load_library()
    known, _ = known_tokens(library)
    rows = []
    for row in range(34):
        name = f"{row}.cif"
        structure = library.structure_of(library.tokens(known, row))
        write_document(Document.from_structure(structure, made_by="test"), tmp_path / name)
        rows.append({"file": name, "value": str(row)})
    own = read_own_table(written(tmp_path / "own.csv", rows), library)
    same = own.data.table.elements.sum(axis=1) == known.elements[: len(own.data)].sum(axis=1)
    assert same.mean() > 0.9


@needs_weights
def test_an_own_head_is_better_than_the_median_on_formulas_kept_back(tmp_path: Path) -> None:
    table = written(tmp_path / "own.csv", hardness())
    spec = TrainSpec(model="design-heads", out=tmp_path / "out", table=table)
    card = train(spec, RunControl())
    head = card.head("own:hardness")
    assert head.baseline_error is not None
    assert head.held_out_error < 0.7 * head.baseline_error
    heads = read_design_heads(tmp_path / "out")
    library = load_library()
    soft = certain(known_tokens(library)[0].rows(np.arange(5)), heads.slot_counts)
    found = heads(soft, ("own:hardness", "e_above_hull"))
    assert set(found) == {"own:hardness", "e_above_hull"}


def test_candidates_tell_an_own_property_in_its_unit() -> None:
    numbers = {"own:hardness": (np.array([3.0]), np.array([0.5]))}
    said = Predictions("learned head", "mine", numbers, units={"own:hardness": "GPa"})
    assert estimates_of([said], 0)[0].unit == "GPa"
