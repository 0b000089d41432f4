"""A card with a drawing, to be chosen among others."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from designer_app.io.formulas import with_subscripts_in
from designer_app.specs.design_purposes import Purpose
from designer_app.ui.design.drawings import HEIGHT, WIDTH, drawing_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens

_RADIUS, _INSET, _GAP = 6, 12, 8
_LINE = Qt.TextFlag.TextWordWrap


class PurposeCard(QAbstractButton):
    """Drawing and title; on the introduction also what will be predicted."""

    def __init__(
        self,
        purpose: Purpose,
        theme: Theme,
        *,
        is_told: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.purpose = purpose
        self._is_told = is_told
        self._tokens = theme.tokens
        self._title = with_subscripts_in(self.tr(purpose.title))
        self._said = with_subscripts_in(self.tr(purpose.doc)) if is_told else ""
        self.setCheckable(not is_told)
        self.setText(self._title)
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(purpose.doc)
        self.setToolTip(self.tr(purpose.doc))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        upright = QSizePolicy.Policy.MinimumExpanding if is_told else QSizePolicy.Policy.Fixed
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, upright)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the drawing and two lines of title."""
        width = 220 if self._is_told else 124
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Never narrower than the drawing and its margins."""
        return QSize(WIDTH + 2 * _INSET, HEIGHT + 2 * _INSET)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Drawing, title, words."""
        room = width - 2 * _INSET
        height = 2 * _INSET + HEIGHT + _GAP
        metrics = QFontMetrics(self._title_font())
        if not self._is_told:
            return height + 2 * metrics.height()
        height += metrics.boundingRect(0, 0, room, 999, _LINE, self._title).height() + 4
        return height + self.fontMetrics().boundingRect(0, 0, room, 999, _LINE, self._said).height()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Ground, drawing, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._tokens
        is_marked = self.isChecked() or self.hasFocus()
        edge = QPen(QColor(tokens.accent if is_marked else tokens.border))
        edge.setWidthF(2.0 if self.isChecked() else 1.0)
        painter.setPen(edge)
        ground = tokens.hover if self.underMouse() else tokens.surface
        painter.setBrush(QColor(tokens.chosen if self.isChecked() else ground))
        inset = edge.widthF() / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), _RADIUS, _RADIUS
        )
        if self.hasFocus() and self.isChecked():
            painter.setPen(QPen(QColor(tokens.text), 1.0, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), 4, 4)
        drawing = drawing_pixmap(self.purpose.key, tokens, self.devicePixelRatioF())
        left = _INSET if self._is_told else (self.width() - WIDTH) / 2
        painter.drawPixmap(QPointF(left, _INSET), drawing)
        self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        top = _INSET + HEIGHT + _GAP
        area = QRectF(_INSET, top, self.width() - 2 * _INSET, self.height() - top - 4)
        if not self._is_told:
            area.adjust(8 - _INSET, 0, _INSET - 8, 0)
        painter.setFont(self._title_font())
        painter.setPen(QColor(self._tokens.text))
        across = Qt.AlignmentFlag.AlignLeft if self._is_told else Qt.AlignmentFlag.AlignHCenter
        flags = across | Qt.AlignmentFlag.AlignTop | _LINE
        painter.drawText(area, flags, self._title)
        if self._said:
            height = (
                QFontMetrics(self._title_font())
                .boundingRect(0, 0, int(area.width()), 999, _LINE, self._title)
                .height()
            )
            painter.setFont(self.font())
            painter.setPen(QColor(self._tokens.muted))
            painter.drawText(area.adjusted(0, height + 4, 0, 4), flags, self._said)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return chooses too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _title_font(self) -> QFont:
        found = QFont(self.font())
        found.setBold(True)
        return found

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()
