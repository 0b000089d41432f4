"""Where candidates come from: what is open, files, folders; and what is made of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QToolButton, QVBoxLayout, QWidget

from designer_app.io.documents import Document
from designer_app.io.formulas import with_subscripts
from designer_app.specs.fields import about, spec_fields
from designer_app.specs.screen import ScreenSpec
from designer_app.ui.editors import ChoiceEditor, SwitchEditor
from designer_app.ui.forms import LABEL_WIDTH
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.number_editor import NumberEditor
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import with_spaces

EDITED = ("make", "n_candidates")
"""Fields of the spec that this section holds."""
GIVEN, PROTOTYPES = "given", "prototypes"
_FILES = "*.cif *.vasp *.poscar POSCAR* CONTCAR* *.xyz *.extxyz *.json *.xsf *.res *.gen"
_WORDS = {
    "given": "They are screened as they are.",
    "substitute": "Elements are replaced by those that known crystals show in their place.",
    "exchange": "The working ion is replaced by others: Li, Na, K, Mg, Ca, Zn.",
    "prototypes": "The elements that rules allow are put into known structures.",
}


class Sources(QWidget):
    """The open structure, files, and the way candidates are made."""

    edited = Signal()
    files_asked = Signal(object)
    """`Path`s of files and folders to look through."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._files: tuple[Path, ...] = ()
        said = {each.name: (about(each), hint) for each, _, hint in spec_fields(ScreenSpec)}
        self.make = ChoiceEditor(said["make"][0].choices)
        self.count = NumberEditor("n_candidates", *said["n_candidates"])
        self.open = SwitchEditor("")
        self._file_line = label("", "")
        self._drop_files = QToolButton()
        self._drop_icon = ThemedIcon(self._drop_files, "close", theme, "muted")
        self._add_files = QPushButton(self.tr("Add files..."))
        self._add_folder = QPushButton(self.tr("Add a folder..."))
        self._words = label("", "small", wrap=True)
        self._count_label = label(said["n_candidates"][0].label, "muted")
        self._build(said["make"][0].doc, said["n_candidates"][0].doc)
        self._connect()
        self._refresh()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are screened."""
        return self._files

    @property
    def has_any(self) -> bool:
        """Whether there is something to start from."""
        return bool(self._files) or self._uses_open() or self.make.value() == PROTOTYPES

    def set_document(self, document: Document | None) -> None:
        """What is open may be a candidate, or what candidates are made from."""
        self._document = document
        self.open.set_value(document is not None)
        if document is not None and not self._files and self.make.value() == GIVEN:
            self.make.set_value("substitute")
        self._refresh()

    def set_files(self, files: Sequence[Path]) -> None:
        """Screen these; what is open was only looked at."""
        self._files = tuple(dict.fromkeys(files))
        if files:
            self.open.set_value(value=False)
            self.make.set_value(GIVEN)
        self._refresh()

    def set_way(self, make: str) -> None:
        """Choose how candidates are made."""
        self.make.set_value(make)
        self._refresh()

    def into(self, spec: ScreenSpec) -> ScreenSpec:
        """The spec with these candidates; raises `InvalidSpecError`."""
        structures = ()
        if self._uses_open() and self._document is not None:
            structures = (self._document.structure(),)
        n = self.count.value()
        return replace(
            spec,
            make=self.make.value(),
            n_candidates=spec.n_candidates if n is None else int(n),
            structures=structures,
            paths=tuple(str(path) for path in self._files),
        )

    def show_spec(self, spec: ScreenSpec) -> None:
        """The way and number of a spec."""
        self.make.set_value(spec.make)
        self.count.set_value(spec.n_candidates)
        self._refresh()

    def title(self) -> str:
        """What is screened, for a run's title."""
        names = []
        if self._uses_open() and self._document is not None:
            names.append(self._document.name)
        if self._files:
            many = len(self._files)
            names.append(self._files[0].stem if many == 1 else self.tr("%d files") % many)
        return ", ".join(names)

    def _build(self, make_doc: str, count_doc: str) -> None:
        self.make.setToolTip(make_doc)
        self.make.setAccessibleName(self.tr("How candidates are made"))
        self.count.setToolTip(count_doc)
        self.count.setAccessibleName(self._count_label.text())
        self._count_label.setFixedWidth(LABEL_WIDTH)
        self.open.setToolTip(self.tr("The structure that is open in the window"))
        self._drop_files.setToolTip(self.tr("Screen no files"))
        self._drop_files.setAccessibleName(self._drop_files.toolTip())
        self._add_files.setToolTip(self.tr("CIF, POSCAR and all that ASE reads; or drop them"))
        self._add_folder.setToolTip(self.tr("All structure files in it and below"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.open)
        layout.addLayout(row(self._file_line, None, self._drop_files))
        buttons = row(spacing=6)
        buttons.addWidget(self._add_files, 1)
        buttons.addWidget(self._add_folder, 1)
        layout.addLayout(buttons)
        layout.addWidget(self.make)
        layout.addWidget(self._words)
        count = row(self._count_label)
        count.addWidget(self.count, 1)
        layout.addLayout(count)
        self.count.set_value(ScreenSpec().n_candidates)

    def _connect(self) -> None:
        self.make.edited.connect(self._on_edited)
        self.count.edited.connect(self._on_edited)
        self.open.edited.connect(self._on_edited)
        self._drop_files.clicked.connect(self._on_files_dropped)
        self._add_files.clicked.connect(self.ask_files)
        self._add_folder.clicked.connect(self._on_add_folder)

    def _uses_open(self) -> bool:
        return self._document is not None and self.open.value()

    def _refresh(self) -> None:
        document = self._document
        self.open.setVisible(document is not None)
        if document is not None:
            self.open.setText(self.tr("%s, which is open") % with_subscripts(document.name))
        many = with_spaces(len(self._files))
        self._file_line.setText(self.tr("%s files") % many if self._files else "")
        if len(self._files) == 1:
            self._file_line.setText(self._files[0].name)
        self._file_line.setVisible(bool(self._files))
        self._drop_files.setVisible(bool(self._files))
        is_made = self.make.value() != GIVEN
        self._count_label.setVisible(is_made)
        self.count.setVisible(is_made)
        self._words.setText(self.tr(_WORDS[self.make.value()]))

    def _on_edited(self) -> None:
        self._refresh()
        self.edited.emit()

    def _on_files_dropped(self) -> None:
        self._files = ()
        self.open.set_value(self._document is not None)
        self._on_edited()

    def ask_files(self) -> None:
        """Ask for files in a dialog."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Structures to screen"),
            "",
            f"{self.tr('Structures')} ({_FILES});;{self.tr('All files')} (*)",
        )
        if chosen:
            self.files_asked.emit([Path(each) for each in chosen])

    def _on_add_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("A folder of structures"))
        if chosen:
            self.files_asked.emit([Path(chosen)])
