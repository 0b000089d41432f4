"""The chosen candidate in the right panel: its numbers, why it passes or not, where it can go."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.io.formulas import written
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, STAGES, ScreenRow
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.panels.section import PanelPage, row
from designer_app.ui.screening.columns import Criterion, reason_of
from designer_app.ui.screening.estimate_list import EstimateList
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import with_indices, with_sources_told

_STAGES = dict(STAGES)


class CandidatePage(PanelPage):
    """Asks to open it, to relax it, to heat it, or to compare it."""

    open_asked = Signal()
    relax_asked = Signal()
    heat_asked = Signal()
    compare_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._row: ScreenRow | None = None
        self._n_chosen = 0
        self.formula = label("", "display", wrap=True)
        self.headline = label("", "muted", wrap=True)
        self.made_from = label("", wrap=True)
        self.notices = NoticeList(theme)
        self.estimates = EstimateList(theme)
        self.competes = label("", wrap=True)
        self._competes_title = label(self.tr("COMPETES WITH"), "section")
        self._title = label(self.tr("NUMBERS"), "section")
        self.open = QPushButton(self.tr("Open in Structure"))
        self.relax = QPushButton(self.tr("Relax"))
        self.heat = QPushButton(self.tr("Heat"))
        self.compare = QPushButton(self.tr("Compare"))
        self._icons = (
            ThemedIcon(self.open, "structure", theme, "accent_text"),
            ThemedIcon(self.relax, "relax", theme),
            ThemedIcon(self.heat, "dynamics", theme),
            ThemedIcon(self.compare, "compare", theme),
        )
        self._build()
        self._connect()
        self.set_row(None, {})

    @property
    def row(self) -> ScreenRow | None:
        """The candidate shown."""
        return self._row

    def set_row(self, row_now: ScreenRow | None, criteria: Mapping[str, Criterion]) -> None:
        """Show a candidate."""
        self._row = row_now
        for widget in (self.made_from, self._title, self.estimates, self.competes):
            widget.setVisible(row_now is not None)
        self._competes_title.setVisible(row_now is not None and bool(row_now.decomposition))
        for button in (self.open, self.relax, self.heat):
            button.setEnabled(row_now is not None)
        if row_now is None:
            self.formula.setText(self.tr("No candidate chosen"))
            self.headline.setText(self.tr("Click a row of the table or a point of a plot."))
            self.notices.set_notices(())
            return
        self.formula.setText(written(row_now.formula))
        atoms = self.tr("%d atoms") % row_now.n_atoms if row_now.n_atoms else ""
        parts = (with_indices(row_now.space_group), atoms, self.tr("candidate %s") % row_now.id)
        self.headline.setText(" · ".join(part for part in parts if part))
        self.made_from.setText(with_sources_told(row_now.made_from))
        self.made_from.setVisible(bool(row_now.made_from))
        self.notices.set_notices(self._notices(row_now))
        self._title.setVisible(bool(row_now.estimates))
        self.competes.setText(with_sources_told(row_now.decomposition))
        self.estimates.set_estimates(row_now.estimates, row_now.failing, criteria)

    def set_chosen(self, count: int, most: int) -> None:
        """How many rows are chosen in the table."""
        self._n_chosen = count
        self.compare.setEnabled(1 < count <= most)
        self.compare.setText(self.tr("Compare %d") % count if count > 1 else self.tr("Compare"))
        self.compare.setToolTip(
            self.tr("Choose two to %d rows of the table to see them side by side") % most
        )

    def _notices(self, row_now: ScreenRow) -> tuple[tuple[str, str, str, str], ...]:
        found: list[tuple[str, str, str, str]] = []
        reason = reason_of(row_now)
        if row_now.verdict == PASSES:
            found.append(("ok", reason or self.tr("It meets all rules."), "", ""))
        elif row_now.verdict in (FAILS, LOST):
            found.append(("warn", reason, "", ""))
        else:
            stage = _STAGES[row_now.stage].lower()
            text = (
                reason
                or self.tr(
                    "It waits at “%s”: others were better, or the run ended before its turn."
                )
                % stage
            )
            found.append(("warn", text, "", ""))
        if row_now.known:
            found.append(("ok", self.tr("It is a known crystal: %s") % row_now.known, "", ""))
        found.extend(("warn", warning, "", "") for warning in row_now.warnings)
        return tuple(found)

    def _build(self) -> None:
        for widget in (self.formula, self.headline, self.made_from, self.notices):
            self.body.addWidget(widget)
        self.body.addWidget(self._title)
        self.body.addWidget(self.estimates)
        self.body.addWidget(self._competes_title)
        self.body.addWidget(self.competes)
        self.body.addStretch(1)
        self.open.setProperty("role", "primary")
        self.open.setToolTip(self.tr("Make it the open structure (Enter in the table)"))
        self.relax.setToolTip(self.tr("Open it in Structure and relax it"))
        self.competes.setToolTip(
            self.tr("Share of the atoms in each phase of the hull at this composition")
        )
        self.heat.setToolTip(self.tr("Open it in Dynamics: what do its atoms do?"))
        self.foot.addWidget(self.open)
        buttons = row(spacing=6)
        for button in (self.relax, self.heat, self.compare):
            buttons.addWidget(button, 1)
        self.foot.addLayout(buttons)
        self.set_chosen(0, 4)

    def _connect(self) -> None:
        self.open.clicked.connect(self.open_asked)
        self.relax.clicked.connect(self.relax_asked)
        self.heat.clicked.connect(self.heat_asked)
        self.compare.clicked.connect(self.compare_asked)
