"""What workspaces import when they are first opened, imported ahead in a thread.

A plotting package takes a fifth of a second and the 3D view as much: in the thread of the window
nothing could be clicked meanwhile.
"""

from collections import deque
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.running.control import RunControl

if TYPE_CHECKING:
    from designer_app.session.job_manager import JobManager

NAMES = (
    "vispy.app.backends._pyside6",
    "vispy.gloo.gl.glplus",
    "designer_app.ui.viewer3d.canvas",
    "designer_app.ui.design.presenter",
    "designer_app.ui.potentials.presenter",
    "designer_app.ui.screening.presenter",
    "pyqtgraph",
    "designer_app.ui.plots.run_plots",
    "designer_app.ui.plots.hull_plot",
    "designer_app.ui.plots.latent_map",
    "designer_app.ui.plots.pattern_plot",
    "designer_app.ui.plots.scatter_plot",
)


class Preload(QObject):
    """One module a job, so that files which the user asks for meanwhile are read in between."""

    def __init__(self, jobs: "JobManager", parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._left = deque(NAMES)

    def begin(self) -> None:
        """Import the next module; a name that fails is met again where it is needed."""
        if self._left:
            job = self._jobs.submit_here("import", partial(_import, self._left.popleft()))
            for over in (job.succeeded, job.failed):
                over.connect(self.begin)


def _import(name: str, _control: RunControl) -> None:
    import_module(name)
