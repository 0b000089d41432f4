"""Inverse designs of the project: begin, go on, read map, details and end back, keep marks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from designer_app.errors import FileUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.design_store import DesignStore
from designer_app.project.runs import Run
from designer_app.running.control import RunControl
from designer_app.session.candidate_runs import CandidateRuns
from designer_app.session.job import Job
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import Arm, CandidateDetail, DesignResult, LatentMap
from designer_app.specs.fields import spec_from_settings

MARKS = "marks.json"
KEPT, DISCARDED = "kept", "discarded"


class Designs(CandidateRuns):
    """Each answer is a `Job`: nothing here keeps the window waiting."""

    key = "design"
    verb = "Design"

    def spec_of(self, run: Run) -> DesignSpec:
        """The settings of a run of the project. Raises `InvalidSpecError`."""
        return spec_of(run)

    def reader_of(self, run: Run) -> Callable[[RunControl], DesignSpec]:
        """All that a design needs is in its settings and its folder."""
        return partial(_spec_to_go_on, spec_of(run))

    # --- what a run left ---

    def map(self, folder: Path) -> Job:
        """The `LatentMap`; None where no search has begun."""
        return self._jobs.submit_here("map", partial(_map, folder))

    def detail(self, folder: Path, candidate: str) -> Job:
        """The `CandidateDetail` of a candidate; None where nothing was kept."""
        return self._jobs.submit_here("detail", partial(_detail, folder, candidate))

    def result(self, folder: Path) -> Job:
        """The `DesignResult` of a run that came to its end, without rows; None before."""
        return self._jobs.submit_here("result", partial(_result, folder))

    # --- what the user thinks of candidates ---

    def marks(self, folder: Path) -> Job:
        """`KEPT` or `DISCARDED` by the candidate's id."""
        return self._jobs.submit_here("marks", partial(_marks, folder))

    def keep_marks(self, folder: Path, marks: Mapping[str, str]) -> Job:
        """Write them beside the run."""
        return self._jobs.submit_here("save", partial(_keep_marks, folder, dict(marks)))


def spec_of(run: Run) -> DesignSpec:
    """The settings of a run of the project. Raises `InvalidSpecError`."""
    spec: DesignSpec = spec_from_settings(
        DesignSpec, run.settings, start_structure=None, out=run.folder
    )
    return spec


def result_of(told: Mapping[str, Any]) -> DesignResult | None:
    """The end of a run as its folder tells it, without rows and funnel; None before the end."""
    if not told:
        return None
    known = {each.name for each in fields(DesignResult)} - {"rows", "funnel", "arms"}
    values = {name: _as_tuple(each) for name, each in told.items() if name in known}
    return DesignResult(
        **{"n_shortlist": 0, "n_hits": 0, **values},
        rows=(),
        funnel=(),
        arms=tuple(Arm(**each) for each in told.get("arms", ())),
    )


def _as_tuple(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(value.items())
    return tuple(_as_tuple(each) for each in value) if isinstance(value, list) else value


def _spec_to_go_on(spec: DesignSpec, _control: RunControl) -> DesignSpec:
    start = None if spec.out is None else DesignStore(spec.out).start()
    return replace(spec, resume=True, start_structure=start)


def _map(folder: Path, _control: RunControl) -> LatentMap | None:
    try:
        return DesignStore(folder).map()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileUnreadableError(str(folder), f"its map is damaged ({error})") from error


def _detail(folder: Path, candidate: str, _control: RunControl) -> CandidateDetail | None:
    try:
        return DesignStore(folder).detail(candidate)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"the details of candidate {candidate} are damaged ({error})"
        raise FileUnreadableError(str(folder), what) from error


def _result(folder: Path, _control: RunControl) -> DesignResult | None:
    try:
        return result_of(DesignStore(folder).result())
    except (OSError, ValueError, TypeError) as error:
        raise FileUnreadableError(str(folder), f"its result is damaged ({error})") from error


def _marks(folder: Path, _control: RunControl) -> dict[str, str]:
    path = folder / MARKS
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return {str(key): str(mark) for key, mark in told.items() if mark in (KEPT, DISCARDED)}
    except (OSError, ValueError, AttributeError) as error:
        raise FileUnreadableError(str(path), f"its marks are damaged ({error})") from error


def _keep_marks(folder: Path, marks: Mapping[str, str], _control: RunControl) -> Path:
    atomic_write(folder / MARKS, json.dumps(marks, sort_keys=True) + "\n", backup=False)
    return folder / MARKS
