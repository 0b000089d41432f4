"""Noises of labels by the validation frames: each trial solves the same triangles anew."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from designer_app.io.potential_cards import ErrorsOn
from designer_app.potentials.gap_basis import GapBasis
from designer_app.running.control import RunControl
from designer_app.specs.networks import GAPSettings
from designer_app.training.gap_frames import Described
from designer_app.training.gap_rows import frame_rows
from designer_app.training.gap_solving import Labels, Noise, solved
from designer_app.training.training_log import TrainingLog
from designer_app.units import GPA

FloatArray = NDArray[np.float64]

ENERGIES = (0.0005, 0.001, 0.002, 0.004, 0.01, 0.03)
"""eV times the root of the number of atoms, beside 0.1 eV/A of a force: ratios are what counts."""
VIRIALS = (0.01, 0.03, 0.1, 0.3, 1.0, 10.0)
DELTAS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""eV."""
START = (0.004, 0.1, 3.0)
USUAL_FORCES = 0.1
MOST_NUMBERS = 60_000_000
"""Of the rows of validation frames, 0.5 GB; frames beyond are left out of the choice."""


@dataclass(frozen=True, eq=False)
class Trial:
    """A solution under some noises."""

    number: int
    noise: Noise
    coefficients: FloatArray
    score: float
    """log of energy error times force error on the validation frames; lower is better."""
    errors: tuple[float, float, float]
    """Mean absolute: meV/atom, meV/A, GPa; NaN where not known."""


class Trials:
    """Noises tried in turn, one of them at a time, as long as one of three gets better."""

    def __init__(self, settings: GAPSettings, log: TrainingLog, until: float = math.inf) -> None:
        """Try until a time of `time.perf_counter`; one is tried in any case."""
        self._log, self._began, self._until = log, time.perf_counter(), until
        self._forces = settings.sigma_forces
        scale = settings.sigma_forces / USUAL_FORCES
        self._choices = {
            "energy": _choices(settings.sigma_energy, ENERGIES, scale),
            "virial": _choices(settings.sigma_virial, VIRIALS, scale),
            "delta": tuple(scale * each for each in DELTAS),
        }
        self._start = Noise(
            energy=settings.sigma_energy or START[0] * scale,
            forces=settings.sigma_forces,
            virial=settings.sigma_virial or START[1] * scale,
            delta=START[2] * scale,
        )
        self.best: Trial | None = None
        self.n_tried = 0

    def run(
        self,
        labels: Labels,
        prior: tuple[Tensor, Tensor],
        basis: GapBasis,
        judged: Sequence[Described],
        control: RunControl,
    ) -> None:
        """Find the best; without validation frames the usual noises are taken."""
        rows = _Judged(basis, judged, control)
        triangles = labels.triangles()
        tried: set[Noise] = set()

        def attempt(noise: Noise) -> bool:
            control.checkpoint()
            tried.add(noise)
            control.progress(self.n_tried, 15, "Choosing noises by the validation frames")
            coefficients = solved(labels.weighted(triangles, noise), prior, noise.delta)
            errors = rows.errors(coefficients)
            return self._take(noise, coefficients, errors)

        attempt(self._start)
        if not rows.any:
            return
        moved = True
        while moved:
            moved = False
            for name, values in self._choices.items():
                for step in (1, -1):
                    noise = self._next(name, values, step)
                    while noise is not None and noise not in tried and attempt(noise):
                        moved = True
                        noise = self._next(name, values, step)

    def _next(self, name: str, values: tuple[float, ...], step: int) -> Noise | None:
        assert self.best is not None
        if time.perf_counter() > self._until:
            return None
        present = float(getattr(self.best.noise, name))
        there = int(np.argmin(np.abs(np.array(values) - present))) + step
        if not 0 <= there < len(values):
            return None
        return replace(self.best.noise, **{name: values[there]})

    def _take(
        self, noise: Noise, coefficients: FloatArray, errors: tuple[float, float, float]
    ) -> bool:
        self.n_tried += 1
        known = [math.log(max(each, 1e-9)) for each in errors[:2] if math.isfinite(each)]
        score = sum(known) if known else 0.0
        better = self.best is None or score < self.best.score
        if better:
            self.best = Trial(self.n_tried, noise, coefficients, score, errors)
        self._row(errors, score)
        return better

    def _row(self, errors: tuple[float, float, float], score: float) -> None:
        assert self.best is not None
        self._log.row(
            {
                "epoch": self.n_tried,
                "seconds": time.perf_counter() - self._began,
                "loss_validation": math.exp(score) if math.isfinite(errors[0]) else math.nan,
                "energy_validation_meV_atom": errors[0],
                "force_validation_meV_A": errors[1],
                "stress_validation_GPa": errors[2],
                "best_epoch": self.best.number,
            }
        )

    def last_row(self, train: ErrorsOn) -> None:
        """The best trial once more, with the errors on the frames learned from."""
        assert self.best is not None
        self.n_tried += 1
        energy, force, stress = self.best.errors
        self._log.row(
            {
                "epoch": self.n_tried,
                "seconds": time.perf_counter() - self._began,
                "energy_train_meV_atom": _or_nan(train.energy_meV_atom),
                "force_train_meV_A": _or_nan(train.force_meV_A),
                "stress_train_GPa": _or_nan(train.stress_GPa),
                "energy_validation_meV_atom": energy,
                "force_validation_meV_A": force,
                "stress_validation_GPa": stress,
                "best_epoch": self.best.number,
            }
        )


class _Judged:
    """Rows of the validation frames: errors of any coefficients at the cost of a product."""

    def __init__(self, basis: GapBasis, frames: Sequence[Described], control: RunControl) -> None:
        held: dict[str, list[tuple[FloatArray, FloatArray]]] = {"e": [], "f": [], "s": []}
        numbers = 0
        for k, each in enumerate(frames):
            control.checkpoint()
            control.progress(k, len(frames), "Validation frames")
            rows = frame_rows(each.near, basis)
            if each.energy is not None:
                held["e"].append(
                    (rows.energy / each.n_atoms, np.array([each.energy / each.n_atoms]))
                )
            if each.forces is not None:
                held["f"].append((rows.forces, each.forces))
            if each.virial is not None:
                held["s"].append((rows.virial / each.volume, each.virial / each.volume))
            numbers += rows.forces.size
            if numbers > MOST_NUMBERS:
                break
        self._held = {
            name: (np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts]))
            for name, parts in held.items()
            if parts
        }
        self.any = bool(self._held.keys() & {"e", "f"})

    def errors(self, coefficients: FloatArray) -> tuple[float, float, float]:
        """Mean absolute errors: meV/atom, meV/A, GPa."""

        def error(name: str, unit: float) -> float:
            if name not in self._held:
                return math.nan
            rows, labels = self._held[name]
            return float(np.abs(rows @ coefficients - labels).mean()) * unit

        return error("e", 1e3), error("f", 1e3), error("s", 1.0 / GPA)


def _choices(given: float, usual: tuple[float, ...], scale: float) -> tuple[float, ...]:
    return (given,) if given else tuple(scale * each for each in usual)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
