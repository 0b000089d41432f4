"""The report: what came out on one page, and what can be written, opened, sent on."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.io.formulas import written, written_in
from designer_app.running.messages import JobError
from designer_app.session.candidate_runs import has_report
from designer_app.session.job import Job
from designer_app.specs.design import STRATEGIES
from designer_app.specs.design_estimates import is_predicted, verified
from designer_app.specs.design_rows import DesignResult
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import PASSES, ScreenRow
from designer_app.ui.design.cards import ScrollPage, empty
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.run_page import surface
from designer_app.ui.design.run_watch import DesignWatch
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import row as row_of
from designer_app.ui.screening.candidate_opener import CandidateOpener
from designer_app.ui.screening.columns import Column, column_for, estimate_text, reason_of
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.wording import duration, moment, unbroken, with_indices, with_spaces

HTML, PDF = "report.html", "report.pdf"
_TOP = Qt.AlignmentFlag.AlignTop
_LEFT = Qt.AlignmentFlag.AlignVCenter
_RIGHT = _LEFT | Qt.AlignmentFlag.AlignRight
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")
_FACTS = 4
"""Columns of the summary before the numbers."""
_MOST_NUMBERS = 3
"""Properties of the shortlist that stand in the summary; the report has all."""


class ReportPage(DesignPage):
    """Files are written by jobs; the report itself was written by the run."""

    key = "report"

    def __init__(self, theme: Theme, watch: DesignWatch, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.watch = watch
        self._designs = watch.window.session.designs
        self._opener = CandidateOpener(watch.window, self._designs, self)
        self.heading = label(self.tr("Report"), "display")
        self.lead = label("", "muted", wrap=True)
        self.open = QPushButton(self.tr("Open the report"))
        self.buttons = {
            "pdf": QPushButton(self.tr("Save PDF...")),
            "html": QPushButton(self.tr("Save HTML...")),
            "csv": QPushButton(self.tr("Table (CSV)...")),
            "cif": QPushButton(self.tr("CIF files...")),
            "vasp": QPushButton(self.tr("POSCAR files...")),
        }
        self._icons = (
            ThemedIcon(self.open, "report", theme, "accent_text"),
            *(ThemedIcon(each, "save", theme) for each in self.buttons.values()),
        )
        self._page = ScrollPage()
        self._shortlist = QGridLayout()
        self._arms = QGridLayout()
        self._facts = QGridLayout()
        self._titles: list[QWidget] = []
        self._shown: list[str] = []
        self._told: tuple[list[ScreenRow], DesignResult | None] | None = None
        """What the summary is of: it is made anew for something else only."""
        self._build()
        self._connect()
        self._show()

    # --- a page of the wizard ---

    def arrive(self, *, by_next: bool) -> None:  # noqa: ARG002 - nothing begins here
        """Show what there is by now."""
        self._show()

    def texts(self) -> list[str]:
        """Formulas of the shortlist as they stand in the summary."""
        return list(self._shown)

    def write(self, kind: str, path: Path) -> Job | None:
        """Write pdf, html, csv, cif or vasp (folders) to a path; None where there is nothing."""
        folder = self.watch.folder
        if folder is None:
            return None
        rows = self.watch.shortlist()
        if kind == "csv":
            job = self._designs.write_table(rows, path)
        elif kind in ("cif", "vasp"):
            job = self._designs.write_structures(folder, rows, path, kind)
        else:
            job = self._designs.copy_file(folder, PDF if kind == "pdf" else HTML, path)
        job.succeeded.connect(self._on_written)
        job.failed.connect(self._on_failed)
        return job

    # --- layout ---

    def _build(self) -> None:
        self.open.setProperty("role", "primary")
        self.open.setProperty("beside", "others")
        self.open.setToolTip(self.tr("In the browser; it is one file with all pictures in it"))
        tips = {
            "pdf": self.tr("The same report, to print"),
            "html": self.tr("One file with all pictures in it"),
            "csv": self.tr("The shortlist with all numbers, errors and origins"),
            "cif": self.tr("The relaxed structures of the shortlist, into a folder"),
            "vasp": self.tr("The same for VASP and other engines"),
        }
        words = QVBoxLayout()
        words.setContentsMargins(24, 16, 24, 12)
        words.setSpacing(8)
        words.addWidget(self.heading)
        words.addWidget(self.lead)
        buttons = row_of(self.open)
        for key, button in self.buttons.items():
            button.setObjectName(key)
            button.setToolTip(tips[key])
            button.setFixedHeight(34)
            buttons.addWidget(button)
        self.open.setFixedHeight(34)
        buttons.addStretch(1)
        words.addLayout(buttons)
        body = self._page.body
        body.setContentsMargins(24, 14, 24, 16)
        for title, grid in (
            (self.tr("SHORTLIST"), self._shortlist),
            (self.tr("WHICH STRATEGY FOUND WHAT"), self._arms),
            (self.tr("HOW IT WAS COMPUTED"), self._facts),
        ):
            heading = label(title, "section")
            self._titles.append(heading)
            grid.setHorizontalSpacing(20)
            grid.setVerticalSpacing(6)
            body.addWidget(heading)
            body.addLayout(grid)
            body.addSpacing(6)
        body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(words)
        layout.addWidget(surface(self._page), 1)
        self.setAccessibleName(self.tr("Report"))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What came since is shown."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._show)  # a wizard lays itself out while it shows

    # --- wiring ---

    def _connect(self) -> None:
        for signal in (self.watch.began, self.watch.caught_up, self.watch.marks_changed):
            signal.connect(self._show)
        self.watch.result_read.connect(self._show)
        self.open.clicked.connect(self._on_open)
        for button in self.buttons.values():
            button.clicked.connect(self._on_asked)

    def _show(self) -> None:
        watch = self.watch
        rows, result = watch.shortlist(), watch.result
        has_file = watch.folder is not None and has_report(watch.folder) and not watch.is_busy
        self.open.setEnabled(has_file)
        for key, button in self.buttons.items():
            button.setEnabled(has_file if key in ("pdf", "html") else bool(rows))
        self.lead.setText(self._sentence(rows))
        if not self.isVisible() or (rows, result) == self._told:
            return
        self._told = (rows, result)
        for grid in (self._shortlist, self._arms, self._facts):
            empty(grid)
        self._shown = []
        self._show_rows(rows)
        self._show_result(result)
        for heading, grid in zip(
            self._titles, (self._shortlist, self._arms, self._facts), strict=True
        ):
            heading.setVisible(bool(grid.count()))

    def _sentence(self, rows: Sequence[ScreenRow]) -> str:
        watch = self.watch
        if not watch.has_run:
            return self.tr("There is a report when a search has ended.")
        if watch.is_busy:
            return self.tr("The report is written when the search has ended.")
        if watch.result is not None and watch.result.verdict:
            return written_in(watch.result.verdict)
        if not rows:
            return self.tr("The run ended before a shortlist was made; its table can be looked at.")
        return self.tr("%d candidates are on the shortlist.") % len(rows)

    def _show_rows(self, rows: Sequence[ScreenRow]) -> None:
        keys = list(self.watch.criteria)[:_MOST_NUMBERS]
        heads = ["", self.tr("Candidate"), self.tr("Space group"), self.tr("Verdict")]
        columns = {key: column_for(next(
            filter(None, (row.estimate(key) for row in rows)), Estimate(key=key, value=0.0, unit="")
        )) for key in keys}  # fmt: skip
        heads += [column.heading for column in columns.values()]
        for place, text in enumerate(heads if rows else ()):
            align = _RIGHT if place >= _FACTS else _LEFT
            self._shortlist.addWidget(label(unbroken(text), "small"), 0, place, align)
        for line, row in enumerate(rows, start=1):
            self._shown.append(row.formula)
            cells = [label(str(line), "muted"), label(written(row.formula), "strong")]
            cells.append(label(with_indices(row.space_group), "muted"))
            is_sound = row.verdict == PASSES and row.light == "green"
            cells.append(label(_verdict(row), "ok" if is_sound else "warn", wrap=True))
            for key, column in columns.items():
                cells.append(label(unbroken(_number(row, key, column))))
                cells[-1].setFont(tabular(cells[-1].font()))
            for place, cell in enumerate(cells):
                align = _RIGHT if place >= _FACTS else _LEFT
                self._shortlist.addWidget(cell, line, place, align)
            heat = QPushButton(self.tr("Run MD on this"))
            heat.setProperty("role", "link")
            heat.setProperty("candidate", row.id)
            heat.setToolTip(self.tr("Open it in Dynamics: what do its atoms do?"))
            heat.clicked.connect(self._on_heat)
            self._shortlist.addWidget(heat, line, len(cells))
        self._shortlist.setColumnStretch(_FACTS - 1, 1)

    def _show_result(self, result: DesignResult | None) -> None:
        if result is None:
            return
        names = dict(STRATEGIES)
        for line, arm in enumerate(result.arms):
            hits = self.tr("1 hit") if arm.n_hits == 1 else self.tr("%d hits") % arm.n_hits
            told = self.tr("%s in %s relaxations, of %s candidates") % (
                hits,
                with_spaces(arm.n_relaxed),
                with_spaces(arm.n_candidates),
            )
            self._arms.addWidget(label(names.get(arm.strategy, arm.strategy)), line, 0)
            self._arms.addWidget(label(told, "muted"), line, 1)
        self._arms.setColumnStretch(1, 1)
        facts = [(name.capitalize(), _short(value)) for name, value in result.origin]
        spent = sum(seconds for _, seconds in result.seconds)
        if spent:
            facts.append((self.tr("Time"), duration(spent)))
        facts += [(self.tr("Warning"), text) for text in result.warnings]
        for line, (name, value) in enumerate(facts):
            said = label(value, wrap=True)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(label(name, "muted"), line, 0, _TOP)
            self._facts.addWidget(said, line, 1)
        self._facts.setColumnStretch(1, 1)

    # --- what is done with it ---

    def _on_open(self) -> None:
        if self.watch.folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.watch.folder / HTML)))

    def _on_heat(self) -> None:
        wanted = self.sender().property("candidate")
        row = next((each for each in self.watch.shortlist() if each.id == wanted), None)
        if row is not None and self.watch.folder is not None:
            self._opener.open(self.watch.folder, row, "dynamics")

    def _on_asked(self) -> None:
        kind = self.sender().objectName()
        if kind in ("cif", "vasp"):
            chosen = QFileDialog.getExistingDirectory(self, self.tr("A folder for the structures"))
        else:
            names = {"pdf": PDF, "html": HTML, "csv": "shortlist.csv"}
            chosen, _ = QFileDialog.getSaveFileName(
                self, self.tr("Save"), names[kind], f"{kind.upper()} (*.{kind})"
            )
        if chosen:
            self.write(kind, Path(chosen))

    def _on_written(self, path: Path) -> None:
        self.watch.window.status.say(self.tr("Saved %s") % path.name)

    def _on_failed(self, error: JobError) -> None:
        self.watch.failed.emit(error)


def _verdict(row: ScreenRow) -> str:
    if row.verdict == PASSES:
        return "meets all targets" + ("" if row.light == "green" else ", with care")
    told = reason_of(row)
    return told[:1].lower() + told[1:] or "open"


def _number(row: ScreenRow, key: str, column: Column) -> str:
    """The number that decides; where that is a prediction, what was computed stands beside it."""
    decides, computed = row.estimate(key), verified(row, key)
    if decides is None:
        return "\N{EN DASH}"
    if computed is not None and is_predicted(decides):
        return f"{column.text(decides.value)} learned, {column.text(computed.value)} computed"
    return estimate_text(computed or decides, replace(column, unit=""))


def _short(value: str) -> str:
    """A fact of the run: of hashes the beginning, a time by the clock of this place."""
    try:
        return moment(value) if value[:2].isdigit() and "T" in value else _HASH.sub(r"\1", value)
    except ValueError:
        return value
