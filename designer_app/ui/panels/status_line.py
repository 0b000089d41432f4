"""The status bar: device, worker, the running job, messages that fade, Jobs and Log."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QToolButton, QWidget

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import line
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, tabular
from designer_app.ui.wording import clock, rate_text

if TYPE_CHECKING:
    from designer_app.session.job import Job

_MESSAGE_MS = 6000


class _Dot(QWidget):
    """A coloured dot; its meaning stands beside it in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._role = "muted"
        self._tokens = theme.tokens
        self.setFixedSize(10, 10)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_role(self, role: str) -> None:
        self._role = role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(self._tokens, self._role)))
        painter.drawEllipse(1, 1, 8, 8)
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class StatusLine(QWidget):
    """Shows; asks for cancel and for the drawers."""

    cancel_asked = Signal()
    jobs_toggled = Signal(bool)
    log_toggled = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot = _Dot(theme)
        self._worker = label(self.tr("starting"), "small")
        self._message = label("", "small")
        self._title = label("", "small")
        self._bar = QProgressBar()
        self._numbers = label("", "small")
        self._cancel = QToolButton()
        self._cancel_icon = ThemedIcon(self._cancel, "close", theme)
        self.jobs = QPushButton(self.tr("Jobs"))
        self.log = QPushButton(self.tr("Log"))
        self._icons = (
            ThemedIcon(self.jobs, "jobs", theme, "muted"),
            ThemedIcon(self.log, "log", theme, "muted"),
        )
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._build()
        self._connect()
        self.set_job("", 0.0, None, None)

    def set_worker(self, text: str, role: str, tip: str = "") -> None:
        """Device and worker in words, the dot's colour role, and what to tell who points at it."""
        self._worker.setText(text)
        self._worker.setToolTip(tip)
        self._dot.set_role(role)

    def say(self, text: str) -> None:
        """A message that goes away by itself."""
        self._message.setText(text)
        self._fade.start(_MESSAGE_MS)

    def show_drawer(self, name: str) -> None:
        """Mark which drawer is open."""
        self.jobs.setChecked(name == "jobs")
        self.log.setChecked(name == "log")

    @property
    def worker(self) -> str:
        """Device and worker as they are shown now."""
        return self._worker.text()

    @property
    def message(self) -> str:
        """The message shown now."""
        return self._message.text()

    def set_job(
        self, title: str, done: float, per_second: float | None, seconds_left: float | None
    ) -> None:
        """The running job: how far (0..1), how fast, how long still; no title hides it."""
        for widget in (self._title, self._bar, self._numbers, self._cancel):
            widget.setVisible(bool(title))
        if not title:
            return
        self._title.setText(title)
        self._bar.setValue(round(1000 * done))
        parts = [f"{100 * done:.0f} %"]
        if per_second is not None:
            parts.append(rate_text(per_second))
        if seconds_left is not None:
            parts.append(self.tr("%s left") % clock(seconds_left))
        self._numbers.setText("   ".join(parts))

    def show_job(self, job: "Job", share: float, seconds_left: float | None) -> None:
        """A job with how it stands; one that is over goes."""
        if job.is_over:
            self.set_job("", 0.0, None, None)
            return
        title = job.title
        if job.state == "paused":
            title = self.tr("%s (paused)") % title
        elif job.is_stopping:
            title = self.tr("%s (stopping)") % title
        self.set_job(title, share, None, seconds_left)

    def _build(self) -> None:
        self.setProperty("role", "footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(self.tr("Progress of the running job"))
        self._numbers.setFont(tabular(self._numbers.font()))
        self._cancel.setToolTip(self.tr("Stop the running job (Ctrl+/)"))
        self._cancel.setAccessibleName(self._cancel.toolTip())
        self._cancel.setFixedSize(24, 24)
        for button in (self.jobs, self.log):
            button.setProperty("role", "bar")
            button.setCheckable(True)
            button.setFixedHeight(26)
        self.jobs.setToolTip(self.tr("List of jobs (Ctrl+J)"))
        self.log.setToolTip(self.tr("Log (Ctrl+L)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self._dot)
        layout.addWidget(self._worker)
        layout.addSpacing(8)
        layout.addWidget(self._message, 1)
        layout.addWidget(self._title)
        layout.addWidget(self._bar)
        layout.addWidget(self._numbers)
        layout.addWidget(self._cancel)
        layout.addSpacing(4)
        layout.addWidget(line("upright"))
        layout.addWidget(self.jobs)
        layout.addWidget(self.log)

    def _connect(self) -> None:
        self._cancel.clicked.connect(self.cancel_asked)
        self.jobs.clicked.connect(self.jobs_toggled)
        self.log.clicked.connect(self.log_toggled)
        self._fade.timeout.connect(self._on_faded)

    def _on_faded(self) -> None:
        self._message.clear()
