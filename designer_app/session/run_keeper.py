"""Runs into the project: a folder each, how they stand, and what came out of them."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer_app.errors import UnsafeFileError, WriteFailedError
from designer_app.io.documents import Document
from designer_app.io.toml import toml_text
from designer_app.project import Project
from designer_app.project.runs import LIVE, Run
from designer_app.provenance import Provenance, now
from designer_app.running.control import RunControl
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.specs.design_rows import DesignResult
from designer_app.specs.fields import settings_of, spec_from_settings
from designer_app.specs.md import MDSpec
from designer_app.specs.potentials import imports_code
from designer_app.specs.screen_rows import ScreenResult
from designer_app.specs.structure import Structure

_log = logging.getLogger(__name__)


class RunKeeper(QObject):
    """Writes down the jobs that belong to a project."""

    keep_failed = Signal(object)
    """A `JobError`: the figures of a run did not get into the project."""
    noted = Signal()
    """The project tells another state of a run than before."""

    def __init__(self, jobs: JobManager, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self._jobs = jobs
        self._kept: dict[int, tuple[Project, Run, Document | None]] = {}
        self._is_closing = False
        jobs.job_changed.connect(self._on_job_changed)

    def folder_for(self, key: str, title: str) -> Path | None:
        """A new folder for a run; None where nothing can be kept. Raises `WriteFailedError`."""
        if self.project is None or self.project.is_read_only:
            return None
        return self.project.runs.begin(key, title).folder

    def keep(self, job: Job, document: Document | None) -> None:
        """Write down how this job stands, from now on; `document` is what it works on."""
        project = self.project
        if project is None or project.is_read_only or job.folder is None:
            return
        run = project.runs.at(job.folder) or Run(
            folder=job.folder,
            key=job.key,
            title=job.title,
            created=now(),
            settings={},
            result={},
        )
        run = replace(run, state=job.state, error="", settings=settings_of(job.spec))
        self._kept[job.id] = (project, run, document)
        self._note(job)

    def close(self) -> None:
        """From now on, what ends is interrupted: it is offered again at the next start."""
        self._is_closing = True

    def _on_job_changed(self, job: Job) -> None:
        if job.id in self._kept and self._kept[job.id][1].state != job.state:
            self._note(job)
            if job.state == "succeeded":
                self._keep_results(job)
            if job.is_over:
                del self._kept[job.id]  # it holds a document

    def _note(self, job: Job) -> None:
        project, run, document = self._kept[job.id]
        # A design that was stopped has a result all the same: it can still go on.
        was_stopped = isinstance(job.result, DesignResult) and job.control.is_cancelled
        state = "cancelled" if was_stopped else job.state
        was_cut_off = self._is_closing and state == "cancelled" and run.state in LIVE
        run = replace(
            run,
            state="interrupted" if was_cut_off else state,
            finished=job.finished.isoformat(timespec="seconds") if job.finished else "",
            error=f"{job.error.kind}: {job.error.message}" if job.error else "",
            result=_figures(job.result),
        )
        self._kept[job.id] = (project, run, document)
        try:
            project.runs.note(run)
        except WriteFailedError as error:  # the run itself says so where it matters
            _log.warning("The state of %s could not be written down: %s", run.title, error.reason)
        else:
            self.noted.emit()

    def _keep_results(self, job: Job) -> None:
        project, _, document = self._kept[job.id]
        source = document.source if document is not None else ""
        for structure, values in _rows(job, document):
            made = Provenance(
                made_by=job.key,
                source=source,
                potential=str(values.get("potential", "")),
                model_sha256=str(values.get("model_sha256", "")),
                seed=getattr(job.spec, "seed", None),
                created=now(),
                settings=toml_text(settings_of(job.spec)),
            )
            work = partial(_add_result, project, structure, values, made)
            kept = self._jobs.submit_here("result", work, f"Keep the result of {job.title}")
            kept.failed.connect(self.keep_failed)


def _add_result(
    project: Project,
    structure: Structure,
    values: Mapping[str, Any],
    made: Provenance,
    _control: RunControl,
) -> int:
    return project.results.add(structure, values, made)


def spec_to_continue(run: Run, *, is_trusted: bool) -> MDSpec:
    """What goes on with a run that was cut off. Raises `InvalidSpecError`.

    A run that names code to import is refused with `UnsafeFileError` until the user was asked:
    the project may be somebody else's.
    """
    spec: MDSpec = spec_from_settings(
        MDSpec, run.settings, structure=None, out=run.folder, resume=True
    )
    if not is_trusted and imports_code(spec.potential, spec.model):
        raise UnsafeFileError(spec.model or spec.potential, "the run computes with code of its own")
    return spec


def _figures(result: Any) -> Mapping[str, Any]:
    """What the record of a run tells of its result; rows and arrays stay in the run's files."""
    if isinstance(result, ScreenResult):
        return {"n_passing": result.n_passing, "n_rows": len(result.rows)}
    if isinstance(result, DesignResult):
        counts = {"n_shortlist": result.n_shortlist, "n_hits": result.n_hits}
        return {**counts, "n_rows": len(result.rows), "verdict": result.verdict}
    return result if isinstance(result, Mapping) else {}


def _rows(job: Job, document: Document | None) -> list[tuple[Structure, Mapping[str, Any]]]:
    """The structures that a result speaks of, each with its figures."""
    result = job.result
    if not isinstance(result, Mapping):
        return []
    if isinstance(result.get("structures"), list):
        shared = {name: value for name, value in result.items() if name != "structures"}
        return [
            (row["structure"], {**shared, **row})
            for row in result["structures"]
            if isinstance(row.get("structure"), Structure) and not row.get("error")
        ]
    given = getattr(job.spec, "structure", None)
    if given is None and document is not None:  # a run that went on: it was opened for that
        given = document.structure()
    return [] if given is None else [(given, result)]
