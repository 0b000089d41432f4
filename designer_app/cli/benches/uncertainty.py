"""`bench uncertainty`: whether intervals hold what they promise, and what tells large errors.

Each potential learns frames of one distribution; a part of them chooses the best epoch and sets the
intervals of 90 %, another part judges. The width of a force's interval follows the spread of an
ensemble, or the distance to the surroundings learned from, or the variance of a Gaussian process.
"rank" is Spearman's correlation over frames of the largest of these in a frame with the root mean
square error of its forces.

An ensemble on 3BPA (Kovacs et al. 2021, doi:10.1021/acs.jctc.1c00647) learns frames at 300 K and
is judged by others at 300 K, and by frames at 300, 600 and 1200 K, without those that the two files
share: intervals promise nothing there. Ethanol is of rMD17 (doi:10.1088/2632-2153/abba6f),
silicon of mlearn (doi:10.1021/acs.jpca.9b08723). One thread; trainings in the folder of --keep are
told again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import POTENTIAL_CARD
from designer_app.jobs import train_potential
from designer_app.potentials.base import Potential
from designer_app.potentials.ensemble import EnsemblePotential
from designer_app.potentials.trained import load
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.state import set_threads
from designer_app.training.frame_splits import split_frames
from designer_app.training.frames import SplitFrames
from designer_app.training.knowing import SeenAtoms, seen_atoms, surroundings_of
from designer_app.training.members import member_folder
from designer_app.training.metrics import rank_correlation
from designer_app.training.published.folder import data_file, data_folder
from designer_app.trust.force_intervals import ForceIntervals

Floats = NDArray[np.float64]

MEMBERS = 4
KEPT_BACK = 0.2
"""Share of frames that set intervals, and as large a share that judges."""
LEARNING_RATE, AVERAGING = 1e-2, 0.98
QUICK_FRAMES, QUICK_KEPT_BACK, QUICK_EPOCHS = 20, 0.04, 1
SAME_PLACE_A = 1e-4
"""Frames whose atoms differ by less are the same."""
ALIKE = "of the same kind"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is learned, by what."""

    name: str
    train: str
    test: str = ""
    """File of frames alike; none: a part of those to learn from is kept back."""
    other: str = ""
    """File of frames that are not alike."""
    other_name: str = ""
    model: str = "nequip"
    options: tuple[str, ...] = ("n_features=16", "l_max=1", "n_layers=2", "cutoff=4.0")
    epochs: int = 25
    """Of steps of five frames."""
    members: int = 1


CASES = (
    Case(
        name="3BPA",
        train="potentials/3BPA/train_300K.xyz",
        other="potentials/3BPA/train_mixedT.xyz",
        other_name="300, 600 and 1200 K",
        members=MEMBERS,
    ),
    Case(
        name="ethanol",
        train="potentials/ethanol_rmd17/train.xyz",
        test="potentials/ethanol_rmd17/test_MD.xyz",
        epochs=15,
    ),
    Case(
        name="Si",
        train="potentials/mlearn_Si/training.json",
        test="potentials/mlearn_Si/test.json",
        model="gap",
        options=("n_sparse=500",),
    ),
)
QUICK_CASES = CASES[:1]


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    keep: Path | None = None,
    members: int | None = None,
) -> Iterator[dict[str, object]]:
    """One row a potential, a set of frames and what the width follows."""
    set_threads(Compute("cpu", threads=1))
    root = data_folder(data)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for case in QUICK_CASES if quick else CASES:
            mine = replace(case, members=min(case.members, members or MEMBERS))
            say(f"{mine.model} learns {mine.name}")
            whole, frames = trained(mine, root, keep or Path(folder), quick)
            sets = {ALIKE: frames.test}
            if mine.other:
                known = (*frames.train, *frames.validation, *frames.test)
                sets[mine.other_name] = unshared(_frames(root, mine.other, quick), known)
            for name, potential in _potentials(mine, whole):
                say(f"{name} is judged on {mine.name}")
                yield from judged_rows(mine.name, name, potential, frames, sets)


def _potentials(case: Case, whole: Potential) -> Iterator[tuple[str, Potential]]:
    """What was trained, and of an ensemble its first member alone."""
    if isinstance(whole, EnsemblePotential):
        yield f"{case.model}, {len(whole.members)} members", whole
        yield f"{case.model}, the first of them", whole.members[0]
    else:
        yield case.model, whole


def judged_rows(
    data: str,
    name: str,
    potential: Potential,
    frames: SplitFrames,
    sets: Mapping[str, Sequence[LabelledFrame]],
) -> Iterator[dict[str, object]]:
    """Intervals set on the validation frames, and what comes of them on other frames."""
    control = RunControl()
    held = seen_atoms(potential, frames.validation, control)
    surroundings = surroundings_of(potential, frames.train, held, control)
    ways = ["distance"] if held.best_scale == "distance" else [held.best_scale, "distance"]
    for which, chosen in sets.items():
        seen = seen_atoms(potential, chosen, control)
        for by in ways:
            scale = held.scale(by, surroundings)
            intervals = ForceIntervals.fitted(held.errors, scale, by, held.n_atoms)
            found = seen.scale(by, surroundings)
            inside = intervals.covered(seen.errors, found, seen.n_atoms)
            yield {
                "data": data,
                "potential": name,
                "judged on": f"{len(seen.n_atoms)} frames, {which}",
                "forces, meV/A": 1e3 * float(seen.errors.mean()),
                "width follows": by,
                "90 % interval, meV/A": 1e3 * float(intervals.half_widths(found).mean()),
                "inside, %": None if inside is None else 100.0 * inside,
                "rank": _rank(seen, found),
            }


def _rank(seen: SeenAtoms, scale: Floats) -> float | None:
    """Of the largest scale in a frame with the root mean square error of its forces."""
    parts = np.cumsum(seen.n_atoms)[:-1]
    errors = [np.sqrt(np.mean(each**2)) for each in np.split(seen.errors, parts)]
    return rank_correlation(
        np.array([each.max() for each in np.split(scale, parts)]), np.array(errors)
    )


def unshared(
    frames: Sequence[LabelledFrame], known: Sequence[LabelledFrame]
) -> tuple[LabelledFrame, ...]:
    """Frames that are not among the known ones. All have the same atoms."""
    places = np.array([each.structure.positions for each in known])
    return tuple(
        each
        for each in frames
        if np.abs(places - each.structure.positions).max(axis=(1, 2)).min() > SAME_PLACE_A
    )


def _frames(root: Path, name: str, quick: bool) -> Sequence[LabelledFrame]:
    found = read_labelled((data_file(root, name),)).frames
    return found[: 2 * QUICK_FRAMES] if quick else found


def trained(case: Case, root: Path, place: Path, quick: bool) -> tuple[Potential, SplitFrames]:
    """A potential, trained now unless it is there, and its frames."""
    out = place / f"{case.model}-{case.name}-{case.members}"
    spec = TrainPotentialSpec(
        data=(data_file(root, case.train),),
        test_data=(data_file(root, case.test),) if case.test else (),
        out=out,
        model=case.model,
        options=case.options,
        preset="custom",
        epochs=QUICK_EPOCHS if quick else case.epochs,
        learning_rate=LEARNING_RATE,
        averaging=AVERAGING,
        validation_share=QUICK_KEPT_BACK if quick else KEPT_BACK,
        test_share=QUICK_KEPT_BACK if quick else KEPT_BACK,
        n_train=QUICK_FRAMES if quick else 0,
        members=case.members,
        threads=1,
        device="cpu",
    )
    if not (out / POTENTIAL_CARD).is_file():
        begun = (member_folder(spec, 0) / CHECKPOINT_FILE).is_file()
        train_potential.run(replace(spec, resume=begun), RunControl())
    tests = read_labelled(spec.test_data).frames if spec.test_data else ()
    frames = split_frames(read_labelled(spec.data).frames, spec, tests)
    return load(str(out), Compute("cpu", threads=1)), frames
