"""The recorded frames of a run, and the slider under the picture that plays them."""

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QToolButton, QWidget

from designer_app.running.channels import Frame
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.wording import simulated_time

_PLAY_INTERVAL_MS = 50
_BUTTONS = ("first", "previous", "play", "next", "last")


class Recording:
    """Frames seen during a run, thinned to every second one whenever they pass a memory limit."""

    def __init__(self, limit_bytes: int = 200_000_000) -> None:
        self._limit = limit_bytes
        self._frames: list[Frame] = []
        self._stride = 1
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        return self._frames[index]

    def append(self, frame: Frame) -> bool:
        """Keep a frame; False where it was skipped to save memory."""
        self._skipped += 1
        if self._skipped < self._stride:
            return False
        self._skipped = 0
        self._frames.append(frame)
        if len(self._frames) * (frame.positions.nbytes + 72) > self._limit:
            self._frames = self._frames[::2]
            self._stride *= 2
        return True

    def nearest(self, time_fs: float) -> int:
        """The index of the frame closest to a time."""
        times = np.array([frame.time_fs for frame in self._frames])
        return int(np.argmin(np.abs(times - time_fs)))


class Player(QWidget):
    """Goes through a `Recording`; at its end it follows the run."""

    frame_chosen = Signal(object)
    """A recorded `Frame` to show."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recording = Recording()
        self._follows = True
        self._buttons = {
            name: QToolButton() for name in ("first", "previous", "play", "next", "last")
        }
        self._icons = {
            name: ThemedIcon(button, name, theme) for name, button in self._buttons.items()
        }
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._where = label("", "small")
        self._timer = QTimer(self)
        self._timer.setInterval(_PLAY_INTERVAL_MS)
        self._build()
        self._connect()
        self.setVisible(False)

    def set_recording(self, recording: Recording) -> None:
        """Go through another run."""
        self._recording = recording
        self._follows = True
        self.pause()
        self._on_grown()

    def record(self, frame: Frame) -> None:
        """Record a frame, without showing it."""
        self._recording.append(frame)

    def follow(self) -> bool:
        """Show how many frames there are; True where the picture should show the newest."""
        self._on_grown()
        return self._follows and not self.is_playing

    @property
    def is_playing(self) -> bool:
        """Whether frames are advancing by themselves."""
        return self._timer.isActive()

    def toggle_play(self) -> None:
        """Play from here, from the start when at the end; or hold."""
        if self.is_playing:
            self.pause()
        elif len(self._recording) > 1:
            if self._slider.value() >= len(self._recording) - 1:
                self._slider.setValue(0)
            self._follows = False
            self._icons["play"].set_name("pause")
            self._timer.start()

    def pause(self) -> None:
        """Hold."""
        self._timer.stop()
        self._icons["play"].set_name("play")

    def step(self, count: int) -> None:
        """Go some frames on or back."""
        self.pause()
        self._slider.setValue(self._slider.value() + count)

    def go_to_time(self, time_fs: float) -> None:
        """Show the frame closest to a simulated time."""
        if len(self._recording):
            self.pause()
            self._slider.setValue(self._recording.nearest(time_fs))

    def _build(self) -> None:
        self.setProperty("role", "footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        said = {
            "first": self.tr("First frame (Home)"),
            "previous": self.tr("Previous frame (Left)"),
            "play": self.tr("Play or hold (Space)"),
            "next": self.tr("Next frame (Right)"),
            "last": self.tr("Last frame, follow the run (End)"),
        }
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 16, 4)
        layout.setSpacing(2)
        for name, button in self._buttons.items():
            button.setToolTip(said[name])
            button.setAccessibleName(said[name])
            layout.addWidget(button)
        self._slider.setAccessibleName(self.tr("Frame"))
        self._slider.setMinimumWidth(80)
        self._where.setFont(tabular(self._where.font()))
        self._where.setToolTip(
            self.tr("Frames that the window caught as it ran; the file keeps its own")
        )
        layout.addSpacing(8)
        layout.addWidget(self._slider, 1)
        layout.addSpacing(12)
        layout.addWidget(self._where)

    def _connect(self) -> None:
        self._buttons["first"].clicked.connect(self.go_first)
        self._buttons["previous"].clicked.connect(self.go_back)
        self._buttons["play"].clicked.connect(self.toggle_play)
        self._buttons["next"].clicked.connect(self.go_on)
        self._buttons["last"].clicked.connect(self.go_last)
        self._slider.valueChanged.connect(self._on_moved)
        self._timer.timeout.connect(self._on_play_tick)

    def go_first(self) -> None:
        """Show the first frame."""
        self.step(-len(self._recording))

    def go_back(self) -> None:
        """Show the frame before."""
        self.step(-1)

    def go_on(self) -> None:
        """Show the next frame."""
        self.step(1)

    def go_last(self) -> None:
        """Show the last frame, and follow the run."""
        self.step(len(self._recording))

    def _on_play_tick(self) -> None:
        if self._slider.value() >= len(self._recording) - 1:
            self.pause()
        else:
            self._slider.setValue(self._slider.value() + 1)

    def _on_grown(self) -> None:
        count = len(self._recording)
        self.setVisible(count > 0)
        self._slider.blockSignals(True)
        self._slider.setMaximum(max(0, count - 1))
        if self._follows:
            self._slider.setValue(count - 1)
        self._slider.blockSignals(False)
        self._say_where()

    def _on_moved(self, index: int) -> None:
        if 0 <= index < len(self._recording):
            self._follows = index == len(self._recording) - 1 and not self.is_playing
            self._say_where()
            self.frame_chosen.emit(self._recording[index])

    def _say_where(self) -> None:
        index, count = self._slider.value(), len(self._recording)
        if 0 <= index < count:
            frame = self._recording[index]
            self._where.setText(
                self.tr("on screen: frame %d / %d    %s")
                % (index + 1, count, simulated_time(frame.time_fs))
            )
