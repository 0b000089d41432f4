"""What kind of crystal a candidate is, by families of the library and by known crystals."""

import pytest

from designer_app.design.details.structure_type import structure_type
from designer_app.io.structures import read_document
from designer_app.resources import resource
from designer_app.screening.reference.table import load_reference
from designer_app.specs.documents import ReadSpec


def test_an_olivine_is_called_so():
    olivine = read_document(ReadSpec(path=resource("examples/LiFePO4.cif"))).structure()
    assert structure_type(olivine) == "olivine"


@pytest.mark.parametrize("source", ["mp-19131"])
def test_a_crystal_without_a_family_is_told_by_one_of_its_type(source):
    table = load_reference()
    assert table is not None
    phase = table.by_source(source)
    assert phase is not None
    assert structure_type(phase.structure()) == f"as {phase.formula} ({source})"
