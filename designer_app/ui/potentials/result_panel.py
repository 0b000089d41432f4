"""The right panel of a trained potential: can it be trusted, and what to do with it now."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.io.formulas import written_in
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import PanelPage, line, row
from designer_app.ui.potentials.next_steps import CHECK, COMPARE, TUNE, USE, next_steps
from designer_app.ui.potentials.offers import Offer, elements_text
from designer_app.ui.theme import Theme, label, set_role
from designer_app.ui.trust_light import TrustLight


class ResultPanel(PanelPage):
    """One primary button: the first of the `next_steps`, as in the library."""

    asked = Signal(str)
    """use, compare or tune."""
    health_asked = Signal()
    copy_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Trained potential"), parent)
        self._offer: Offer | None = None
        self._is_checking = False
        self.title = label("", "title", wrap=True)
        self.light = TrustLight(theme)
        self._elements = label("", "muted", wrap=True)
        self._reasons = label("", wrap=True)
        self.opens = label("", "muted", wrap=True)
        self.health = QPushButton(self.tr("Check health"))
        self.run = QPushButton(self.tr("Run MD with it"))
        self.compare = QPushButton(self.tr("Compare"))
        self.copy = QPushButton(self.tr("Save a copy..."))
        self.further = QPushButton(self.tr("Train again..."))
        self._icons = {
            button: ThemedIcon(button, name, theme)
            for button, name in (
                (self.health, "check"),
                (self.run, "dynamics"),
                (self.compare, "compare"),
                (self.copy, "save"),
                (self.further, "train"),
            )
        }
        self._steps = {
            CHECK: self.health,
            USE: self.run,
            COMPARE: self.compare,
            TUNE: self.further,
        }
        self._buttons = QGridLayout()
        self._advice = QWidget()
        self._build()
        for key, button in self._steps.items():
            button.setProperty("asks", key)
            is_check = key == CHECK
            button.clicked.connect(self.health_asked if is_check else self._on_clicked)
        self.copy.clicked.connect(self.copy_asked)

    def show_offer(self, offer: Offer) -> None:
        """Show a trained potential."""
        self._offer = offer
        self.title.setText(written_in(offer.title))
        self._elements.setText(self.tr("Learned %s") % elements_text(offer.elements))
        self._judge()

    def set_opens(self, told: str) -> None:
        """Which structure a run would begin with."""
        self.opens.setText(told)
        self.opens.setVisible(bool(told))

    def set_checking(self, *, is_checking: bool) -> None:
        """Whether the health check is on its way."""
        self._is_checking = is_checking
        self._judge()

    @property
    def primary(self) -> QPushButton:
        """The next step."""
        if self._offer is None or self._is_checking:
            return self.health
        return self._steps[next_steps(self._offer)[0]]

    def ask_run(self) -> None:
        """Press the primary button."""
        self.primary.click()

    def _judge(self) -> None:
        if self._offer is None:
            return
        verdict = self._offer.verdict(None)
        self.light.set_verdict(verdict)
        self._reasons.setText("\n".join(verdict.reasons))
        was_checked = self._offer.card is not None and bool(self._offer.card.health)
        again = self.tr("Check health again") if was_checked else self.tr("Check health")
        self.health.setEnabled(not self._is_checking)
        self.health.setText(self.tr("Checking...") if self._is_checking else again)
        self._advice.setVisible(not was_checked)
        self._place_buttons()

    def _place_buttons(self) -> None:
        """The primary one above the others, which keep their order."""
        primary = self.primary
        others = [each for each in (*self._steps.values(), self.copy) if each is not primary]
        self._buttons.addWidget(primary, 0, 0, 1, 2)
        for place, button in enumerate(others):
            self._buttons.addWidget(button, 1 + place // 2, place % 2)
        for button, icon in self._icons.items():
            set_role(button, "primary" if button is primary else "")
            icon.set_role("accent_text" if button is primary else "text")

    def _build(self) -> None:
        head = row(spacing=8)
        head.addWidget(self.title, 1)
        head.addWidget(self.light)
        self.body.addLayout(head)
        self.body.addWidget(self._elements)
        self.body.addWidget(self._reasons)
        advice = QVBoxLayout(self._advice)
        advice.setContentsMargins(0, 0, 0, 0)
        advice.setSpacing(12)
        advice.addWidget(line())
        advice.addWidget(label(self.tr("BEFORE YOU TRUST IT"), "section"))
        advice.addWidget(
            label(
                self.tr(
                    "Small errors on kept-back frames are not enough: a potential must also hold "
                    "a crystal together, keep its energy in a long run and push atoms apart."
                ),
                "muted",
                wrap=True,
            )
        )
        self.body.addWidget(self._advice)
        self.body.addStretch(1)
        self.run.setToolTip(self.tr("Dynamics, with this potential chosen (Ctrl+Enter)"))
        self.further.setToolTip(
            self.tr("Back to its data and settings: add calculations, or give it more time")
        )
        self.copy.setToolTip(self.tr("Weights and card into a folder of their own"))
        self.health.setToolTip(self.tr("Five checks; large structures take longer"))
        self._buttons.setSpacing(6)
        self.foot.addWidget(self.opens)
        self.foot.addLayout(self._buttons)
        self._place_buttons()

    def _on_clicked(self) -> None:
        self.asked.emit(self.sender().property("asks"))
