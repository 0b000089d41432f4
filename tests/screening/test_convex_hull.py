from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import MissingReferenceError
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.phase_diagrams import pymatgen_diagram
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.specs.hull import HullOrigin

ROUNDING = 1e-6
"""eV/atom: Qhull and the linear solver work in double precision on energies of a few eV."""

ORIGIN = HullOrigin(
    potential="made up", model_sha256="", reference_set="made-up set", correction="none"
)
SYMBOLS = ("Li", "Fe", "P", "O")


def _phase(amounts: Mapping[str, float], per_atom: float, source: str) -> ReferencePhase:
    n_atoms = sum(amounts.values())
    return ReferencePhase(source, dict(amounts), per_atom * n_atoms, 0.0, lambda: None)


@st.composite
def systems(draw, largest=4):
    """Elements and some compounds of 2 to 4 elements with formation energies -3 to 1 eV/atom."""
    n_elements = draw(st.integers(2, largest))
    symbols = SYMBOLS[:n_elements]
    references = [draw(st.floats(-9, -1)) for _ in symbols]
    phases = [
        _phase({symbol: 1}, energy, f"element-{symbol}")
        for symbol, energy in zip(symbols, references, strict=True)
    ]
    for number in range(draw(st.integers(0, 12))):
        amounts = {symbol: draw(st.integers(0, 4)) for symbol in symbols}
        amounts = {symbol: float(amount) for symbol, amount in amounts.items() if amount}
        if not amounts:
            continue
        mean = np.average(
            [references[symbols.index(symbol)] for symbol in amounts],
            weights=list(amounts.values()),
        )
        phases.append(_phase(amounts, mean + draw(st.floats(-3, 1)), f"phase-{number}"))
    return symbols, phases


@given(systems())
def test_distances_are_those_of_pymatgen(system):
    symbols, phases = system
    hull = hull_for(symbols, phases, ORIGIN)
    diagram = pymatgen_diagram(phases)
    theirs = {entry.name: diagram.get_e_above_hull(entry) for entry in diagram.all_entries}
    for phase, ours in zip(hull.phases, hull.distances(), strict=True):
        assert ours == pytest.approx(theirs[phase.source], abs=ROUNDING)


@given(systems())
def test_a_phase_of_the_hull_lies_on_it(system):
    symbols, phases = system
    hull = hull_for(symbols, phases, ORIGIN)
    for index in np.unique(hull.facets):
        phase = hull.phases[index]
        placed = hull.place(phase.composition, phase.energy_per_atom)
        assert placed.e_above_hull == pytest.approx(0.0, abs=ROUNDING)
        assert placed.is_stable


@given(systems(), st.integers(0, 10**6))
def test_adding_a_phase_never_raises_the_hull(system, seed):
    symbols, phases = system
    rng = np.random.default_rng(seed)
    x = rng.dirichlet(np.ones(len(symbols)), size=8)
    before = hull_for(symbols, phases, ORIGIN)
    amounts = dict(zip(symbols, rng.integers(1, 4, len(symbols)).tolist(), strict=True))
    after = before.with_phases([_phase(amounts, rng.uniform(-9, 0), "new")], "+ new")
    shift = x @ (after.element_energies - before.element_energies)
    assert (after.energies_at(x) + shift <= before.energies_at(x) + ROUNDING).all()


@given(systems(), st.integers(0, 10**6))
def test_a_decomposition_keeps_atoms_and_energy(system, seed):
    symbols, phases = system
    hull = hull_for(symbols, phases, ORIGIN)
    x = np.random.default_rng(seed).dirichlet(np.ones(len(symbols)))
    mixture = hull.mixture(x)
    members, shares = list(mixture.members), np.array(mixture.shares)
    np.testing.assert_allclose(shares @ hull.fractions[members], x, atol=1e-5)
    assert shares @ hull.energies[members] == pytest.approx(mixture.energy, abs=ROUNDING)
    assert mixture.energy == pytest.approx(float(hull.energies_at(x[None])[0]), abs=1e-5)


@given(systems(), st.integers(0, 10**6))
def test_facets_and_linear_programming_find_the_same_hull(system, seed):
    symbols, phases = system
    hull = hull_for(symbols, phases, ORIGIN)
    x = np.random.default_rng(seed).dirichlet(np.ones(len(symbols)))
    solved = hull.mixture_of(x, np.arange(len(hull.phases)))
    assert solved.energy == pytest.approx(float(hull.energies_at(x[None])[0]), abs=ROUNDING)


def _salt(*more):
    return hull_for(
        ("Na", "Cl"),
        [
            _phase({"Na": 1}, -1.3, "element-Na"),
            _phase({"Cl": 2}, -1.8, "element-Cl"),
            _phase({"Na": 1, "Cl": 1}, -3.55, "rock-salt"),
            *more,
        ],
        ORIGIN,
    )


def test_a_formation_energy_is_counted_from_the_elements():
    placed = _salt().place({"Na": 4, "Cl": 4}, -3.55)
    assert placed.formula == "NaCl"
    assert placed.formation_energy == pytest.approx(-2.0)


def test_a_polymorph_lies_above_its_ground_state_by_the_difference():
    placed = _salt().place({"Na": 1, "Cl": 1}, -3.50)
    assert placed.e_above_hull == pytest.approx(0.05)
    assert placed.decomposition == (("NaCl", pytest.approx(1.0), "rock-salt"),)
    assert placed.equilibrium_reaction_energy is None


def test_a_new_phase_below_the_hull_says_by_how_much():
    placed = _salt().place({"Na": 1, "Cl": 3}, -3.0)
    on_the_line = 0.5 * -3.55 + 0.5 * -1.8
    assert placed.e_above_hull == 0.0
    assert placed.below_hull == pytest.approx(on_the_line + 3.0)
    assert placed.equilibrium_reaction_energy == pytest.approx(-placed.below_hull)


def test_a_stable_phase_gains_its_formation_energy_against_the_elements_alone():
    placed = _salt().place({"Na": 1, "Cl": 1}, -3.55)
    assert placed.equilibrium_reaction_energy == pytest.approx(-2.0)


def test_left_out_of_the_set_a_compound_competes_with_other_formulas():
    hull = _salt().without_formula({"Na": 2, "Cl": 2})
    placed = hull.place({"Na": 1, "Cl": 1}, -3.55)
    assert {formula for formula, _, _ in placed.decomposition} == {"Na", "Cl"}
    assert "without NaCl" in placed.reference_set


def test_every_placement_names_potential_set_and_correction():
    placed = _salt().place({"Na": 1, "Cl": 1}, -3.5)
    assert (placed.potential, placed.reference_set, placed.correction) == (
        "made up",
        "made-up set",
        "none",
    )


def test_an_element_without_a_phase_is_named():
    with pytest.raises(MissingReferenceError) as told:
        hull_for(("Na", "Cl"), [_phase({"Na": 1}, -1.3, "element-Na")], ORIGIN)
    assert told.value.element == "Cl"


def test_a_composition_of_other_elements_is_refused():
    with pytest.raises(MissingReferenceError) as told:
        _salt().place({"K": 1, "Cl": 1}, -3.0)
    assert told.value.element == "K"


def test_the_most_stable_phase_of_an_element_is_its_reference():
    hull = _salt(_phase({"Na": 2}, -1.4, "better-Na"))
    assert hull.place({"Na": 1}, -1.3).e_above_hull == pytest.approx(0.1)


def test_a_hair_above_itself_a_stable_phase_still_gains_its_energy():
    phases = [
        _phase({"Li": 1}, -1.9, "li"),
        _phase({"O": 1}, -4.9, "o"),
        _phase({"Li": 2, "O": 1}, -5.0, "oxide"),
    ]
    placed = hull_for(("Li", "O"), phases, ORIGIN).place({"Li": 2, "O": 1}, -5.0 + 5e-5)
    assert placed.is_stable
    assert placed.equilibrium_reaction_energy == pytest.approx(-5.0 + 8.7 / 3 + 5e-5, abs=ROUNDING)
