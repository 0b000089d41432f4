"""The Design workspace and the session: what is begun, what is open, what was designed before."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named
from designer_app.ui.design.area import DesignArea
from designer_app.ui.design.budget_page import BudgetPage
from designer_app.ui.design.chemistry_page import ChemistryPage
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.purpose_page import PurposePage
from designer_app.ui.design.targets_page import TargetsPage

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class DesignPresenter(QObject):
    """Made when the workspace is first looked at."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._is_begun = False
        self.page = DesignArea(self._make_pages(), window.theme)
        self.wizard = self.page.wizard
        self._connect()

    # --- what is asked ---

    def begin(self, purpose: str = "") -> None:
        """A new design; for a named purpose its targets come next."""
        spec = DesignSpec()
        spec = applied(purpose_named(purpose), spec) if purpose else replace(spec)
        self._is_begun = True
        self.wizard.begin(spec)
        self.page.show_wizard()
        if purpose:
            self.wizard.go_to("targets")

    def ask_run(self) -> None:
        """Confirm the page in front; on the last one before the search, this starts it."""
        if self.page.shows_wizard:
            self.wizard.ask_next()

    # --- wiring ---

    def _make_pages(self) -> list[DesignPage]:
        theme = self._window.theme
        return [PurposePage(theme), TargetsPage(theme), ChemistryPage(theme), BudgetPage(theme)]

    def _connect(self) -> None:
        intro = self.page.intro
        intro.begin_asked.connect(self.begin)
        intro.go_on_asked.connect(self.page.show_wizard)
        self.wizard.left.connect(self._on_left)

    def _on_left(self) -> None:
        self.page.intro.set_begun(is_begun=self._is_begun)
        self.page.show_intro()
