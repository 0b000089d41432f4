"""The pieces that panels are made of."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from designer_app.ui.theme import label

WIDTH = 360
MARGIN = 16


def line(role: str = "line") -> QFrame:
    """A thin rule, lying or upright."""
    made = QFrame()
    made.setProperty("role", role)
    return made


def row(*items: QWidget | QLayout | None, spacing: int = 8) -> QHBoxLayout:
    """Items side by side; None takes up the room that is left."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, QLayout):
            made.addLayout(item, 1)
        else:
            made.addWidget(item)
    return made


class PanelPage(QWidget):
    """A page of the right panel: a heading, a body that scrolls, a foot that stays."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(MARGIN, 4, MARGIN, 16)
        self.body.setSpacing(12)
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(MARGIN, 12, MARGIN, 14)
        self.foot.setSpacing(8)
        self.foot_area = QWidget()
        self.foot_area.setProperty("role", "footer")
        self.foot_area.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.foot_area.setLayout(self.foot)
        inner = QWidget()
        inner.setLayout(self.body)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        if title:
            heading = label(title.upper(), "section")
            heading.setContentsMargins(MARGIN, 14, MARGIN, 6)
            layout.addWidget(heading)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.foot_area)
