"""A trained potential: what came out in one sentence, its card, its parity, its health."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer_app.io.parity import Parity
from designer_app.io.potential_cards import PotentialCard
from designer_app.ui.panels.notice import Notice
from designer_app.ui.plots.parity_plot import VALIDATION, ParityPlot
from designer_app.ui.potentials.card_view import CardView
from designer_app.ui.potentials.error_words import (
    outcome_of,
    plotted_text,
    size_of_errors,
    worse_text,
)
from designer_app.ui.potentials.health_view import HealthView, report_of
from designer_app.ui.theme import Theme, label

_PLOT_HEIGHT = 250
_ABOVE = 40
"""Pixels above the health check: its heading."""


class ResultPage(QWidget):
    """Shows a card, a `Parity` and a `HealthReport`."""

    frame_asked = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Parity | None = None
        self._card: PotentialCard | None = None
        self.outcome = label("", "title", wrap=True)
        self.share = label("", wrap=True)
        self.plotted = label("", "muted", wrap=True)
        self.worse = Notice("warn", "", theme)
        self.card = CardView()
        self.health = HealthView(theme)
        self.energy = ParityPlot(self.tr("Energy"), "eV/atom", theme, of=VALIDATION)
        self.force = ParityPlot(self.tr("Forces"), "eV/Å", theme, of=VALIDATION)
        self._parity = QHBoxLayout()
        self._frames: list[QFrame] = []
        self._scroll = QScrollArea()
        self._build()
        for plot in (self.energy, self.force):
            plot.frame_chosen.connect(self._on_frame_chosen)

    def show_card(self, card: PotentialCard, place: str) -> None:
        """Show a potential, with the health check that its card keeps."""
        self._card = card
        self.outcome.setText(outcome_of(card))
        told = worse_text(card)
        self.worse.text.setText(told)
        self.worse.setVisible(bool(told))
        self.card.show_card(card, place)
        report = report_of(card.health)
        if report is None:
            self.health.show_none()
        else:
            self.health.show_report(report)
        self.show_parity(None)

    def show_parity(self, found: Parity | None) -> None:
        """Predictions for the validation frames, where the training left some."""
        self._found = found
        told = size_of_errors(self._card, found) if self._card is not None else ""
        self.share.setText(told)
        self.share.setVisible(bool(told))
        plotted = plotted_text(self._card) if self._card is not None and found is not None else ""
        self.plotted.setText(plotted)
        self.plotted.setVisible(bool(plotted))
        self.energy.set_points(found.energy if found is not None else None)
        self.force.set_points(found.force if found is not None else None)
        for frame in self._frames:
            frame.setVisible(found is not None)

    def show_health(self) -> None:
        """Scroll to the health check."""
        self._scroll.verticalScrollBar().setValue(self.health.y() - _ABOVE)

    def show_top(self) -> None:
        """Scroll to the outcome."""
        self._scroll.verticalScrollBar().setValue(0)

    def _build(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        card = QFrame()
        card.setProperty("role", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(14, 12, 14, 14)
        inner.addWidget(self.card)
        left.addWidget(card)
        left.addStretch(1)
        right.setSpacing(10)
        for plot in (self.energy, self.force):
            frame = QFrame()
            frame.setProperty("role", "card")
            frame.setFixedHeight(_PLOT_HEIGHT)
            around = QVBoxLayout(frame)
            around.setContentsMargins(1, 1, 1, 4)
            around.addWidget(plot)
            self._parity.addWidget(frame, 1)
            self._frames.append(frame)
        self._parity.setSpacing(10)
        right.addWidget(label(self.tr("HEALTH"), "section"))
        right.addWidget(self.health)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addLayout(right, 1)
        content = QWidget()
        page = QVBoxLayout(content)
        page.setContentsMargins(20, 14, 20, 20)
        page.setSpacing(12)
        for widget in (self.outcome, self.share, self.plotted, self.worse):
            page.addWidget(widget)
        page.addLayout(self._parity)
        page.addLayout(columns)
        page.addStretch(1)
        scroll = self._scroll
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setAccessibleName(self.tr("Trained potential"))

    def _on_frame_chosen(self, frame: int) -> None:
        if self._found is not None and frame < len(self._found.frames):
            path, index, _ = self._found.frames[frame]
            self.frame_asked.emit(path, index)
