"""A potential among others: what it is, its errors, whether it can be trusted, what can be done."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from designer_app.specs.structure import Structure
from designer_app.ui.panels.section import row
from designer_app.ui.potentials.next_steps import COMPARE, SHOW, TUNE, USE, next_steps
from designer_app.ui.potentials.offers import DOT, Offer, elements_text
from designer_app.ui.theme import Theme, label, set_role
from designer_app.ui.trust_light import TrustLight


class OfferCard(QFrame):
    """Emits what is asked with this potential."""

    asked = Signal(str, object)
    """(a key of what can be asked, the `Offer`)."""

    def __init__(self, offer: Offer, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offer = offer
        self.light = TrustLight(theme)
        self.buttons = {
            USE: QPushButton(self.tr("Use in Dynamics")),
            SHOW: QPushButton(self.tr("Show card")),
            COMPARE: QPushButton(self.tr("Compare")),
            TUNE: QPushButton(self.tr("Fine-tune")),
        }
        self._build()

    def set_structure(self, structure: Structure | None) -> None:
        """Judge it by what is open; what cannot compute that is not offered for it."""
        verdict = self.offer.verdict(structure)
        self.light.set_verdict(verdict)
        self.buttons[USE].setVisible(not verdict.stops)

    def set_chosen(self, *, is_chosen: bool) -> None:
        """Mark it as the one whose card is shown."""
        set_role(self, "chosen-card" if is_chosen else "card")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A click anywhere shows its card."""
        super().mousePressEvent(event)
        self.asked.emit(SHOW, self.offer)

    def _build(self) -> None:
        offer = self.offer
        self.setProperty("role", "card")
        self.setAccessibleName(offer.title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        title = label(offer.title, "strong", wrap=True)
        title.setToolTip(str(offer.folder or ""))
        head = row(spacing=8)
        head.addWidget(title, 1)
        head.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        links = row(spacing=16)
        for key, button in self.buttons.items():
            button.setProperty("role", "link")
            button.setProperty("asks", key)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setAccessibleName(f"{button.text()}: {offer.title}")
            button.clicked.connect(self._on_clicked)
        first, *others = (key for key in next_steps(offer) if key in self.buttons)
        for key in dict.fromkeys((first, SHOW, *others, *self.buttons)):
            links.addWidget(self.buttons[key])
        links.addStretch(1)
        self.buttons[TUNE].setVisible(offer.can_be_tuned)
        if offer.card is not None:
            self.buttons[TUNE].setText(self.tr("Train again"))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 10, 8)
        column.setSpacing(3)
        column.addLayout(head)
        told = elements_text(offer.elements)
        if offer.card is not None:
            told = f"{told}{DOT}{offer.summary}"
            column.addWidget(label(told, "muted", wrap=True))
        else:
            column.addWidget(label(offer.summary, "muted", wrap=True))
            column.addWidget(label(told, "small"))
        column.addStretch(1)
        column.addLayout(links)

    def _on_clicked(self) -> None:
        self.asked.emit(self.sender().property("asks"), self.offer)
