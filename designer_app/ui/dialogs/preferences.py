"""Preferences: the table of settings as a form; each change is kept as it is made."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QScrollArea, QVBoxLayout, QWidget

from designer_app.ui.forms import SpecForm
from designer_app.ui.theme import Theme, label

if TYPE_CHECKING:
    from designer_app.session.preferences import PreferenceStore

_WITHOUT_EFFECT = ("language",)
"""Shown when there are translations to choose from."""


class PreferencesDialog(QDialog):
    """Shows a `PreferenceStore` and writes to it."""

    def __init__(
        self, store: "PreferenceStore", theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._store = store
        self.form = SpecForm(store.values, theme, leave_out=_WITHOUT_EFFECT)
        self.form.unfold()  # there is room
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.RestoreDefaults | QDialogButtonBox.StandardButton.Close
        )
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Preferences"))
        self.resize(460, 520)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.form)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(label(self.tr("Preferences"), "display"))
        layout.addWidget(scroll, 1)
        said = self.tr("Changes count at once; threads, memory and Python with the next run.")
        layout.addWidget(label(said, "small"))
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        self.form.edited.connect(self._on_edited)
        self._buttons.rejected.connect(self.reject)
        restore = self._buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
        restore.clicked.connect(self._on_restore)

    def _on_edited(self) -> None:
        if not self.form.problems():
            self._store.replace(self.form.spec())

    def _on_restore(self) -> None:
        self._store.replace(type(self._store.values)())
        self.form.set_spec(self._store.values)
