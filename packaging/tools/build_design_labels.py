"""Compute the energies that the design heads learn from.

    python packaging/tools/build_design_labels.py propose --work WORK [--number N] [--seed S]
    python packaging/tools/build_design_labels.py decode --work WORK [--number N] [--seed S]
    python packaging/tools/build_design_labels.py empty --work WORK [--number N]
    python packaging/tools/build_design_labels.py pack --work WORK

`propose` relaxes crystals with elements swapped on the prototypes of the library, `decode` such as
the autoencoder decodes of random and of moved latent vectors, both with CHGNet, and computes the
hosts that their working ions leave. `empty` does the last for the known crystals of the reference
table. Each goes on where it was stopped. `pack` places everything against the reference phases and
writes resources/data/design-labels-chgnet-0.3.0.npz.
"""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from designer_app.design.representation.library import PrototypeLibrary
    from designer_app.design.representation.tokens import TokenTable

CHUNK = 96
MOST_ATOMS = {"propose": 14, "decode": 20, "empty": 30}
RELAXED_HOSTS = {"propose": 0.12, "decode": 0.12, "empty": 0.12}
TARGET = Path(__file__).resolve().parents[2] / "resources" / "data"


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", choices=("propose", "decode", "empty", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the chunks")
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.stage == "pack":
        pack(given)
    else:
        compute(given)


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
        path = given.work / f"{given.stage}-{given.seed}-{number:03d}.npz"
        if path.exists():
            continue
        found = label(
            structures,
            potential,
            np.random.default_rng((given.seed, number)),
            relaxed_already=energies,
            relaxed_hosts=RELAXED_HOSTS[given.stage],
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
        table = source.table(CHUNK)
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
        hull_columns,
        metal_energies,
        substituted_tokens,
        voltage_line,
    )
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import known_tokens, load_library
    from designer_app.potentials import load_potential
    from designer_app.screening.reference.table import load_reference

    library, table, potential = load_library(), load_reference("chgnet"), load_potential("chgnet")
    assert table is not None
    rest = RestOfHull(table)
    metals = metal_energies(potential)
    known, ids = known_tokens(library)
    tokens, labels, is_decoded = _chunks(given.work, library)
    old, old_energies = substituted_tokens(library, known, ids, rest)
    rows = np.array([table.index(each) for each in ids])
    known_labels = np.full((len(known), 7), np.nan)
    known_labels[:, 1], known_labels[:, 3] = table.arrays["energy"][rows], 0
    place = {int(row): at for at, row in enumerate(rows)}
    for path in sorted(given.work.glob("empty-*.npz")):
        with np.load(path) as found:
            for row, values in zip(found["row"], found["labels"], strict=True):
                if int(row) in place:
                    known_labels[place[int(row)]] = values
    line = voltage_line([(known, known_labels), (tokens, labels)], library, metals)
    old_labels = np.full((len(old), 7), np.nan)
    old_labels[:, 1], old_labels[:, 3] = old_energies, 0
    made = _joined(old, tokens)
    made_labels = np.concatenate([old_labels, labels])
    columns = [
        {
            **hull_columns(part, energies[:, 1], library, rest),
            **electrode_columns(part, energies, library, metals, line),
        }
        for part, energies in ((known, known_labels), (made, made_labels))
    ]
    columns[1]["origin"] = np.concatenate(
        [np.full(len(old), MADE), np.where(is_decoded, DECODED, MADE)]
    )
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


def _chunks(
    work: Path, library: "PrototypeLibrary"
) -> tuple["TokenTable", NDArray[np.float64], NDArray[np.bool_]]:
    from designer_app.design.heads.computed import fingerprints
    from designer_app.design.representation.tokens import TokenTable

    place = {int(each): row for row, each in enumerate(fingerprints(library))}
    tables, labels, decoded = [], [], []
    for path in [*sorted(work.glob("propose-*.npz")), *sorted(work.glob("decode-*.npz"))]:
        with np.load(path) as found:
            rows = np.array([place.get(int(each), -1) for each in found["prototype"]])
            is_here = rows >= 0
            rest = (found[name][is_here] for name in ("elements", "log_volume", "geometry"))
            tables.append(TokenTable(rows[is_here], *rest))
            labels.append(found["labels"][is_here])
            decoded.append(np.full(int(is_here.sum()), path.name.startswith("decode")))
    return _joined(*tables), np.concatenate(labels), np.concatenate(decoded)


def _joined(*tables: "TokenTable") -> "TokenTable":
    from dataclasses import fields

    from designer_app.design.representation.tokens import TokenTable

    return TokenTable(
        *(np.concatenate([getattr(each, f.name) for each in tables]) for f in fields(TokenTable))
    )


def _write(path: Path, arrays: dict[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        np.savez(file, **arrays)
    beside.replace(path)


if __name__ == "__main__":
    main()
