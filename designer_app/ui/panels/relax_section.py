"""Relax: the form, one button, and what came out."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.specs.relax import RelaxSpec
from designer_app.ui.forms import SpecForm
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.panels.potential_choice import PotentialChoice
from designer_app.ui.theme import Theme


class RelaxSection(QWidget):
    """Emits the `RelaxSpec` to run. The panel puts `button` and `outcome` into its foot."""

    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._is_busy = False
        self.potential = PotentialChoice(theme)
        self.form = SpecForm(RelaxSpec(), theme, leave_out=("potential", "model"))
        self.button = QPushButton(self.tr("Relax"))
        self._icon = ThemedIcon(self.button, "relax", theme, "accent_text")
        self.outcome = NoticeList(theme)
        self._build()
        self._connect()
        self._refresh()

    def set_document(self, document: Document | None) -> None:
        """Relax this."""
        self._document = document
        structure = document.structure() if document else None
        self.potential.set_document(document)
        self.show_outcome("")
        if structure is not None:
            keeps_cell = not all(structure.pbc) or structure.volume == 0
            self.form.set_spec(replace(self._shown(), fix_cell=keeps_cell))
        self._refresh()

    def set_busy(self, is_busy: bool) -> None:
        """While a job runs, the button waits."""
        self._is_busy = is_busy
        self._refresh()

    def show_outcome(self, text: str, kind: str = "ok") -> None:
        """One sentence of result."""
        self.outcome.set_notices(((kind, text, "", ""),) if text else ())

    def spec(self) -> RelaxSpec:
        """What the form says; the session puts in what is open, and opens the result."""
        found: RelaxSpec = self.form.spec()
        return replace(found, structures=(), **self.potential.values())

    def ask(self) -> None:
        """Press the button."""
        if self.button.isEnabled():
            self.asked.emit(self.spec())

    def _build(self) -> None:
        self.button.setProperty("role", "primary")
        self.button.setToolTip(
            self.tr("Move atoms and cell to the nearest minimum of energy (L-BFGS or FIRE)")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.potential)
        layout.addWidget(self.form)

    def _connect(self) -> None:
        self.button.clicked.connect(self.ask)
        self.form.edited.connect(self._refresh)
        self.potential.edited.connect(self._refresh)

    def _shown(self) -> RelaxSpec:
        try:
            return self.form.spec()
        except InvalidSpecError:
            return RelaxSpec()

    def _refresh(self) -> None:
        ready = self._document is not None and not self._document.is_disordered
        ready = ready and not self.form.problems() and self.potential.is_usable
        self.button.setEnabled(ready and not self._is_busy)
