"""The right panel of a comparison: which potentials, which frames, one button."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.potential_cards import PotentialCard
from designer_app.specs.evaluate import EvaluateSpec
from designer_app.ui.editors import SwitchEditor
from designer_app.ui.forms import SpecForm
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import MARGIN, WIDTH, PanelPage, line, row
from designer_app.ui.plots.parity_plot import SYMBOLS
from designer_app.ui.potentials.label_sections import clear
from designer_app.ui.potentials.offers import Offer
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import listed

_OURS = ("data", "potentials", "mapping", "tags")
_BOX = 40
"""Pixels of a check box and of what is around it."""
_MOST_FRAMES = 200
"""Enough for a first look; 0 in the form takes all."""


class ComparePanel(PanelPage):
    """Emits the `EvaluateSpec` to run."""

    run_asked = Signal(object)
    stop_asked = Signal()
    files_asked = Signal()
    data_chosen = Signal(object, object)
    """(files, mapping) that will be judged on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Compare"), parent)
        self._paths: tuple[Path, ...] = ()
        self._mapping: tuple[str, ...] = ()
        self._is_running = False
        self.boxes: dict[str, SwitchEditor] = {}
        self._offers: dict[str, Offer] = {}
        self._elements: tuple[str, ...] = ()
        """Of the data; empty while they are not known."""
        self._places = QVBoxLayout()
        self._places.setSpacing(6)
        self._files = label("", wrap=True)
        self.files = QPushButton(self.tr("Choose files..."))
        empty = EvaluateSpec(data=(), potentials=(), most_frames=_MOST_FRAMES)
        self.form = SpecForm(empty, theme, leave_out=_OURS)
        self.outlook = label("", "muted", wrap=True)
        self.run = QPushButton(self.tr("Compare"))
        self.stop = QPushButton(self.tr("Stop"))
        self._icons = (
            ThemedIcon(self.files, "open", theme),
            ThemedIcon(self.run, "compare", theme, "accent_text"),
            ThemedIcon(self.stop, "stop", theme),
        )
        self._build()
        self.files.clicked.connect(self.files_asked)
        self.form.edited.connect(self._refresh)
        self.run.clicked.connect(self.ask_run)
        self.stop.clicked.connect(self.stop_asked)
        self._refresh()

    def set_offers(self, offers: Sequence[Offer]) -> None:
        """The potentials there are; those that are chosen stay."""
        chosen = self.chosen()
        clear(self._places)
        self.boxes, self._offers = {}, {each.name: each for each in offers}
        missing = {each.name: self._missing(each) for each in offers}
        fitting = [each for each in offers if not missing[each.name]]
        if self._elements:  # what only its model can tell stands behind what is known
            fitting.sort(key=lambda each: not each.elements)
        for each in fitting:
            self._add_box(each, is_chosen=each.name in chosen)
        lacking = [each for each in offers if missing[each.name]]
        if lacking:
            said = self.tr("Not for these data, which have %s:") % ", ".join(self._elements)
            self._places.addWidget(label(said, "small", wrap=True))
        for each in lacking:
            reason = self.tr("It does not know %s") % listed(missing[each.name])
            self._add_box(each, reason=reason)
        self._refresh()

    def set_elements(self, elements: Sequence[str]) -> None:
        """What the data are made of: potentials that know it first, the others grey."""
        self._elements = tuple(elements)
        self.set_offers(list(self._offers.values()))

    def _missing(self, offer: Offer) -> list[str]:
        known = offer.elements  # none where only the model can tell
        return [each for each in self._elements if each not in known] if known else []

    def _add_box(self, offer: Offer, *, is_chosen: bool = False, reason: str = "") -> None:
        room = WIDTH - 2 * MARGIN - _BOX
        cut = self.fontMetrics().elidedText(offer.title, Qt.TextElideMode.ElideRight, room)
        box = SwitchEditor(cut)
        box.setAccessibleName(offer.title)
        box.setAccessibleDescription(reason)
        box.setToolTip("\n".join((offer.title, reason or offer.summary)))
        box.setChecked(is_chosen)
        box.setEnabled(not reason)
        box.edited.connect(self._refresh)
        self.boxes[offer.name] = box
        self._places.addWidget(box)

    def choose(self, names: Sequence[str]) -> None:
        """Tick these besides those that are."""
        for name in names:
            if name in self.boxes and self.boxes[name].isEnabled():
                self.boxes[name].setChecked(True)
        self._refresh()

    def chosen(self) -> tuple[str, ...]:
        """Names of those that are ticked."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def title_of(self, name: str, otherwise: str) -> str:
        """The title of a potential of this name, where it is offered."""
        return self._offers[name].title if name in self._offers else otherwise

    def card_of(self, name: str) -> PotentialCard | None:
        """The card of a potential of this name, where it is a trained one."""
        return self._offers[name].card if name in self._offers else None

    def set_data(self, paths: Sequence[Path], mapping: Sequence[str] = ()) -> None:
        """Judge on these files."""
        self._paths, self._mapping = tuple(paths), tuple(mapping)
        self.set_elements(())
        self.data_chosen.emit(self._paths, self._mapping)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files."""
        return self._paths

    def spec(self) -> EvaluateSpec:
        """What to judge; raises `InvalidSpecError`."""
        shown: EvaluateSpec = self.form.spec()
        return replace(
            shown, data=self._paths, potentials=self.chosen(), mapping=self._mapping, tags=()
        )

    def set_running(self, *, is_running: bool) -> None:
        """Whether a comparison is on its way."""
        self._is_running = is_running
        self._refresh()

    def ask_run(self) -> None:
        """Press the button, where it can be pressed."""
        if self.run.isEnabled() and not self.run.isHidden():
            self.run_asked.emit(self.spec())

    def _build(self) -> None:
        self.body.addWidget(label(self.tr("POTENTIALS"), "section"))
        self.body.addLayout(self._places)
        self.body.addWidget(line())
        self.body.addWidget(label(self.tr("ON THESE CALCULATIONS"), "section"))
        self.body.addWidget(self._files)
        self.body.addLayout(row(self.files, None))
        self.body.addWidget(line())
        self.body.addWidget(self.form)
        self.body.addStretch(1)
        self.run.setProperty("role", "primary")
        self.run.setToolTip(self.tr("Judge them on the same frames (Ctrl+Enter)"))
        for widget in (self.outlook, self.run, self.stop):
            self.foot.addWidget(widget)

    def _refresh(self) -> None:
        names = [path.name for path in self._paths]
        self._files.setText("\n".join(names) or self.tr("Drop a file with energies and forces."))
        try:
            self.form.spec()
        except InvalidSpecError:
            told = self.tr("A setting above needs a correction.")
        else:
            told = ""
        n = len(self.chosen())
        if not self._paths:
            told = self.tr("Choose a file of reference calculations.")
        elif not n:
            told = self.tr("Tick at least one potential.")
        elif n > len(SYMBOLS):
            told = self.tr("The plots show the first %d; the table has all.") % len(SYMBOLS)
        self.outlook.setText(told)
        self.outlook.setVisible(bool(told) and not self._is_running)
        ready = bool(self._paths) and n > 0 and not self.form.problems()
        self.run.setEnabled(ready and not self._is_running)
        self.run.setVisible(not self._is_running)
        self.stop.setVisible(self._is_running)
