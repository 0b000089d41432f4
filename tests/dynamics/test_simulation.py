from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import (
    ForceField,
    begin,
    simulate,
    start_state,
    usual_skin,
)
from designer_app.errors import (
    BlowUpError,
    InvalidPositionsError,
    OutOfMemoryError,
    OverlappingAtomsError,
    UnsupportedElementError,
)
from designer_app.state import state_from_structures
from designer_app.units import FS

CPU = torch.device("cpu")


def nearer(structure, atom, distance, **given):
    """The structure with an atom at a distance in A from the one before."""
    positions = structure.positions.copy()
    positions[atom] = positions[atom - 1] + np.array([distance, 0.0, 0.0])
    return replace(structure, positions=positions, **given)


def test_overlapping_atoms_are_refused_before_the_first_step(chain, springs):
    integrator = NVE(dt=FS)
    atoms = state_from_structures([nearer(chain(6), 3, 0.6)], CPU)
    with pytest.raises(OverlappingAtomsError) as caught:
        begin(start_state(atoms, 300.0, 0), integrator, ForceField(springs, integrator.wants))
    assert (caught.value.first, caught.value.second) == (2, 3)


def test_a_state_is_yielded_for_each_step_and_none_is_changed(chain, springs):
    integrator = NVE(dt=FS)
    evaluate = ForceField(springs, integrator.wants)
    first = begin(
        start_state(state_from_structures([chain()], CPU), 300.0, 0), integrator, evaluate
    )
    before = first.positions.clone(), first.momenta.clone()
    states = list(simulate(first, springs, integrator, 4, evaluate=evaluate))
    assert [state.step for state in states] == [1, 2, 3, 4]
    assert torch.equal(first.positions, before[0])
    assert torch.equal(first.momenta, before[1])


@pytest.mark.parametrize(
    "unsearchable",
    [InvalidPositionsError("a position is not a finite number", 0), OutOfMemoryError("cpu", 6)],
    ids=["scattered", "collapsed"],
)
def test_atoms_beyond_any_pair_search_count_as_a_blow_up(unsearchable, chain, springs):
    class Lost(ForceField):
        def __call__(self, state):
            if state.step >= 2:
                raise unsearchable
            return super().__call__(state)

    integrator = NVE(dt=FS)
    evaluate = Lost(springs, integrator.wants)
    state = begin(
        start_state(state_from_structures([chain()], CPU), 300.0, 0), integrator, evaluate
    )
    with pytest.raises(BlowUpError) as caught:
        list(simulate(state, springs, integrator, 9, evaluate=evaluate))
    assert (caught.value.step, caught.value.last_good_step) == (3, 2)


def test_an_element_that_the_potential_does_not_know_is_refused_first(chain, springs):
    springs.elements = frozenset({3})
    integrator = NVE(dt=FS)
    state = start_state(state_from_structures([chain()], CPU), 300.0, 0)
    with pytest.raises(UnsupportedElementError):
        begin(state, integrator, ForceField(springs, integrator.wants))


@pytest.mark.parametrize(("cutoff", "skin"), [(2.5, 0.7), (6.0, 1.0), (0.0, 0.0)])
def test_the_usual_skin_follows_the_cutoff(cutoff, skin, springs):
    springs.cutoff = cutoff
    assert usual_skin(springs) == pytest.approx(skin)
    springs.skin = 0.4
    assert usual_skin(springs) == 0.4
