import numpy as np
import pytest
from PySide6.QtCore import QPointF

from designer_app.running.channels import Frame
from designer_app.running.control import RunControl
from designer_app.ui.frame_pump import FramePump
from designer_app.ui.plots.run_plots import RunPlots
from designer_app.ui.plots.series_table import SeriesTable


def row(step, **more):
    return {"step": step, "time_fs": 2.0 * step, "total_eV": -1.0 - step, **more}


def test_rows_become_columns_in_order():
    table = SeriesTable()
    for start in range(0, 5000, 100):
        table.extend([row(step) for step in range(start, start + 100)])
    assert np.array_equal(table.column("step"), np.arange(5000))


def test_a_value_that_comes_late_is_nan_before():
    table = SeriesTable()
    table.extend([row(0), row(1, pressure_GPa=0.5), row(2, pressure_GPa=None)])
    assert np.array_equal(table.column("pressure_GPa"), [np.nan, 0.5, np.nan], equal_nan=True)


def test_the_pump_hands_over_all_rows_and_only_the_newest_frame(qtbot):
    control, pump = RunControl(), FramePump()
    rows, frames = [], []
    pump.rows_arrived.connect(rows.extend)
    pump.frame_arrived.connect(frames.append)
    pump.watch(control)
    for step in range(1000):
        control.series.append(row(step))
        control.frames.put(Frame(step, 2.0 * step, np.zeros((1, 3), np.float32), np.eye(3)))
    qtbot.waitUntil(lambda: len(rows) == 1000)
    assert [frame.step for frame in frames] == [999]
    pump.watch(None)


def test_what_came_before_the_end_is_not_lost(qtbot):
    control, pump = RunControl(), FramePump()
    rows = []
    pump.rows_arrived.connect(rows.extend)
    pump.watch(control)
    control.series.append(row(7))
    pump.watch(None)
    assert rows == [row(7)]


def test_dear_painting_spaces_the_turns(qtbot):
    control, pump = RunControl(), FramePump()
    rows = []
    pump.rows_arrived.connect(rows.extend)
    pump.watch(control)
    with qtbot.waitSignal(pump.turned):
        pump.note_painting(0.0)
    pump.note_painting(1e6)  # seconds: no further turn while this test lasts
    control.series.append(row(1))
    control.frames.put(Frame(1, 2.0, np.zeros((1, 3), np.float32), np.eye(3)))
    with qtbot.assertNotEmitted(pump.turned), qtbot.waitSignal(pump.frame_seen):
        pass  # recorded, not shown
    assert rows == []
    pump.watch(None)
    assert rows == [row(1)]


@pytest.fixture
def plots(qtbot, theme):
    made = RunPlots(theme)
    qtbot.addWidget(made)
    made.resize(800, 240)
    made.show()
    made.set_run(SeriesTable(), n_atoms=2)
    return made


def test_energies_are_drawn_per_atom_as_changes(plots):
    plots.append([row(0), row(1), row(2)])
    times, values = plots._in_front()._lines[0].getOriginalDataset()
    assert np.allclose(times, [0.0, 0.002, 0.004])  # ps
    assert np.allclose(values, [0.0, -500.0, -1000.0])  # meV/atom


def test_the_crosshair_reads_the_nearest_row(plots, qtbot):
    plots.append([row(step) for step in range(100)])
    plot = plots._in_front()
    place = plot._item.getViewBox().mapViewToScene(QPointF(0.1, 0.0))
    with qtbot.waitSignal(plot.read_out) as told:
        plot._on_mouse_moved(place)
    assert told.args[0][0] == "0.100 ps"
    assert told.args[0][1].endswith("eV")


def test_only_the_plot_in_front_is_drawn(plots):
    plots.append([row(0, temperature_K=300.0), row(1, temperature_K=310.0)])
    hidden = plots._plots["Temperature"]
    assert hidden._lines[0].getOriginalDataset()[0] is None
    plots.show_tab("Temperature")
    assert len(hidden._lines[0].getOriginalDataset()[0]) == 2
