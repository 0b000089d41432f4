"""The phases of a system of four or more elements, as a table."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from designer_app.io.formulas import written
from designer_app.specs.hull import DiagramPhase, PhaseDiagram
from designer_app.ui.theme import tabular

_PHASE = Qt.ItemDataRole.UserRole
_ON_HULL = 1e-4
MINUS = "\N{MINUS SIGN}"
_MOST = 120


class PhaseTable(QTableWidget):
    """Candidates first, then phases from the hull upwards."""

    phase_chosen = Signal(object)
    """A `DiagramPhase`."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setHorizontalHeaderLabels(
            [self.tr("Phase"), self.tr("Formation\neV/atom"), self.tr("Above hull\nmeV/atom")]
        )
        self.setProperty("role", "candidates")
        self.setAccessibleName(self.tr("Phases of the chemical system"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(26)
        head = self.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        first = self.horizontalHeaderItem(0)
        if first is not None:
            first.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section in (1, 2):
            self.setColumnWidth(section, 104)
        self.itemClicked.connect(self._on_clicked)

    def set_diagram(self, diagram: PhaseDiagram) -> None:
        """List its phases."""
        wanted = sorted(diagram.phases, key=lambda each: (not each.is_candidate, each.e_above_hull))
        self.setRowCount(0)
        self.setRowCount(min(len(wanted), _MOST))
        for line, phase in enumerate(wanted[:_MOST]):
            self._set_line(line, phase)

    def texts(self) -> list[list[str]]:
        """What is written, line by line."""
        return [
            [item.text() if (item := self.item(line, column)) else "" for column in range(3)]
            for line in range(self.rowCount())
        ]

    def _set_line(self, line: int, phase: DiagramPhase) -> None:
        name = written(phase.formula)
        if phase.is_candidate:
            name = self.tr("%s (candidate)") % name
        is_stable = phase.e_above_hull < _ON_HULL
        above = f"{1000 * phase.e_above_hull:.0f}".replace("-", MINUS)
        if is_stable and phase.e_above_hull > -_ON_HULL:
            above = self.tr("on the hull")
        for column, text in enumerate(
            (name, f"{phase.formation_energy:.3f}".replace("-", MINUS), above)
        ):
            item = QTableWidgetItem(text)
            item.setData(_PHASE, phase)
            item.setToolTip(phase.source)
            font = QFont(self.font()) if column == 0 else tabular(self.font())
            font.setBold(phase.is_candidate)
            item.setFont(font)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(line, column, item)

    def _on_clicked(self, item: QTableWidgetItem) -> None:
        self.phase_chosen.emit(item.data(_PHASE))
