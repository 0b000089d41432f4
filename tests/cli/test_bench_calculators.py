from ase.build import bulk
from ase.calculators.emt import EMT

from designer_app.cli.benches import calculators


def test_both_programs_run_the_same_potential():
    copper = bulk("Cu", cubic=True)
    copper.rattle(0.05, seed=1)
    found = calculators.row("ase", "ase.calculators.emt:EMT", copper, EMT(), 2)
    assert found["forces off"] < 1e-12
    assert found["ours"] > 0.0
    assert found["its own program"] > 0.0
