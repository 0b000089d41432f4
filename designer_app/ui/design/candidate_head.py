"""The head of a candidate's card: what it is, its trust light, warnings, and what can be done."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.session.designs import DISCARDED, KEPT
from designer_app.specs.design_rows import STAGES, CandidateDetail
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, ScreenRow
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.screening.candidate_delegate import level_of
from designer_app.ui.screening.columns import reason_of
from designer_app.ui.theme import Theme, label
from designer_app.ui.trust import Level, Verdict
from designer_app.ui.trust_light import TrustLight
from designer_app.ui.wording import with_indices, with_sources_told

_WORDS = {Level.GOOD: "sound", Level.CARE: "with care", Level.NO: "doubtful"}
_STAGES = dict(STAGES)


class CandidateHead(QWidget):
    """Shows; whoever uses it hears the buttons."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formula = label("", "title")
        self._headline = label("", "muted", wrap=True)
        self._light = TrustLight(theme)
        self.notices = NoticeList(theme)
        self._warnings = QWidget()
        self.keep = QPushButton(self.tr("Keep"))
        self.discard = QPushButton(self.tr("Discard"))
        self.open = QPushButton(self.tr("Open"))
        self.heat = QPushButton(self.tr("Run MD"))
        self._icons = (
            ThemedIcon(self.keep, "check", theme),
            ThemedIcon(self.discard, "close", theme),
            ThemedIcon(self.open, "structure", theme),
            ThemedIcon(self.heat, "dynamics", theme),
        )
        self._build()

    def show_row(self, row: ScreenRow | None, detail: CandidateDetail | None) -> None:
        """Show a candidate; None where none is chosen."""
        for button in (self.keep, self.discard, self.open, self.heat):
            button.setEnabled(row is not None)
        self._light.setVisible(row is not None)
        if row is None:
            self.formula.setText(self.tr("No candidate chosen"))
            self._headline.setText(self.tr("Click a row of the table."))
            self.notices.set_notices(())
            return
        self.formula.setText(written(row.formula))
        atoms = self.tr("%d atoms") % row.n_atoms if row.n_atoms else ""
        kind = detail.structure_type if detail is not None else ""
        parts = (
            with_sources_told(f"structure {kind}" if kind.startswith("as ") else kind),
            with_indices(row.space_group),
            atoms,
            "" if row.known else self.tr("not in the reference set"),
            with_sources_told(row.made_from),
        )
        self._headline.setText(" · ".join(part for part in parts if part))
        level = level_of(row.light)
        reasons = [f"{each.key.replace('_', ' ')}: {each.reason}" for each in row.estimates
                   if each.reason and each.light == row.light]  # fmt: skip
        self._light.set_verdict(Verdict(level, _WORDS[level], tuple(dict.fromkeys(reasons))))
        self.notices.set_notices(self._notices(row, detail))

    def set_brief(self, *, is_brief: bool) -> None:
        """Without its warnings: the light tells that there are some, and plots get the room."""
        self._warnings.setVisible(not is_brief)

    def set_mark(self, mark: str) -> None:
        """Whether it is kept or discarded."""
        for button, own in ((self.keep, KEPT), (self.discard, DISCARDED)):
            button.setChecked(mark == own)
        self.keep.setText(self.tr("Kept") if mark == KEPT else self.tr("Keep"))
        self.discard.setText(self.tr("Discarded") if mark == DISCARDED else self.tr("Discard"))

    def _notices(
        self, row: ScreenRow, detail: CandidateDetail | None
    ) -> tuple[tuple[str, str, str, str], ...]:
        found: list[tuple[str, str, str, str]] = []
        reason = reason_of(row)
        if row.verdict in (FAILS, LOST):
            found.append(("warn", reason, "", ""))
        elif row.verdict != PASSES:
            stage = _STAGES.get(row.stage, row.stage).lower()
            waits = self.tr("It waits at “%s”: others were better, or its turn has not come.")
            found.append(("warn", reason or waits % stage, "", ""))
        if row.known:
            found.append(("ok", self.tr("It is a known crystal: %s") % row.known, "", ""))
        if detail is not None:
            if detail.named and not row.known:
                named = self.tr(
                    "A compound of this formula is known: %s. Its crystal is another one, or "
                    "is missing in the reference set: compare the two before you call this new."
                )
                found.append(("warn", named % detail.named, "", ""))
            found += [
                ("warn", text, "", "") for text in (detail.disorder, detail.dissolving) if text
            ]
        found += [("warn", text, "", "") for text in row.warnings]
        told = ((kind, with_sources_told(text), "", "") for kind, text, _, _ in found)
        return tuple(dict.fromkeys(told))

    def _build(self) -> None:
        self.keep.setToolTip(self.tr("It belongs to the shortlist, whatever the run says"))
        self.discard.setToolTip(self.tr("It is left out of the files that are written"))
        self.open.setToolTip(self.tr("Make it the open structure (Enter in the table)"))
        self.heat.setToolTip(self.tr("Open it in Dynamics: what do its atoms do?"))
        for button in (self.keep, self.discard):
            button.setCheckable(True)
        title = QHBoxLayout()
        title.setSpacing(10)
        title.addWidget(self.formula)
        title.addWidget(self._light)
        title.addStretch(1)
        for button in (self.keep, self.discard, self.open, self.heat):
            button.setFixedHeight(32)
            title.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 10, 12, 4)
        layout.setSpacing(4)
        layout.addLayout(title)
        layout.addWidget(self._headline)
        inner = QVBoxLayout(self._warnings)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.notices)
        layout.addWidget(self._warnings)
