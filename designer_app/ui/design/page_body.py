"""The frame of a page: a heading, a line below it, a body that scrolls, notices that stay."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.theme import Theme, label

SIDE = 24
_WIDEST = 1240


class PageBody(QWidget):
    """Fill `body`; what is wrong goes into `notices`."""

    def __init__(self, title: str, lead: str, theme: Theme) -> None:
        super().__init__()
        self.heading = label(title, "display")
        self.lead = label(lead, "muted", wrap=True)
        self.notices = NoticeList(theme, is_wide=True)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(SIDE, 8, SIDE, 16)
        self.body.setSpacing(12)
        inner = QWidget()
        inner.setLayout(self.body)
        inner.setMaximumWidth(_WIDEST)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QVBoxLayout()
        head.setContentsMargins(SIDE, 18, SIDE, 8)
        head.setSpacing(4)
        head.addWidget(self.heading)
        head.addWidget(self.lead)
        foot = QVBoxLayout()
        foot.setContentsMargins(SIDE, 8, SIDE, 10)
        foot.addWidget(self.notices)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)
