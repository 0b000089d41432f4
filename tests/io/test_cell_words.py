import numpy as np
import pytest
from ase.build import bulk

from designer_app.io.cell_words import lattice_in_words


@pytest.mark.parametrize(
    ("atoms", "said"),
    [
        (bulk("Cu", "fcc", a=3.6), "a = 3.600 Å"),
        (bulk("Cu", "fcc", a=3.6, cubic=True), "a = 3.600 Å"),
        (bulk("Fe", "bcc", a=2.87), "a = 2.870 Å"),
        (bulk("Zn", "hcp", a=2.66, c=4.95), "a, b, c = 2.660, 2.660, 4.950 Å"),
    ],
)
def test_cubic_lattices_have_one_constant_in_any_cell(atoms, said):
    assert lattice_in_words(np.array(atoms.cell)) == said
