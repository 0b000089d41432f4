"""Files on their way to a training: they are read, then checked, again after every change."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from designer_app.errors import InvalidSpecError
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.labels import LabelsFound, LabelsSpec, Preflight
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui.potentials.data_page import DataPage
from designer_app.ui.potentials.train_panel import TrainPanel

if TYPE_CHECKING:
    from designer_app.session.trainings import Trainings

_PAUSE_MS = 350
"""Between the last change and the check: typing a number is several changes."""
_NEEDS_READING = ("data", "mapping")


class DataDesk(QObject):
    """Holds the spec of the training that is being set up; page and panel show it."""

    failed = Signal(object)
    """A `JobError`."""
    emptied = Signal()
    """The last file was taken away."""
    found_out = Signal()
    """What the files hold is known."""
    named = Signal(str)
    """What the training would be called."""

    def __init__(
        self, trainings: "Trainings", page: DataPage, panel: TrainPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._trainings = trainings
        self._page, self._panel = page, panel
        self.spec = TrainPotentialSpec(data=(), out=Path())
        self.found: LabelsFound | None = None
        self.preflight: Preflight | None = None
        self._reading: Job | None = None
        self._checking: Job | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._check)
        page.changed.connect(self.change)
        panel.edited.connect(self._on_edited)
        panel.offer_baselines(_baselines())

    # --- what is asked ---

    def begin(self, spec: TrainPotentialSpec) -> None:
        """Set up another training."""
        self.found = self.preflight = None
        self._show(spec)
        self._read()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Learn from these files too."""
        new = tuple(path for path in paths if path not in self.spec.data)
        self._show(replace(self.spec, data=(*self.spec.data, *new)))
        self._read()

    def change(self, changes: Sequence[tuple[str, object]]) -> None:
        """Set fields of the spec, as a fix says; what depends on them is read or checked again."""
        values = dict(changes)
        fields = {name: _fitting(self.spec, name, value) for name, value in values.items()}
        self._show(replace(self._present(), **fields))
        if any(name in _NEEDS_READING for name in values):
            self._read()
        else:
            self.check_again()

    def title(self) -> str:
        """What the training is called: family and data."""
        family = TRAINABLE[self.spec.model].title
        names = [path.parent.name if path.stem in _DULL else path.stem for path in self.spec.data]
        on = ", ".join(dict.fromkeys(names[:2])) + (" ..." if len(names) > 2 else "")
        return f"{family} on {on}" if names else family

    def tags(self) -> tuple[str, ...]:
        """Of the frames that are taken, as far as the files were read."""
        known = tuple(each.tag for each in self.found.tags) if self.found is not None else ()
        return tuple(tag for tag in known if tag in self.spec.tags or not self.spec.tags)

    def ready_spec(self) -> TrainPotentialSpec:
        """What to run. Raises `InvalidSpecError`."""
        return self._panel.into(self.spec)

    # --- reading and checking ---

    def _show(self, spec: TrainPotentialSpec) -> None:
        self.spec = spec
        self._page.set_spec(spec)
        self._panel.set_spec(spec)
        self.named.emit(self.title())

    def _present(self) -> TrainPotentialSpec:
        """With what the panel shows, as far as it is right."""
        try:
            return self._panel.into(self.spec)
        except InvalidSpecError:
            return self.spec

    def _read(self) -> None:
        self._pause.stop()
        for job in (self._reading, self._checking):
            if job is not None and not job.is_over:
                job.cancel()
        self.preflight = None
        self._panel.set_preflight(None)
        if not self.spec.data:
            self.found = None
            self._panel.set_outlook(self.tr("Add files of reference calculations."))
            self.emptied.emit()
            return
        self._page.show_reading(self.spec.data)
        self._panel.set_outlook(self.tr("The files are being read..."))
        spec = LabelsSpec(data=self.spec.data, mapping=self.spec.mapping)
        self._reading = self._trainings.labels(spec)
        self._reading.succeeded.connect(self._on_found)
        self._reading.failed.connect(self._on_not_read)

    def check_again(self) -> None:
        """Check once more: settings changed, or a program may run now."""
        if self.found is not None:
            self.preflight = None
            self._panel.set_preflight(None)
            self._page.show_checking()
            self._panel.set_outlook(self.tr("The data are being checked..."))
            self._pause.start()

    def _check(self) -> None:
        if self._checking is not None and not self._checking.is_over:
            self._checking.cancel()
        try:
            spec = self._panel.into(self.spec)
        except InvalidSpecError:
            self._panel.set_outlook(self.tr("A setting above needs a correction."))
            return
        self._checking = self._trainings.preflight(spec)
        self._checking.succeeded.connect(self._on_checked)
        self._checking.failed.connect(self._on_not_checked)

    def _on_found(self, found: LabelsFound) -> None:
        if self.sender() is not self._reading:
            return
        self.found = found
        self.found_out.emit()
        self._page.show_found(found)
        if found.n_frames:
            self._page.show_checking()
            self._panel.set_outlook(self.tr("The data are being checked..."))
            self._check()
        else:
            said = self.tr("No frame could be read: the files say why.")
            self._page.verdict.setText(said)
            self._panel.set_outlook(said)

    def _on_checked(self, found: Preflight) -> None:
        if self.sender() is not self._checking:  # the settings are others by now
            return
        self.preflight = found
        self._page.show_preflight(found)
        self._panel.set_preflight(found)
        stopped = self.tr("Something must be mended first: see the cards.")
        self._panel.set_outlook("" if found.may_start else stopped)

    def _on_not_read(self, error: JobError) -> None:
        if self.sender() is not self._reading:
            return
        self._panel.set_outlook(self.tr("The files could not be read."))
        self._page.summary.setText(self.tr("The files could not be read"))
        self.failed.emit(error)

    def _on_not_checked(self, error: JobError) -> None:
        if self.sender() is not self._checking:
            return
        self._panel.set_outlook(self.tr("The data could not be checked."))
        self._page.verdict.setText(self.tr("The data could not be checked."))
        self.failed.emit(error)

    def _on_edited(self) -> None:
        self.spec = self._present()
        self.named.emit(self.title())
        self.check_again()


_DULL = ("training", "train", "data", "dataset", "test", "vasprun", "OUTCAR")
"""Names that say nothing: that of the folder stands for them."""


def _fitting(spec: TrainPotentialSpec, name: str, value: object) -> object:
    """A value as the field holds it: lists that came over a wire are tuples there."""
    if isinstance(getattr(spec, name), tuple) and isinstance(value, list):
        return tuple(value)
    return value


def _baselines() -> tuple[tuple[str, str], ...]:
    """Potentials that can be corrected: those that come with the program, but for ensembles."""
    return tuple(
        (f"{row.key}:{model}", f"{row.title} {title}" if len(row.models) > 1 else row.title)
        for row in POTENTIALS.values()
        if row.native and row.key != "ensemble"
        for model, title in row.models
    )
