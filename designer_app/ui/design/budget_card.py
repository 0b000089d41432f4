"""A size of the search as a card: how long here, and how deep candidates are judged."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QRadioButton, QVBoxLayout, QWidget

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import expected_seconds
from designer_app.specs.presets import Preset, applied
from designer_app.ui.theme import label, set_role
from designer_app.ui.wording import duration, with_spaces


class BudgetCard(QFrame):
    """The whole card can be clicked; the radio button is its keyboard path."""

    chosen = Signal(str)

    def __init__(self, budget: Preset, group: QButtonGroup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.budget = budget
        self.radio = QRadioButton(self.tr(budget.title))
        self._time = label("", "title")
        self._facts = label("", wrap=True)
        group.addButton(self.radio)
        self._build()
        self.radio.clicked.connect(self._on_chosen)

    def show_spec(self, spec: DesignSpec, cores: int, *, is_chosen: bool) -> None:
        """What this size would mean for a spec."""
        sized = applied(self.budget, spec)
        seconds = expected_seconds(sized, cores)
        self._time.setText(self.tr("about %s here") % duration(seconds))
        facts = [
            self.tr("%s starting points, %d steps") % (with_spaces(sized.seeds), sized.steps),
            self.tr("%s relaxed and placed on the hull") % with_spaces(sized.relax_best),
            self.tr("%d computed by physics") % sized.physics_best,
            self.tr("%d recomputed from shaken supercells") % sized.check_best,
            self.tr("learns from its own failures") if sized.learn else self.tr("does not learn"),
            self.tr("shortlist of %d") % sized.n,
        ]
        self._facts.setText("\n".join(f"\N{EN DASH} {fact}" for fact in facts))
        self.radio.setChecked(is_chosen)
        self.radio.setAccessibleDescription(f"{self._time.text()}. {self.budget.doc}")
        set_role(self, "chosen-card" if is_chosen else "card")

    def _build(self) -> None:
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr(self.budget.doc))
        self.radio.setProperty("role", "title")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(6)
        column.addWidget(self.radio)
        column.addWidget(self._time)
        column.addSpacing(4)
        column.addWidget(self._facts)
        column.addStretch(1)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Anywhere on the card."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.radio.setFocus()
            self.radio.click()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return chooses, as space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.radio.hasFocus():
            self.radio.click()
        else:
            super().keyPressEvent(event)

    def _on_chosen(self) -> None:
        self.chosen.emit(self.budget.key)
