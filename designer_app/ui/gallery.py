"""A PNG of every screen and state, driven through the real session and its workers."""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from designer_app.specs.md import MDSpec
from designer_app.ui.dialogs.help import HelpDialog
from designer_app.ui.dialogs.palette import CommandPalette
from designer_app.ui.dialogs.preferences import PreferencesDialog
from designer_app.ui.gallery_choice import SCENES, Choice
from designer_app.ui.main_window import MainWindow
from designer_app.ui.temporary_home import temporary_home

_log = logging.getLogger(__name__)
_SCRIM = 70
"""Darkens the window behind a dialog, whose own frame comes from the window manager."""
_LARGE_SIZE = (1920, 1080)
_DISORDERED = """data_NMC433
_cell_length_a 2.869
_cell_length_b 2.869
_cell_length_c 14.247
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_name_H-M_alt 'R -3 m'
_space_group_IT_number 166
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0 0 0 1
Ni1 Ni 0 0 0.5 0.4
Mn1 Mn 0 0 0.5 0.3
Co1 Co 0 0 0.5 0.3
O1 O 0 0 0.2585 1
"""


def make_gallery(folder: Path, choice: Choice) -> int:
    """Write the screens that are chosen into a folder; 1 where there is none of such a name."""
    folder.mkdir(parents=True, exist_ok=True)
    with temporary_home():
        return _make(folder, choice)


def _make(folder: Path, choice: Choice) -> int:
    from designer_app.session.session import Session
    from designer_app.ui.application import make_application
    from designer_app.ui.theme import Theme

    application = make_application()
    theme = Theme(application, "light")
    window = MainWindow(Session(), theme)
    window.resize(*choice.size)
    window.show()
    window.session.start()
    window.finish_start()
    gallery = Gallery(window, folder, choice)
    try:
        for name in SCENES:
            if choice.plays(name):
                getattr(gallery, name)()
            elif name == "structure":  # what comes later is shown with it
                gallery.open("LiFePO4")
    finally:
        window.close()
        application.processEvents()
    if not gallery.n_written:
        sys.stderr.write("No picture was written: none is called so. See gui --help.\n")
    return 0 if gallery.n_written else 1


class Gallery:
    """Brings the window into each state, then takes its picture in light and dark."""

    def __init__(self, window: MainWindow, folder: Path, choice: Choice) -> None:
        self._window = window
        self._folder, self._choice = folder, choice
        self.n_written = 0

    @property
    def window(self) -> MainWindow:
        """What is pictured."""
        return self._window

    def resize_large(self) -> None:
        """As on a large screen."""
        self._window.resize(*_LARGE_SIZE)

    def resize_design(self) -> None:
        """The size that everything is made for."""
        self._window.resize(*self._choice.size)

    def screening(self) -> None:
        """All states of the Screening workspace."""
        from designer_app.ui.screening.gallery import shoot_screening

        shoot_screening(self)

    def design(self) -> None:
        """All states of the Design workspace."""
        from designer_app.ui.design.gallery import shoot_design

        shoot_design(self)

    def empty(self) -> None:
        """Nothing is open."""
        self._window.work.picture.show_empty()
        self.shoot("empty")

    def structure(self) -> None:
        """LiFePO4, its facts, and one of its atoms."""
        self.open("LiFePO4")
        self.shoot("structure")
        view = self._window.work.picture.view
        if view is not None:
            view.select([4])
            view.atom_picked.emit(4)
        self.shoot("structure-atom")
        if view is not None:
            view.select([])
            view.atom_picked.emit(-1)

    def potentials(self) -> None:
        """All states of the Potentials workspace."""
        from designer_app.ui.potentials.gallery import shoot_potentials

        shoot_potentials(self)

    def dialogs(self) -> None:
        """Preferences, commands, help and the project menu."""
        window = self._window
        for name, made in (
            ("preferences", PreferencesDialog(window.session.settings, window.theme, window)),
            ("commands", CommandPalette(window.actions_by_key, window.theme, window)),
            ("help", HelpDialog(window.actions_by_key, window)),
        ):
            made.show()
            self.shoot(name, made)
            made.close()
            made.deleteLater()

    def dynamics(self) -> None:
        """Before, during and after a run."""
        window = self._window
        window.show_workspace("dynamics")
        self.shoot("dynamics-idle")
        window.dynamics.form.unfold()
        self.shoot("dynamics-more")
        window.dynamics.form.unfold(is_open=False)
        window.dynamics.set_spec(MDSpec(temperature=600.0, steps=400, frame_interval=2))
        window.dynamics.ask_run()
        self.until(lambda: self.steps() > 150, 180.0)
        self.shoot("dynamics-running")
        window.show_workspace("structure")
        window.work.show_drawer("jobs")
        self.shoot("jobs")
        window.work.show_drawer("log")
        self.shoot("log")
        window.work.show_drawer("")
        window.show_workspace("dynamics")
        window.dynamics.ask_pause()
        self.wait(0.6)
        self.shoot("dynamics-paused")
        window.dynamics.ask_pause()
        self.until(lambda: not window.runs.is_busy, 300.0)
        if window.work.plots is not None:
            window.work.plots.show_tab("Temperature")
        self.shoot("dynamics-finished")

    def errors(self) -> None:
        """A run that blows up, and a file that is none."""
        window = self._window
        window.dynamics.set_spec(MDSpec(temperature=3000.0, timestep=20.0, steps=200))
        window.dynamics.ask_run()
        self.until(lambda: window.work.picture.card is not None, 180.0)
        self.shoot("error-run")
        window.work.picture.close_card()
        with self.file("broken.cif", "data_\nloop_\n_atom_site_label\n") as path:
            window.commands.open_path(path)
            self.until(lambda: window.work.picture.card is not None, 60.0)
        self.shoot("error-file")
        window.work.picture.close_card()

    def disorder(self) -> None:
        """A cathode with shared sites, as it came from the laboratory, and ordered."""
        window = self._window
        window.show_workspace("structure")
        with self.file("NMC433.cif", _DISORDERED) as path:
            window.commands.open_path(path)
            self.until(self._is_disordered, 60.0)
            self._settle()
        self.shoot("disorder")
        window.session.make_ordered()
        self.until(lambda: not self._is_disordered(), 120.0)
        self._settle()
        self.shoot("ordered")

    def large(self) -> None:
        """The same on a large screen."""
        self.resize_large()
        self.open("Li10GeP2S12")
        self.shoot("large-structure")
        self._window.show_workspace("dynamics")
        self.shoot("large-dynamics")

    def shoot(self, name: str, over: QWidget | None = None) -> None:
        """Take the window's picture in both schemes, with a dialog or a popup over it."""
        for scheme in self._choice.schemes if self._choice.holds(name) else ():
            self._window.theme.choose(scheme)
            self.wait(0.35)
            picture = self._window.grab()
            if over is not None:
                painter = QPainter(picture)
                place = self._window.mapFromGlobal(over.pos())
                if over.windowType() != Qt.WindowType.Popup:
                    painter.fillRect(self._window.rect(), QColor(0, 0, 0, _SCRIM))
                    place = self._window.rect().center() - over.rect().center()
                painter.drawPixmap(QPoint(place), over.grab())
                painter.end()
            path = self._folder / f"{name}-{scheme}.png"
            if picture.save(str(path)):
                self.n_written += 1
            else:
                _log.error("%s could not be written", path)
        self._window.theme.choose("light")

    # --- waiting for facts ---

    def open(self, name: str) -> None:
        """Open an example, and wait until it is described."""
        before = self._window.session.document
        self._window.commands.open_example(name)
        self.until(lambda: self._window.session.document not in (None, before), 60.0)
        self._settle()

    def _settle(self) -> None:
        session = self._window.session
        self.until(lambda: session.facts is not None and session.bonds is not None, 60.0)
        self.wait(0.5)

    def _is_disordered(self) -> bool:
        document = self._window.session.document
        return document is not None and document.is_disordered

    def steps(self) -> float:
        """Done by the run that goes."""
        job = self._window.runs.job
        return job.progress.done if job is not None and job.progress is not None else 0.0

    @contextmanager
    def file(self, name: str, text: str) -> Iterator[Path]:
        """A file with this text, for as long as it is needed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            yield path

    def wait(self, seconds: float) -> None:
        """Let the window live for a while."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def until(self, is_so: Callable[[], bool], limit_s: float) -> None:
        """Let the window live until something is so."""
        end = perf_counter() + limit_s
        while not is_so():
            if perf_counter() > end:
                _log.warning("gave up waiting after %.0f s", limit_s)
                return
            self.wait(0.05)
