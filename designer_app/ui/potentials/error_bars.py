"""Mean errors of groups as bars: which element, which tag is learned worst."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QTabBar, QVBoxLayout, QWidget

from designer_app.io.potential_cards import ErrorsOn
from designer_app.ui.panels.section import row
from designer_app.ui.potentials.error_words import far_worse_of
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, tabular

_LINE, _VALUE, _BAR = 26, 60, 8
_MARK = "\N{BLACK UP-POINTING TRIANGLE}"
"""Beside the colour of what is far worse than the rest."""
_NAME_SHARE = 0.42
"""Of the width, at most for the names."""
_MOST = 24


class _Bars(QWidget):
    """One line a group: name, bar, number."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._rows: list[tuple[str, float]] = []
        self._worse: set[str] = set()
        self._tokens = theme.tokens
        self.setFont(tabular(self.font()))
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_rows(self, rows: Sequence[tuple[str, float]], worse: set[str]) -> None:
        self._rows, self._worse = list(rows[:_MOST]), worse
        self.setMinimumHeight(_LINE * len(self._rows))
        self.setAccessibleDescription(", ".join(f"{name} {value:.3g}" for name, value in rows))
        self.update()

    def rows(self) -> list[tuple[str, float]]:
        return list(self._rows)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(220, _LINE * max(1, len(self._rows)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((value for _, value in self._rows), default=1.0) or 1.0
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name, _ in self._rows), default=0) + 10
        wide = min(widest, round(_NAME_SHARE * self.width()))
        room = max(10, self.width() - wide - _VALUE - 4)
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        for place, (name, value) in enumerate(self._rows):
            top = place * _LINE
            painter.setPen(QColor(self._tokens.text))
            said = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, wide - 8)
            painter.drawText(0, top, wide, _LINE, int(middle), said)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.border))
            bar = QRectF(wide, top + (_LINE - _BAR) / 2, room, _BAR)
            painter.drawRoundedRect(bar, 3, 3)
            is_worse = name in self._worse
            painter.setBrush(QColor(self._tokens.warn if is_worse else self._tokens.lines[0]))
            bar.setWidth(max(3.0, room * value / most))
            painter.drawRoundedRect(bar, 3, 3)
            painter.setPen(QColor(self._tokens.text))
            place_of_value = (self.width() - _VALUE, top, _VALUE, _LINE)
            told = f"{_MARK} {value:.3g}" if is_worse else f"{value:.3g}"
            painter.drawText(*place_of_value, int(middle | right), told)
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class ErrorBars(QWidget):
    """Force errors by element or by tag."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Sequence[ErrorsOn], Sequence[ErrorsOn]] = ((), ())
        self.tabs = QTabBar()
        self._bars = _Bars(theme)
        self._mark_said = label("", "warn")
        self._mark_said.setVisible(False)
        self._tags: tuple[str, ...] = ()
        self._missing_said = label("", "small")
        self._build()
        self.tabs.currentChanged.connect(self._on_tab_changed)

    def set_errors(self, by_element: Sequence[ErrorsOn], by_tag: Sequence[ErrorsOn]) -> None:
        """Show these groups, the worst first."""
        is_first = not any(self._groups)
        self._groups = (by_element, by_tag)
        self.tabs.setTabEnabled(1, len(by_tag) > 1)
        if is_first and len(by_element) == 1 < len(by_tag):  # the more telling one
            self.tabs.setCurrentIndex(1)
        self._on_tab_changed(self.tabs.currentIndex())

    def set_tags(self, tags: Sequence[str]) -> None:
        """Those of all data: of which none is among these frames is said."""
        self._tags = tuple(tags)
        self._on_tab_changed(self.tabs.currentIndex())

    def missing(self) -> str:
        """What is said of tags without a bar."""
        return self._missing_said.text()

    def rows(self) -> list[tuple[str, float]]:
        """(group, meV/Å) as shown."""
        return self._bars.rows()

    def _build(self) -> None:
        for text in (self.tr("Elements"), self.tr("Tags")):
            self.tabs.addTab(text)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName(self.tr("Errors by element or by tag"))
        head = row(self.tabs, None)
        head.setContentsMargins(4, 0, 8, 0)
        unit = label(self.tr("Forces off by, meV/Å, validation"), "small")
        unit.setContentsMargins(12, 0, 12, 4)
        body = row(self._bars)
        body.setContentsMargins(12, 0, 14, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(unit)
        layout.addLayout(body)
        self._mark_said.setContentsMargins(12, 0, 12, 4)
        layout.addWidget(self._mark_said)
        self._missing_said.setContentsMargins(12, 0, 12, 4)
        policy = self._missing_said.sizePolicy()
        self._missing_said.setSizePolicy(QSizePolicy.Policy.Ignored, policy.verticalPolicy())
        layout.addWidget(self._missing_said)
        layout.addStretch(1)

    def _on_tab_changed(self, place: int) -> None:
        known = [
            (each.name or self.tr("no tag"), each.force_meV_A, each.n_frames)
            for each in self._groups[max(0, place)]
            if each.force_meV_A is not None
        ]
        ranked = sorted(known, key=lambda each: -each[1])
        rows = [(name, value) for name, value, _ in ranked]
        worse = far_worse_of(rows, [n for _, _, n in ranked])
        self._bars.set_rows(rows, worse)
        self._mark_said.setText(self.tr("▲ far worse than the rest"))
        self._mark_said.setVisible(bool(worse))
        shown = {each.name for each in self._groups[1]}
        missing = [tag for tag in self._tags if tag and tag not in shown]
        is_told = place == 1 and bool(missing) and bool(shown)
        said = self.tr("No validation frame has the tag\n%s") % " or ".join(missing)
        self._missing_said.setText(said if is_told else "")
        self._missing_said.setToolTip(self.tr("What is not judged here may still be far off"))
        self._missing_said.setVisible(is_told)
