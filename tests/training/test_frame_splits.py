"""Which frames are learned from, and which judge."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import SplitImpossibleError, TooFewFramesError
from designer_app.explanations import explain_exception
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frame_splits import is_free_atom, split_frames, structure_groups

SPEC = TrainPotentialSpec(data=(), out=Path("out"))
RULES = ("random", "tag", "structure", "time")


def frame(place: int, *, tag: str = "", edge: float = 5.0, n_atoms: int = 2) -> LabelledFrame:
    """A labelled cube of silicon."""
    structure = Structure(
        numbers=np.full(n_atoms, 14),
        positions=np.arange(3.0 * n_atoms).reshape(n_atoms, 3),
        cell=np.diag([edge, 5.0, 5.0]),
        pbc=(True, True, True),
    )
    forces = np.zeros((n_atoms, 3))
    return LabelledFrame(structure, float(place), forces, tag=tag, source="a.xyz", index=place)


def many(n: int) -> list[LabelledFrame]:
    """Frames of five tags and five cells."""
    return [
        frame(place, tag="abcde"[place % 5], edge=5.0 + 5.0 * (place % 5)) for place in range(n)
    ]


@given(n=st.integers(5, 60), rule=st.sampled_from(RULES), seed=st.integers(0, 5))
def test_every_frame_has_exactly_one_use(n: int, rule: str, seed: int) -> None:
    split = split_frames(many(n), replace(SPEC, split=rule, seed=seed))
    used = [each.index for part in (split.train, split.validation, split.test) for each in part]
    assert sorted(used) == list(range(n))
    assert split.train
    assert split.validation
    assert split.test


@pytest.mark.parametrize("rule", RULES)
def test_equal_seeds_split_alike(rule: str) -> None:
    spec = replace(SPEC, split=rule, seed=3)
    first, second = (split_frames(many(40), spec) for _ in range(2))
    assert [each.index for each in first.train] == [each.index for each in second.train]


@pytest.mark.parametrize(
    ("rule", "group"),
    [("tag", lambda each: each.tag), ("structure", lambda each: each.structure.cell[0, 0])],
)
def test_a_group_is_not_torn(rule: str, group: Callable[[LabelledFrame], object]) -> None:
    split = split_frames(many(50), replace(SPEC, split=rule))
    groups = [
        {group(each) for each in part} for part in (split.train, split.validation, split.test)
    ]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_time_keeps_back_the_end_of_each_file() -> None:
    files = [replace(frame(place), source=name) for name in "ab" for place in range(20)]
    split = split_frames(files, replace(SPEC, split="time"))
    assert {each.source for each in split.test} == {"a", "b"}
    assert min(each.index for each in split.test) > max(each.index for each in split.validation)
    assert min(each.index for each in split.validation) > max(each.index for each in split.train)


def test_smaller_training_sets_are_part_of_larger_ones() -> None:
    small, large = (split_frames(many(60), replace(SPEC, n_train=n)) for n in (10, 20))
    assert len(small.train) == 10
    assert {each.index for each in small.train} < {each.index for each in large.train}


def test_free_atoms_are_references_and_not_frames() -> None:
    lonely = frame(99, edge=5.0, n_atoms=1)
    lonely = replace(lonely, structure=replace(lonely.structure, pbc=(False, False, False)))
    split = split_frames([*many(20), lonely], SPEC)
    assert split.free_atoms == {"Si": 99.0}
    assert len(split.train) + len(split.validation) + len(split.test) == 20


def test_a_crystal_of_one_atom_a_cell_is_no_free_atom() -> None:
    assert split_frames([*many(20), frame(99, n_atoms=1)], SPEC).free_atoms == {}


def test_files_for_the_test_are_kept_whole() -> None:
    judging = [replace(each, source="b.xyz") for each in many(7)]
    split = split_frames(many(20), SPEC, judging)
    assert len(split.test) == 7
    assert len(split.train) + len(split.validation) == 20


def test_frames_that_are_named_are_left_out() -> None:
    split = split_frames(many(20), replace(SPEC, leave_out=("a.xyz:3",)))
    used = [each.index for part in (split.train, split.validation, split.test) for each in part]
    assert sorted(used) == [place for place in range(20) if place != 3]


@pytest.mark.parametrize("label", ["energy", "forces", "stress"])
def test_labels_that_are_no_numbers_are_left_out(label: str) -> None:
    shapes = {"energy": (), "forces": (2, 3), "stress": (3, 3)}
    nan = np.full(shapes[label], np.nan)
    broken = replace(frame(20), **{label: nan if nan.ndim else float("nan")})
    split = split_frames([*many(20), broken], SPEC)
    assert len(split.train) + len(split.validation) + len(split.test) == 20


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_frames_are_refused_in_a_sentence(n: int) -> None:
    with pytest.raises(TooFewFramesError) as told:
        split_frames(many(n), SPEC)
    assert "at least 3 are needed" in explain_exception(told.value).sentence


def test_one_group_cannot_be_kept_back() -> None:
    alike = [frame(place, tag="only") for place in range(20)]
    with pytest.raises(SplitImpossibleError) as told:
        split_frames(alike, replace(SPEC, split="tag"))
    assert "whole tags" in explain_exception(told.value).sentence


def test_a_strained_crystal_is_the_same_structure() -> None:
    groups = structure_groups([frame(0, edge=5.0), frame(1, edge=5.5), frame(2, edge=15.0)])
    assert groups[0] == groups[1] != groups[2]


def test_a_chain_of_atoms_in_a_skewed_cell_is_no_free_atom() -> None:
    """All vectors are longer than 8 A, and images 2.5 A apart."""
    cell = np.array([[8.0, 0, 0], [8.0, 2.5, 0], [8.0, 0, 2.5]])
    structure = Structure(np.array([29]), np.zeros((1, 3)), cell, (True, True, True))
    assert not is_free_atom(LabelledFrame(structure, energy=-3.5))


@pytest.mark.parametrize("pbc", [(True, True, True), (False, True, False), (False, False, False)])
def test_an_atom_far_from_its_images_is_free(pbc: tuple[bool, bool, bool]) -> None:
    cell = 12.0 * np.eye(3) * np.array(pbc)[:, None]
    assert is_free_atom(LabelledFrame(Structure(np.array([29]), np.zeros((1, 3)), cell, pbc)))


def test_the_card_tells_how_many_frames_were_kept_back_and_not_the_share_asked_for() -> None:
    split = split_frames(many(20), replace(SPEC, validation_share=0.0, test_share=0.1))
    assert split.how == (
        "Learned from 17 frames; 1 for validation and 2 for the test kept back at random, seed 0."
    )


def test_frames_of_test_files_are_told_apart() -> None:
    split = split_frames(many(20), SPEC, [replace(each, source="b.xyz") for each in many(7)])
    assert split.how.startswith("Learned from 18 frames; 2 for validation kept back")
    assert split.how.endswith("test: 7 frames of files of their own.")
