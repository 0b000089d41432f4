"""A model from elsewhere, by what its file is: taken in, taken over, or asked about."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from designer_app.errors import UnsafeFileError, WriteFailedError
from designer_app.io.model_files import ModelFile
from designer_app.running.messages import JobError, job_error
from designer_app.specs.convert import ConvertSpec
from designer_app.ui.dialogs.consent import ConsentDialog
from designer_app.ui.dialogs.take_over import TakeOverDialog

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_CANNOT_RUN = "it is {}, and only TorchScript programs can be run"
_REFUSED = "it is {}; reading it would run what is in it"


class Opening(QObject):
    """Looks at a file, and leads it to the library or to Dynamics."""

    usable = Signal(str, str)
    """(family, model) that can be chosen now."""
    failed = Signal(object)
    """A `JobError`."""

    def __init__(self, window: "MainWindow", parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._trainings = window.session.trainings

    def open(self, path: Path) -> None:
        """See what it is."""
        job = self._trainings.model_file(path)
        job.succeeded.connect(self._on_seen)
        job.failed.connect(self.failed)

    def _on_seen(self, found: tuple[ModelFile, str, bool]) -> None:
        file, family, may_run = found
        if file.kind == "potential":
            job = self._trainings.add(file.path)
            job.succeeded.connect(self._on_added)
            job.failed.connect(self.failed)
        elif family:
            self.usable.emit(family, str(file.path))
        elif file.kind == "torchscript":
            self._ask_consent(file, may_run=may_run)
        elif file.role in ("data", "copy"):
            self._ask_more(file)
        else:
            told = _CANNOT_RUN if file.role == "code" else _REFUSED
            self.failed.emit(job_error(UnsafeFileError(str(file.path), told.format(file.words))))

    def _ask_consent(self, file: ModelFile, *, may_run: bool) -> None:
        if may_run:
            self._on_allowed(file.path)
            return
        dialog = ConsentDialog(file.path, file.words, self._window)
        dialog.allowed.connect(self._on_allowed)
        dialog.failed.connect(self._on_not_allowed)
        dialog.open()

    def _ask_more(self, file: ModelFile) -> None:
        out = self._trainings.free_folder(file.path.stem)
        spec = ConvertSpec(path=file.path, out=out, title=file.path.stem)
        dialog = TakeOverDialog(file, spec, self._window.theme, self._window)
        dialog.asked.connect(self._on_take_over_asked)
        dialog.open()

    def _on_allowed(self, path: Path) -> None:
        self.usable.emit("script", str(path))

    def _on_not_allowed(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.failed.emit(job_error(WriteFailedError(error.filename or "", reason)))

    def _on_take_over_asked(self, spec: ConvertSpec) -> None:
        job = self._trainings.convert(spec)
        job.succeeded.connect(self._on_taken_over)
        job.failed.connect(self._on_not_taken_over)

    def _on_not_taken_over(self, error: JobError) -> None:
        self.failed.emit(error)

    def _on_taken_over(self, told: dict[str, Any]) -> None:
        self._on_added(Path(told["folder"]))

    def _on_added(self, folder: Path) -> None:
        self._window.status.say(self.tr("%s is one of your potentials now") % folder.name)
        self._trainings.list_trained()
