"""Reference calculations before a training: what they hold, and what is wrong with them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.labels import LabelsFound, Preflight
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.plots.histogram_plot import HistogramPlot
from designer_app.ui.potentials.finding_card import FindingCard
from designer_app.ui.potentials.label_sections import (
    FilesSection,
    KeysSection,
    SplitSection,
    TagsSection,
    clear,
)
from designer_app.ui.potentials.offers import DOT
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import duration, with_spaces

_LEVELS = ("error", "warning", "note")
_PLOT_HEIGHT, _TALLEST = 150, 300
_MOST_FORMULAS = 4


class DataPage(QWidget):
    """Emits what is changed; whoever listens reads and checks again."""

    changed = Signal(object)
    """A tuple of (field of `TrainPotentialSpec`, value) pairs."""
    files_asked = Signal()
    frame_asked = Signal(str, int)
    """(file, place in it)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spec = TrainPotentialSpec(data=(), out=Path())
        self.summary = label("", "title", wrap=True)
        self.files = FilesSection(theme)
        self.keys = KeysSection()
        self.tags = TagsSection()
        self.split = SplitSection()
        self.verdict = label("", "muted", wrap=True)
        self.cards: list[FindingCard] = []
        self._cards = QVBoxLayout()
        self.energies = HistogramPlot(
            self.tr("Energy"), self.tr("eV/atom"), self.tr("eV/atom"), theme
        )
        self.forces = HistogramPlot(self.tr("Size of forces"), "eV/Å", "eV/Å", theme)
        self._plots = QFrame()
        self._build()
        self._connect()

    def set_spec(self, spec: TrainPotentialSpec) -> None:
        """The settings that stand behind the page."""
        self._spec = spec
        self.split.set_split(spec.split)
        self.split.set_left_out(len(spec.leave_out))

    def show_reading(self, paths: Sequence[Path]) -> None:
        """Files are being read."""
        self.summary.setText(self.tr("Reading..."))
        self.files.set_paths(paths)
        self.show_checking()

    def show_checking(self) -> None:
        """The pre-flight is on its way."""
        self.verdict.setText(self.tr("Checking units, references, duplicates, gradients..."))
        self.split.set_preflight(None)

    def show_found(self, found: LabelsFound) -> None:
        """What the files hold."""
        names = [written(formula) for formula, _ in found.formulas[:_MOST_FORMULAS]]
        more = len(found.formulas) - len(names)
        named = ", ".join(names) + (self.tr(" and %d more") % more if more > 0 else "")
        frames, atoms = with_spaces(found.n_frames), with_spaces(found.n_atoms)
        counts = (self.tr("%s frames") % frames, self.tr("%s atoms") % atoms)
        self.summary.setText(DOT.join((*counts, named)))
        self.files.set_files(found.files)
        self.keys.set_keys(found.keys, self._spec.mapping)
        self.tags.set_tags(found.tags, self._spec.tags)
        self.energies.set_values(found.energies_per_atom)
        self.forces.set_values(found.force_norms)
        for widget in (self._plots, self.keys, self.split):
            widget.setVisible(found.n_frames > 0)

    def show_preflight(self, found: Preflight) -> None:
        """What was found before the first step; the worst first."""
        clear(self._cards)
        self.cards = []
        ranked = sorted(found.findings, key=lambda each: _LEVELS.index(each.level))
        for finding in ranked:
            card = FindingCard(finding, self._theme)
            card.fixed.connect(self._on_fixed)
            card.frame_asked.connect(self.frame_asked)
            self.cards.append(card)
            self._cards.addWidget(card)
        self.verdict.setText(_verdict(found))
        self.split.set_preflight(found)

    def _build(self) -> None:
        self._plots.setProperty("role", "card")
        for plot in (self.energies, self.forces):
            plot.setMinimumHeight(_PLOT_HEIGHT)
            plot.setMaximumHeight(_TALLEST)
        plots = QVBoxLayout(self._plots)
        plots.setContentsMargins(2, 10, 6, 6)
        plots.setSpacing(8)
        plots.addWidget(self.energies)
        plots.addWidget(self.forces)
        self._cards.setSpacing(8)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(12)
        for section in (self.files, self.keys, self.tags, self.split):
            left.addWidget(section)
        left.addStretch(1)
        right.addWidget(label(self.tr("BEFORE THE FIRST STEP"), "section"))
        right.addWidget(self.verdict)
        right.addLayout(self._cards)
        right.addWidget(self._plots, 3)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        content = QWidget()
        page = QVBoxLayout(content)
        page.setContentsMargins(20, 14, 20, 20)
        page.setSpacing(12)
        page.addWidget(self.summary)
        page.addLayout(columns, 1)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setAccessibleName(self.tr("Reference calculations"))

    def _connect(self) -> None:
        self.files.removed.connect(self._on_removed)
        self.files.more_asked.connect(self.files_asked)
        self.keys.mapped.connect(self._on_mapped)
        self.tags.chosen.connect(self._on_tags_chosen)
        self.split.chosen.connect(self._on_split_chosen)
        self.split.restored.connect(self._on_restored)

    def _on_removed(self, path: Path) -> None:
        left = tuple(each for each in self._spec.data if each != path)
        self.changed.emit((("data", left),))

    def _on_mapped(self, mapping: tuple[str, ...]) -> None:
        self.changed.emit((("mapping", mapping),))

    def _on_tags_chosen(self, tags: tuple[str, ...]) -> None:
        self.changed.emit((("tags", tags),))

    def _on_split_chosen(self, split: str) -> None:
        self.changed.emit((("split", split),))

    def _on_restored(self) -> None:
        self.changed.emit((("leave_out", ()),))

    def _on_fixed(self, fix: object) -> None:
        self.changed.emit(getattr(fix, "changes", ()))


def _verdict(found: Preflight) -> str:
    errors = sum(each.level == "error" for each in found.findings)
    warnings = sum(each.level == "warning" for each in found.findings)
    took = duration(found.seconds)
    if errors:
        things = "One thing" if errors == 1 else f"{errors} things"
        return f"{things} must be mended before a training is worth its time. Checked in {took}."
    if warnings:
        things = "one thing" if warnings == 1 else f"{warnings} things"
        return f"It can be trained; {things} to look at first. Checked in {took}."
    return f"Nothing is wrong with these data. Checked in {took}."
