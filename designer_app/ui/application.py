"""The window's way in: `main(argv)` starts Qt, shows the frame, then everything heavier."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from designer_app import __version__
from designer_app.errors import WriteFailedError
from designer_app.explanations import explain_exception
from designer_app.io.folders import writable_folder
from designer_app.ui.collector import Collector
from designer_app.ui.gallery_choice import choice_of, size_of, told_scenes
from designer_app.ui.icons import icon
from designer_app.ui.interrupts import Interrupts
from designer_app.ui.preload import Preload
from designer_app.ui.theme import CHOICES, LIGHT, Theme

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_log = logging.getLogger(__name__)
_LATE = ("torch", "pymatgen", "chgnet", "numba", "ase", "vispy", "pyqtgraph", "scipy")
"""Packages whose import would delay the first paint."""
_NEVER = ("torch", "pymatgen", "chgnet", "numba")
"""Packages that only workers import."""
_EXIT_FAILED_RUN = 1
_PRELOAD_AFTER_MS = 500
"""What is opened at the start comes first."""


def main(arguments: Sequence[str]) -> int:
    """Open the window; returns the exit code when it has closed."""
    parser = _parser()
    asked = parser.parse_args(list(arguments))
    if asked.out is not None:
        if asked.demo is None:
            parser.error("--out needs --demo")
        try:
            asked.out = writable_folder(asked.out.absolute())
        except WriteFailedError as error:
            sys.stderr.write(explain_exception(error).sentence + "\n")
            return _EXIT_FAILED_RUN
    if asked.gallery is None and (asked.scenes or asked.size):
        parser.error("--scenes and --size need --gallery")
    if asked.screenshot is not None:
        with suppress(OSError):  # told when the picture is due
            asked.screenshot.absolute().parent.mkdir(parents=True, exist_ok=True)
    if asked.gallery is not None:
        from designer_app.ui.gallery import make_gallery

        return make_gallery(asked.gallery, choice_of(asked.scenes, asked.theme, asked.size))
    application = make_application()
    from designer_app.session.session import Session

    session = Session()
    theme = Theme(application, asked.theme or str(session.settings.get("theme")))
    from designer_app.ui.main_window import MainWindow
    from designer_app.ui.viewer3d import opengl

    window = MainWindow(session, theme)
    start = Start(window, asked)
    sys.excepthook = window.errors.report_unexpected
    interrupts = Interrupts(window)
    interrupts.asked.connect(window.close)
    opengl.prepare(window)
    window.show()
    code = application.exec()
    interrupts.close()
    return code or start.code


def make_application() -> QApplication:
    """The one QApplication, ready for OpenGL widgets that are moved between windows."""
    present = QApplication.instance()
    if isinstance(present, QApplication):
        return present
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    QCoreApplication.setApplicationName("designer_app")
    QCoreApplication.setApplicationVersion(__version__)
    logging.getLogger("designer_app").setLevel(logging.INFO)
    application = QApplication(sys.argv[:1])
    application.setWindowIcon(icon("structure", LIGHT, "accent"))
    collect_here(application)
    return application


def collect_here(application: QApplication) -> Collector:
    """Collect garbage in the thread of the window, until the application ends."""
    found = application.findChild(Collector)
    if isinstance(found, Collector):
        return found
    made = Collector(application)
    application.aboutToQuit.connect(made.stop)
    made.start()
    return made


class Start(QObject):
    """What happens after the first paint, in order."""

    def __init__(self, window: "MainWindow", asked: argparse.Namespace) -> None:
        super().__init__(window)
        self._window = window
        self._asked = asked
        self._report: dict[str, object] = {}
        self.code = 0
        """Not 0 where a picture that was asked for could not be written."""
        window.first_painted.connect(self._on_first_painted)
        window.documents.drawn.connect(self._on_document_shown)

    def _on_first_painted(self) -> None:
        self._note("interactive_s")
        self._report["imported_before_paint"] = _imported(_LATE)
        window, asked = self._window, self._asked
        window.session.start()
        if asked.demo is not None:
            window.commands.run_demo(asked.demo, asked.out)
        elif asked.file is not None:
            window.commands.open_path(asked.file)
        else:
            window.session.open_last()
        window.finish_start()
        preload = Preload(window.session.jobs, self)
        QTimer.singleShot(_PRELOAD_AFTER_MS, preload, preload.begin)
        if asked.exit_after is not None or asked.screenshot is not None:
            QTimer.singleShot(round(1000 * (asked.exit_after or 3.0)), self, self._on_exit_due)

    def _on_document_shown(self) -> None:
        view = self._window.work.picture.view
        if view is not None and "crystal_s" not in self._report:
            view.frame_drawn.connect(self._on_frame_drawn)

    def _on_frame_drawn(self) -> None:
        if "crystal_s" not in self._report:
            self._note("crystal_s")

    def _note(self, name: str) -> None:
        if self._asked.report_start is not None:
            import psutil

            self._report[name] = time() - psutil.Process().create_time()

    def _on_exit_due(self) -> None:
        if self._asked.screenshot is not None:
            path: Path = self._asked.screenshot
            if self._window.grab().save(str(path)):
                _log.info("screenshot written to %s", path)
            else:
                failure = WriteFailedError(str(path), "it takes no picture")
                sys.stderr.write(explain_exception(failure).sentence + "\n")
                self.code = _EXIT_FAILED_RUN
        if self._asked.report_start is not None:
            self._report["heavy"] = _imported(_NEVER)
            self._asked.report_start.write_text(json.dumps(self._report), encoding="utf-8")
        self._window.close()


def _imported(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in sys.modules]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="designer-app gui", description="Open the window.")
    parser.add_argument("file", nargs="?", type=Path, help="A structure file to open.")
    parser.add_argument(
        "--demo", nargs="?", const="LiFePO4", help="Open an example and run it (LiFePO4)."
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="Where the demo's run is written.")
    parser.add_argument("--screenshot", type=Path, help="Write the window as PNG, then exit.")
    parser.add_argument("--exit-after", type=float, metavar="S", help="Close after S seconds.")
    parser.add_argument(
        "--gallery", type=Path, metavar="DIR", help="Write all screens as PNG, light and dark."
    )
    parser.add_argument(
        "--scenes", action="append", default=[], metavar="PATTERN", help=told_scenes()
    )
    parser.add_argument(
        "--size", type=size_of, metavar="WxH", help="Window of the pictures: 1280x800."
    )
    parser.add_argument(
        "--theme", choices=CHOICES, help="Light, dark, or as the system; of a gallery: one of them."
    )
    parser.add_argument("--report-start", type=Path, help=argparse.SUPPRESS)
    return parser
