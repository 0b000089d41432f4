"""Make the prototype library that designs are drawn from.

    DESIGNER_APP_DATA=DIR python packaging/tools/build_prototypes.py

Took 16 minutes on two cores that others used too. Reads the published crystals of the data folder
and the frameworks of `resources/data/frameworks.toml`, lays crystals of one symmetry class over
each other, and writes `resources/data/prototypes.npz` (classes, medians, families, atomic volumes;
a class with one crystal has that one's geometry, without its elements and volume) and
`resources/data/known-tokens.npz` (tokens of the crystals of the shipped reference table, whose
geometry is this program's own). Medians, volumes and scales come from training formulas alone.

Where the reference table alone has changed, the library stays with all that was made with it:

    python packaging/tools/build_prototypes.py known

finds tokens of what is new in the table and drops those of what it holds no longer.

What was made with another library is brought to the new one before it is shipped, in this order:

    python packaging/tools/build_design_labels.py move --from OLD/prototypes.npz
    designer-app train --model material-vae --out resources/weights/material-vae
    designer-app train --model design-heads --out resources/weights/design-heads
"""

import argparse
import time
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from designer_app.design.representation.frameworks import Framework
    from designer_app.design.representation.library import PrototypeLibrary
    from designer_app.design.representation.tokens import CrystalTokens
    from designer_app.screening.reference.symmetry import SymmetricCrystal

STARTED = time.monotonic()
USUAL_ELECTRONEGATIVITY = 2.5
"""Of elements without one, noble gases: between metals and anions."""


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", nargs="?", choices=("all", "known"), default="all")
    parser.add_argument("--data", type=Path, help="folder of the published data")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--out", type=Path, help="folder to write to; the shipped one by default")
    given = parser.parse_args()
    from designer_app.design.representation.library import KNOWN, SHIPPED, read_library
    from designer_app.resources import resource

    folder = given.out or resource("data")
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(given.workers) as pool:
        if given.stage == "all":
            write_library(folder / Path(SHIPPED).name, given.data, pool)
        library = read_library(folder / Path(SHIPPED).name)
        write_known(folder / Path(KNOWN).name, library, pool, anew=given.stage == "all")


def write_library(path: Path, data: Path | None, pool: Executor) -> None:
    """The library of all published crystals and the frameworks."""
    from designer_app.design.representation.assembling import library_arrays
    from designer_app.design.representation.building import mined
    from designer_app.design.representation.library_file import write_file
    from designer_app.training.published.crystals import read_crystals
    from designer_app.training.published.folder import data_folder

    order = electronegativities()
    crystals = read_crystals(data_folder(data))
    found = mined([each.structure for each in crystals], order, pool, said)
    header, arrays = library_arrays(found, *namesakes(), order)
    header["sources"] = "Materials Project, CC-BY-4.0, doi:10.1063/1.4812323; frameworks.toml"
    write_file(path, header, arrays)
    said(f"{path}: {path.stat().st_size / 1e6:.2f} MB, members {header['n_by_split']}")


def namesakes() -> tuple[
    list[tuple["Framework", "SymmetricCrystal"]], list[tuple[str, "SymmetricCrystal"]]
]:
    """The frameworks, and the mined crystals that name families."""
    from designer_app.design.representation.describing import TOLERANCES, describe
    from designer_app.design.representation.frameworks import frameworks, likenesses

    built = [(each, describe(each.structure, TOLERANCES[0])) for each in frameworks()]
    alike = [(family, describe(each, TOLERANCES[0])) for family, each in likenesses()]
    return (
        [(framework, crystal) for framework, crystal in built if crystal is not None],
        [(family, crystal) for family, crystal in alike if crystal is not None],
    )


def write_known(path: Path, library: "PrototypeLibrary", pool: Executor, *, anew: bool) -> None:
    """Tokens of the crystals of the shipped reference table.

    Unless they are found `anew`, those that the shipped file holds are kept as they are.
    """
    from designer_app.design.representation.library import known_tokens
    from designer_app.design.representation.library_file import write_file
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.screening.reference.table import load_reference

    reference = load_reference()
    assert reference is not None
    before, named = known_tokens(library) if not anew else (library.table_of([]), ())
    place = {source: row for row, source in enumerate(reference.sources)}
    held = np.array([source in place for source in named], dtype=bool)
    ids = [source for source in named if source in place]
    new = sorted(set(place.values()) - {place[source] for source in ids})
    crystals = [reference.crystal(row) for row in new]
    share = (len(crystals) + 63) // 64 or 1
    parts = [crystals[start : start + share] for start in range(0, len(crystals), share)]
    found = [each for part in pool.map(_Tokens(library), parts) for each in part]
    kept = [(row, each) for row, each in zip(new, found, strict=True) if each is not None]
    table = TokenTable.joined([before.rows(held), library.table_of([each for _, each in kept])])
    ids += [reference.sources[row] for row, _ in kept]
    order = np.argsort([place[source] for source in ids])
    table, sources = table.rows(order), "\n".join(ids[each] for each in order)
    write_file(
        path,
        {"library": library.hash, "reference": reference.hash},
        {
            "sources": np.frombuffer(sources.encode("ascii"), np.uint8),
            "prototype": table.prototype.astype(np.uint16),
            "elements": table.elements[library.slot_counts[table.prototype] > 0].astype(np.uint8),
            "log_volume": table.log_volume,
            "geometry": table.geometry[library.n_geometry[table.prototype]],
        },
    )
    said(f"{path}: {len(ids)} of {len(reference)} crystals, {len(kept)} of them new")


class _Tokens:
    """Tokens of symmetrised crystals, in a process of its own; None where no prototype fits."""

    def __init__(self, library: "PrototypeLibrary") -> None:
        self.library = library

    def __call__(self, crystals: list["SymmetricCrystal"]) -> list["CrystalTokens | None"]:
        return [self._of(each) for each in crystals]

    def _of(self, crystal: "SymmetricCrystal") -> "CrystalTokens | None":
        from designer_app.design.representation.describing import fits_tokens
        from designer_app.design.representation.mining import FAR

        if not fits_tokens(crystal):
            return None
        learned = self.library.tokens_like(crystal, trained=True, within=FAR)
        return learned or self.library.tokens_like(crystal)


def electronegativities() -> np.ndarray:
    """By atomic number, Pauling's."""
    from pymatgen.core import Element

    from designer_app.elements import SYMBOLS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        values = np.array([0.0, *(Element(symbol).X for symbol in SYMBOLS[1:95])], dtype=float)
    return np.where(np.isnan(values), USUAL_ELECTRONEGATIVITY, values)


def said(text: str) -> None:
    """A line with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:6.0f} s: {text}", flush=True)


if __name__ == "__main__":
    main()
