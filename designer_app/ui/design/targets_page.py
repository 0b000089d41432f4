"""Targets: a row for each property that the purpose offers, and any other that is added."""

from collections import deque
from dataclasses import replace

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QPushButton, QVBoxLayout, QWidget

from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.own_heads import own_columns
from designer_app.io.property_distributions import distribution_of
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import PURPOSES, purpose_of
from designer_app.specs.design_targets import LEADING, OWN, PROPERTIES
from designer_app.specs.distributions import Distribution
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.target_checks import target_cautions
from designer_app.ui.design.target_row import TargetRow
from designer_app.ui.design.target_words import family_text
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label

_ADSORPTION = "adsorption_free_energy"


class TargetsPage(DesignPage):
    """The spec's targets are those of the rows that are on."""

    key = "targets"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.rows: dict[str, TargetRow] = {}
        """Those shown, by the key of their property."""
        self._made: dict[str, TargetRow] = {}
        """Also those of other purposes: made one a turn, before they are asked for."""
        self._unmade = deque(dict.fromkeys(key for each in PURPOSES for key in each.offered))
        self._turn = QTimer(self)
        self._turn.setInterval(1)
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self.add = QPushButton(self.tr("Another property..."))
        self._menu = QMenu(self.add)
        self._origin = label("", "small", wrap=True)
        self._build()
        self._menu.triggered.connect(self._on_property_chosen)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._turn.timeout.connect(self._on_turn)
        self._turn.start()

    def set_spec(self, spec: DesignSpec) -> None:
        """Rows for what the purpose offers and for what the spec asks."""
        super().set_spec(spec)
        try:
            targets = {each.key: each for each in spec.wanted()}
        except InvalidSpecError:  # `problems` tells, with the way out
            targets = {}
        learned = (OWN + name for name, _ in self._learned())
        offered = (*learned, *purpose_of(spec).offered)
        wanted = [*offered, *(key for key in targets if key not in offered)]
        self._offer(wanted)
        for key, each in self.rows.items():
            each.set_known(self._known(key))
            each.set_target(targets.get(key))
        if _ADSORPTION in self.rows:
            adsorbed = LEADING.get(spec.reaction, "")
            self.rows[_ADSORPTION].set_note(self.tr("of %s on the surface") % adsorbed)
        self._tell_origin()
        self.refresh()

    def problems(self) -> tuple[Caution, ...]:
        """What cannot be read, contradicts, or is beyond the data."""
        for each in self.rows.values():
            if problem := each.problem():
                title = each.switch.text()
                return (Caution(f"{title}: {problem}.", stops=True),)
        if not any(each.is_on for each in self.rows.values()):
            usual = purpose_of(self._spec).targets
            text = self.tr("Nothing is asked for.")
            button = self.tr("Take the usual targets")
            return (Caution(text, button, (("targets", usual),), stops=True),)
        return target_cautions(self._spec, self._known)

    def add_property(self, key: str) -> None:
        """A row for another property, switched on."""
        if key not in self.rows:
            self._offer([*self.rows, key])
            self.rows[key].set_known(self._known(key))
        made = self.rows[key]
        if not made.is_on:
            made.switch.click()
        made.low.setFocus()

    # --- layout ---

    def _build(self) -> None:
        frame = self.frame(
            self.tr("What must it be able to do?"),
            self.tr("Behind each slider lie the known materials: the further out a target, the "
                    "fewer there are to learn from, and the less often it holds."),
        )  # fmt: skip
        frame.body.addLayout(self._column)
        self.add.setMenu(self._menu)
        self.add.setToolTip(self.tr("Any other property that can be predicted, or your own"))
        frame.body.addLayout(row(self.add, None))
        frame.body.addWidget(self._origin)
        frame.body.addStretch(1)

    def _offer(self, wanted: list[str]) -> None:
        """Rows that were made once are kept for when they are wanted again."""
        if list(self.rows) == wanted:
            return
        for key, each in self.rows.items():
            if key not in wanted:
                each.hide()
        self.rows = {key: self._row(key) for key in wanted}
        previous: QWidget | None = None
        for place, each in enumerate(self.rows.values()):
            self._column.insertWidget(place, each)
            each.show()
            if previous is not None:
                self.setTabOrder(previous, each.switch)
            previous = each.slider

    def _row(self, key: str) -> TargetRow:
        if key not in self._made:
            self._made[key] = TargetRow(key, self.theme)
            self._made[key].edited.connect(self._on_edited)
        return self._made[key]

    def _on_turn(self) -> None:
        while self._unmade:
            key = self._unmade.popleft()
            if key not in self._made:
                self._row(key)
                return
        self._turn.stop()

    def _known(self, key: str) -> Distribution | None:
        ion = self._spec.ion if self._spec.has_ion else ""
        if self._spec.purpose == "catalyst":
            ion = self._spec.reaction
        return distribution_of(key, self._spec.purpose, ion)

    def _tell_origin(self) -> None:
        told: dict[str, list[str]] = {}
        for key, each in self.rows.items():
            known = self._known(key)
            if known is not None:
                told.setdefault(known.origin, []).append(each.switch.text().lower())
        said = "; ".join(f"{', '.join(names)}: {origin}" for origin, names in told.items())
        said = said[:1].upper() + said[1:]
        kind = family_text(self._spec.purpose)
        self._origin.setText(self.tr("Measured against %s. %s") % (kind, said) if said else "")

    # --- how it follows ---

    def _on_edited(self) -> None:
        on = [each for each in self.rows.values() if each.is_on]
        if on and not any(each.problem() for each in on):
            targets = (each.target() for each in on)
            texts = tuple(each.text() for each in targets if each is not None)
            self.edit(replace(self._spec, targets=texts))
        else:
            self.refresh()

    def _fill_menu(self) -> None:
        self._menu.clear()
        for key, about in PROPERTIES.items():
            if key not in self.rows:
                action = self._menu.addAction(about.title)
                action.setData(key)
                action.setToolTip(about.doc)
        self._menu.addSeparator()
        for name, _ in self._learned():
            if OWN + name not in self.rows:
                self._menu.addAction(name).setData(OWN + name)
        self._menu.addAction(self.tr("Your own property...")).setData(OWN)

    def _learned(self) -> tuple[tuple[str, str], ...]:
        """Own properties that the heads of the spec know."""
        try:
            return () if self._spec.heads is None else own_columns(self._spec.heads)
        except FileUnreadableError:
            return ()  # the first page stops at it

    def _on_property_chosen(self, action: QAction) -> None:
        key = str(action.data())
        if key == OWN:
            name, is_given = QInputDialog.getText(
                self,
                self.tr("Your own property"),
                self.tr("Name of the column that the heads were trained on:"),
            )
            if not is_given or not name.strip():
                return
            key = OWN + "_".join(name.split())
        self.add_property(key)
