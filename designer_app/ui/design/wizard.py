"""The wizard: which page is in front, which are done or outdated, and the one spec of all."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMargins, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget, QWizard

from designer_app.specs.design import DesignSpec
from designer_app.ui.design.page_body import SIDE
from designer_app.ui.design.pages import STEPS, DesignPage
from designer_app.ui.design.step_rail import DONE, OUTDATED, TODO, StepRail
from designer_app.ui.theme import Theme

_PLACES = {step.key: place for place, step in enumerate(STEPS)}
_BUDGET = "budget"
_BUTTON_HEIGHT = 34
_BUTTON_MARGINS = QMargins(SIDE, 10, SIDE, 10)


class DesignWizard(QWizard):
    """Lives inside the window: nothing closes it, and going back keeps everything."""

    spec_changed = Signal(object)
    """The `DesignSpec` after an edit by hand."""
    left = Signal()
    """Back to the introduction."""

    def __init__(
        self, pages: Sequence[DesignPage], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self._spec = DesignSpec()
        self._pages: dict[str, DesignPage] = {}
        self._folder: Path | None = None
        """Of the run that the last pages show."""
        self._is_jumping = False
        self._came_by_next = False
        self.rail = StepRail(STEPS, theme)
        self._build()
        self._connect()
        for page in pages:
            self.add(page)
        self.begin(self._spec)

    def add(self, page: DesignPage) -> None:
        """Append a page; `begin` when all are there."""
        self.setPage(len(self._pages), page)
        self._pages[page.key] = page
        if page.key == _BUDGET:
            page.setButtonText(QWizard.WizardButton.NextButton, self.tr("Start the search"))
        page.spec_changed.connect(self._on_spec_changed)
        page.folder_changed.connect(self._on_folder_changed)
        page.state_changed.connect(self._refresh)
        page.step_asked.connect(self.go_to)

    # --- what it holds ---

    def spec(self) -> DesignSpec:
        """What all pages say together."""
        return self._spec

    @property
    def step(self) -> str:
        """The key of the step in front."""
        page = self.currentPage()
        return page.key if isinstance(page, DesignPage) else ""

    def page_of(self, key: str) -> DesignPage:
        """The page of a step; `KeyError` for another."""
        return self._pages[key]

    def begin(self, spec: DesignSpec) -> None:
        """A new design: nothing is done yet."""
        self._show_spec(spec)
        self._folder = None
        for page in self._pages.values():
            page.set_folder(None)
            page.set_state(done=False)
        self.restart()
        self._refresh()

    def show_run(self, spec: DesignSpec, folder: Path, step: str = "run") -> None:
        """An earlier design: what it was asked, and its results."""
        self.begin(spec)
        self._folder = folder
        for page in self._pages.values():
            page.set_state(done=_PLACES[page.key] < _PLACES[step])
            page.set_folder(folder)
        self.go_to(step)

    # --- moving ---

    def can_reach(self, key: str) -> bool:
        """Whether a step is there, and all before it were done once and stop nothing."""
        if key not in self._pages:
            return False
        before = [page for page in self._pages.values() if _PLACES[page.key] < _PLACES[key]]
        if self._folder is not None:  # results stay in sight whatever is asked next
            before = [page for page in before if _PLACES[page.key] >= _PLACES["run"]]
        here = self.currentPage()
        return all((page.is_done or page is here) and page.isComplete() for page in before)

    def go_to(self, key: str) -> None:
        """Bring a step to the front, where it can be reached; to the next one as Next does."""
        if key == self.step or not self.can_reach(key):
            return
        wanted = list(self._pages).index(key)
        steps = wanted - list(self._pages).index(self.step)
        if steps == 1:
            self.next()
            return
        self._is_jumping = True
        self.setUpdatesEnabled(False)
        try:
            for _ in range(abs(steps)):
                if steps > 0:
                    self.next()
                else:
                    self.back()
        finally:
            self._is_jumping = False
            self.setUpdatesEnabled(True)
        self._arrive()

    def ask_next(self) -> None:
        """Confirm the page in front, as its button does."""
        button = self.button(QWizard.WizardButton.NextButton)
        if button.isEnabled() and button.isVisible():
            button.click()

    # --- Qt's hooks ---

    def validateCurrentPage(self) -> bool:  # noqa: N802 - Qt's name
        """Next was pressed: the page is done."""
        if self._is_jumping:
            return True
        page = self.currentPage()
        if not isinstance(page, DesignPage) or not page.isComplete():
            return False
        page.set_state(done=True)
        self._came_by_next = True
        return True

    def done(self, result: int) -> None:  # noqa: ARG002 - Qt's hook
        """A dialog would close: this one steps back to the introduction, and keeps all."""
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape closes nothing here, and Return after a number confirms no page."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Qt lays the wizard out anew when it is first shown and when its style changes."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Show, QEvent.Type.StyleChange, QEvent.Type.LayoutRequest):
            self._fill_window()
        return done

    # --- layout ---

    def _fill_window(self) -> None:
        """The margins of a dialog of its own go: rail and pages reach the edges of the window."""
        side = self.rail.parentWidget()
        layouts = [self.findChild(QGridLayout), side.layout() if side is not None else None]
        for layout in layouts:
            if layout is not None and not layout.contentsMargins().isNull():
                layout.setContentsMargins(0, 0, 0, 0)
                layout.setSpacing(0)
                if isinstance(layout, QGridLayout):  # room above and below the line of the buttons
                    for line in range(layout.rowCount()):
                        layout.setRowMinimumHeight(line, 0)
        home = self.button(QWizard.WizardButton.CustomButton1)
        for buttons in self.findChildren(QHBoxLayout):
            if buttons.indexOf(home) >= 0 and buttons.contentsMargins() != _BUTTON_MARGINS:
                buttons.setContentsMargins(_BUTTON_MARGINS)

    def _build(self) -> None:
        self.setWizardStyle(QWizard.WizardStyle.ClassicStyle)
        self.setOption(QWizard.WizardOption.IndependentPages)
        self.setOption(QWizard.WizardOption.NoCancelButton)
        self.setOption(QWizard.WizardOption.NoDefaultButton)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage)
        self.setOption(QWizard.WizardOption.HaveCustomButton1)
        self.setSideWidget(self.rail)
        button = QWizard.WizardButton
        self.setButtonText(button.CustomButton1, self.tr("All designs"))
        self.setButtonText(button.BackButton, self.tr("Back"))
        self.setButtonText(button.NextButton, self.tr("Next"))
        self.setButtonText(button.FinishButton, self.tr("All designs"))
        self.setButtonLayout(
            [button.CustomButton1, button.Stretch, button.BackButton, button.NextButton]
        )
        home, forward = self.button(button.CustomButton1), self.button(button.NextButton)
        home.setToolTip(self.tr("Back to the introduction and earlier designs; all is kept"))
        forward.setProperty("role", "primary")
        forward.setProperty("beside", "others")
        for each in (home, self.button(button.BackButton), forward):
            each.setFixedHeight(_BUTTON_HEIGHT)
        forward.setToolTip(self.tr("Confirm this page and go on (Ctrl+Enter)"))
        self.setAccessibleName(self.tr("Inverse-design wizard"))

    def _connect(self) -> None:
        self.rail.step_asked.connect(self.go_to)
        self.currentIdChanged.connect(self._on_page_changed)
        self.customButtonClicked.connect(self._on_left)

    # --- how it follows ---

    def _show_spec(self, spec: DesignSpec, edited: DesignPage | None = None) -> None:
        self._spec = spec
        for page in self._pages.values():
            if page is not edited:
                page.set_spec(spec)

    def _on_spec_changed(self, spec: DesignSpec) -> None:
        edited = self.sender()
        assert isinstance(edited, DesignPage)
        self._show_spec(spec, edited)
        for page in self._pages.values():
            if _PLACES[page.key] > _PLACES[edited.key] and page.is_done:
                page.set_state(done=True, outdated=True)
        self.spec_changed.emit(spec)
        self._refresh()

    def _on_folder_changed(self, folder: Path) -> None:
        self._folder = folder
        for page in self._pages.values():
            if page is not self.sender():
                page.set_folder(folder)
        self._refresh()

    def _on_page_changed(self, place: int) -> None:
        if place >= 0 and not self._is_jumping:
            self._arrive()

    def _arrive(self) -> None:
        by_next, self._came_by_next = self._came_by_next, False
        page = self.currentPage()
        if isinstance(page, DesignPage):
            page.arrive(by_next=by_next)
        self._refresh()

    def _on_left(self, _button: int) -> None:
        self.left.emit()

    def _refresh(self) -> None:
        here = self.step
        for key, button in self.rail.buttons.items():
            page = self._pages.get(key)
            state = TODO
            if page is not None and page.is_done:
                state = OUTDATED if page.is_outdated else DONE
            button.set_state(state, is_here=key == here)
            button.setEnabled(key == here or self.can_reach(key))
