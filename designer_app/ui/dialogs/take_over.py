"""What the file of another program's weights does not tell: elements, unit, cutoff."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.io.model_files import ModelFile
from designer_app.specs.convert import ConvertSpec
from designer_app.ui.forms import SpecForm
from designer_app.ui.theme import Theme, label


class TakeOverDialog(QDialog):
    """A form of `ConvertSpec`; emits the spec when it is confirmed."""

    asked = Signal(object)

    def __init__(
        self, file: ModelFile, spec: ConvertSpec, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.form = SpecForm(spec, theme, leave_out=("path", "out"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.take = QPushButton(self.tr("Take over"))
        self._build(file)
        self.form.edited.connect(self._on_edited)
        self.cancel.clicked.connect(self.reject)
        self.take.clicked.connect(self._on_take)
        self._on_edited()

    def _build(self, file: ModelFile) -> None:
        self.setWindowTitle(self.tr("Take over weights"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        said = self.tr("%s holds %s. Its numbers are read as data; nothing in it is run.")
        told = label(said % (file.path.name, file.words), "muted", wrap=True)
        told.setTextFormat(Qt.TextFormat.PlainText)
        told.setMinimumWidth(380)
        self.take.setProperty("role", "primary")
        self.take.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("Take over weights"), "title"))
        layout.addWidget(told)
        layout.addWidget(self.form)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.take)
        layout.addLayout(buttons)

    def _on_edited(self) -> None:
        is_whole = not self.form.problems() and bool(self.form.spec().elements)
        self.take.setEnabled(is_whole)
        self.take.setToolTip("" if is_whole else self.tr("Name the elements that it learned"))

    def _on_take(self) -> None:
        self.asked.emit(self.form.spec())
        self.accept()
