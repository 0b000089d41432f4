"""A training while it goes and after: numbers, curves, parity, errors by element and tag."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from designer_app.io.parity import Parity
from designer_app.ui.plots.epoch_plots import COURSE, ERRORS, EpochPlots
from designer_app.ui.plots.parity_plot import VALIDATION, ParityPlot
from designer_app.ui.plots.series_table import SeriesTable
from designer_app.ui.potentials.error_bars import ErrorBars
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.wording import DASH, THIN


class Tile(QFrame):
    """One number with its name and unit, and what it is of."""

    def __init__(self, title: str, of: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = label(DASH, "title")
        self.value.setFont(tabular(self.value.font()))
        self._title = label(title, "small")
        self.of = label(of, "small")
        self.setProperty("role", "card")
        self.setToolTip(tip)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 7, 12, 8)
        column.setSpacing(1)
        column.addWidget(self._title)
        column.addWidget(self.value)
        column.addWidget(self.of)

    def set_names(self, title: str, of: str) -> None:
        """Another quantity."""
        self._title.setText(title)
        self.of.setText(of)

    def show_text(self, text: str) -> None:
        """Show a number."""
        self.value.setText(text or DASH)
        self.setAccessibleName(f"{self._title.text()}, {self.of.text()}: {text}")


class TrainingPage(QWidget):
    """Shows the rows of a `SeriesTable` and a `Parity`."""

    frame_asked = Signal(str, int)
    """(file, place in it) of a point that was clicked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = SeriesTable()
        self.found: Parity | None = None
        of, mean = self.tr("validation frames"), self.tr("Mean absolute error, after the epoch")
        self.tiles = {
            "energy": Tile(self.tr("Energies off by"), of, mean),
            "force": Tile(self.tr("Forces off by"), of, mean),
            "stress": Tile(self.tr("Stress off by"), of, mean),
            "epoch": Tile(
                self.tr("Epoch"), "", self.tr("One pass over all frames that are learned from")
            ),
            "speed": Tile(
                self.tr("Speed"),
                self.tr("learning, on average"),
                self.tr(
                    "Frames learned from a second, over all epochs. One epoch also has the time "
                    "in which it is judged."
                ),
            ),
            "left": Tile(
                self.tr("Time left"), self.tr("at this speed"), self.tr("As the last epochs went")
            ),
        }
        self.errors = EpochPlots(ERRORS, theme)
        self.course = EpochPlots(COURSE, theme)
        self.energy = ParityPlot(self.tr("Energy"), "eV/atom", theme, of=VALIDATION)
        self.force = ParityPlot(self.tr("Forces"), "eV/Å", theme, of=VALIDATION)
        self.bars = ErrorBars(theme)
        self._build()
        self.errors.tabs.setCurrentIndex(1)  # forces: the most telling
        for plot in (self.energy, self.force):
            plot.frame_chosen.connect(self._on_frame_chosen)
            plot.set_names(self._name_of)

    def begin(self) -> None:
        """Another training is shown."""
        self.table, self.found = SeriesTable(), None
        for plots in (self.errors, self.course):
            plots.set_table(self.table)
        for tile in self.tiles.values():
            tile.show_text("")
        self.tiles["epoch"].of.setText("")
        self.bars.set_tags(())
        self.show_parity(None)

    def append(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Epochs that came."""
        self.table.extend(rows)
        for plots in (self.errors, self.course):
            plots.refresh()
        if rows:
            self._tell(rows[-1])

    def show_time(self, text: str, *, is_over: bool, is_unfinished: bool = False) -> None:
        """How long it will still take, or took, or has taken where it ended early."""
        left = self.tr("Time left"), self.tr("at this speed")
        took = self.tr("Took"), self.tr("in all")
        so_far = self.tr("So far"), self.tr("not finished")
        self.tiles["left"].set_names(*(so_far if is_unfinished else took if is_over else left))
        self.tiles["left"].show_text(text)

    def show_parity(self, found: Parity | None) -> None:
        """Predictions of the newest judged epoch."""
        self.found = found
        self.energy.set_points(found.energy if found is not None else None)
        self.force.set_points(found.force if found is not None else None)
        errors = (found.by_element, found.by_tag) if found is not None else ((), ())
        self.bars.set_errors(*errors)

    def _tell(self, newest: Mapping[str, float]) -> None:
        for key, column, unit in (
            ("energy", "energy_validation_meV_atom", "meV/atom"),
            ("force", "force_validation_meV_A", "meV/Å"),
            ("stress", "stress_validation_GPa", "GPa"),
            ("speed", "frames_per_s", "frames/s"),
        ):
            value = self._mean_speed() if key == "speed" else newest.get(column, math.nan)
            known = value is not None and math.isfinite(value)
            self.tiles[key].show_text(f"{value:.3g}{THIN}{unit}" if known else "")
            if key == "stress":
                self.tiles[key].setVisible(known)
        epoch, best = newest.get("epoch", math.nan), newest.get("best_epoch", math.nan)
        self.tiles["epoch"].show_text(f"{epoch:.0f}" if math.isfinite(epoch) else "")
        told = self.tr("best: %d") % best if math.isfinite(best) else ""
        self.tiles["epoch"].of.setText(told)

    def _mean_speed(self) -> float:
        """Frames a second over all epochs, as the time of an epoch is told: each epoch has the
        same frames.
        """
        rates = self.table.column("frames_per_s")
        known = rates[np.isfinite(rates) & (rates > 0.0)]
        return float(1.0 / np.mean(1.0 / known)) if len(known) else math.nan

    def _build(self) -> None:
        tiles = QHBoxLayout()
        tiles.setSpacing(8)
        for tile in self.tiles.values():
            tiles.addWidget(tile, 1)
        curves = QHBoxLayout()
        curves.setSpacing(10)
        parity = QHBoxLayout()
        parity.setSpacing(10)
        for plots in (self.errors, self.course):
            curves.addWidget(_surface(plots), 1)
        for plot, share in ((self.energy, 10), (self.force, 10), (self.bars, 8)):
            parity.addWidget(_surface(plot), share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 14)
        layout.setSpacing(10)
        layout.addLayout(tiles)
        layout.addLayout(curves, 1)
        layout.addLayout(parity, 1)
        self.setAccessibleName(self.tr("Training"))

    def _name_of(self, frame: int) -> str:
        if self.found is None or frame >= len(self.found.frames):
            return ""
        path, index, tag = self.found.frames[frame]
        return self.tr("%s %d: click to open") % (tag or path.rpartition("/")[2], index)

    def _on_frame_chosen(self, frame: int) -> None:
        if self.found is not None and frame < len(self.found.frames):
            path, index, _ = self.found.frames[frame]
            self.frame_asked.emit(path, index)


def _surface(widget: QWidget) -> QFrame:
    """A card around a plot."""
    made = QFrame()
    made.setProperty("role", "card")
    layout = QVBoxLayout(made)
    layout.setContentsMargins(1, 1, 1, 4)
    layout.addWidget(widget)
    return made
