"""Simulations, relaxations and hulls of the structure that is open, kept in the project."""

from dataclasses import replace

from designer_app.errors import DesignerAppError
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.open_document import OpenDocument
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.hull import HullSpec
from designer_app.specs.md import MDSpec
from designer_app.specs.relax import RelaxSpec


class StructureRuns:
    """Starts them: the folder of a run is that of the project, where the spec names none."""

    def __init__(self, jobs: JobManager, runs: RunKeeper, opened: OpenDocument) -> None:
        self._jobs, self._runs, self._open = jobs, runs, opened

    def md(self, spec: MDSpec) -> Job:
        """Start a simulation of what is open, or go on with the one in `spec.out`."""
        document = self._open.document
        if spec.structure is None and not spec.resume and document is not None:
            spec = replace(spec, structure=document.structure())
        return self._run("md", spec, "MD")

    def relax(self, spec: RelaxSpec) -> Job:
        """Relax what is open, or the structures of the spec; what is open becomes the result."""
        document = self._open.document
        if spec.structures or document is None:
            return self._run("relax", spec, "Relax")
        job = self._run("relax", replace(spec, structures=(document.structure(),)), "Relax")
        self._open.follow_relaxation(job)
        return job

    def hull(self, spec: HullSpec) -> Job:
        """Place what is open on the convex hull."""
        document = self._open.document
        if not spec.structures and document is not None:
            spec = replace(spec, structures=(document.structure(),))
        return self._run("hull", spec, "Stability of")

    def _run(self, key: str, spec: MDSpec | RelaxSpec | HullSpec, verb: str) -> Job:
        document = self._open.document
        title = f"{verb} {document.name}" if document else verb
        if spec.out is None:
            try:
                spec = replace(spec, out=self._runs.folder_for(key, title))
            except DesignerAppError as error:
                return self._jobs.submit_failure(key, spec, title, error)
        job = self._jobs.submit(key, spec, title, folder=spec.out)
        self._runs.keep(job, document)
        return job
