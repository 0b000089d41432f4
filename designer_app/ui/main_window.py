"""The main window: rail, picture, panel, status line; and who hears whom."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from designer_app.ui.actions import PLAYER_KEYS, make_actions
from designer_app.ui.document_presenter import DocumentPresenter
from designer_app.ui.error_presenter import ErrorPresenter
from designer_app.ui.panels.dynamics_panel import DynamicsPanel
from designer_app.ui.panels.md_outlook import MeasuredRates
from designer_app.ui.panels.project_tree import ProjectTree
from designer_app.ui.panels.rail import Rail
from designer_app.ui.panels.section import WIDTH as PANEL_WIDTH
from designer_app.ui.panels.status_line import StatusLine
from designer_app.ui.panels.structure_panel import StructurePanel
from designer_app.ui.panels.work_area import WorkArea
from designer_app.ui.project_presenter import ProjectPresenter
from designer_app.ui.run_presenter import RunPresenter
from designer_app.ui.session_report import SessionReport
from designer_app.ui.stability_presenter import StabilityPresenter
from designer_app.ui.theme import Theme
from designer_app.ui.trust_watch import TrustWatch
from designer_app.ui.window_commands import WindowCommands
from designer_app.ui.worker_status import WorkerStatus

if TYPE_CHECKING:
    from designer_app.session.session import Session
    from designer_app.ui.design.presenter import DesignPresenter
    from designer_app.ui.potentials.presenter import PotentialsPresenter
    from designer_app.ui.screening.presenter import ScreeningPresenter

_DESIGN_SIZE = (1280, 800)


class MainWindow(QMainWindow):
    """The window of the program."""

    first_painted = Signal()
    """The frame is on the screen; heavier things may be made now."""

    def __init__(self, session: "Session", theme: Theme) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self.painting_s = 0.0
        """Time that painting has taken so far, for the bench."""
        self.rail = Rail(theme)
        self.tree = ProjectTree(theme)
        self.work = WorkArea(theme)
        self.structure = StructurePanel(theme)
        self.rates = MeasuredRates()
        self.dynamics = DynamicsPanel(theme, self.rates)
        self.status = StatusLine(theme)
        self.actions_by_key = make_actions(self, theme)
        self._potentials: PotentialsPresenter | None = None
        self._screening: ScreeningPresenter | None = None
        self._design: DesignPresenter | None = None
        self._middle = QStackedWidget()
        self._panel = QStackedWidget()
        self._workspace = "structure"
        self._was_painted = False
        self.documents = DocumentPresenter(session, self.work, self.structure, self.dynamics, self)
        self.runs = RunPresenter(
            session,
            self.work,
            (self.structure, self.dynamics),
            self.status,
            self.documents,
            self.rates,
            self,
        )
        self._build()
        self.worker_status = WorkerStatus(session, self.status, self)
        self.project = ProjectPresenter(self)
        self.commands = WindowCommands(self)
        self.errors = ErrorPresenter(self)
        self.report = SessionReport(self)
        self.stability = StabilityPresenter(self)
        self._connect()
        self.show_workspace("structure")

    @property
    def workspace(self) -> str:
        """The key of the workspace in front."""
        return self._workspace

    def show_workspace(self, key: str) -> None:
        """Bring a workspace to the front."""
        self._workspace = key
        self.rail.show_workspace(key)
        if key == "potentials":
            middle, panel = self.potentials.page, self.potentials.panel
        elif key == "screening":
            middle, panel = self.screening.page, self.screening.panel
        elif key == "design":
            middle, panel = self.design.page, None
        else:
            middle = self.work
            panel = self.structure if key == "structure" else self.dynamics
        self._middle.setCurrentWidget(middle)
        self._panel.setVisible(panel is not None)
        if panel is not None:
            self._panel.setCurrentWidget(panel)

    @property
    def potentials(self) -> "PotentialsPresenter":
        """The Potentials workspace; its widgets are made when they are first asked for."""
        if self._potentials is None:
            from designer_app.ui.potentials.presenter import PotentialsPresenter

            self._potentials = PotentialsPresenter(self)
            self._middle.addWidget(self._potentials.page)
            self._panel.addWidget(self._potentials.panel)
        return self._potentials

    @property
    def screening(self) -> "ScreeningPresenter":
        """The Screening workspace; its widgets are made when they are first asked for."""
        if self._screening is None:
            from designer_app.ui.screening.presenter import ScreeningPresenter

            self._screening = ScreeningPresenter(self)
            self._middle.addWidget(self._screening.page)
            self._panel.addWidget(self._screening.panel)
        return self._screening

    @property
    def design(self) -> "DesignPresenter":
        """The Design workspace; its widgets are made when they are first asked for."""
        if self._design is None:
            from designer_app.ui.design.presenter import DesignPresenter

            self._design = DesignPresenter(self)
            self._middle.addWidget(self._design.page)
        return self._design

    def finish_start(self) -> None:
        """After the first paint: the 3D view; the plots wait until a run needs them."""
        self.work.picture.make_view()
        if self.session.is_opening:
            self.work.picture.await_structure()
        elif self.session.document is None:
            self.work.picture.show_empty()

    def cycle_panes(self) -> None:
        """Give the focus to the next pane."""
        picture = self.work.picture.view or self.work.picture
        if self._middle.currentWidget() is not self.work:
            picture = self._middle.currentWidget()
        panes = [self.rail, self.tree.tree, picture, self._panel.currentWidget(), self.status]
        panes = [pane for pane in panes if pane is not None and pane.isVisible()]
        focus = self.focusWidget()
        here = next(
            (
                i
                for i, pane in enumerate(panes)
                if focus and (pane is focus or pane.isAncestorOf(focus))
            ),
            -1,
        )
        target = _first_focusable(panes[(here + 1) % len(panes)])
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # --- Qt's events ---

    def event(self, event: QEvent) -> bool:
        """Measure what painting the window costs; the pump spaces its turns by it."""
        if event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        began = perf_counter()
        is_done = super().event(event)
        seconds = perf_counter() - began
        self.painting_s += seconds
        self.runs.pump.note_painting(seconds)
        return is_done

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Tell once that the frame was painted."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.first_painted.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Files may be dropped anywhere on the window."""
        if _files_of(event):
            event.acceptProposedAction()
            self._set_hovered(is_hovered=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: ARG002, N802
        """The file went away again."""
        self._set_hovered(is_hovered=False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open the first dropped file; in Screening all of them are candidates, in Potentials they
        are reference calculations.
        """
        self._set_hovered(is_hovered=False)
        files = _files_of(event)
        if files:
            event.acceptProposedAction()
            if self._workspace == "screening":
                self.screening.add_files(files)
            elif self._workspace == "potentials":
                self.potentials.add_files(files)
            else:
                self.commands.open_path(files[0])

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Keep everything and go, without a question: a run is offered for resume next time."""
        self.runs.pump.watch(None)
        self.report.save_layout()
        self.hide()
        self.session.close()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """A wide window has room for the project tree."""
        super().resizeEvent(event)
        self.project.follow_width()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Nothing is played while the window is minimised."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self.isMinimized():
            self.work.player.pause()

    def _set_hovered(self, *, is_hovered: bool) -> None:
        self.work.picture.empty.set_hovered(is_hovered)
        if self._workspace == "potentials":
            self.potentials.page.library.drop.set_hovered(is_hovered)

    # --- layout ---

    def _build(self) -> None:
        self.setWindowTitle("designer_app")
        self.resize(*_DESIGN_SIZE)
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self._middle.addWidget(self.work)
        self._panel.setProperty("role", "panel")
        self._panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._panel.setFixedWidth(PANEL_WIDTH)
        self.tree.hide()
        self._panel.addWidget(self.structure)
        self._panel.addWidget(self.dynamics)
        upper = QHBoxLayout()
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(0)
        upper.addWidget(self.rail)
        upper.addWidget(self.tree)
        upper.addWidget(self._middle, 1)
        upper.addWidget(self._panel)
        center = QWidget()
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(upper, 1)
        column.addWidget(self.status)
        self.setCentralWidget(center)

    def _connect(self) -> None:
        for choice in (self.dynamics.potential, self.structure.relax.potential):
            self.session.trainings.listed.connect(choice.set_trained)
            TrustWatch(self.session.trainings, choice, self)
        self.rail.workspace_chosen.connect(self.show_workspace)
        for action in self.actions_by_key.values():
            self.addAction(action)
        player = self.work.player
        slots: dict[str, Callable[[], None]] = {
            "play": player.toggle_play,
            "previous": player.go_back,
            "next": player.go_on,
            "first": player.go_first,
            "last": player.go_last,
        }
        for name, keys in PLAYER_KEYS.items():
            for place in (self.work.picture, player):
                shortcut = QShortcut(QKeySequence(keys), place)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(slots[name])


def _files_of(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def _first_focusable(pane: QWidget) -> QWidget:
    if pane.focusPolicy() != Qt.FocusPolicy.NoFocus:
        return pane
    children: list[QWidget] = pane.findChildren(QWidget)
    for child in children:
        takes = child.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and child.isVisible() and child.isEnabled():
            return child
    return pane
