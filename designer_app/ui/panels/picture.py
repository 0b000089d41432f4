"""The picture with what floats on it. The 3D view is made after the window's first paint."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from designer_app.ui.panels.empty_state import EmptyState
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.panels.resume_card import ResumeCard
from designer_app.ui.panels.view_tools import Legend, ViewTools
from designer_app.ui.theme import OnTheme, Theme, Tokens
from designer_app.ui.viewer3d.look import ViewColors

if TYPE_CHECKING:
    from designer_app.ui.viewer3d.view import StructureView

Card = ErrorCard | ResumeCard
"""What can lie on the picture: an error, or a run that can go on."""
_MARGIN = 12
_CARD_WIDTH = 520


def view_colors(tokens: Tokens) -> ViewColors:
    """The theme's colours for the 3D view."""
    return ViewColors(
        background=QColor(tokens.window),
        text=QColor(tokens.text),
        accent=QColor(tokens.accent),
        cell=QColor("#6B7686" if tokens.is_dark else "#8A94A3"),
    )


class Picture(QWidget):
    """Empty state or 3D view, with tools, legend and error cards over it."""

    image_asked = Signal()
    view_ready = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.view: StructureView | None = None
        self.empty = EmptyState(theme)
        self.tools = ViewTools(theme, self)
        self.legend = Legend(theme, self)
        self._card: Card | None = None
        self._stack = QStackedWidget()
        self._blank = QWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._stack.addWidget(self._blank)
        self._stack.addWidget(self.empty)
        self.setMinimumHeight(220)
        self.tools.hide()
        self.legend.hide()

    def make_view(self) -> "StructureView":
        """Create the 3D view; what it needs is imported here, after the first paint."""
        from designer_app.ui.viewer3d.view import StructureView

        view = StructureView()
        self.view = view
        self._stack.addWidget(view)
        self._follower = OnTheme(self, self._theme, self._on_theme)
        self.tools.reset_asked.connect(view.reset_view)
        self.tools.direction_asked.connect(view.look_along)
        self.tools.cell_toggled.connect(view.show_cell)
        self.tools.bonds_toggled.connect(view.show_bonds)
        self.tools.axes_toggled.connect(view.show_axes)
        self.tools.image_asked.connect(self.image_asked)
        self.view_ready.emit()
        return view

    def await_structure(self) -> None:
        """Something is being opened: OpenGL starts meanwhile."""
        if self.view is not None:
            self._stack.setCurrentWidget(self.view)

    def show_empty(self) -> None:
        """Nothing is open."""
        self._stack.setCurrentWidget(self.empty)
        self.tools.hide()
        self.legend.hide()

    def show_view(self) -> None:
        """Something is open."""
        if self.view is not None:
            self._stack.setCurrentWidget(self.view)
            self.tools.show()
            self.tools.raise_()
            self.refresh_legend()
            self.legend.raise_()
            self._place()

    def refresh_legend(self) -> None:
        """Take over the colours of the elements."""
        if self.view is not None:
            self.legend.set_entries(self.view.legend())
            self._place()

    @property
    def card(self) -> "Card | None":
        """The card shown now."""
        return self._card

    def show_card(self, card: "Card") -> None:
        """Put a card on the picture, in place of the one before."""
        self.close_card()
        card.setParent(self)
        self._card = card
        card.closed.connect(self.close_card)
        card.show()
        self._place()

    def close_card(self) -> None:
        """Take the card away."""
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
            self._card = None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep what floats at its edge."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self.tools.adjustSize()
        self.tools.move(_MARGIN, _MARGIN)
        if self.view is not None:
            below = self.legend.sizeHint().height() + _MARGIN
            self.view.set_covered(left=self.tools.width() + 2 * _MARGIN, bottom=below)
        legend = self.legend.sizeHint()
        self.legend.setGeometry(
            self.width() - legend.width() - _MARGIN,
            self.height() - legend.height() - _MARGIN,
            legend.width(),
            legend.height(),
        )
        if self._card is not None:
            width = min(_CARD_WIDTH, self.width() - 2 * _MARGIN)
            self._card.setFixedWidth(width)
            self._card.adjustSize()
            height = self._card.heightForWidth(width)
            if height < 0:
                height = self._card.sizeHint().height()
            self._card.resize(width, height)
            self._card.move(QPoint((self.width() - width) // 2, _MARGIN))
            self._card.raise_()

    def _on_theme(self, tokens: Tokens) -> None:
        if self.view is not None:
            self.view.set_colors(view_colors(tokens))
