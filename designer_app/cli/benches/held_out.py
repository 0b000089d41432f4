"""`bench held-out`: errors of potentials on test frames that no training saw, and published ones.

The shipped potentials are judged as they are; how long and with what they were trained stands on
their cards. Those that take minutes are trained here, on one thread: Gaussian processes, and ten
minutes of fine-tuning CHGNet. They are kept in the folder of --keep, and gone on with. --quick fits
one process and judges a few frames.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from designer_app.cli.benches.train import DATA, Published
from designer_app.device import Compute
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    read_potential_card,
    trained_folder,
)
from designer_app.jobs import evaluate, train_potential
from designer_app.running.control import RunControl
from designer_app.specs.evaluate import EvaluateSpec
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.state import set_threads
from designer_app.training.published.folder import data_file, data_folder


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training of minutes."""

    model: str
    data: str
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


_MINUTES = {"preset": "minutes"}
_TEN_MINUTES = {
    "preset": "custom",
    "max_minutes": 10.0,
    "epochs": 100_000,  # what is reached depends on the machine
    "batch_size": 1,
    "learning_rate": 1e-3,
    "validation_share": 0.05,
}
RECIPES = (
    Recipe(model="gap", data="Si", settings=_MINUTES),
    Recipe(model="gap", data="Mo", settings=_MINUTES),
    Recipe(model="gap", data="Li", settings=_MINUTES),
    Recipe(model="chgnet", data="Si", settings=_TEN_MINUTES),
)
SHIPPED = (
    ("nequip", "silicon-nequip", "Si"),
    ("nequip", "ethanol-nequip", "ethanol"),
    ("gemnet", "ethanol-gemnet", "ethanol"),
    ("schnet", "ethanol-schnet", "ethanol"),
)
"""(family, model, data)."""
_QUICK_FRAMES = 20


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None, keep: Path | None = None
) -> Iterator[dict[str, object]]:
    """First what is shipped, then what is trained here."""
    set_threads(Compute("cpu", "float32", 1))
    root = data_folder(data)
    most = _QUICK_FRAMES if quick else 0
    for model, name, frames in SHIPPED:
        say(f"judging {name}")
        yield _row(model, trained_folder(name), name, frames, root, most)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for recipe in RECIPES[: 1 if quick else None]:
            say(f"{recipe.model} learns {recipe.data}")
            out = (keep or Path(folder)) / f"{recipe.model}-{recipe.data}"
            _train(recipe, root, out)
            yield _row(recipe.model, out, f"{recipe.model}, trained now", recipe.data, root, most)


def _train(recipe: Recipe, root: Path, out: Path) -> None:
    """Nothing where it is there already."""
    if (out / POTENTIAL_CARD).is_file():
        return
    spec = TrainPotentialSpec(
        data=(data_file(root, DATA[recipe.data].train),),
        out=out,
        model=recipe.model,
        test_share=0.0,
        threads=1,
        device="cpu",
        resume=(out / CHECKPOINT_FILE).is_file(),
        **recipe.settings,
    )
    train_potential.run(spec, RunControl())


def _row(
    key: str, folder: Path, name: str, frames: str, root: Path, most: int
) -> dict[str, object]:
    """Errors of the potential in a folder on the test frames of a set of data."""
    known = DATA[frames]
    spec = EvaluateSpec(
        data=(data_file(root, known.test),),
        potentials=(f"{key}:{folder}",),
        most_frames=most,
        threads=1,
        device="cpu",
    )
    errors = evaluate.run(spec, RunControl()).judged[0].rows[0]
    fits = read_potential_card(folder).training["fits"]
    published = "; ".join(_told(each) for each in known.published_of(key))
    return {
        "data": frames,
        "frames": errors.n_frames,
        "potential": name,
        "energy, meV/atom": errors.energy_mae_meV_atom,
        "forces, meV/A": errors.force_mae_meV_A,
        "trained for, min": sum(each["seconds"] for each in fits) / 60.0,
        "published": published,
    }


def _told(published: Published) -> str:
    energy = "-" if published.energy is None else f"{published.energy:.3g}"
    return f"{published.who} {energy} / {published.forces:.3g}"
