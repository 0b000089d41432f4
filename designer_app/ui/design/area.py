"""The middle of the workspace: the introduction or the wizard; above them an error, if any."""

from collections.abc import Sequence

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from designer_app.ui.design.intro import DesignIntro
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.wizard import DesignWizard
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.theme import Theme


class DesignArea(QWidget):
    """Keeps the wizard as it is while the introduction is in front."""

    def __init__(
        self, pages: Sequence[DesignPage], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.intro = DesignIntro(theme)
        self.wizard = DesignWizard(pages, theme)
        self._card: ErrorCard | None = None
        self._stack = QStackedWidget()
        self._stack.addWidget(self.intro)
        self._stack.addWidget(self.wizard)
        self._cards = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._cards)
        layout.addWidget(self._stack, 1)
        self.setAccessibleName(self.tr("Design"))

    @property
    def card(self) -> ErrorCard | None:
        """The error shown now."""
        return self._card

    @property
    def shows_wizard(self) -> bool:
        """Whether a design is in front."""
        return self._stack.currentWidget() is self.wizard

    def show_wizard(self) -> None:
        """Bring the design to the front."""
        self._stack.setCurrentWidget(self.wizard)

    def show_intro(self) -> None:
        """Bring the introduction to the front."""
        self._stack.setCurrentWidget(self.intro)

    def show_card(self, card: ErrorCard) -> None:
        """Show an error above everything, in place of the one before."""
        self.close_card()
        self._card = card
        self._cards.setContentsMargins(12, 12, 12, 12)
        self._cards.addWidget(card)
        card.closed.connect(self.close_card)

    def close_card(self) -> None:
        """Take the error away."""
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
            self._card = None
            self._cards.setContentsMargins(0, 0, 0, 0)
