"""Hull and scatter plots of the Screening workspace."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import DiagramPhase, HullOrigin, PhaseDiagram
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import FAILS, PASSES, WAITS, ScreenRow
from designer_app.specs.structure import Structure
from designer_app.ui.plots.hull_plot import HullPlot, describe
from designer_app.ui.plots.scatter_plot import ScatterPlot
from designer_app.ui.screening.candidate_table import CandidateTable
from designer_app.ui.screening.columns import Criterion, criteria_of
from designer_app.ui.screening.preview import Preview

ORIGIN = HullOrigin(
    potential="chgnet 0.3.0", model_sha256="ab", reference_set="test, 4 phases", correction="none"
)


def phase(formula, shares, energy, above=0.0, *, is_candidate=False):
    return DiagramPhase(
        formula=formula,
        source="mp-1",
        shares=shares,
        formation_energy=energy,
        e_above_hull=above,
        is_candidate=is_candidate,
    )


BINARY = PhaseDiagram(
    elements=("Li", "O"),
    phases=(
        phase("Li", (1.0, 0.0), 0.0),
        phase("O", (0.0, 1.0), 0.0),
        phase("Li2O", (2 / 3, 1 / 3), -2.0),
        phase("LiO", (0.5, 0.5), -1.5, 0.02, is_candidate=True),
    ),
    tie_lines=((0, 2), (2, 1)),
    regions=((0, 2), (2, 1)),
    origin=ORIGIN,
)
TERNARY = PhaseDiagram(
    elements=("Li", "Fe", "O"),
    phases=(
        phase("Li", (1.0, 0.0, 0.0), 0.0),
        phase("Fe", (0.0, 1.0, 0.0), 0.0),
        phase("O", (0.0, 0.0, 1.0), 0.0),
        phase("LiFeO2", (0.25, 0.25, 0.5), -1.8),
    ),
    tie_lines=((0, 3), (1, 3), (2, 3)),
    regions=((0, 1, 3),),
    origin=ORIGIN,
)


@pytest.fixture
def hull(qtbot, theme):
    made = HullPlot(theme)
    qtbot.addWidget(made)
    made.resize(500, 320)
    made.show()
    return made


@pytest.fixture
def table():
    def row(number, voltage, density, verdict):
        estimates = (
            Estimate(key="voltage", value=voltage, unit="V"),
            Estimate(key="energy_density", value=density, unit="Wh/kg"),
            Estimate(key="ionic_conductivity", value=10.0 ** -(number + 3), unit="S/cm"),
        )
        return ScreenRow(
            id=f"{number:05d}", formula="LiFePO4", verdict=verdict, estimates=estimates
        )

    made = CandidateTable()
    made.put(
        [
            row(0, 3.4, 580.0, PASSES),
            row(1, 4.1, 450.0, FAILS),
            row(2, 2.0, float("nan"), WAITS),
        ]
    )
    return made


@pytest.fixture
def scatter(qtbot, theme, table):
    made = ScatterPlot(theme)
    qtbot.addWidget(made)
    made.resize(500, 320)
    made.show()
    made.set_table(table, criteria_of(ScreenSpec()))
    return made


def test_a_binary_system_is_a_line_of_energies_over_composition(hull):
    hull.set_diagram(BINARY)
    assert np.allclose(hull.places()[2], (1 / 3, -2.0))
    assert "chgnet 0.3.0" in hull._origin.text()


def test_a_ternary_system_is_a_triangle_of_equal_sides(hull):
    hull.set_diagram(TERNARY)
    corners = hull.places()[:3]
    sides = [np.linalg.norm(corners[i] - corners[(i + 1) % 3]) for i in range(3)]
    assert np.allclose(sides, 1.0)


def test_a_system_of_four_elements_is_a_table_with_the_candidate_first(hull):
    elements = ("Li", "Fe", "P", "O")
    phases = (
        phase("Li3PO4", (3 / 8, 0.0, 1 / 8, 0.5), -2.7),
        phase("LiFePO4", (1 / 7, 1 / 7, 1 / 7, 4 / 7), -2.4, 0.03, is_candidate=True),
    )
    diagram = PhaseDiagram(
        elements=elements, phases=phases, tie_lines=(), regions=(), origin=ORIGIN
    )
    hull.set_diagram(diagram)
    first, second = hull.phases.texts()
    assert first == ["LiFePO₄ (candidate)", "\N{MINUS SIGN}2.400", "30"]
    assert second[2] == "on the hull"


def test_a_click_on_a_phase_tells_which(qtbot, hull):
    hull.set_diagram(BINARY)
    hull._plot.getPlotItem().vb.updateMatrix()
    place = hull._item.getViewBox().mapViewToScene(QPointF(0.5, -1.5))
    assert hull._at(place).formula == "LiO"
    assert "20" in describe(hull._at(place))


def test_a_sentence_stands_where_there_is_no_diagram(hull):
    hull.set_diagram(BINARY)
    hull.say("There is no reference set.")
    assert hull.message() == "There is no reference set."
    assert hull.diagram is None


def test_only_rows_with_both_numbers_are_drawn(scatter):
    scatter.set_axes("voltage", "energy_density")
    assert np.allclose(scatter.points(), [(3.4, 580.0), (4.1, 450.0)])


def test_a_conductivity_is_drawn_by_its_logarithm(scatter):
    scatter.set_axes("voltage", "ionic_conductivity")
    assert np.allclose(scatter.points()[:, 1], (-3.0, -4.0, -5.0))


def test_a_number_that_was_predicted_is_told_so_on_its_axis(scatter, table):
    found = Estimate(key="capacity", value=170.0, unit="mAh/g", method="learned head")
    table.put([ScreenRow(id="00003", formula="LiO", verdict=PASSES, estimates=(found,))])
    scatter.refresh()
    scatter.set_axes("energy_density", "capacity")
    assert scatter._item.getAxis("left").labelText == "Capacity (mAh/g), learned"


def test_rules_are_lines(scatter):
    scatter.set_axes("voltage", "energy_density")
    assert sorted(line.value() for line in scatter._lines) == [1.0, 5.0, 500.0]


def test_the_first_target_is_drawn_against_stability_until_axes_are_chosen(qtbot, theme):
    found = (
        Estimate(key="e_above_hull", value=0.01, unit="eV/atom"),
        Estimate(key="adsorption_free_energy", value=0.1, unit="eV"),
        Estimate(key="stability", value=0.9, unit=""),
    )
    rows = CandidateTable()
    rows.put([ScreenRow(id="1", formula="Ni3Mo", estimates=found)])
    made = ScatterPlot(theme)
    qtbot.addWidget(made)
    wanted = ("adsorption_free_energy", "e_above_hull")
    made.set_table(rows, {key: Criterion(key, high=0.1) for key in wanted})
    assert (made.upward.value(), made.across.value()) == wanted


def test_the_axes_that_were_chosen_stay_when_rows_come(scatter, table):
    scatter.set_axes("voltage", "ionic_conductivity")
    hull = Estimate(key="e_above_hull", value=0.01, unit="eV/atom")
    table.put([ScreenRow(id="00009", formula="LiO", estimates=(hull,))])
    scatter.refresh()
    assert (scatter.across.value(), scatter.upward.value()) == ("voltage", "ionic_conductivity")


def test_a_choice_before_any_number_is_known_draws_no_ring(scatter, table):
    scatter.set_axes("voltage", "energy_density")
    empty = CandidateTable()
    scatter.set_table(empty, {})
    empty.put([ScreenRow(id="00000", formula="LiFePO4", verdict=WAITS)])
    scatter.choose(["00000"])
    assert len(scatter.points()) == 0


def test_what_lies_below_all_known_phases_is_not_said_to_be_on_their_hull():
    told = describe(phase("NaBr", (0.5, 0.5), -1.84, -1.84, is_candidate=True))
    assert "1840" in told
    assert "below all other phases" in told


def test_a_click_on_a_point_chooses_the_candidate(qtbot, scatter):
    scatter.set_axes("voltage", "energy_density")
    scatter._plot.getPlotItem().vb.updateMatrix()
    place = scatter._item.getViewBox().mapViewToScene(QPointF(3.4, 580.0))
    assert scatter._at(place) == 0
    far = scatter._item.getViewBox().mapViewToScene(QPointF(3.75, 580.0))
    assert scatter._at(far) == -1


def test_the_first_rule_is_drawn_against_the_distance_to_the_hull(scatter, table):
    distance = Estimate(key="e_above_hull", value=0.01, unit="eV/atom")
    density = Estimate(key="energy_density", value=500.0, unit="Wh/kg")
    table.put([ScreenRow(id="00007", formula="LiO", estimates=(density, distance))])
    scatter.set_table(table, criteria_of(ScreenSpec()))
    assert (scatter.upward.value(), scatter.across.value()) == ("energy_density", "e_above_hull")


@pytest.mark.parametrize(("width", "is_below"), [(600, True), (230, False)])
def test_the_legend_of_a_candidate_leaves_the_lattice_directions_free(
    qtbot, theme, width, is_below
):
    preview = Preview(theme)
    qtbot.addWidget(preview)
    preview.resize(width, 300)
    preview.show()
    numbers = np.array([3, 14, 25, 8])
    preview.show_structure(Structure(numbers, 2.5 * np.eye(4, 3), 6.0 * np.eye(3), (True,) * 3))
    assert (preview._legend.y() > preview.height() / 2) == is_below
