"""Which pictures of the gallery are taken."""

import argparse
import inspect
import re

import pytest

from designer_app.ui import gallery
from designer_app.ui.application import main
from designer_app.ui.gallery_choice import SCENES, Choice, choice_of, size_of, told_scenes


def test_without_a_word_everything_is_pictured():
    choice = choice_of([], None, None)
    assert all(choice.plays(scene) for scene in SCENES)
    assert choice.holds("potentials-health")
    assert choice.schemes == ("light", "dark")


@pytest.mark.parametrize(
    ("pattern", "played"),
    [
        ("potentials-*", ["potentials"]),
        ("potentials-health", ["potentials"]),
        ("help", ["dialogs"]),
        ("help,error-*", ["dialogs", "errors"]),
        ("pot*", ["potentials"]),
        ("*-empty", list(SCENES)),
        ("nothing", []),
    ],
)
def test_only_scenes_that_may_hold_a_picture_are_played(pattern, played):
    choice = choice_of([pattern], "dark", (1600, 1000))
    assert [scene for scene in SCENES if choice.plays(scene)] == played
    assert (choice.schemes, choice.size) == (("dark",), (1600, 1000))


def test_a_picture_is_taken_where_one_of_the_patterns_fits():
    choice = Choice(("potentials-*", "help"))
    assert choice.holds("potentials-compare")
    assert not choice.holds("commands")


def test_every_scene_is_played_by_a_method_whose_pictures_begin_as_told():
    for scene, begins in SCENES.items():
        played = inspect.getsource(getattr(gallery.Gallery, scene))
        for name in re.findall(r'self\.shoot\("([\w-]+)"', played):
            assert name.startswith(begins)
    assert all(begin in told_scenes() for begins in SCENES.values() for begin in begins)


def test_a_size_is_a_width_and_a_height():
    assert size_of("1600x1000") == (1600, 1000)
    with pytest.raises(argparse.ArgumentTypeError):
        size_of("large")


def test_scenes_without_a_gallery_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--scenes", "help"])
    assert "need --gallery" in capsys.readouterr().err
