"""The search, live: the funnel, the map with the moving population, and the best so far."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from designer_app.io.formulas import written_in
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import LatentMap
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.estimates import Estimate
from designer_app.ui.design.best_card import BestCard
from designer_app.ui.design.funnel_column import FunnelColumn
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.run_watch import DesignWatch
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.panels.section import row
from designer_app.ui.screening.columns import column_for
from designer_app.ui.screening.outcome import live_text
from designer_app.ui.screening.structure_look import StructureLook
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import duration

if TYPE_CHECKING:
    from designer_app.ui.plots.latent_map import LatentMapPlot
    from designer_app.ui.plots.scatter_plot import ScatterPlot

_FUNNEL_WIDTH, _BEST_WIDTH = 224, 280
_NEW = "new"
"""Key of the notice that begins anew."""


class RunPage(DesignPage):
    """Starts, shows and ends a run; the pages after it show the same one."""

    key = "run"
    candidate_asked = Signal(str)
    """The id of a candidate to look at closely."""

    def __init__(self, theme: Theme, watch: DesignWatch, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.watch = watch
        self.heading = label("", "display")
        self.lead = label("", "muted", wrap=True)
        self.bar = QProgressBar()
        self.start = QPushButton(self.tr("Start the search"))
        self.pause = QPushButton(self.tr("Pause"))
        self.stop = QPushButton(self.tr("Stop"))
        self.go_on = QPushButton(self.tr("Go on"))
        self.notices = NoticeList(theme, is_wide=True)
        self.funnel = FunnelColumn(theme)
        self.best = BestCard(theme)
        self._was_complete = False
        self.map: LatentMapPlot | None = None
        self.scatter: ScatterPlot | None = None
        self._plots = QSplitter(Qt.Orientation.Vertical)
        self._icons = (
            ThemedIcon(self.start, "play", theme, "accent_text"),
            ThemedIcon(self.pause, "pause", theme),
            ThemedIcon(self.stop, "stop", theme),
            ThemedIcon(self.go_on, "resume", theme, "accent_text"),
        )
        self._build()
        session = watch.window.session
        self.best.set_look(
            StructureLook(session.designs, session.settings, self.best.preview, self)
        )
        self._connect()
        self._show_state()

    # --- a page of the wizard ---

    def arrive(self, *, by_next: bool) -> None:
        """Start, where the page before was confirmed and there is no run of these answers."""
        if by_next and not self.watch.is_busy and self.is_of_other_answers:
            self._on_start_asked()
        self._show_state()

    def set_spec(self, spec: DesignSpec) -> None:
        """The answers of the pages before."""
        super().set_spec(spec)
        self._show_state()

    def set_folder(self, folder: Path | None) -> None:
        """Open a run of the project again; None leaves it, unless it goes on."""
        if folder is not None:
            self.watch.show_folder(folder)
        elif not self.watch.is_busy:
            self.watch.forget()

    def isComplete(self) -> bool:  # noqa: N802 - Qt's name
        """There is something to look at."""
        return bool(len(self.watch.table)) or self.watch.has_rows

    @property
    def is_of_other_answers(self) -> bool:
        """Whether what is shown was asked otherwise than the pages say now, or nothing is shown."""
        return not self.watch.has_run or asked(self.watch.spec) != asked(self.spec())

    # --- layout ---

    def _build(self) -> None:
        for button in (self.start, self.go_on):
            button.setProperty("role", "primary")
            button.setProperty("beside", "others")
        self.start.setToolTip(self.tr("Search with the answers of the pages before"))
        self.pause.setToolTip(self.tr("Hold it at its next step; it goes on where it was"))
        self.stop.setToolTip(self.tr("End the run; what is finished is kept (Ctrl+/)"))
        self.go_on.setToolTip(self.tr("Go on where the run ended; nothing is done twice"))
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the search"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.lead)
        head = QHBoxLayout()
        head.setContentsMargins(24, 16, 24, 8)
        head.setSpacing(8)
        head.addLayout(words, 1)
        for button in (self.pause, self.stop, self.go_on, self.start):
            button.setFixedHeight(34)
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        below = row(self.bar)
        below.setContentsMargins(24, 0, 24, 10)
        said = QVBoxLayout()
        said.setContentsMargins(24, 0, 24, 0)
        said.setSpacing(0)
        said.addWidget(self.notices)
        said.addSpacing(8)
        parts = QSplitter(Qt.Orientation.Horizontal)
        for part, size in (
            (self._scrolled(self.funnel), _FUNNEL_WIDTH),
            (self._plots, 0),
            (self.best, _BEST_WIDTH),
        ):
            holder = surface(part)
            if size:
                holder.setMinimumWidth(size)
            parts.addWidget(holder)
        for place, stretch in enumerate((0, 1, 0)):
            parts.setStretchFactor(place, stretch)
        for splitter in (parts, self._plots):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(below)
        layout.addLayout(said)
        layout.addWidget(parts, 1)
        self.setAccessibleName(self.tr("Run"))

    def _scrolled(self, part: QWidget) -> QScrollArea:
        """In a low window, as with an error above, parts of it are out of sight."""
        made = QScrollArea()
        made.setWidget(part)
        made.setWidgetResizable(True)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return made

    def make_plots(self) -> "tuple[LatentMapPlot, ScatterPlot]":
        """Create the plots; pyqtgraph is imported here, not at the start of the window."""
        if self.map is None or self.scatter is None:
            from designer_app.ui.plots.latent_map import LatentMapPlot
            from designer_app.ui.plots.scatter_plot import ScatterPlot

            self.map, self.scatter = (
                LatentMapPlot(self.theme),
                ScatterPlot(self.theme, is_narrow=True),
            )
            self._plots.addWidget(self.map)
            self._plots.addWidget(self.scatter)
            self._plots.setSizes([300, 260])
            self.scatter.candidate_chosen.connect(self.candidate_asked)
            self._on_began()
            if self.watch.map is not None:
                self._on_map_read(self.watch.map)
            population = self.watch.population
            if population is not None and population.n_snapshots:
                self._on_population_moved(population.snapshot(population.n_snapshots - 1))
        return self.map, self.scatter

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What is in sight is drawn, and turns."""
        super().showEvent(event)
        self.best.preview.set_turning(True)
        QTimer.singleShot(0, self, self._on_shown)  # a wizard lays itself out while it shows

    def _on_shown(self) -> None:
        if self.isVisible():
            self.make_plots()
            self._on_refreshed()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Out of sight, nothing is drawn."""
        super().hideEvent(event)
        self.best.preview.set_turning(False)

    # --- wiring ---

    def _connect(self) -> None:
        watch = self.watch
        watch.began.connect(self._on_began)
        watch.refreshed.connect(self._on_refreshed)
        watch.state_changed.connect(self._show_state)
        watch.map_read.connect(self._on_map_read)
        watch.population_moved.connect(self._on_population_moved)
        watch.result_read.connect(self._show_state)
        self.start.clicked.connect(self._on_start_asked)
        self.pause.clicked.connect(watch.pause)
        self.stop.clicked.connect(watch.cancel)
        self.go_on.clicked.connect(watch.go_on)
        self.notices.acted.connect(self._on_notice_acted_here)

    def _on_start_asked(self) -> None:
        self.watch.start(self.spec())
        if self.watch.folder is not None:
            self.set_state(done=self.is_done)
            self.folder_changed.emit(self.watch.folder)

    def _on_notice_acted_here(self, _key: str) -> None:
        self._on_start_asked()

    def _on_began(self) -> None:
        self.best.clear()
        if self.map is not None and self.scatter is not None:
            self.map.clear()
            self.scatter.set_table(self.watch.table, self.watch.criteria)
            self.scatter.setVisible(self.scatter.is_filled)
        self._on_refreshed()
        self._show_state()

    def _on_refreshed(self) -> None:
        watch = self.watch
        self.funnel.set_counts(watch.table.tally.counts(), is_live=watch.is_busy)
        if not self.isVisible():
            return
        if self.scatter is not None:
            self.scatter.refresh()
            self.scatter.setVisible(self.scatter.is_filled)
        best = watch.best()
        if best is not None:
            self.best.show_row(best, watch.folder, watch.criteria, is_final=watch.is_read)
            if self.scatter is not None:
                self.scatter.choose([best.id])
        elif watch.is_read:
            self.best.clear(is_over=True)
        self._show_state()

    def _on_map_read(self, found: LatentMap) -> None:
        if self.map is not None:
            self.map.set_map(found)

    def _on_population_moved(self, snapshot: NDArray[np.float32]) -> None:
        if self.map is None or self.scatter is None or self.watch.map is None:
            return
        self.map.move_population(snapshot[:, :2])
        cloud = []
        for place, key in enumerate(self.watch.map.targets):
            unit = PROPERTIES[key].unit if key in PROPERTIES else ""
            column = column_for(Estimate(key=key, value=0.0, unit=unit))
            cloud.append((column, snapshot[:, 2 + place].astype(np.float64)))
        self.scatter.set_cloud(cloud)
        self.scatter.setVisible(self.scatter.is_filled)

    def _show_state(self) -> None:
        watch, job = self.watch, self.watch.job
        is_paused = job is not None and job.state == "paused"
        is_stopping = job is not None and job.is_stopping
        self.pause.setVisible(watch.is_busy)
        self.pause.setEnabled(not is_stopping)
        self.pause.setText(self.tr("Resume") if is_paused else self.tr("Pause"))
        self._icons[1].set_name("resume" if is_paused else "pause")
        self.stop.setVisible(watch.is_busy)
        self.stop.setEnabled(not is_stopping)
        self.go_on.setVisible(watch.can_go_on)
        self.start.setVisible(not watch.has_run)
        self.bar.setVisible(watch.is_busy)
        self.bar.setValue(round(1000 * watch.share))
        self.heading.setText(self._title(is_paused=is_paused, is_stopping=is_stopping))
        self.lead.setText(self._sentence(is_paused=is_paused))
        self._show_notices()
        if self.isComplete() != self._was_complete:
            self._was_complete = not self._was_complete
            self.completeChanged.emit()

    def _show_notices(self) -> None:
        found: list[tuple[str, str, str, str]] = []
        if self.watch.has_run and self.is_of_other_answers:
            text = self.tr("This run is of earlier answers; it stays in the project.")
            button = "" if self.watch.is_busy else self.tr("Search with the answers of now")
            if self.watch.is_busy:
                text = self.tr("This run is of earlier answers. Stop it to begin with new ones.")
            found.append(("warn", text, button, _NEW))
        if self.watch.result is not None:
            found += [("warn", text, "", "") for text in self.watch.result.warnings]
        self.notices.set_notices(tuple(found))

    def _title(self, *, is_paused: bool, is_stopping: bool) -> str:
        watch = self.watch
        if not watch.has_run:
            return self.tr("Ready to search")
        if is_stopping:
            return self.tr("Stopping")
        if is_paused:
            return self.tr("Paused")
        if watch.is_busy:
            return self.tr("Searching")
        if watch.was_stopped:
            return self.tr("Stopped")
        is_empty = watch.is_read and not len(watch.table)
        over = self.tr("Nothing found") if is_empty else self.tr("Done")
        return self.tr("Failed") if watch.error is not None else over

    def _sentence(self, *, is_paused: bool) -> str:
        """What goes on and how long still; after the end what came out."""
        watch = self.watch
        if not watch.has_run:
            return self.tr("The search begins with the answers of the pages before.")
        if watch.is_busy:
            progress = watch.job.progress if watch.job is not None else None
            known = watch.stage if watch.map is not None else self.tr("Loading the models")
            parts = [progress.text if progress is not None and progress.text else known]
            if len(watch.table):
                parts.append(live_text(watch.table))
            if not is_paused:
                parts.append(self.tr("about %s left") % duration(max(5.0, watch.seconds_left)))
            return " · ".join(parts)
        if watch.error is not None and not watch.was_stopped:
            return self.tr("It ended with an error; what was finished is kept.")
        if watch.result is not None and watch.result.verdict:
            return written_in(watch.result.verdict)
        if watch.was_stopped:
            return self.tr("What was finished is kept.")
        return live_text(watch.table)


def asked(spec: DesignSpec) -> DesignSpec:
    """What decides whether two runs are the same."""
    return replace(spec, out=None, resume=False, threads=0, device="")


def surface(part: QWidget) -> QWidget:
    """A widget on the colour of panels."""
    made = QWidget()
    made.setProperty("role", "surface")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(part)
    return made
