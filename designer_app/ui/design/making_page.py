"""How a candidate could be made: precursors for one gram, and what is known to be dangerous."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from designer_app.io.formulas import with_subscripts, written_in
from designer_app.specs.design_rows import CandidateDetail
from designer_app.ui.design.cards import ScrollPage, empty
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.wording import THIN

_TOP = Qt.AlignmentFlag.AlignTop
_DIGITS = 4
"""g of a precursor: 0.1 mg, what an analytical balance shows."""


class MakingPage(ScrollPage):
    """Masses follow from the formula; no claim that the reaction runs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._precursors = QGridLayout()
        self._precursors.setHorizontalSpacing(20)
        self._precursors.setVerticalSpacing(6)
        self._precursors.setColumnStretch(1, 1)
        self._note = label("", "muted", wrap=True)
        self._hazards = QVBoxLayout()
        self._hazards.setSpacing(6)
        self._titles = [
            label(self.tr("FOR 1 G OF PRODUCT"), "section"),
            label(self.tr("HAZARDS (NOT A SAFETY ASSESSMENT)"), "section"),
        ]
        self._message = label("", "muted", wrap=True)
        self.body.addWidget(self._titles[0])
        self.body.addLayout(self._precursors)
        self.body.addWidget(self._note)
        self.body.addWidget(self._titles[1])
        self.body.addLayout(self._hazards)
        self.body.addWidget(self._message)
        self.body.addStretch(1)
        self.show_detail(None)

    def show_detail(self, detail: CandidateDetail | None) -> None:
        """Show what is known; only the shortlist has it."""
        empty(self._precursors)
        empty(self._hazards)
        for widget in (*self._titles, self._note):
            widget.setVisible(detail is not None)
        self._message.setVisible(detail is None)
        self._message.setText(
            self.tr("Precursors and hazards are looked up for the shortlist, at the end of a run.")
        )
        if detail is None:
            return
        for line, each in enumerate(detail.ingredients):
            mass = label(f"{each.mass_g:.{_DIGITS}f}{THIN}g")
            mass.setFont(tabular(mass.font()))
            mass.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._precursors.addWidget(label(with_subscripts(each.formula), "strong"), line, 0)
            self._precursors.addWidget(label(each.name, wrap=True), line, 1)
            self._precursors.addWidget(mass, line, 2, Qt.AlignmentFlag.AlignRight)
        self._note.setText(written_in(detail.synthesis_note))
        self._note.setVisible(bool(detail.synthesis_note))
        for each in detail.hazards:
            line = QWidget()
            grid = QGridLayout(line)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(12)
            grid.setColumnMinimumWidth(0, 72)
            grid.setColumnStretch(1, 1)
            grid.addWidget(label(with_subscripts(each.subject), "strong", wrap=True), 0, 0, _TOP)
            grid.addWidget(label(each.sentence, wrap=True), 0, 1, _TOP)
            grid.addWidget(label(each.source, "small", wrap=True), 1, 1, _TOP)
            self._hazards.addWidget(line)
        if not detail.hazards:
            said = self.tr("The cited table names nothing here; that is no clearance.")
            self._hazards.addWidget(label(said, "muted", wrap=True))
