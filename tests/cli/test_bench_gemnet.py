import pytest

from designer_app.cli.benches import gemnet
from designer_app.io.documents import structure_from_atoms
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GemNetSettings

TINY = GemNetSettings(
    n_atom=8, n_edge=8, n_triplet=4, n_blocks=1, n_spherical=3, cutoff=3.0, radial_by_degree=False
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_both_questions_are_timed_also_where_fairchem_is_not(monkeypatch, water):
    monkeypatch.delenv(gemnet.VARIABLE, raising=False)
    forces, step = gemnet.rows_of((water, water), TINY, 1)
    assert forces["what"].startswith("forces")
    assert step["ours"] > 0.0
    assert step[gemnet.PEER] is None
    assert step["ratio"] is None


@pytest.fixture
def water():
    from ase.build import molecule

    return LabelledFrame(structure_from_atoms(molecule("H2O")), energy=0.0)
