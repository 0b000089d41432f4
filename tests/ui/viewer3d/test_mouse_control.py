import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from designer_app.ui.viewer3d.interaction import MouseControl

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)


@pytest.fixture
def pad(qtbot):
    """A widget in a window, under mouse control, and what was asked for."""
    window = QWidget()
    qtbot.addWidget(window)
    widget = QWidget(window)
    widget.resize(200, 200)
    window.resize(200, 200)
    window.show()
    qtbot.waitExposed(window)
    control = MouseControl(widget)
    asked = []
    for name in ("turned", "panned", "zoomed", "clicked", "centered", "hovered"):
        signal = getattr(control, name)
        signal.connect(lambda *told, name=name: asked.append((name, *told)))
    yield widget, asked
    window.close()


def drag(qtbot, widget, button):
    qtbot.mousePress(widget, button, pos=QPoint(50, 50))
    qtbot.mouseMove(widget, QPoint(80, 60))
    qtbot.mouseRelease(widget, button, pos=QPoint(80, 60))


def names(asked):
    return [name for name, *_ in asked if name != "hovered"]


def test_a_press_without_motion_picks(qtbot, pad):
    widget, asked = pad
    qtbot.mouseClick(widget, LEFT, pos=QPoint(20, 30))
    assert ("clicked", QPointF(20, 30), False) in asked


def test_control_adds(qtbot, pad):
    widget, asked = pad
    qtbot.mouseClick(widget, LEFT, Qt.KeyboardModifier.ControlModifier, QPoint(20, 30))
    assert ("clicked", QPointF(20, 30), True) in asked


def test_dragging_left_turns_and_does_not_pick(qtbot, pad):
    widget, asked = pad
    drag(qtbot, widget, LEFT)
    assert names(asked) == ["turned"]


@pytest.mark.parametrize("button", [MIDDLE, RIGHT])
def test_dragging_with_another_button_moves(qtbot, pad, button):
    widget, asked = pad
    drag(qtbot, widget, button)
    assert names(asked) == ["panned"]


def test_clicking_right_asks_for_nothing(qtbot, pad):
    widget, asked = pad
    qtbot.mouseClick(widget, RIGHT, pos=QPoint(20, 30))
    assert names(asked) == []


def test_a_double_click_centres_and_picks_once(qtbot, pad):
    widget, asked = pad
    qtbot.mouseClick(widget, LEFT, pos=QPoint(20, 30))
    qtbot.mouseDClick(widget, LEFT, pos=QPoint(20, 30))
    assert names(asked) == ["clicked", "centered"]


def test_the_wheel_enlarges_upwards(pad):
    widget, asked = pad
    at = QPointF(50, 50)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    assert asked[-1][0] == "zoomed"
    assert asked[-1][1] > 1.0
