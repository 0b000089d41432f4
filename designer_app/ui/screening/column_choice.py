"""Which numbers the table shows: those that have a rule, others while there is room, or by hand."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from designer_app.ui.screening.columns import Column

_HEIGHT = 32


def columns_that_fit(
    widths: Mapping[str, int], ruled: Collection[str], room: int
) -> tuple[str, ...]:
    """Keys of all columns with a rule, and of others from the left while they fit, in order."""
    taken = sum(width for key, width in widths.items() if key in ruled)
    kept = set(ruled)
    for key, width in widths.items():
        if key not in ruled and taken + width <= room:
            kept.add(key)
            taken += width
    return tuple(key for key in widths if key in kept)


class ColumnChoice(QToolButton):
    """A menu of all columns; what is ticked by hand stays, with or without room."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._by_hand: dict[str, bool] = {}
        self._menu = QMenu(self)
        self.setText(self.tr("Columns"))
        self.setToolTip(self.tr("Choose the numbers that the table shows"))
        self.setProperty("role", "button")
        self.setFixedHeight(_HEIGHT)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(self._menu)

    def forget(self) -> None:
        """Another run: nothing is chosen by hand."""
        self._by_hand = {}

    def visible(self, fitting: Collection[str], columns: Sequence[Column]) -> tuple[str, ...]:
        """Keys of the columns to show, where these fit; the menu ticks them."""
        shown = tuple(
            each.key for each in columns if self._by_hand.get(each.key, each.key in fitting)
        )
        if [action.data() for action in self._menu.actions()] != [each.key for each in columns]:
            self._menu.clear()
            for each in columns:
                action = self._menu.addAction(each.heading)
                action.setData(each.key)
                action.setCheckable(True)
                action.setToolTip(each.doc)
                action.triggered.connect(self._on_triggered)
        for action in self._menu.actions():
            action.setChecked(action.data() in shown)
        self.setEnabled(bool(columns))
        return shown

    def tick(self, key: str, *, is_shown: bool) -> None:
        """Show a column, or not, from now on."""
        self._by_hand[key] = is_shown
        self.changed.emit()

    def _on_triggered(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.tick(str(action.data()), is_shown=action.isChecked())
