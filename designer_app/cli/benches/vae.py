"""The shipped autoencoder on formulas it never saw, and on random points of its space.

Unseen crystals are all those of the published tables whose formula is one for testing. A crystal
comes back when pymatgen's `StructureMatcher` takes it and its decode for the same. Points are
decided without any selection; the crystals' own figures stand beside them.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from pathlib import Path

import numpy as np
import torch

from designer_app.design.representation.library import PrototypeLibrary, known_tokens, load_library
from designer_app.design.vae.budget import BACK, Fate, fates, shares
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.reading import SHIPPED, read_vae
from designer_app.design.vae.samples import (
    normal_points,
    sample_figures,
    table_figures,
)
from designer_app.io.formulas import amounts_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.training.published.crystals import read_crystals
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import formula_of, split_of

QUICK = 200
"""Crystals of a quick run."""
SAMPLES, QUICK_SAMPLES = 10_000, 200


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """Round trips, where crystals are lost, then points of the prior."""
    torch.set_num_threads(1)
    library = load_library()
    vae, card = read_vae(resource(SHIPPED), library)
    say(f"{card.origin}, {len(library)} prototypes. {card.split}")
    structures = [each.structure for each in read_crystals(data_folder(data))]
    unseen = [
        each for each in structures if split_of(formula_of(amounts_of(each.numbers))) == "test"
    ]
    if quick:
        order = np.random.default_rng(0).permutation(len(unseen))[:QUICK]
        unseen = [unseen[row] for row in np.sort(order)]
    found = list(fates(vae, library, unseen, RunControl()))
    yield from _round_trips(found)
    yield from _points(vae, library, QUICK_SAMPLES if quick else SAMPLES)


def _round_trips(found: list[Fate]) -> Iterator[dict[str, object]]:
    ours = [each for each in found if each.is_represented]
    back = [each for each in ours if each.what == BACK]
    name = "unseen, of learned prototypes"
    yield _row(f"{name}: prototype and all elements", ours, [each.is_exact for each in ours], 0.95)
    yield _row(f"{name}: the same crystal", ours, [each.what == BACK for each in ours])
    yield _row(f"{name}: RMSD, A", back, [each.rmsd for each in back], 0.03)
    yield _row(f"{name}: error of the volume", back, [each.volume_error for each in back])
    for what in shares(found):
        aim = 0.72 if what == BACK else None
        yield _row(f"all unseen: {what}", found, [each.what == what for each in found], aim)


def _points(vae: MaterialVAE, library: PrototypeLibrary, n: int) -> Iterator[dict[str, object]]:
    known, _ = known_tokens(library)
    rows = np.random.default_rng(0).permutation(len(known))[:n]
    kinds = {
        "known crystals": table_figures(library, known.rows(rows), known.rows(rows[:0])),
        "points of N(0, 1)": sample_figures(
            vae, library, normal_points(n, vae.settings.latent, 0), known
        ),
    }
    for name, found in kinds.items():
        aim = None if name == "known crystals" else 0.85
        for what, value, wanted in (
            ("valid by SMACT and atoms apart", found.valid, aim),
            ("balanced by common oxidation states and atoms apart", found.strictly_valid, None),
            ("valid by SMACT", found.smact, None),
            ("balanced by common oxidation states", found.strict, None),
            ("atoms apart", found.apart, None),
            ("different", found.unique, None),
            ("not known, of the different", found.novel, None),
        ):
            if name != "known crystals" or not what.startswith(("different", "not known")):
                yield _row(f"{name}: {what}", range(found.n), [value], wanted)


def _row(
    figure: str, of: Sized, values: Sequence[float], aim: float | None = None
) -> dict[str, object]:
    value = float(np.mean(values)) if len(values) else None
    return {"figure": figure, "n": len(of), "value": value, "aim": aim}
