import numpy as np
import pytest
from ase.build import bulk

from designer_app.io.documents import structure_from_atoms
from designer_app.screening.reference.sharing import (
    CHUNK,
    one_thread_potential,
    relax_share,
    relaxed_in,
)


@pytest.fixture
def crystals():
    """One more than a chunk of argon crystals, stretched a little more each."""
    return [
        structure_from_atoms(bulk("Ar", "fcc", a=a), f"argon-{number}")
        for number, a in enumerate(np.linspace(5.2, 5.4, CHUNK + 1))
    ]


@pytest.fixture(scope="module")
def argon():
    return one_thread_potential("lennard-jones", "noble-gases")


def names(folder):
    return [phase.source for phase in relaxed_in(folder)]


def test_two_shares_relax_each_crystal_once(crystals, argon, tmp_path):
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        relax_share(crystals, argon, tmp_path / str(number), (number, 2))
    relaxed = [name for number in range(2) for name in names(tmp_path / str(number))]
    assert sorted(relaxed) == sorted(each.name for each in crystals)


def test_what_is_relaxed_or_named_as_done_is_not_relaxed_again(crystals, argon, tmp_path):
    relax_share(crystals[:2], argon, tmp_path, (0, 1))
    relax_share(crystals[:4], argon, tmp_path, (0, 1), done=["argon-3"])
    assert names(tmp_path) == ["argon-0", "argon-1", "argon-2"]
