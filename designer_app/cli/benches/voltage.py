"""Voltages of classical electrodes by relaxation, against measured ones.

Below the electrodes stand the mean absolute error as computed, and what two empirical shifts would
leave of it: one shift for all, and one for each redox metal. A shift is judged on the electrode
that was left out of its fit, and is worth something only where that beats the raw error.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.examples import example
from designer_app.io.formulas import with_subscripts
from designer_app.io.structures import read_document
from designer_app.jobs import voltage
from designer_app.properties.voltage_errors import SHIFTS, loo_errors
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageResult, VoltageSpec

AXIS = (1.0, 6.0)
NEAR = -0.1
"""V: the axes of the picture, and errors whose points lie on its diagonal or above."""
QUICK = ("LiCoO2", "LiTiS2", "NaCoO2")


@dataclass(frozen=True, kw_only=True)
class Electrode:
    """A row of `resources/data/classical-electrodes.toml`."""

    compound: str
    couple: str
    metal: str
    ion: str
    volts: float
    source: str
    start: str
    replace: dict[str, str]
    insert: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An electrode with its computed voltage."""

    electrode: Electrode
    result: VoltageResult

    @property
    def error(self) -> float:
        """Computed less measured, V."""
        return self.result.voltage - self.electrode.volts

    @property
    def charged_above_hull(self) -> int | None:
        """Of the charged end, meV/atom; None without a reference set."""
        placed = self.result.charged_hull
        return None if placed is None else round(1000 * placed.e_above_hull)


def rows(
    quick: bool, say: Callable[[str], None], plot: Path | None = None
) -> Iterator[dict[str, object]]:
    """One row an electrode, then the errors; `plot` is where a picture goes."""
    found = []
    for judged in judged_electrodes(quick, say):
        found.append(judged)
        electrode, result = judged.electrode, judged.result
        yield {
            "compound": electrode.compound,
            "couple": electrode.couple,
            "ours V": round(result.voltage, 2),
            "experiment V": electrode.volts,
            "error V": round(judged.error, 2),
            "charged, meV/atom above hull": judged.charged_above_hull,
            "source": electrode.source,
            "s": round(result.seconds, 1),
            "light": result.estimate.light,
        }
    yield from summary(found)
    if plot is not None:
        draw(found, plot)


def judged_electrodes(quick: bool, say: Callable[[str], None]) -> Iterator[Judged]:
    """Each electrode computed with CHGNet's first model, one after the other."""
    for electrode in electrodes():
        if quick and electrode.compound not in QUICK:
            continue
        say(electrode.compound)
        spec = VoltageSpec(
            structure=start_of(electrode),
            ion=electrode.ion,
            insert=electrode.insert,
            remove="all",
            threads=1,
        )
        yield Judged(electrode=electrode, result=voltage.run(spec, RunControl()))


def summary(found: Sequence[Judged]) -> Iterator[dict[str, object]]:
    """The mean absolute error, raw and with each shift fitted to the others."""
    errors = [each.error for each in found]
    metals = [each.electrode.metal for each in found]
    raw = float(np.mean(np.abs(errors)))
    yield _line(f"mean absolute error, raw ({len(found)} electrodes)", raw)
    for name in SHIFTS:
        left = float(np.mean(np.abs(loo_errors(errors, metals, name))))
        verdict = "offered" if left < raw else "not offered"
        yield _line(f"with a shift {name}, leave one out: {verdict}", left)


def _line(text: str, error: float) -> dict[str, object]:
    return {"compound": text, "error V": round(error, 3)}


def electrodes() -> tuple[Electrode, ...]:
    """The electrodes that are judged."""
    defaults: dict[str, Any] = {"replace": {}, "insert": 0}
    return tuple(Electrode(**{**defaults, **row}) for row in _table()["electrode"])


def start_of(electrode: Electrode) -> Structure:
    """The crystal that an electrode starts from."""
    given = _table()["crystal"].get(electrode.start)
    if given is not None:
        structure = _built(given)
    else:
        structure = read_document(ReadSpec(path=example(electrode.start).path)).structure()
    numbers = structure.numbers.copy()
    for old, new in electrode.replace.items():
        numbers[structure.numbers == ATOMIC_NUMBERS[old]] = ATOMIC_NUMBERS[new]
    return replace(structure, numbers=numbers, name=electrode.compound)


def _table() -> dict[str, Any]:
    text = (resource("data") / "classical-electrodes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _built(given: dict[str, Any]) -> Structure:
    from ase.geometry import cellpar_to_cell

    cell = np.asarray(cellpar_to_cell(given["cell"]), dtype=np.float64)
    return Structure(
        numbers=np.array([ATOMIC_NUMBERS[each] for each in given["elements"]], dtype=np.int64),
        positions=np.array(given["fractions"]) @ cell,
        cell=cell,
        pbc=(True, True, True),
    )


def draw(found: Sequence[Judged], path: Path) -> None:
    """Computed against measured voltages, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 5.0), layout="constrained")
    axes = figure.subplots()
    axes.axline((1, 1), slope=1, color="0.6", linewidth=1)
    for each in found:
        x, y = each.electrode.volts, each.result.voltage
        side = {"xytext": (6, -10), "ha": "left"}
        if each.error > NEAR:  # its name would cross the line
            side = {"xytext": (-6, 4), "ha": "right"}
        axes.plot(x, y, "o", color="tab:blue")
        name = with_subscripts(each.electrode.compound)
        axes.annotate(name, (x, y), textcoords="offset points", **side)
    axes.set_xlabel("measured voltage / V")
    axes.set_ylabel(f"computed voltage / V ({found[0].result.potential} {found[0].result.model})")
    axes.set(aspect="equal", xlim=AXIS, ylim=AXIS)
    figure.savefig(path, dpi=150)
