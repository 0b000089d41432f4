"""Training of the voltage head on the Materials Project's battery table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import ElementTable, element_table
from designer_app.properties.heads.fitting import (
    Held,
    errors_by,
    finished,
    hold_out,
    judgement,
)
from designer_app.properties.heads.redox_features import redox_features
from designer_app.properties.heads.voltage import VOLTAGE, VOLUME, log_volume_change
from designer_app.provenance import versions
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.battery import TABLE, Insertion, read_insertions
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import amounts_in, formula_of
from designer_app.training.trees import Grow, boosted_trees
from designer_app.weights.cards import (
    DataSet,
    HeadCard,
    Judgement,
    ModelCard,
    data_set,
    write_model,
)

Floats = NDArray[np.float64]

SETTINGS = {"n_members": 2, "n_trees": 260, "depth": 7, "rate": 0.07, "share": 0.15, "min_leaf": 3}
VOLUME_SETTINGS = {**SETTINGS, "n_trees": 120, "depth": 6}
LEAST_LABELS = 300
SPLIT = "Rows are kept back by framework (formula without the working ion), in five folds."
BY_ELEMENTS = "elements of the framework"


def growing(settings: dict[str, Any]) -> Grow:
    """How a head is grown."""
    return boosted_trees(**settings)


def framework_of(pair: Insertion) -> dict[str, float]:
    """Atoms of the charged formula without the ion."""
    return {each: n for each, n in amounts_in(pair.charged).items() if each != pair.ion}


def rows_of(pairs: Sequence[Insertion], table: ElementTable) -> NDArray[np.float64]:
    """Features of pairs."""
    found = []
    for pair in pairs:
        framework = framework_of(pair)
        last = amounts_in(pair.discharged)
        held = sum(n for each, n in last.items() if each != pair.ion)
        times = sum(framework.values()) / held
        before = amounts_in(pair.charged).get(pair.ion, 0.0)
        after = last[pair.ion] * times
        found.append(redox_features(framework, pair.ion, before, after, table))
    return np.array(found)


@dataclass(frozen=True, eq=False)
class Table:
    """The pairs as a head learns them."""

    rows: Floats
    volts: Floats
    logs: Floats
    """Of volume changes."""
    frameworks: list[str]
    """What rows are kept back by."""
    systems: list[str]
    """Sets of elements of the frameworks: a stricter rule."""
    ions: list[str]

    def held(self, control: RunControl) -> Held:
        """Voltages of frameworks that were kept back."""
        return hold_out(self.rows, self.volts, self.frameworks, growing(SETTINGS), control)


def table_of(pairs: Sequence[Insertion], elements: ElementTable) -> Table:
    """What a head learns of pairs."""
    frameworks = [framework_of(pair) for pair in pairs]
    return Table(
        rows=rows_of(pairs, elements),
        volts=np.array([pair.voltage for pair in pairs]),
        logs=log_volume_change(np.array([pair.volume_change for pair in pairs])),
        frameworks=[formula_of(each) for each in frameworks],
        systems=["-".join(sorted(each)) for each in frameworks],
        ions=[pair.ion for pair in pairs],
    )


def pairs_of(folder: Path) -> list[Insertion]:
    """Pairs of the published table that have a framework besides the ion."""
    return [pair for pair in read_insertions(folder) if framework_of(pair)]


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Weights and card in `spec.out`."""
    if spec.table is not None:
        raise InvalidSpecError("table", spec.table, "only adsorption heads learn from own rows")
    folder = data_folder(spec.data)
    pairs, elements = pairs_of(folder), element_table()
    table = table_of(pairs, elements)
    control.progress(0, 4, "Voltages kept back by framework")
    held = table.held(control)
    control.progress(1, 4, "Voltages kept back by the elements of the framework")
    stricter = hold_out(table.rows, table.volts, table.systems, growing(SETTINGS), control)
    control.progress(2, 4, "Volume changes kept back by framework")
    grow_volume = growing(VOLUME_SETTINGS)
    swollen = hold_out(table.rows, table.logs, table.frameworks, grow_volume, control)
    voltage = _voltage_head(held, table, judgement(stricter, table.systems, BY_ELEMENTS))
    volume = _volume_head(swollen, table.ions)
    card = ModelCard(
        key="voltage",
        title="Average voltage of insertion electrodes",
        version="2",
        made_by="designer-app train --model voltage",
        data=(_data(folder, len(pairs)),),
        split=SPLIT,
        heads=(voltage,) if volume is None else (voltage, volume),
        settings={"voltage": SETTINGS, "volume_change": VOLUME_SETTINGS},
        seeds=(spec.seed,),
        versions=versions(),
        elements=tuple(sorted({e for pair in pairs for e in amounts_in(pair.discharged)})),
    )
    control.progress(3, 4, "Growing on all rows")
    arrays: dict[str, NDArray[Any]] = {"elements": elements.values.astype(np.float32)}
    grow = growing(SETTINGS)
    arrays |= finished(voltage, card, table.rows, table.volts, held, grow, spec.seed).arrays()
    if volume is not None:
        found = finished(volume, card, table.rows, table.logs, swollen, grow_volume, spec.seed)
        arrays |= found.arrays()
    control.progress(4, 4)
    return write_model(spec.out, card, arrays)


def _data(folder: Path, n_pairs: int) -> DataSet:
    return data_set(
        folder / TABLE,
        folder,
        name="Materials Project battery explorer, 2019",
        licence="CC-BY-4.0",
        doi="10.1063/1.4812323",
        address="https://next-gen.materialsproject.org/batteries",
        used=f"{n_pairs} pairs with 0 to 6 V; rows outside are artefacts.",
    )


def _voltage_head(held: Held, table: Table, stricter: Judgement) -> HeadCard:
    return HeadCard(
        key=VOLTAGE,
        title="Average voltage",
        unit="V",
        n_labels=len(table.volts),
        held_out_error=held.error,
        grouped_by="framework",
        baseline_error=held.baseline_error,
        coverage=held.coverage,
        stricter=(stricter,),
        by_group=errors_by(held, table.ions),
        applicability="Crystalline insertion electrodes; voltages of PBE+U, up to 0.6 V low.",
    )


def _volume_head(held: Held, ions: Sequence[str]) -> HeadCard | None:
    """The card of the volume head in fractions; None where the mean is as good."""
    truth, found = np.exp(held.truth), np.exp(held.mean)
    sound = truth < 1.0  # beyond, two different crystals were paired
    errors = np.abs(found - truth)[sound]
    baseline = float(np.abs(truth[sound] - np.median(truth[sound])).mean())
    if len(truth) < LEAST_LABELS or errors.mean() >= baseline:
        return None
    marks = np.array(ions)[sound]
    groups = {
        str(each): (int((marks == each).sum()), round(float(errors[marks == each].mean()), 4))
        for each in np.unique(marks)
    }
    return HeadCard(
        key=VOLUME,
        title="Largest volume change",
        unit="",
        n_labels=len(truth),
        held_out_error=float(errors.mean()),
        grouped_by="framework",
        baseline_error=baseline,
        coverage=held.coverage,
        by_group=groups,
        applicability="As the voltage. Baseline: the median. Changes over 1 are left out.",
    )
