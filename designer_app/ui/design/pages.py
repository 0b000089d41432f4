"""What every page of the wizard keeps: one spec that all edit, done and outdated marks.

A page is done when it was confirmed; it keeps its values when one goes back; when it changes by
hand, later pages that were done are outdated until they are confirmed again.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget, QWizardPage

from designer_app.specs.design import DesignSpec
from designer_app.ui.design.page_body import PageBody
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.theme import OnTheme, Theme, Tokens


@dataclass(frozen=True)
class Step:
    """One of the wizard's steps."""

    key: str
    title: str
    said: str
    """What is done there, in a few words."""


STEPS = (
    Step("purpose", "What for?", "Use of the material"),
    Step("targets", "Targets", "What it must do"),
    Step("chemistry", "Chemistry", "What it may hold"),
    Step("budget", "Budget", "How long to search"),
    Step("run", "Run", "The search, live"),
    Step("candidates", "Candidates", "Found and checked"),
    Step("report", "Report", "To print and keep"),
)


class DesignPage(QWizardPage):
    """A page of the wizard; pages hold no spec of their own beyond the one they are given."""

    key = ""
    """Of its row in `STEPS`."""
    spec_changed = Signal(object)
    """The `DesignSpec` after an edit by hand; `set_spec` never emits it."""
    folder_changed = Signal(object)
    """The folder (`Path`) of the run that the later pages are about: it began, or was opened."""
    state_changed = Signal()
    """Done, outdated or what stops the page is another."""
    step_asked = Signal(str)
    """The key of a step to go to, e.g. from a fix button."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._spec = DesignSpec()
        self._is_done = False
        self._is_outdated = False
        self._cautions: tuple[Caution, ...] = ()
        self._frame: PageBody | None = None

    # --- the spec ---

    def spec(self) -> DesignSpec:
        """The spec as this page leaves it."""
        return self._spec

    def set_spec(self, spec: DesignSpec) -> None:
        """Show a spec; emits nothing. Pages extend it."""
        self._spec = spec

    def edit(self, spec: DesignSpec) -> None:
        """Take over an edit by hand, and tell."""
        if spec != self._spec:
            self._spec = spec
            self.spec_changed.emit(spec)
        self.refresh()

    def set_folder(self, folder: Path | None) -> None:
        """The run whose results the later pages show; None before one. Pages extend it."""

    # --- its state ---

    @property
    def is_done(self) -> bool:
        """Whether it was confirmed."""
        return self._is_done

    @property
    def is_outdated(self) -> bool:
        """Whether an earlier page changed since."""
        return self._is_outdated

    def set_state(self, *, done: bool, outdated: bool = False) -> None:
        """Mark it; tells where this is another state."""
        if (done, outdated) != (self._is_done, self._is_outdated):
            self._is_done, self._is_outdated = done, outdated
            self.state_changed.emit()

    def problems(self) -> tuple[Caution, ...]:
        """What is wrong or odd here; one that stops keeps the wizard on the page."""
        return ()

    def isComplete(self) -> bool:  # noqa: N802 - Qt's name
        """Whether one can go on."""
        return not any(each.stops for each in self._cautions)

    def arrive(self, *, by_next: bool) -> None:
        """The page came to the front: `by_next` where the page before was just confirmed, not
        where it was jumped to. Pages extend it; a run starts here.
        """

    def refresh(self) -> None:
        """Tell anew what is wrong, and whether one can go on."""
        self._cautions = self.problems()
        if self._frame is not None:
            self._frame.notices.set_notices(
                tuple(
                    ("error" if each.stops else "warn", each.text, each.button, str(place))
                    for place, each in enumerate(self._cautions)
                )
            )
        self.completeChanged.emit()
        self.state_changed.emit()

    def _on_notice_acted(self, key: str) -> None:
        """A fix button: the change that mends it, shown at once."""
        spec = replace(self.spec(), **dict(self._cautions[int(key)].changes))
        self.set_spec(spec)
        self.spec_changed.emit(spec)
        self.refresh()

    # --- its look ---

    def frame(self, title: str, lead: str) -> PageBody:
        """Lay out a heading, a body that scrolls, and the notices of `problems`."""
        made = PageBody(title, lead, self.theme)
        made.notices.acted.connect(self._on_notice_acted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(made)
        self._frame = made
        return made

    def follow_theme(self) -> None:
        """Call `set_theme` now and at each change; to be called when the page is built."""
        self._theme_follower = OnTheme(self, self.theme, self.set_theme)

    def set_theme(self, tokens: Tokens) -> None:
        """Paint what the style sheet does not reach. Pages extend it."""
