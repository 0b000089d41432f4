"""Errors of the workspace as cards, with the buttons that mend them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.errors import WriteFailedError
from designer_app.running.messages import JobError, job_error
from designer_app.ui import outcomes
from designer_app.ui.dialogs.consent import ConsentDialog
from designer_app.ui.panels.error_card import ErrorCard

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow
    from designer_app.ui.potentials.area import PotentialsArea

Ways = Mapping[str, Callable[[], None]]
"""What the buttons do, by their keys; a button that nothing stands for is not offered."""


class ErrorCards(QObject):
    """Shows the newest error. A program runs only after the dialog about it was answered."""

    def __init__(self, window: "MainWindow", page: "PotentialsArea", parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._page = window, page
        self._error: JobError | None = None
        self._ways: Ways = {}

    def show(self, error: JobError, ways: Ways | None = None) -> None:
        """Show an error."""
        self._error, self._ways = error, dict(ways or {})
        remedies = tuple(r for r in outcomes.remedies_for(error) if r.key in self._ways)
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        self._page.show_card(card)

    def _on_remedy_chosen(self, key: str) -> None:
        self._page.close_card()
        if key == outcomes.ALLOW and self._error is not None:
            facts = self._error.facts
            dialog = ConsentDialog(Path(str(facts["path"])), str(facts["words"]), self._window)
            dialog.allowed.connect(self._on_allowed)
            dialog.failed.connect(self._on_not_allowed)
            dialog.open()
        else:
            self._ways[key]()

    def _on_allowed(self, _path: Path) -> None:
        self._ways[outcomes.ALLOW]()

    def _on_not_allowed(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.show(job_error(WriteFailedError(error.filename or "", reason)))
