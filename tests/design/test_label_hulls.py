"""Distances to the hull that the tool of the design labels keeps beside its chunks."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.heads import negatives
from designer_app.design.heads.labelling import COLUMNS

TOOL = Path(__file__).parents[2] / "packaging" / "tools" / "build_design_labels.py"


@pytest.fixture(scope="module")
def tool():
    said = importlib.util.spec_from_file_location("build_design_labels", TOOL)
    module = importlib.util.module_from_spec(said)
    said.loader.exec_module(module)
    return module


@pytest.fixture
def placed(monkeypatch):
    """How often crystals were placed on a hull."""
    done = []

    def hull_columns(tokens, energies, library, rest):
        done.append(rest)
        return {"e_above_hull": energies - rest}

    monkeypatch.setattr(negatives, "hull_columns", hull_columns)
    return done


def test_crystals_are_placed_anew_on_another_hull_alone(tool, placed, tmp_path):
    labels = np.full((2, len(COLUMNS)), -3.0)
    for rest, reference in ((-4.0, "first"), (-4.0, "first"), (-5.0, "second")):
        columns = tool._hulls(tmp_path, "known", None, labels, None, rest, reference)
        np.testing.assert_array_equal(columns["e_above_hull"], -3.0 - rest)
        assert set(columns) == {"e_above_hull"}
    assert placed == [-4.0, -5.0]
