"""A head of one's own column: a table of formulas or structure files with a number for each.

The CSV has a heading. One column is named "formula" or "file" (a path, from the table's folder);
of the others the first that holds numbers is learned, and its name, with the unit in brackets as in
"hardness (GPa)", is what targets call it: own:hardness.
"""

import csv
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.computed import read_computed
from designer_app.design.heads.ensemble import (
    FOLDER,
    DesignHeads,
    Group,
    added_arrays,
    group_settings,
    load_design_heads,
)
from designer_app.design.heads.features import Featurizer
from designer_app.design.heads.labels import KNOWN, LabelledTokens, formulas_of, labelled
from designer_app.design.heads.network import NetworkSize
from designer_app.design.heads.rows import HeadRow, own_row
from designer_app.design.heads.training import GroupTraining, TrainingSettings, predicted
from designer_app.design.representation.library import PrototypeLibrary, Reason
from designer_app.design.representation.tokens import CrystalTokens, TokenTable
from designer_app.errors import DesignerAppError, FileUnreadableError, InvalidSpecError
from designer_app.io.structures import read_document
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.design_targets import OWN
from designer_app.specs.documents import ReadSpec
from designer_app.specs.train import TrainSpec
from designer_app.training.splits import grouped_folds, reduced_formula
from designer_app.weights.cards import HeadCard, ModelCard, data_set, write_model

FEWEST = 30
"""Rows that become crystals with tokens, below which nothing is learned."""
N_FOLDS = 5
MOST_EPOCHS = 60
STEPS = 600
"""Batches of a training, whatever the number of rows."""
SETTINGS = TrainingSettings(batch=128, learning_rate=2e-3, weight_decay=0.1)
_NAMED = re.compile(r"^(?P<name>[^(\[]+?)\s*(?:[(\[](?P<unit>[^)\]]*)[)\]])?$")


@dataclass(frozen=True, eq=False)
class OwnTable:
    """Rows of a user's table that could be told as tokens."""

    name: str
    unit: str
    data: LabelledTokens
    formulas: tuple[str, ...]
    left_out: tuple[str, ...]
    """Why each of the other rows could not, one sentence each."""


def read_own_table(path: Path, library: PrototypeLibrary) -> OwnTable:
    """The table of a user. Raises `FileUnreadableError` and `InvalidSpecError`."""
    lines, column = _lines(path)
    heading = "file" if "file" in lines[0] else "formula"
    key, unit = _name_and_unit(column)
    by_formula = None if heading == "file" else _known_by_formula(library)
    tokens: list[CrystalTokens] = []
    values: list[float] = []
    why: list[str] = []
    for number, line in enumerate(lines, 2):
        try:
            value = float(line[column])
            found = (
                _of_file(path.parent / line["file"], library)
                if by_formula is None
                else _of_formula(line["formula"], by_formula, library)
            )
        except (ValueError, TypeError):
            why.append(f"Line {number}: “{line[column]}” is no number.")
            continue
        except DesignerAppError as error:
            why.append(f"Line {number}: {error}")
            continue
        if isinstance(found, Reason):
            why.append(f"Line {number}: {found.text}.")
            continue
        tokens.append(found)
        values.append(value)
    if len(tokens) < FEWEST:
        first = f"; {why[0]}" if why else ""
        told = f"{len(tokens)} rows can be used, {FEWEST} are needed{first}"
        raise InvalidSpecError("table", path, told, "Own table")
    table = library.table_of(tokens)
    data = labelled(table, {f"{OWN}{key}": np.array(values)}, library, origin=KNOWN)
    return OwnTable(key, unit, data, tuple(formulas_of(table, library)), tuple(why))


def train_own(spec: TrainSpec, control: RunControl) -> ModelCard:
    """The shipped heads with one more, of the column of `spec.table`, in `spec.out`."""
    assert spec.table is not None
    heads = load_design_heads()
    own = read_own_table(spec.table, heads.library)
    for each in own.left_out:
        control.log.warning("%s", each)
    row = own_row(own.name, own.unit)
    held = held_out(own, row, heads, spec.seed, control)
    truth = own.data.column(row.key)
    group = _trained(own.data, row, heads, spec.seed, control)
    card = HeadCard(
        key=row.key,
        title=own.name,
        unit=own.unit,
        n_labels=len(own.data),
        held_out_error=float(np.abs(held - truth).mean()),
        grouped_by="formula",
        baseline_error=float(np.abs(truth - np.median(truth)).mean()),
        applicability=f"Own table {spec.table.name}, {len(own.left_out)} rows left out.",
    )
    return write_with(heads, {row.key: group}, (card,), spec)


def held_out(
    own: OwnTable, row: HeadRow, heads: DesignHeads, seed: int, control: RunControl
) -> NDArray[np.float64]:
    """What the head says of each row when its formula is kept back, in five folds."""
    found = np.zeros(len(own.data))
    n_folds = min(N_FOLDS, len(set(own.formulas)))
    for seen, kept in grouped_folds(own.formulas, n_folds, seed):
        group = _trained(own.data.rows(seen), row, heads, seed, control)
        rows = own.data.rows(kept)
        said = predicted(group.network, group.scaling, heads.featurizer, heads.slot_counts, rows)
        found[kept] = said[..., 0].mean(dim=0).numpy()
    return found


def write_with(
    heads: DesignHeads, groups: dict[str, Group], cards: tuple[HeadCard, ...], spec: TrainSpec
) -> ModelCard:
    """The heads with more groups as a model of their own."""
    assert spec.table is not None
    every = {each.key: each for each in (*heads.card.heads, *cards)}
    said = {**heads.card.settings["groups"], **group_settings(groups)}
    table = data_set(spec.table, spec.table.parent, name="Own table", licence="own")
    card = replace(
        heads.card,
        heads=tuple(every.values()),
        settings={**heads.card.settings, "groups": said},
        data=(*heads.card.data, table),
        made_by="designer-app train --model design-heads --table",
        notes=f"{heads.card.notes} Own column from {spec.table.name} "
        f"({sha256_of(spec.table)[:12]}).",
    )
    return write_model(spec.out, card, added_arrays(resource(FOLDER), groups))


def _trained(
    data: LabelledTokens, row: HeadRow, heads: DesignHeads, seed: int, control: RunControl
) -> Group:
    featurizer: Featurizer = heads.featurizer
    size = NetworkSize(
        n_elements=featurizer.n_elements, n_whole=featurizer.n_whole, n_extra=0, outputs=1
    )
    batches = max(len(data) / min(SETTINGS.batch, max(len(data) // 4, 2)), 1.0)
    epochs = int(np.clip(STEPS / batches, 10, MOST_EPOCHS))
    training = GroupTraining(
        data, (row,), featurizer, heads.slot_counts, replace(SETTINGS, epochs=epochs), seed,
        size=size,
    )  # fmt: skip
    network = training.run(control, row.title)
    rounded = {name: value.half().float() for name, value in network.state_dict().items()}
    network.load_state_dict(rounded)
    return Group((row,), network, training.scaling)


def _lines(path: Path) -> tuple[list[dict[str, str]], str]:
    """(rows, the column of numbers)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadableError(str(path), "it is no CSV table") from error
    names = list(lines[0]) if lines else []
    if not {"formula", "file"} & set(names):
        raise FileUnreadableError(str(path), "it needs a column “formula” or “file”")
    for name in names:
        if name not in ("formula", "file") and any(_is_number(line[name]) for line in lines):
            return lines, name
    raise FileUnreadableError(str(path), "it has no column of numbers")


def _name_and_unit(column: str) -> tuple[str, str]:
    found = _NAMED.match(column.strip())
    if found is None:
        return column.strip().replace(" ", "_"), ""
    return found["name"].strip().replace(" ", "_"), (found["unit"] or "").strip()


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and bool(np.isfinite(float(text)))
    except ValueError:
        return False


@lru_cache(maxsize=2)
def _known_by_formula(library: PrototypeLibrary) -> tuple[TokenTable, dict[str, int]]:
    """Known crystals, and of each formula the row that lies lowest."""
    crystals, _ = read_computed(library)
    crystals = crystals.rows(crystals.origin == KNOWN)
    order = np.argsort(-crystals.column("formation_energy"), kind="stable")
    formulas = formulas_of(crystals.table, library)
    return crystals.table, {formulas[row]: int(row) for row in order}


def _of_file(path: Path, library: PrototypeLibrary) -> CrystalTokens | Reason:
    return library.tokens_of(read_document(ReadSpec(path=path)).structure())


def _of_formula(
    text: str, known: tuple[TokenTable, dict[str, int]], library: PrototypeLibrary
) -> CrystalTokens | Reason:
    table, rows = known
    row = rows.get(reduced_formula(text))
    if row is None:
        return Reason(f"no known crystal has the formula {text}; give a structure file")
    return library.tokens(table, row)
