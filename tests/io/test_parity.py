import numpy as np
import pytest

from designer_app.io.parity import parity_of, thinned

ARRAYS = {
    "energy_reference": np.array([-1.0, -2.0]),
    "energy_predicted": np.array([-1.1, -2.0]),
    "force_reference": np.zeros(9),
    "force_predicted": np.array([0.3, 0.3, 0.3, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0]),
    "stress_reference": np.full((2, 6), np.nan),
    "stress_predicted": np.zeros((2, 6)),
    "n_atoms": np.array([2, 1]),
    "frame_source": np.array([0, 0]),
    "frame_index": np.array([7, 3]),
    "frame_tag": np.array([0, 1]),
    "numbers": np.array([14, 8, 14]),
    "sources": np.array(["train.json"]),
    "tags": np.array(["AIMD", "surface"]),
}


def test_points_know_the_frame_that_they_come_from():
    found = parity_of(ARRAYS)
    assert found.frames == (("train.json", 7, "AIMD"), ("train.json", 3, "surface"))
    assert found.force.frame.tolist() == [0] * 6 + [1] * 3
    assert found.energy.frame.tolist() == [0, 1]


def test_errors_are_told_by_element_and_by_tag():
    found = parity_of(ARRAYS)
    forces = {each.name: each.force_meV_A for each in found.by_element}
    assert forces == {"O": pytest.approx(100.0), "Si": pytest.approx(150.0)}
    tags = {each.name: (each.energy_meV_atom, each.force_meV_A) for each in found.by_tag}
    assert tags["AIMD"] == (pytest.approx(100.0), pytest.approx(200.0))
    assert tags["surface"] == (pytest.approx(0.0), pytest.approx(0.0))


def test_pairs_without_a_reference_are_not_drawn():
    points = thinned(np.array([1.0, np.nan]), np.array([1.0, 2.0]), np.arange(2))
    assert points.frame.tolist() == [0]


def test_thinning_keeps_the_number_asked_for_and_the_worst():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=20_000)
    predicted = reference + rng.normal(scale=0.01, size=20_000)
    predicted[[5, 19_000]] += 3.0
    points = thinned(reference, predicted, np.arange(20_000), most=500)
    assert len(points.frame) == 500
    assert {5, 19_000} <= set(points.frame.tolist())
    assert np.all(np.diff(points.frame) > 0)
