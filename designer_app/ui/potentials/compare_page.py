"""Potentials side by side on the same frames: parity, errors, speed, spread."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from designer_app.io.formulas import written
from designer_app.io.parity import Points
from designer_app.io.standings import ALL, ENERGY, FORCE, Column, Standings
from designer_app.specs.evaluate import Evaluation
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.panels.notice import Notice
from designer_app.ui.panels.section import row
from designer_app.ui.plots.parity_plot import ParityPlot
from designer_app.ui.potentials.compare_table import CompareTable
from designer_app.ui.potentials.drop_card import DropCard
from designer_app.ui.potentials.sign_legend import SignLegend
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import listed, with_spaces

_ALL = ALL
_LEADING = ((ENERGY, "energies"), (FORCE, "forces"))


class ComparePage(QWidget):
    """Shows an `Evaluation`."""

    frame_asked = Signal(str, int)
    files_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self._standings: Standings = {}
        self._titles: tuple[str, ...] = ()
        self._frames: list[QFrame] = []
        self.summary = label("", "title", wrap=True)
        self.said = label("", "muted", wrap=True)
        self.warning = Notice("warn", "", theme)
        self.drop = DropCard(
            self.tr("Drop calculations with energies and forces"),
            self.tr(
                "Of structures that none of the potentials learned from. Tick the potentials at "
                "the right and press Compare: each is judged on the same frames, on this machine."
            ),
            theme,
        )
        self.legend = SignLegend(theme)
        self.energy = ParityPlot(self.tr("Energy"), "eV/atom", theme)
        self.force = ParityPlot(self.tr("Forces"), "eV/Å", theme)
        self.group = ChoiceEditor(((_ALL, self.tr("All frames")),))
        self.table = CompareTable()
        self._plots = QHBoxLayout()
        self._build()
        for plot in (self.energy, self.force):
            plot.frame_chosen.connect(self._on_frame_chosen)
            plot.set_names(self._name_of)
        self.drop.files_asked.connect(self.files_asked)
        self.group.edited.connect(self._show_group)
        self.show_none()

    def show_none(self, said: str = "") -> None:
        """Nothing was compared yet, or it is on its way."""
        self._evaluation = None
        self.summary.setText(self.tr("Which potential describes my material best?"))
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self.warning.setVisible(False)
        self._show_parts(is_filled=False)
        self.drop.setVisible(not said)

    def show_evaluation(
        self,
        found: Evaluation,
        titles: Sequence[str],
        points: Sequence[tuple[Points, Points]],
        told: Standings,
        learned: Sequence[Sequence[str]] = (),
    ) -> None:
        """Show what came out; titles, points and files that each learned from, in the order of what
        was judged.
        """
        self._evaluation, self._standings = found, told
        self._titles = tuple(titles)
        frames = with_spaces(found.n_frames)
        self.summary.setText(headline(told[_ALL], titles))
        files = dict.fromkeys(Path(path).name for path, _, _ in found.frames)
        said = self.tr(
            "%s frames of %s, %s. Mean absolute errors ± how sure they are; bold is what is best, "
            "as far as these frames tell."
        ) % (frames, listed(list(files)), ", ".join(found.elements))
        other = [titles[place] for place, each in enumerate(found.judged) if each.aligned]
        if other:
            said += self.tr(
                " Energies of %s count from elsewhere and were shifted to fit these data first."
            ) % listed(other)
        warned = [
            self.tr("%s learned from frames of %s: its errors on them say nothing of others.")
            % (title, listed(files))
            for title, files in zip(titles, learned, strict=False)
            if files
        ]
        self.warning.text.setText(" ".join(warned))
        self.warning.setVisible(bool(warned))
        self.said.setText(said)
        self.said.setVisible(True)
        good = [place for place, each in enumerate(found.judged) if not each.problem]
        self.legend.set_names([titles[place] for place in good])
        self.energy.set_clouds([(titles[place], points[place][0]) for place in good])
        self.force.set_clouds([(titles[place], points[place][1]) for place in good])
        groups = dict.fromkeys(each.group for judged in found.judged for each in judged.rows)
        shown = [group for group in groups if group in told] or [_ALL]
        self.group.set_choices(tuple((group, _group_text(group)) for group in shown))
        self._show_group()
        self._show_parts(is_filled=True)

    def lines(self) -> list[list[str]]:
        """What the table says, line by line."""
        return self.table.lines()

    def _show_parts(self, *, is_filled: bool) -> None:
        for frame in self._frames:
            frame.setVisible(is_filled)
        self.legend.setVisible(is_filled)
        self.drop.setVisible(not is_filled)

    def _build(self) -> None:
        for plot in (self.energy, self.force):
            frame = QFrame()
            frame.setProperty("role", "card")
            around = QVBoxLayout(frame)
            around.setContentsMargins(1, 1, 1, 4)
            around.addWidget(plot)
            self._plots.addWidget(frame, 1)
            self._frames.append(frame)
        self._plots.setSpacing(10)
        lower = QFrame()
        lower.setProperty("role", "card")
        self._frames.append(lower)
        head = row(label(self.tr("Errors on"), "muted"), self.group, None)
        head.setContentsMargins(12, 8, 12, 2)
        column = QVBoxLayout(lower)
        column.setContentsMargins(1, 1, 1, 6)
        column.addLayout(head)
        column.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 14, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.summary)
        layout.addWidget(self.said)
        layout.addWidget(self.warning)
        layout.addWidget(self.drop)
        layout.addWidget(self.legend)
        layout.addLayout(self._plots, 3)
        layout.addWidget(lower, 2)
        layout.addStretch(0)
        self.setAccessibleName(self.tr("Comparison of potentials"))

    def _show_group(self) -> None:
        if self._evaluation is not None:
            columns = self._standings[self.group.value()]
            self.table.show_group(self._evaluation.judged, self._titles, columns)

    def _name_of(self, frame: int) -> str:
        if self._evaluation is None:
            return ""
        path, index, tag = self._evaluation.frames[frame]
        return self.tr("%s %d: click to open") % (tag or path.rpartition("/")[2], index)

    def _on_frame_chosen(self, frame: int) -> None:
        if self._evaluation is not None:
            path, index, _ = self._evaluation.frames[frame]
            self.frame_asked.emit(path, index)


def _group_text(group: str) -> str:
    if group == _ALL:
        return "All frames"
    kind, _, name = group.partition(" ")
    return f"Forces on {written(name)}" if kind == "element" else f"Tag {name}"


def headline(columns: Mapping[str, Column], titles: Sequence[str]) -> str:
    """Which is best in energies and in forces; those that are not told apart are equal."""
    told = {word: _leaders(columns[key], titles) for key, word in _LEADING}
    known = {word: names for word, names in told.items() if names}
    if not known:
        return "None of them could be judged on these frames."
    if len(titles) == 1:
        return f"{titles[0]} on these calculations"
    parts = [
        f"{listed(names)} {'is best' if len(names) == 1 else 'are equal'}"
        for names in known.values()
    ]
    if len(set(parts)) == 1:
        return f"{parts[0]} in {listed(list(known))}."
    return " ".join(f"{part} in {word}." for word, part in zip(known, parts, strict=True))


def _leaders(column: Column, titles: Sequence[str]) -> tuple[str, ...]:
    """Those that no other is told to be better than."""
    known = [place for place, value in enumerate(column.values) if value is not None]
    return tuple(titles[place] for place in known if not column.best or place in column.best)
