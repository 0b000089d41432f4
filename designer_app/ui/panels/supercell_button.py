"""The way out where a cell is too thin for a potential."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.specs.supercells import Repeats


class SupercellButton(QPushButton):
    """Hidden while no supercell is needed."""

    asked = Signal(object)
    """How often the cell is to be repeated along a, b and c."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._repeats: Repeats | None = None
        self.setToolTip(self.tr("Opens the larger cell in place of this one"))
        self.clicked.connect(self._on_clicked)
        self.offer(None)

    def offer(self, repeats: Repeats | None) -> None:
        """Offer this supercell, or none."""
        self._repeats = repeats
        if repeats is not None:
            self.setText(self.tr("Make a supercell of %d x %d x %d") % repeats)
        self.setVisible(repeats is not None)

    def _on_clicked(self) -> None:
        if self._repeats is not None:
            self.asked.emit(self._repeats)
