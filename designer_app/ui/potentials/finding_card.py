"""One thing that is wrong or doubtful in the data, with the ways out of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from designer_app.specs.labels import Finding, Fix
from designer_app.ui.icons import icon_pixmap
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.wording import printed

_LOOKS = {
    "error": ("error-card", "error", "error", "Must be mended"),
    "warning": ("warn-card", "warning", "warn", "Look at it"),
    "note": ("card", "help", "muted", "Good to know"),
}
"""Of each level: role of the frame, icon, its colour, the word."""


class FindingCard(QFrame):
    """Sign and word of the level, sentence, advice, buttons."""

    fixed = Signal(object)
    """The `Fix` that was chosen."""
    frame_asked = Signal(str, int)
    """(file, place in it) of the first frame concerned."""

    def __init__(self, finding: Finding, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self._look = _LOOKS.get(finding.level, _LOOKS["note"])
        self._mark = QLabel()
        self.buttons = [QPushButton(printed(fix.title)) for fix in finding.fixes]
        self.show_frame = QPushButton(self.tr("Show one"))
        self._build()
        for button in self.buttons:
            button.clicked.connect(self._on_fix)
        self.show_frame.clicked.connect(self._on_show)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def _build(self) -> None:
        frame_role, _, color, word = self._look
        self.setProperty("role", frame_role)
        self.setAccessibleName(word)
        self.setAccessibleDescription(printed(self.finding.sentence))
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(label(word, color if color != "muted" else "small"))
        column.addWidget(label(printed(self.finding.sentence), "strong", wrap=True))
        said_twice = [f"{fix.title}." for fix in self.finding.fixes]
        if self.finding.advice and self.finding.advice not in said_twice:
            column.addWidget(label(printed(self.finding.advice), "muted", wrap=True))
        if self.buttons or self.finding.frames:
            buttons = row(spacing=6)
            for button in self.buttons:
                buttons.addWidget(button)
            if self.finding.frames:
                self.show_frame.setProperty("role", "link")
                self.show_frame.setToolTip(self.tr("Opens it in Structure"))
                buttons.addSpacing(6)
                buttons.addWidget(self.show_frame)
            buttons.addStretch(1)
            column.addSpacing(2)
            column.addLayout(buttons)
        layout = row(spacing=10)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column, 1)
        self.setLayout(layout)

    def _on_fix(self) -> None:
        fix: Fix = self.finding.fixes[self.buttons.index(self.sender())]  # pyright: ignore[reportArgumentType] - connected to buttons only
        self.fixed.emit(fix)

    def _on_show(self) -> None:
        self.frame_asked.emit(*self.finding.frames[0])

    def _on_theme(self, tokens: Tokens) -> None:
        _, name, color, _ = self._look
        pixmap = icon_pixmap(name, getattr(tokens, color), 20, self.devicePixelRatioF())
        self._mark.setPixmap(pixmap)
