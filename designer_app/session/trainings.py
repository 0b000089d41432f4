"""Trainings of potentials in the project, the potentials that came out, and what judges them."""

import json
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from designer_app.errors import FileUnreadableError, WriteFailedError
from designer_app.io.model_files import ModelFile, sniff_model
from designer_app.io.near_paths import found_from
from designer_app.io.parity import Parity, Points, points_of, read_parity
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    POTENTIAL_CARD,
    PotentialCard,
    read_potential_card,
    shipped_folder,
    trained_in,
)
from designer_app.io.series import read_series
from designer_app.io.small_files import read_small_text
from designer_app.io.standings import Standings, standings
from designer_app.io.trusted_code import is_trusted
from designer_app.io.user_folders import potentials_folder
from designer_app.project.runs import Run
from designer_app.provenance import sha256_of
from designer_app.running.control import RunControl
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.project_runs import ProjectRuns
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.convert import ConvertSpec
from designer_app.specs.evaluate import EvaluateSpec, Evaluation
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.health import HealthSpec
from designer_app.specs.labels import LabelsSpec
from designer_app.specs.potentials import POTENTIALS, imports_code, key_and_model
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import PARITY_FILE, PLAN_FILE, SERIES_FILE
from designer_app.specs.trust import TrustSpec

_COPIED = (POTENTIAL_CARD, "*.safetensors", f"{BASELINE_FOLDER}/*")
"""What a potential consists of; checkpoints and curves stay with the training."""

Trained = tuple[Path, PotentialCard]


class Trainings(ProjectRuns):
    """Each answer is a `Job`: nothing here keeps the window waiting."""

    key = "train-potential"
    verb = "Train"
    listed = Signal(object)
    """A list of (folder, card): the potentials of this project and of the user, newest first."""

    def __init__(self, jobs: JobManager, runs: RunKeeper, parent: QObject | None = None) -> None:
        super().__init__(jobs, runs, parent)
        self.trained: list[Trained] = []

    def spec_of(self, run: Run) -> TrainPotentialSpec:
        """The settings of a run of the project. Raises `InvalidSpecError`."""
        return spec_of(run)

    def reader_of(self, run: Run) -> Callable[[RunControl], TrainPotentialSpec]:
        """All that a training needs is in its settings and its folder."""
        return partial(_spec_to_go_on, spec_of(run))

    def code_of(self, spec: TrainPotentialSpec) -> str:
        """The baseline, where it is code."""
        potential, model = key_and_model(spec.baseline)
        return (model or potential) if imports_code(potential, model) else ""

    @staticmethod
    def is_worth_a_look(folder: Path) -> bool:
        """Whether it learned for an epoch, or longer."""
        return any((folder / name).is_file() for name in (SERIES_FILE, POTENTIAL_CARD))

    # --- before a training ---

    def labels(self, spec: LabelsSpec) -> Job:
        """What files hold: `LabelsFound`."""
        return self._jobs.submit("labels", spec)

    def preflight(self, spec: TrainPotentialSpec) -> Job:
        """What is wrong with it, and the plan: `Preflight`."""
        return self._jobs.submit("preflight", spec)

    # --- while it runs, and after ---

    def rows(self, folder: Path) -> Job:
        """The epochs so far: a list of mappings by name of column."""
        return self._jobs.submit_here("series", partial(_rows, folder))

    def plan(self, folder: Path) -> Job:
        """The plan that a training made when it began, as pairs; empty where it made none."""
        return self._jobs.submit_here("plan", partial(_plan, folder))

    def parity(self, folder: Path) -> Job:
        """The `Parity` of the newest judged epoch; None before the first."""
        return self._jobs.submit_here("parity", partial(_parity, folder))

    def card(self, folder: Path) -> Job:
        """The `PotentialCard` that a training ended with; None before its end."""
        return self._jobs.submit_here("card", partial(_card, folder))

    def check_health(self, spec: HealthSpec, title: str) -> Job:
        """Whether a potential behaves as one should: a `HealthReport`."""
        return self._jobs.submit("health", spec, f"Check {title}")

    def trust(self, spec: TrustSpec) -> Job:
        """Whether a potential can be trusted with a structure: a `TrustReport`."""
        return self._jobs.submit("trust", spec)

    def evaluate(self, spec: EvaluateSpec) -> Job:
        """Potentials side by side: an `Evaluation`."""
        return self._jobs.submit("evaluate", spec)

    def points(self, evaluation: Evaluation) -> Job:
        """(pairs of `Points`, energies and forces of each judged potential; the `Standings`; the
        SHA-256 of each file judged on, by its path).
        """
        return self._jobs.submit_here("points", partial(_points, evaluation))

    # --- the potentials there are ---

    def list_trained(self) -> None:
        """Look for trained potentials: `listed` tells."""
        places = [potentials_folder()]
        if self._runs.project is not None:
            places.insert(0, self._runs.project.runs.folder)
        found = self._jobs.submit_here("potentials", partial(_trained, tuple(places)))
        found.succeeded.connect(self._on_listed)

    def add(self, folder: Path) -> Job:
        """Make a potential from elsewhere one of the user's: its new folder."""
        return self.copy(folder, potentials_folder() / folder.name)

    def copy(self, folder: Path, target: Path) -> Job:
        """Weights and card into a folder that is not there yet, or into one beside it."""
        return self._jobs.submit_here("save", partial(_copied, folder, target))

    def model_file(self, path: Path) -> Job:
        """What a file is: (`ModelFile`, family that takes it as it is or "", may it run)."""
        return self._jobs.submit_here("model-file", partial(_model_file, path))

    def free_folder(self, name: str) -> Path:
        """Where another potential of the user's goes."""
        return _free(potentials_folder() / name)

    def convert(self, spec: ConvertSpec) -> Job:
        """A potential from weights of another program: what the job `convert` tells."""
        return self._jobs.submit("convert", spec)

    def _on_listed(self, found: Sequence[Trained]) -> None:
        self.trained = list(found)
        self.listed.emit(self.trained)


def spec_of(run: Run) -> TrainPotentialSpec:
    """The settings of a run of the project. Raises `InvalidSpecError`."""
    spec: TrainPotentialSpec = spec_from_settings(TrainPotentialSpec, run.settings, out=run.folder)
    return spec


def _spec_to_go_on(spec: TrainPotentialSpec, _control: RunControl) -> TrainPotentialSpec:
    return replace(spec, resume=True)


def _rows(folder: Path, _control: RunControl) -> list[Mapping[str, float]]:
    path = folder / SERIES_FILE
    if not path.is_file():
        return []
    try:
        columns = read_series(path)
    except (OSError, ValueError) as error:
        raise FileUnreadableError(str(path), f"its curves are damaged ({error})") from error
    names = tuple(columns)
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _plan(folder: Path, _control: RunControl) -> list[tuple[str, str]]:
    path = folder / PLAN_FILE
    if not path.is_file():
        return []
    try:
        pairs = json.loads(read_small_text(path))
        return [(str(what), str(value)) for what, value in pairs]
    except (OSError, ValueError, TypeError) as error:
        raise FileUnreadableError(str(path), f"its plan is damaged ({error})") from error


def _parity(folder: Path, _control: RunControl) -> Parity | None:
    path = folder / PARITY_FILE
    if not path.is_file():
        return None
    found = read_parity(path)
    frames = tuple((str(found_from(folder, source)), *rest) for source, *rest in found.frames)
    return replace(found, frames=frames)


def _card(folder: Path, _control: RunControl) -> PotentialCard | None:
    return read_potential_card(folder) if (folder / POTENTIAL_CARD).is_file() else None


def _points(
    evaluation: Evaluation, _control: RunControl
) -> tuple[list[tuple[Points, Points]], Standings, dict[str, str]]:
    points = [points_of(evaluation, judged) for judged in evaluation.judged]
    paths = {path for path, _, _ in evaluation.frames}
    hashes = {path: sha256_of(Path(path)) for path in sorted(paths) if Path(path).is_file()}
    return points, standings(evaluation), hashes


def _trained(places: tuple[Path, ...], _control: RunControl) -> list[Trained]:
    return [*trained_in(places), *trained_in((shipped_folder(),))]


def _copied(folder: Path, target: Path, _control: RunControl) -> Path:
    """Only what a potential consists of; a name that is taken gets a number."""
    read_potential_card(folder)
    free = _free(target)
    try:
        files = [path for each in _COPIED for path in folder.rglob(each) if path.is_file()]
        for path in files:
            if path.resolve() != folder.resolve() / path.relative_to(folder):
                raise FileUnreadableError(str(path), "it is a link, which is not copied")
        for path in files:
            to = free / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
    except OSError as error:
        raise WriteFailedError(str(free), error.strerror or str(error)) from error
    return free


def _free(target: Path) -> Path:
    """The folder, or one beside it where it is taken."""
    free, number = target, 1
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}-{number}")
    return free


def _model_file(path: Path, _control: RunControl) -> tuple[ModelFile, str, bool]:
    """A card stands for the folder that it lies in."""
    file = sniff_model(path.parent if path.name == POTENTIAL_CARD else path)
    may_run = file.role == "code" and is_trusted(sha256_of(file.path))
    return file, _family_of(file), may_run


def _family_of(file: ModelFile) -> str:
    """The family that reads it as it is; "" for weights, which only their program knows."""
    if file.kind == "gap":
        return "gap"
    if file.kind != "parameters":
        return ""
    try:
        form = tomllib.loads(file.path.read_text(encoding="utf-8")).get("form", "")
    except (OSError, ValueError) as error:
        raise FileUnreadableError(
            str(file.path), f"it is not readable as TOML ({error})"
        ) from error
    if form not in POTENTIALS:
        raise FileUnreadableError(str(file.path), "it is no table of parameters of a potential")
    return str(form)
