"""What for? A card with a drawing for each purpose; below, what will be predicted, how well."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.errors import FileUnreadableError
from designer_app.io.formulas import with_subscripts_in
from designer_app.io.own_heads import own_columns
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import PURPOSES, Purpose, applied, purpose_of
from designer_app.specs.design_targets import targets_from
from designer_app.specs.fields import about, spec_fields
from designer_app.ui.design.drawings import drawing_pixmap
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.purpose_card import PurposeCard
from designer_app.ui.design.target_words import target_text
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, Tokens, label

_COLUMNS = 7
_LINES = (
    (("BATTERY MATERIALS", ("cathode", "anode", "electrolyte")),),
    (("CATALYSTS", ("catalyst",)), ("YOUR OWN", ("own",))),
)
"""Groups side by side: (heading, values of `DesignSpec.purpose`)."""
_SCALE = 1.5


class PurposePage(DesignPage):
    """Choosing a card sets the purpose and its usual targets."""

    key = "purpose"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._said = {each.name: about(each) for each, _, _ in spec_fields(DesignSpec)}
        self.cards = {each.key: PurposeCard(each, theme) for each in PURPOSES}
        self._group = QButtonGroup(self)
        self._drawing = QLabel()
        self._title = label("", "title")
        self._doc = label("", wrap=True)
        self._start = label("", "muted", wrap=True)
        self.ion = ChoiceEditor(self._said["ion"].choices)
        self._ion_label = label(self._said["ion"].label, "muted")
        self._own = label("", "muted", wrap=True)
        self.heads = QPushButton(self.tr("Folder of trained heads..."))
        self.heads.setToolTip(self._said["heads"].doc)
        self._build()
        self._group.buttonClicked.connect(self._on_card_chosen)
        self.ion.edited.connect(self._on_ion_chosen)
        self.heads.clicked.connect(self._on_heads_asked)
        self.follow_theme()
        self.set_spec(self._spec)

    def set_spec(self, spec: DesignSpec) -> None:
        """Mark the card of a spec."""
        super().set_spec(spec)
        self._tell()

    def purpose(self) -> Purpose:
        """The card that is chosen."""
        return purpose_of(self._spec)

    def problems(self) -> tuple[Caution, ...]:
        """A folder that holds no heads of one's own."""
        folder = self._spec.heads
        if folder is None:
            return ()
        try:
            learned = own_columns(folder)
        except FileUnreadableError as error:
            text = self.tr("“%s” holds no property heads: %s.") % (folder.name, error.reason)
        else:
            text = self.tr("The heads in “%s” have learned no column of your own.") % folder.name
            if learned:
                return ()
        return (Caution(text, self.tr("Take the shipped heads"), (("heads", None),), stops=True),)

    def set_theme(self, tokens: Tokens) -> None:
        """The drawing in the theme's colours."""
        ratio = self.devicePixelRatioF()
        self._drawing.setPixmap(drawing_pixmap(self.purpose().key, tokens, ratio, _SCALE))

    # --- layout ---

    def _build(self) -> None:
        frame = self.frame(
            self.tr("What is the material for?"),
            self.tr("The purpose sets what is predicted, which targets are usual and how the "
                    "best candidates are verified. All of it can be changed on the next pages."),
        )  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        for line, groups in enumerate(_LINES):
            column = 0
            for heading, uses in groups:
                grouped = [each for each in PURPOSES if dict(each.changes)["purpose"] in uses]
                said = label(self.tr(heading), "section")
                grid.addWidget(said, 2 * line, column, 1, len(grouped))
                for place, purpose in enumerate(grouped, start=column):
                    grid.addWidget(self.cards[purpose.key], 2 * line + 1, place)
                column += len(grouped)
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)
        for card in self.cards.values():
            self._group.addButton(card)
        frame.body.addLayout(grid)
        frame.body.addSpacing(4)
        frame.body.addWidget(self._detail())
        frame.body.addStretch(1)
        self.ion.setAccessibleName(self._said["ion"].label)
        self.ion.setToolTip(self._said["ion"].doc)
        self.ion.setFixedWidth(96)

    def _detail(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._title)
        words.addWidget(self._doc)
        words.addWidget(self._start)
        words.addWidget(self._own)
        words.addLayout(row(self.heads, None))
        words.addLayout(row(self._ion_label, self.ion, None))
        words.addStretch(1)
        layout = QHBoxLayout(card)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(20)
        layout.addWidget(self._drawing, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        return card

    # --- how it follows ---

    def _tell(self) -> None:
        purpose = self.purpose()
        self.cards[purpose.key].setChecked(True)
        self._title.setText(with_subscripts_in(self.tr(purpose.title)))
        self._doc.setText(with_subscripts_in(self.tr(purpose.doc)))
        wanted = "; ".join(
            target_text(each)[:1].lower() + target_text(each)[1:]
            for each in targets_from(purpose.targets)
        )
        self._start.setText(self.tr("Starts from: %s.") % wanted)
        # Anodes and electrolytes have one card for all ions; cathodes a card each.
        is_open = self._spec.purpose in ("anode", "electrolyte")
        for widget in (self._ion_label, self.ion):
            widget.setVisible(is_open)
        self.ion.set_value(self._spec.ion)
        for widget in (self._own, self.heads):
            widget.setVisible(self._spec.purpose == "own")
        self._own.setText(self._own_words())
        self.set_theme(self.theme.tokens)

    def _own_words(self) -> str:
        folder = self._spec.heads
        if folder is None:
            return self.tr(
                "Take the folder of the trained heads here: the next page then offers what they "
                "learned as a target."
            )
        try:
            learned = [f"{name} ({unit})" if unit else name for name, unit in own_columns(folder)]
        except FileUnreadableError:
            return ""  # the problem below tells
        return self.tr("“%s” has learned: %s.") % (folder.name, ", ".join(learned))

    def _on_heads_asked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("A folder of property heads"))
        if chosen:
            self.edit(replace(self._spec, heads=Path(chosen)))
            self._tell()

    def _on_card_chosen(self, card: PurposeCard) -> None:
        purpose = card.purpose
        if purpose == self.purpose():
            return
        plain = replace(self._spec, charge=DesignSpec.charge)
        spec = applied(purpose, plain)
        self.set_spec(spec)
        self.spec_changed.emit(spec)
        self.refresh()

    def _on_ion_chosen(self) -> None:
        self.edit(replace(self._spec, ion=self.ion.value()))
        self._tell()
