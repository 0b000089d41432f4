"""Which page of the workspace is in front, and what it is called."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.ui.potentials.area import (
    DATA,
    LIBRARY,
    RESULT,
    TRAINING,
    PotentialsArea,
    PotentialsPanel,
)

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class Places(QObject):
    """Brings a page and its panel to the front, under its title."""

    def __init__(self, window: "MainWindow", parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self.page = PotentialsArea(window.theme)
        self.panel = PotentialsPanel(window.theme)
        self.shown = LIBRARY
        """The key of the page in front."""
        self._titles: dict[str, str] = {}

    def enter(self) -> None:
        """Bring the workspace itself to the front."""
        self._window.show_workspace("potentials")

    def set_title(self, key: str, title: str) -> None:
        """What a page is called from now on."""
        self._titles[key] = title
        if self.shown == key:
            self.page.work.title.setText(title)

    def title(self, key: str) -> str:
        """What a page is called."""
        return self._titles.get(key, "")

    def show(self, key: str) -> None:
        """Bring a page and its panel to the front."""
        self.shown = key
        has_result = key == TRAINING and self.page.work.has_step(RESULT)
        self.panel.train.set_has_result(has_result=has_result)
        self.panel.train.plan.set_of_next(is_of_next=key == DATA)
        self.panel.show_panel(key)
        if key == LIBRARY:
            self.page.show_intro()
            return
        self.page.work.title.setText(self.title(key))
        self.page.work.show_page(key)
        self.page.show_work()
