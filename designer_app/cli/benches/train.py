"""`bench train`: how long an epoch takes, and how far off trained potentials are.

Two kinds of rows. "epoch": seconds of one pass over the training frames by our own loop (graphs,
steps, averaging; without judging), and the same by another program where it is installed. "held
out": errors on test frames that no training saw, after a training of so many minutes, beside
published figures of potentials that were fitted to the same training frames. One thread.

Trainings are kept in the folder of --keep and gone on with; --quick takes one minute each and
fewer frames for the epochs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from designer_app.device import Compute
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import POTENTIAL_CARD, ErrorsOn, read_potential_card
from designer_app.jobs import train_potential
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.state import set_threads
from designer_app.training.frame_splits import split_frames
from designer_app.training.frames import SplitFrames
from designer_app.training.network_training import fit
from designer_app.training.published.folder import data_file, data_folder

MINUTES, QUICK_MINUTES = 5.0, 1.0
_QUICK_FRAMES = 100


@dataclass(frozen=True, kw_only=True)
class Published:
    """Mean absolute errors on test frames as others tell them."""

    who: str
    energy: float | None
    """meV/atom; None where it is not told."""
    forces: float
    """meV/A."""
    family: str = ""
    """Of ours that it is compared with; empty: all."""


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Published frames and the figures published for them."""

    train: str
    test: str
    published: tuple[Published, ...]

    def published_of(self, family: str) -> tuple[Published, ...]:
        """Figures of the same family where there are any, else those of all."""
        same = tuple(each for each in self.published if each.family == family)
        return same or self.published


_KCAL_MEV = 43.364
"""meV in a kcal/mol."""
# Of mlearn: the authors' own coefficients (Zuo et al. 2020, doi:10.1021/acs.jpca.9b08723), judged
# again on these test frames. Of ethanol, each after learning from 1000 frames, on other frames of
# the same trajectory: Batzner et al. 2022 (doi:10.1038/s41467-022-29939-5), Gasteiger et al. 2021
# (arXiv:2106.08903), and Schuett et al. 2017 (arXiv:1706.08566), whose trajectory (MD17) was not
# yet computed anew.
DATA = {
    "Si": DataSet(
        train="potentials/mlearn_Si/training.json",
        test="potentials/mlearn_Si/test.json",
        published=(Published(who="qSNAP", energy=3.81, forces=116.0),),
    ),
    "Mo": DataSet(
        train="potentials/mlearn_Mo/training.json",
        test="potentials/mlearn_Mo/test.json",
        published=(Published(who="qSNAP", energy=2.77, forces=184.0),),
    ),
    "Li": DataSet(
        train="potentials/mlearn_Li/training.json",
        test="potentials/mlearn_Li/test.json",
        published=(Published(who="qSNAP", energy=0.73, forces=33.0),),
    ),
    "ethanol": DataSet(
        train="potentials/ethanol_rmd17/train.xyz",
        test="potentials/ethanol_rmd17/test_MD.xyz",
        published=(
            Published(who="NequIP", energy=0.4 / 9, forces=2.8, family="nequip"),
            Published(who="GemNet-T", energy=None, forces=3.6, family="gemnet"),
            Published(
                who="SchNet, on MD17",
                energy=0.08 * _KCAL_MEV / 9,
                forces=0.39 * _KCAL_MEV,
                family="schnet",
            ),
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class EpochCase:
    """One network on one set of frames."""

    model: str
    data: str
    batch_size: int
    options: tuple[str, ...] = ()
    peer: Callable[["EpochCase", SplitFrames], float | None] = lambda _case, _frames: None
    """Seconds of the same epoch by another program; None where it is not there."""
    peer_name: str = ""


_SMALL_GEMNET = ("n_atom=64", "n_edge=64", "n_triplet=32", "n_blocks=3")
_SMALL_SCHNET = ("n_features=64", "n_filters=64", "n_interactions=3")
EPOCHS = (
    EpochCase(model="schnet", data="ethanol", batch_size=10),
    EpochCase(model="schnet", data="ethanol", batch_size=10, options=_SMALL_SCHNET),
    EpochCase(model="schnet", data="Si", batch_size=4),
    EpochCase(model="schnet", data="Si", batch_size=4, options=_SMALL_SCHNET),
    EpochCase(model="nequip", data="ethanol", batch_size=5),
    EpochCase(model="nequip", data="Si", batch_size=4),
    EpochCase(model="gemnet", data="ethanol", batch_size=5),
    EpochCase(model="gemnet", data="ethanol", batch_size=5, options=_SMALL_GEMNET),
    EpochCase(model="gemnet", data="ethanol", batch_size=5, options=("quadruplets=true",)),
)
TRAINED = (
    ("schnet", "ethanol"),
    ("nequip", "ethanol"),
    ("nequip", "Si"),
    ("nequip", "Mo"),
    ("nequip", "Li"),
    ("gap", "Si"),
    ("gap", "Mo"),
    ("gap", "Li"),
)
"""(family, data) of the held-out rows."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None, keep: Path | None = None
) -> Iterator[dict[str, object]]:
    """Epochs first, then errors on frames kept back."""
    set_threads(Compute("cpu", "float32", 1))
    root = data_folder(data)
    for case in EPOCHS:
        say(f"epoch of {case.model} on {case.data}")
        yield epoch_row(case, root, _QUICK_FRAMES if quick else 0)
    minutes = QUICK_MINUTES if quick else MINUTES
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for model, name in TRAINED:
            say(f"{model} learns {name} for {minutes:g} min")
            out = (keep or Path(folder)) / f"{model}-{name}-{minutes:g}"
            yield from error_rows(model, name, root, out, minutes)


def epoch_row(case: EpochCase, root: Path, n_frames: int = 0) -> dict[str, object]:
    """Seconds of an epoch over all training frames, by ours and by the peer."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        spec = TrainPotentialSpec(
            data=(data_file(root, DATA[case.data].train),),
            out=Path(folder),
            model=case.model,
            options=case.options,
            preset="custom",
            epochs=2,
            batch_size=case.batch_size,
            learning_rate=1e-3,
            n_train=n_frames,
            test_share=0.0,
            threads=1,
            device="cpu",
        )
        frames = split_frames(read_labelled(spec.data).frames, spec)
        control = RunControl()
        fit(frames, spec, control)
    ours = len(frames.train) / control.series.drain()[-1]["frames_per_s"]
    theirs = case.peer(case, frames)
    return _row(
        what=f"epoch, {len(frames.train)} frames of {case.data}, {case.batch_size} at once",
        model=" ".join((case.model, *case.options)),
        unit="s",
        ours=ours,
        peer=theirs,
        peer_is=case.peer_name,
    )


def error_rows(
    model: str, name: str, root: Path, out: Path, minutes: float
) -> Iterator[dict[str, object]]:
    """Held-out errors of energies and forces after so many minutes, beside published ones."""
    known = DATA[name]
    spec = TrainPotentialSpec(
        data=(data_file(root, known.train),),
        test_data=(data_file(root, known.test),),
        out=out,
        model=model,
        preset="minutes" if minutes <= MINUTES else "lunch",
        max_minutes=minutes,
        threads=1,
        device="cpu",
        resume=(out / CHECKPOINT_FILE).is_file(),
    )
    if not (out / POTENTIAL_CARD).is_file():
        train_potential.run(spec, RunControl())
    found = next(each for each in read_potential_card(out).errors if each.name == "test")
    for peer in known.published_of(model):
        yield from _error_pair(model, name, minutes, found, peer)


def _error_pair(
    model: str,
    name: str,
    minutes: float,
    found: ErrorsOn,
    peer: Published,
) -> Iterator[dict[str, object]]:
    for quantity, unit, ours, theirs in (
        ("energy", "meV/atom", found.energy_meV_atom, peer.energy),
        ("forces", "meV/A", found.force_meV_A, peer.forces),
    ):
        yield _row(
            what=f"held out, {quantity}, {found.n_frames} frames of {name}",
            model=f"{model}, {minutes:g} min",
            unit=unit,
            ours=ours,
            peer=theirs,
            peer_is=peer.who,
        )


def _row(
    *,
    what: str,
    model: str,
    unit: str,
    ours: float | None,
    peer: float | None,
    peer_is: str,
) -> dict[str, object]:
    return {
        "what": what,
        "model": model,
        "unit": unit,
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer if ours is not None and peer else None,
        "peer is": peer_is or None,
    }
