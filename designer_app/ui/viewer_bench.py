"""How long a picture of many atoms takes: the 3D view at 800 x 600.

There is no peer in the same process; OVITO's scripted renderer on the same numbers of atoms is what
the figures may be held against.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtWidgets import QApplication

from designer_app.specs.structure import Structure
from designer_app.ui.viewer3d.view import StructureView

WIDTH, HEIGHT = 800, 600
SPACING = 2.8
"""A between neighbours of the simple cubic crystal that is drawn."""
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_PALETTE = (3, 8, 15, 26)
_BUDGET = 3.0
"""s spent on each figure, after a first time that fills caches."""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One row a size: drawing while things move, at rest, export, new positions, picking."""
    application = QApplication.instance()
    if application is None:
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
        application = QApplication([])
    view = StructureView()
    view.resize(WIDTH, HEIGHT)
    view.show()
    application.processEvents()
    if not view.start_drawing():
        say("no OpenGL on this display: nothing to measure")
        return
    while not view.draw_seconds:  # the window shows itself, then draws for the first time
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    try:
        for n_atoms in _SIZES[:2] if quick else _SIZES:
            say(f"{n_atoms} atoms")
            yield _row(view, n_atoms)
    finally:
        view.close()


def cubic_crystal(n_atoms: int) -> Structure:
    """At least `n_atoms` of four elements on a cubic grid, displaced by 0.1 A."""
    side = round(n_atoms ** (1 / 3) + 0.499)
    rng = np.random.default_rng(0)
    positions = np.array(np.unravel_index(np.arange(n_atoms), (side,) * 3)).T * SPACING
    return Structure(
        numbers=rng.choice(_PALETTE, n_atoms),
        positions=positions + rng.normal(0.0, 0.1, positions.shape),
        cell=np.eye(3) * side * SPACING,
        pbc=(True, True, True),
    )


def _row(view: StructureView, n_atoms: int) -> dict[str, object]:
    view.set_structure(cubic_crystal(n_atoms))
    positions = view.scene.positions.copy()
    moving = _best(lambda: _draw(view, refined=False))
    resting = _best(lambda: _draw(view, refined=True))
    export = _best(lambda: _elapsed(lambda: view.grab_image(WIDTH, HEIGHT)))
    update = _best(lambda: _elapsed(lambda: _move(view, positions)))
    pick = _best(lambda: _elapsed(lambda: view.atom_at(WIDTH / 2, HEIGHT / 2)))
    return {
        "atoms": n_atoms,
        "drawing while moving / ms": _ms(moving),
        "drawing at rest / ms": _ms(resting),
        "export / ms": _ms(export),
        "new positions, CPU / ms": _ms(update),
        "picking / ms": _ms(pick),
        "peer": "none in process",
    }


def _move(view: StructureView, positions: NDArray[np.float32]) -> None:
    view.set_frame(positions)
    view.take_frame()


def _draw(view: StructureView, *, refined: bool) -> float:
    view.camera.turn(0.03, 0.0)
    view.draw_now(refined=refined)
    return view.draw_seconds


def _ms(seconds: float) -> float:
    return float(f"{1e3 * seconds:.3g}")


def _elapsed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _best(measure: Callable[[], float]) -> float:
    """The least of up to nine repeats within the budget: what others do adds, never subtracts."""
    measure()
    start, taken = time.perf_counter(), [measure()]
    while len(taken) < 9 and time.perf_counter() - start < _BUDGET:
        taken.append(measure())
    return min(taken)
