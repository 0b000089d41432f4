"""Structure families as chips: none chosen allows all."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from designer_app.ui.theme import label
from designer_app.ui.wording import with_indices, with_spaces

_GAP = 6
_WORDS_HEIGHT = 18


class FamilyChips(QWidget):
    """Chips that wrap, and a line that says what they mean together."""

    edited = Signal()

    def __init__(self, families: Sequence[tuple[str, int]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = label("", "muted")
        self._words.setParent(self)
        self.chips = {name: self._chip(name, n) for name, n in families}
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._tell()

    def chosen(self) -> tuple[str, ...]:
        """Names of the chosen families."""
        return tuple(name for name, chip in self.chips.items() if chip.isChecked())

    def offer(self, is_wanted: Callable[[str], bool]) -> None:
        """Show the families that can be found; those that are chosen stay."""
        for name, chip in self.chips.items():
            chip.setVisible(is_wanted(name) or chip.isChecked())
        self._place(self.width())
        self.updateGeometry()

    def set_chosen(self, names: Sequence[str]) -> None:
        """Choose these; one that is not offered gets a chip of its own."""
        for name in names:
            if name not in self.chips:
                self.chips[name] = self._chip(name, 0)
                self.chips[name].setVisible(True)
        for name, chip in self.chips.items():
            chip.setChecked(name in names)
        self._tell()
        self._place(self.width())
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Chips wrap."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Of as many lines as they need."""
        return self._place(width, is_real=False)

    def sizeHint(self) -> QSize:  # noqa: N802
        """At the width of the side."""
        width = self.width() or 300
        return QSize(width, self.heightForWidth(width))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Wrap anew."""
        super().resizeEvent(event)
        self._place(event.size().width())

    def event(self, event: QEvent) -> bool:
        """Chips have another size in another style, and before they have one."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange, QEvent.Type.Show):
            self._place(self.width())
            self.updateGeometry()
        return done

    def _chip(self, name: str, n: int) -> QPushButton:
        made = QPushButton(with_indices(name), self)
        made.setCheckable(True)
        made.setProperty("role", "chip")
        if n:
            many = with_spaces(n)
            made.setToolTip(self.tr("%s known crystals") % many)
        made.setAccessibleName(self.tr("Family %s") % name)
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.clicked.connect(self._on_clicked)
        return made

    def _place(self, width: int, *, is_real: bool = True) -> int:
        x, y, line = 0, 0, 0
        for chip in self.chips.values():
            if chip.isHidden():
                continue
            size = chip.sizeHint()
            if x and x + size.width() > width:
                x, y, line = 0, y + line + _GAP, 0
            if is_real:
                chip.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + _GAP
            line = max(line, size.height())
        bottom = y + line + (_GAP if self.chips else 0)
        if is_real:
            self._words.setGeometry(QRect(0, bottom, width, _WORDS_HEIGHT))
        return bottom + _WORDS_HEIGHT

    def _tell(self) -> None:
        if not self.chips:
            self._words.setText(self.tr("All structure types are searched."))
            return
        n = len(self.chosen())
        self._words.setText(
            self.tr("None chosen: all structure types") if not n else self.tr("Only the chosen")
        )

    def _on_clicked(self) -> None:
        self._tell()
        self.edited.emit()
