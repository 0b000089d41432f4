"""The chosen candidate in 3D, beside the plots."""

from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from designer_app.specs.structure import Structure
from designer_app.ui.panels.picture import view_colors
from designer_app.ui.panels.view_tools import Legend
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

if TYPE_CHECKING:
    from designer_app.ui.viewer3d.view import StructureView

_MARGIN = 8
_ARROWS = 100
"""px that the lattice directions take up at the left of the lower edge."""
_TURN_MS = 40
_TURN_RATE = 0.4
"""rad/s of a structure that turns."""
_LONGEST_STEP_S = 0.2
"""After a pause it goes on from where it was."""


class Preview(QWidget):
    """A `StructureView` of its own, made when the first candidate is shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.view: StructureView | None = None
        self.structure: Structure | None = None
        self._message = label("", "muted", wrap=True)
        self._stack = QStackedWidget()
        self._legend = Legend(theme, self)
        self._turning = QTimer(self)
        self._turning.setInterval(_TURN_MS)
        self._turning.timeout.connect(self._on_turn)
        self._turned_at = 0.0
        self._legend.hide()
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setContentsMargins(24, 16, 24, 16)
        self._stack.addWidget(self._message)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setMinimumWidth(200)
        self.say(self.tr("Choose a candidate to see its structure."))

    def say(self, text: str) -> None:
        """A sentence in place of a structure."""
        self.structure = None
        self._message.setText(text)
        self._stack.setCurrentWidget(self._message)
        self._legend.hide()

    def show_structure(self, structure: Structure) -> None:
        """Show a candidate; bonds follow."""
        view = self.view or self._make_view()
        self.structure = structure
        view.set_structure(structure)
        self._stack.setCurrentWidget(view)
        self._show_legend()

    def show_bonds(self, pairs: Any, shifts: Any) -> None:
        """Bonds of the structure that is shown."""
        if self.view is not None and self.structure is not None:
            self.view.set_bonds(pairs, shifts)
            self._show_legend()

    def set_turning(self, is_turning: bool) -> None:
        """Let the structure turn while it is in sight, until it is moved by hand."""
        self._turned_at = perf_counter()
        if is_turning:
            self._turning.start()
        else:
            self._turning.stop()

    def _on_turn(self) -> None:
        now = perf_counter()
        seconds, self._turned_at = now - self._turned_at, now
        if self.view is not None and self.structure is not None and self.view.isVisible():
            self.view.turn(_TURN_RATE * min(seconds, _LONGEST_STEP_S))

    def set_scheme(self, scheme: str) -> None:
        """Colour the elements as Jmol or as VESTA does."""
        if self.view is not None:
            self.view.set_color_scheme("vesta" if scheme == "vesta" else "jmol")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the legend at the edge."""
        super().resizeEvent(event)
        self._place_legend()

    def _make_view(self) -> "StructureView":
        from designer_app.ui.viewer3d.view import StructureView

        self.view = StructureView()
        self._stack.addWidget(self.view)
        self._follower = OnTheme(self, self._theme, self._on_theme)
        return self.view

    def _show_legend(self) -> None:
        if self.view is not None:
            self._legend.set_entries(self.view.legend())
            self._legend.raise_()
            self._place_legend()

    def _place_legend(self) -> None:
        """Below, or above where the arrows of the lattice would lie under it."""
        wanted = self._legend.sizeHint()
        left = self.width() - wanted.width() - _MARGIN
        is_below = left > _ARROWS
        top = self.height() - wanted.height() - _MARGIN if is_below else _MARGIN
        self._legend.setGeometry(left, top, wanted.width(), wanted.height())
        if self.view is not None:
            room = wanted.height() + _MARGIN
            self.view.set_covered(bottom=room if is_below else 0, top=0 if is_below else room)

    def _on_theme(self, tokens: Tokens) -> None:
        if self.view is not None:
            self.view.set_colors(view_colors(tokens))
