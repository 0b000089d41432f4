"""Compute the energies that the design heads learn from.

    python packaging/tools/build_design_labels.py propose --work WORK [--number N] [--seed S]
    python packaging/tools/build_design_labels.py decode --work WORK [--number N] [--seed S]
        [--split test] [--hosts SHARE]
    python packaging/tools/build_design_labels.py empty --work WORK [--number N]
    python packaging/tools/build_design_labels.py pack --work WORK
    python packaging/tools/build_design_labels.py add --work WORK [--instead]
    python packaging/tools/build_design_labels.py place
    python packaging/tools/build_design_labels.py move --from LIBRARY

`propose` relaxes crystals with elements swapped on the prototypes of the library, `decode` such as
the autoencoder decodes of random and of moved latent vectors, both with CHGNet, and computes the
hosts that their working ions leave. `empty` does the last for the known crystals of the reference
table. Each goes on where it was stopped. `pack` places everything against the reference phases and
writes resources/data/design-labels-chgnet-0.3.0.npz. `add` puts what was decoded by an autoencoder
that was trained anew beside the labels that are shipped; `--instead`, once the same autoencoder
decoded more, of what is there. `place` computes distances to the hull anew, once there are more
reference phases. `move` rewrites it for the shipped
prototype library, once that was made anew: LIBRARY is the file that the labels were made with.
"""

import argparse
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import PrototypeLibrary
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.screening.reference.table import ReferenceTable

CHUNK = 96
WORKERS = 2
MOST_ATOMS = {"propose": 14, "decode": 20, "empty": 30}
RELAXED_HOSTS = 0.12
TARGET = Path(__file__).resolve().parents[2] / "resources" / "data"


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    stages = ("propose", "decode", "empty", "pack", "add", "place", "move")
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--work", type=Path, help="folder of the chunks")
    parser.add_argument("--from", type=Path, dest="library", help="library of the labels")
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--split", choices=("all", "test"), default="all", help="formulas decoded")
    parser.add_argument("--hosts", type=float, default=RELAXED_HOSTS, help="share relaxed")
    parser.add_argument("--instead", action="store_true", help="of what is decoded there")
    given = parser.parse_args()
    if given.stage == "move":
        move(given.library)
    elif given.stage == "place":
        place()
    else:
        given.work.mkdir(parents=True, exist_ok=True)
        {"pack": pack, "add": add}.get(given.stage, compute)(given)


def compute(given: argparse.Namespace) -> None:
    """Chunk after chunk until there are as many as asked for."""
    from designer_app.design.heads.labelling import label
    from designer_app.design.representation.library import load_library
    from designer_app.device import Compute
    from designer_app.potentials import load_potential
    from designer_app.state import set_threads

    set_threads(Compute("cpu", "float32", 1))
    potential, library, began = load_potential("chgnet"), load_library(), time.monotonic()
    chunks = _empties(given) if given.stage == "empty" else _made(given, library)
    for number, (structures, energies, arrays) in enumerate(chunks):
        split = "" if given.split == "all" else f"{given.split}-"
        path = given.work / f"{given.stage}-{split}{given.seed}-{number:03d}.npz"
        if path.exists():
            continue
        found = label(
            structures,
            potential,
            np.random.default_rng((given.seed, number)),
            relaxed_already=energies,
            relaxed_hosts=given.hosts,
        )
        labels = np.array([each.values for each in found])
        _write(path, {**arrays, "labels": labels})
        done = np.isfinite(labels[:, 1]).mean()
        print(f"{path.name}: {done:.0%}, {time.monotonic() - began:.0f} s", flush=True)


def _made(given: argparse.Namespace, library: "PrototypeLibrary") -> Any:
    from designer_app.design.heads.computed import fingerprints
    from designer_app.design.heads.proposals import Proposals
    from designer_app.design.representation.library import known_tokens

    prints = fingerprints(library)
    generator = np.random.default_rng(given.seed)
    known, _ = known_tokens(library)
    most = MOST_ATOMS[given.stage]
    if given.stage == "decode":
        from designer_app.design.heads.negatives import Decodes

        source: Any = Decodes(library, known, generator, most_atoms=most)
    else:
        source = Proposals(library, known, generator, most_atoms=most)
    for _ in range(given.number // CHUNK):
        table = _of_split(source, library, given.split)
        structures = [library.structure_of(library.tokens(table, row)) for row in range(CHUNK)]
        yield (
            structures,
            None,
            {
                "prototype": prints[table.prototype],
                "elements": table.elements,
                "log_volume": table.log_volume,
                "geometry": table.geometry,
            },
        )


def _of_split(source: Any, library: "PrototypeLibrary", split: str) -> "TokenTable":
    """The next chunk, of formulas of one split where that is asked."""
    from designer_app.design.heads.labels import formulas_of
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.training.splits import split_of

    parts: list[TokenTable] = []
    while sum(map(len, parts)) < CHUNK:
        table = source.table(CHUNK)
        if split != "all":
            formulas = formulas_of(table, library)
            table = table.rows(np.flatnonzero([split_of(each) == split for each in formulas]))
        parts.append(table)
    return TokenTable.joined(parts).rows(np.arange(CHUNK))


def _empties(given: argparse.Namespace) -> Any:
    """Known crystals with a working ion, as the reference table has them relaxed."""
    from designer_app.elements import ATOMIC_NUMBERS
    from designer_app.screening.reference.table import load_reference
    from designer_app.specs.voltage import ION_CHARGES

    table = load_reference("chgnet")
    assert table is not None
    ions = {ATOMIC_NUMBERS[ion] for ion in ION_CHARGES}
    phases = [table.phase(row) for row in range(len(table))]
    rows = [
        row
        for row, phase in enumerate(phases)
        if ions & {ATOMIC_NUMBERS[each] for each in phase.composition}
        and len(phase.composition) > 2
        and phase.n_atoms <= MOST_ATOMS["empty"]
    ]
    order = np.random.default_rng(given.seed).permutation(rows)[: given.number]
    for start in range(0, len(order), CHUNK):
        part = [int(row) for row in order[start : start + CHUNK]]
        energies = [phases[row].energy_per_atom for row in part]
        yield [table.structure(row) for row in part], energies, {"row": np.array(part)}


def pack(given: argparse.Namespace) -> None:
    """Place everything on the hull of other formulas and write the table."""
    from designer_app.design.heads.computed import FILE, write_computed
    from designer_app.design.heads.labels import DECODED, MADE
    from designer_app.design.heads.negatives import (
        electrode_columns,
        metal_energies,
        substituted_tokens,
        voltage_line,
    )
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import known_tokens, load_library
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.potentials import load_potential
    from designer_app.screening.reference.table import load_reference

    library, table = load_library(), load_reference("chgnet")
    assert table is not None
    rest = RestOfHull(table)
    metals = metal_energies(load_potential("chgnet"))
    known, ids = known_tokens(library)
    known_labels = _known_labels(given.work, table, ids)
    old, old_energies = substituted_tokens(library, known, ids, rest)
    parts = [("substituted", old, _energies_alone(old_energies)), *_chunks(given.work, library)]
    made = TokenTable.joined([tokens for _, tokens, _ in parts])
    labels = np.concatenate([each for _, _, each in parts])
    line = voltage_line([(known, known_labels), (made, labels)], library, metals)
    hulls = [_hulls(given.work, *part, library, rest, table.name) for part in parts]
    columns = [
        {
            **_hulls(given.work, "known", known, known_labels, library, rest, table.name),
            **electrode_columns(known, known_labels, library, metals, line),
        },
        {
            **{name: np.concatenate([each[name] for each in hulls]) for name in hulls[0]},
            **electrode_columns(made, labels, library, metals, line),
            "origin": np.concatenate(
                [
                    np.full(len(tokens), DECODED if name.startswith("decode") else MADE)
                    for name, tokens, _ in parts
                ]
            ),
        },
    ]
    kept = np.isfinite(columns[1]["formation_energy"])
    header = {
        "potential": "chgnet 0.3.0",
        "model_sha256": table.header.model_sha256,
        "reference_set": table.name,
        "voltage_line": {"slope": line[0], "intercept": line[1], "error_V": line[2]},
        "failed": int((~kept).sum()),
    }
    path = TARGET.parent / FILE
    write_computed(
        path, header, library, (ids, columns[0]),
        (made.rows(kept), {name: each[kept] for name, each in columns[1].items()}),
    )  # fmt: skip
    below = float((columns[1]["e_above_hull"][kept] < 0.1).mean())
    volts = [int(np.isfinite(each["voltage"]).sum()) for each in columns]
    print(f"{len(ids)} known, {kept.sum()} made, {below:.0%} of these below 100 meV/atom")
    print(f"voltages: {volts}; line {line}; {path.stat().st_size} B")


def add(given: argparse.Namespace) -> None:
    """Put the decoded chunks of a folder beside what is shipped, placed on the same hulls."""
    from designer_app.design.heads.computed import FILE, added_computed, voltage_line_of
    from designer_app.design.heads.negatives import electrode_columns, metal_energies
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import load_library
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.potentials import load_potential
    from designer_app.screening.reference.table import load_reference

    library, table, path = load_library(), load_reference("chgnet"), TARGET.parent / FILE
    assert table is not None
    parts = _chunks(given.work, library)
    made = TokenTable.joined([tokens for _, tokens, _ in parts])
    labels = np.concatenate([each for _, _, each in parts])
    metals = metal_energies(load_potential("chgnet"))
    columns = {
        **_hulls(given.work, "decoded", made, labels, library, RestOfHull(table), table.name),
        **electrode_columns(made, labels, library, metals, voltage_line_of(path)),
    }
    kept = np.isfinite(columns["formation_energy"])
    here = {name: each[kept] for name, each in columns.items()}
    n = added_computed(path, library, (made.rows(kept), here), instead=given.instead)
    below = float((here["e_above_hull"] < 0.1).mean())
    print(f"{kept.sum()} of {len(kept)} decoded, {below:.0%} of these below 100 meV/atom; {n} made")


def place() -> None:
    """Distances to the hull of all shipped labels, against all phases that are shipped now."""
    from multiprocessing import get_context

    from designer_app.design.heads.computed import FILE, computed_energies, placed_computed
    from designer_app.design.representation.library import load_library
    from designer_app.screening.reference.table import load_reference

    table, path = load_reference("chgnet"), TARGET.parent / FILE
    assert table is not None
    parts, above = computed_energies(path, load_library(), _rest_of_hull().elements), {}
    with get_context("spawn").Pool(WORKERS) as pool:
        for part, (fractions, energies) in parts.items():
            # Crystals of one formula lie above the same mixture of others.
            _, first, which = np.unique(
                np.round(fractions, 6), axis=0, return_index=True, return_inverse=True
            )
            chunks = np.array_split(fractions[first], len(first) // CHUNK + 1)
            mixtures = np.concatenate(list(pool.imap(_mixtures, chunks)))
            above[part] = energies - mixtures[which]
            print(f"{part}: {np.nanmean(above[part] < 0.1):.1%} below 100 meV/atom", flush=True)
    placed_computed(path, above, table.name)


def _mixtures(formulas: NDArray[np.float64]) -> NDArray[np.float64]:
    """eV/atom of the best mixture of other formulas, for a worker; NaN where there is none."""
    rest = _rest_of_hull()
    return np.array([-rest.distance(each, 0.0) if each.any() else np.nan for each in formulas])


@lru_cache(maxsize=1)
def _rest_of_hull() -> "RestOfHull":
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.screening.reference.table import load_reference

    table = load_reference("chgnet")
    assert table is not None
    return RestOfHull(table)


def move(before: Path) -> None:
    """Bring the labels of made crystals from one library to the shipped one."""
    from designer_app.design.heads.computed import FILE, moved_computed
    from designer_app.design.representation.library import load_library, read_library

    path = TARGET.parent / FILE
    n, n_held = moved_computed(path, read_library(before), load_library())
    print(f"{n_held} of {n} made crystals have a prototype; {path.stat().st_size} B")


def _energies_alone(energies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Labels of crystals whose hosts were not computed."""
    from designer_app.design.heads.labelling import COLUMNS

    found = np.full((len(energies), len(COLUMNS)), np.nan)
    found[:, COLUMNS.index("energy")] = energies
    found[:, COLUMNS.index("ion")] = 0
    return found


def _known_labels(work: Path, table: "ReferenceTable", ids: tuple[str, ...]) -> NDArray[np.float64]:
    """Energies of the reference table, and hosts of those that were emptied."""
    rows = [table.index(each) for each in ids]
    found = _energies_alone(table.arrays["energy"][np.array(rows)].astype(np.float64))
    place = {row: at for at, row in enumerate(rows)}
    for path in sorted(work.glob("empty-*.npz")):
        with np.load(path) as chunk:
            for row, values in zip(chunk["row"].tolist(), chunk["labels"], strict=True):
                if row in place:
                    found[place[row]] = values
    return found


def _hulls(
    work: Path,
    name: str,
    tokens: "TokenTable",
    labels: NDArray[np.float64],
    library: "PrototypeLibrary",
    rest: "RestOfHull",
    reference: str,
) -> dict[str, NDArray[Any]]:
    """Columns of the hull of a reference set, kept in the folder of the chunks with its name since
    they take milliseconds each.
    """
    from designer_app.design.heads.labelling import COLUMNS
    from designer_app.design.heads.negatives import hull_columns

    energies = labels[:, COLUMNS.index("energy")]
    path = work / f"hull-{name}.npz"
    if path.is_file():
        with np.load(path) as file:
            columns = {key: file[key] for key in file.files}
        same_hull = str(columns.pop("reference", "")) == reference
        if np.array_equal(columns.pop("energies"), energies, equal_nan=True) and same_hull:
            return columns
    columns = hull_columns(tokens, energies, library, rest)
    _write(path, {**columns, "energies": energies, "reference": np.array(reference)})
    return columns


def _chunks(
    work: Path, library: "PrototypeLibrary"
) -> list[tuple[str, "TokenTable", NDArray[np.float64]]]:
    """(name, crystals, their labels) of each chunk of made ones."""
    from designer_app.design.heads.computed import fingerprints
    from designer_app.design.representation.tokens import TokenTable

    place = {int(each): row for row, each in enumerate(fingerprints(library))}
    found = []
    for path in [*sorted(work.glob("propose-*.npz")), *sorted(work.glob("decode-*.npz"))]:
        with np.load(path) as chunk:
            rows = np.array([place.get(int(each), -1) for each in chunk["prototype"]])
            is_here = rows >= 0
            rest = (chunk[name][is_here] for name in ("elements", "log_volume", "geometry"))
            table = TokenTable(rows[is_here], *rest)
            found.append((path.stem, table, chunk["labels"][is_here]))
    return found


def _write(path: Path, arrays: dict[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(path)


if __name__ == "__main__":
    main()
