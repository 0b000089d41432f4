"""The right panel of a trained potential: can it be trusted, and what to do with it now."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.io.formulas import written_in
from designer_app.specs.structure import Structure
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.panels.section import PanelPage, line, row
from designer_app.ui.potentials.offers import Offer, elements_text
from designer_app.ui.potentials.potential_card import COMPARE, TUNE, USE
from designer_app.ui.theme import Theme, label
from designer_app.ui.trust_light import TrustLight


class ResultPanel(PanelPage):
    """One primary button: run it."""

    asked = Signal(str)
    """use, compare or tune."""
    health_asked = Signal()
    copy_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Trained potential"), parent)
        self._offer: Offer | None = None
        self._structure: Structure | None = None
        self.title = label("", "title", wrap=True)
        self.light = TrustLight(theme)
        self._elements = label("", "muted", wrap=True)
        self._reasons = label("", wrap=True)
        self.notices = NoticeList(theme)
        self.health = QPushButton(self.tr("Check health"))
        self.run = QPushButton(self.tr("Run MD with it"))
        self.compare = QPushButton(self.tr("Compare"))
        self.copy = QPushButton(self.tr("Save a copy..."))
        self.further = QPushButton(self.tr("Train again..."))
        self._icons = (
            ThemedIcon(self.health, "check", theme),
            ThemedIcon(self.run, "dynamics", theme, "accent_text"),
            ThemedIcon(self.compare, "compare", theme),
            ThemedIcon(self.copy, "save", theme),
            ThemedIcon(self.further, "train", theme),
        )
        self._build()
        for button, key in ((self.run, USE), (self.compare, COMPARE), (self.further, TUNE)):
            button.setProperty("asks", key)
            button.clicked.connect(self._on_clicked)
        self.health.clicked.connect(self.health_asked)
        self.copy.clicked.connect(self.copy_asked)

    def show_offer(self, offer: Offer) -> None:
        """Show a trained potential."""
        self._offer = offer
        self.title.setText(written_in(offer.title))
        self._elements.setText(self.tr("Learned %s") % elements_text(offer.elements))
        self._judge()

    def set_structure(self, structure: Structure | None) -> None:
        """Judge it by what is open."""
        self._structure = structure
        self._judge()

    def set_checking(self, *, is_checking: bool) -> None:
        """Whether the health check is on its way."""
        self.health.setEnabled(not is_checking)
        self.health.setText(self.tr("Checking...") if is_checking else self.tr("Check health"))

    def _judge(self) -> None:
        if self._offer is None:
            return
        verdict = self._offer.verdict(None)
        self.light.set_verdict(verdict)
        self._reasons.setText("\n".join(verdict.reasons))
        missing: list[str] = []
        if self._structure is not None:
            missing = [r for r in self._offer.verdict(self._structure).reasons if "never saw" in r]
        opens = self.tr("Run MD opens a structure of its training set instead.")
        self.notices.set_notices(tuple(("warn", f"{each} {opens}", "", "") for each in missing))

    def _build(self) -> None:
        head = row(spacing=8)
        head.addWidget(self.title, 1)
        head.addWidget(self.light)
        self.body.addLayout(head)
        self.body.addWidget(self._elements)
        self.body.addWidget(self._reasons)
        self.body.addWidget(self.notices)
        self.body.addWidget(line())
        self.body.addWidget(label(self.tr("BEFORE YOU TRUST IT"), "section"))
        self.body.addWidget(
            label(
                self.tr(
                    "Small errors on kept-back frames are not enough: a potential must also hold "
                    "a crystal together, keep its energy in a long run and push atoms apart."
                ),
                "muted",
                wrap=True,
            )
        )
        self.body.addWidget(self.health)
        self.body.addStretch(1)
        self.run.setProperty("role", "primary")
        self.run.setToolTip(self.tr("Dynamics, with this potential chosen (Ctrl+Enter)"))
        self.further.setToolTip(
            self.tr("Back to its data and settings: add calculations, or give it more time")
        )
        self.copy.setToolTip(self.tr("Weights and card into a folder of their own"))
        self.foot.addWidget(self.run)
        buttons = row(spacing=6)
        buttons.addWidget(self.compare, 1)
        buttons.addWidget(self.copy, 1)
        self.foot.addLayout(buttons)
        self.foot.addWidget(self.further)

    def _on_clicked(self) -> None:
        self.asked.emit(self.sender().property("asks"))
