import pytest

from designer_app.__main__ import _asked_threads


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["md", "--threads", "4"], 4),
        (["md", "--threads=4", "--json"], 4),
        (["md", "--threads", "2", "--threads=3"], 3),
        (["md", "--threads", "many"], 0),
        (["md", "--threads"], 0),
        (["md"], 0),
    ],
)
def test_threads_are_read_before_anything_is_imported(words, count):
    assert _asked_threads(words) == count
