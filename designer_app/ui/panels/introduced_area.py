"""The middle of a workspace: its introduction or its work; above them an error, if any."""

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from designer_app.ui.panels.error_card import ErrorCard


class IntroducedArea(QWidget):
    """Keeps the work as it is while the introduction is in front."""

    def __init__(self, intro: QWidget, work: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: ErrorCard | None = None
        self._intro, self._work = intro, work
        self._stack = QStackedWidget()
        self._stack.addWidget(intro)
        self._stack.addWidget(work)
        self._cards = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._cards)
        layout.addWidget(self._stack, 1)

    @property
    def card(self) -> ErrorCard | None:
        """The error shown now."""
        return self._card

    @property
    def shows_work(self) -> bool:
        """Whether the work is in front."""
        return self._stack.currentWidget() is self._work

    def show_work(self) -> None:
        """Bring the work to the front."""
        self._stack.setCurrentWidget(self._work)

    def show_intro(self) -> None:
        """Bring the introduction to the front."""
        self._stack.setCurrentWidget(self._intro)

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
