"""Make the reference set behind every hull: known crystals relaxed with a potential.

    DESIGNER_APP_DATA=DIR python packaging/tools/build_reference.py relax --work WORK
    python packaging/tools/build_reference.py pack --work WORK
    python packaging/tools/build_reference.py check --n 50

To add crystals to the shipped table, WORK may be an empty folder:

    python packaging/tools/build_reference.py relax --own --work WORK
    python packaging/tools/build_reference.py pack --work WORK
    python packaging/tools/build_prototypes.py known

relax takes half an hour to hours on two cores and can be stopped at any moment: what is relaxed
stays in WORK and is not done again. First come crystals that the published tables lack, from the
shipped examples (olivine LiFePO4, layered LiCoO2), classical electrodes, simple compounds (LiF,
Li2O) and compounds of the textbooks by structure type (layered LiCrO2, A15 Nb3Sn), then the
elements and the tabulated hull, then the others, small cells before large ones. With --own, only
those that the published tables lack and the shipped table does not hold either.
pack writes the table that the program ships, from all that is in WORK and in the shipped table, and
says how far packing moved the energies; what the shipped table holds already is only checked.
check recomputes crystals of the shipped table by chance: the energy as it is unpacked, and after
one more relaxation.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from designer_app.screening.reference.ledger import RelaxedPhase
    from designer_app.screening.reference.table import ReferenceTable
    from designer_app.specs.structure import Structure


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)
    relax = stages.add_parser("relax", help="relax what is not relaxed yet")
    relax.add_argument("--work", type=Path, required=True, help="folder of the unfinished work")
    relax.add_argument("--own", action="store_true", help="none of the published tables")
    relax.add_argument("--data", type=Path, help="folder of the published data")
    relax.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    relax.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    relax.set_defaults(run=start_workers)
    pack = stages.add_parser("pack", help="write the table that the program ships")
    pack.add_argument("--work", type=Path, required=True, help="folder of the relaxed crystals")
    pack.add_argument("--out", type=Path, help="file to write; the shipped one by default")
    pack.set_defaults(run=pack_table)
    check = stages.add_parser("check", help="recompute crystals of the shipped table")
    check.add_argument("--n", type=int, default=50, help="how many crystals")
    check.add_argument("--seed", type=int, default=0)
    check.set_defaults(run=check_table)
    for stage in (relax, pack, check):
        stage.add_argument("--potential", default="chgnet")
        stage.add_argument("--model", default="0.3.0")
    given = parser.parse_args()
    if getattr(given, "worker", None) is not None:
        relax_one_share(given)
    else:
        given.run(given)


def start_workers(given: argparse.Namespace) -> None:
    """One process a share, with one thread each."""
    from designer_app.screening.reference.sharing import in_processes

    given.work.mkdir(parents=True, exist_ok=True)
    sys.exit(in_processes(__file__, sys.argv[1:], given.workers))


def relax_one_share(given: argparse.Namespace) -> None:
    """What one process does."""
    from designer_app.screening.reference.sharing import one_thread_potential, relax_share
    from designer_app.screening.reference.table import load_reference
    from designer_app.training.published.folder import data_folder

    shipped = load_reference(given.potential, given.model) if given.own else None
    relax_share(
        own_crystals() if given.own else in_order(data_folder(given.data)),
        one_thread_potential(given.potential, given.model),
        given.work,
        (given.worker, given.workers),
        done=shipped.sources if shipped is not None else (),
        say=print,
    )


def pack_table(given: argparse.Namespace) -> None:
    """Write what is relaxed as a table, and say what it took."""
    import numpy as np

    from designer_app.design.representation.textbook import TEXTBOOK
    from designer_app.screening.reference.again import correction_of
    from designer_app.screening.reference.packing import pack
    from designer_app.screening.reference.sharing import one_thread_potential, relaxed_in
    from designer_app.screening.reference.table import (
        SHIPPED,
        TableHeader,
        load_reference,
        write_table,
    )

    potential = one_thread_potential(given.potential, given.model)
    known = load_reference(given.potential, given.model)
    known = known if known is not None and known.belongs_to(potential) else None
    phases = {phase.source: phase for phase in already_relaxed(known)}
    phases.update((phase.source, phase) for phase in relaxed_in(given.work))
    listed = {structure.name for structure in own_crystals()}
    chosen = [
        phase
        for source, phase in sorted(phases.items())
        if source in listed or not source.startswith(TEXTBOOK)
    ]
    packed = pack(chosen, potential, known)
    header = TableHeader(
        name="a part of the Materials Project and own crystals "
        f"relaxed with {given.potential} {given.model}",
        potential=given.potential,
        model=given.model,
        model_sha256=potential.model_sha256,
        correction=correction_of(potential),
        goal="forces below 0.05 eV/A, stress below 0.5 GPa, at most 200 steps",
        sources="structures: Materials Project (CC-BY-4.0), resources/examples, "
        "classical-electrodes.toml, simple-crystals.toml and textbook-crystals.toml of "
        "resources/data; "
        "elements: MatPES (BSD-3-Clause)",
        excluded=packed.excluded,
    )
    shipped = SHIPPED.get((given.potential, given.model), f"data/reference-{given.potential}.npz")
    path = given.out or Path(__file__).parents[2] / "resources" / shipped
    write_table(path, header, packed.arrays)
    off = np.abs(packed.deviations) * 1e3
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {len(off)} phases")
    print(f"left out: {packed.excluded}; kept without symmetry: {packed.n_without_symmetry}")
    print(f"energy moved by packing, meV/atom: median {np.median(off):.4f}, ", end="")
    print(f"99 % below {np.quantile(off, 0.99):.3f}, largest {off.max():.3f}")


def already_relaxed(table: "ReferenceTable | None") -> Iterator["RelaxedPhase"]:
    """The crystals of a table as they were relaxed."""
    from designer_app.screening.reference.ledger import RelaxedPhase

    if table is None:
        return
    for row in range(len(table)):
        structure, phase = table.structure(row), table.phase(row)
        energy, magmom = phase.energy_per_atom, phase.magmom / sum(phase.composition.values())
        n = len(structure)
        yield RelaxedPhase(phase.source, structure, energy * n, magmom * n, 0, converged=True)


def check_table(given: argparse.Namespace) -> None:
    """Print a table of recomputed crystals; the exit code says whether all agree."""
    from designer_app.screening.reference.checking import AGREES, recomputed, sample
    from designer_app.screening.reference.sharing import one_thread_potential
    from designer_app.screening.reference.table import load_reference

    table = load_reference(given.potential, given.model)
    if table is None:
        sys.exit(f"no table is shipped for {given.potential} {given.model}")
    potential = one_thread_potential(given.potential, given.model)
    found = recomputed(table, potential, sample(table, given.n, given.seed))
    print(table.name)
    print("| crystal | formula | stored eV/atom | unpacked, meV/atom off | relaxed, meV/atom off |")
    print("|---|---|---|---|---|")
    for phase in found:
        as_it_is, relaxed = phase.as_it_is - phase.stored, phase.relaxed - phase.stored
        print(f"| {phase.source} | {phase.formula} | {phase.stored:.5f} ", end="")
        print(f"| {1e3 * as_it_is:+.3f} | {1e3 * relaxed:+.3f} |")
    n_agree = sum(phase.agrees for phase in found)
    print(f"{n_agree} of {len(found)} agree within {1e3 * AGREES:g} meV/atom")
    sys.exit(0 if n_agree == len(found) else 1)


def in_order(folder: Path) -> list["Structure"]:
    """Own crystals, elements, the phases of the tabulated hull, the others; small cells first."""
    from designer_app.training.published.crystals import read_crystals, read_elements

    crystals = read_crystals(folder)
    hull = [crystal for crystal in crystals if crystal.e_above_hull == 0]
    above = [crystal for crystal in crystals if crystal.e_above_hull != 0]
    by_size = [
        sorted(group, key=lambda crystal: (len(crystal.structure), crystal.material_id))
        for group in (hull, above)
    ]
    published = [*read_elements(folder), *by_size[0], *by_size[1]]
    return [*own_crystals(), *(crystal.structure for crystal in published)]


def own_crystals() -> list["Structure"]:
    """Crystals of the shipped examples, the classical electrodes made from them, simple compounds,
    and, where a table is shipped whose crystals they are made from, those of the textbooks.

    The files of `resources/examples`, and in `resources/data` `classical-electrodes.toml`,
    `simple-crystals.toml` and `textbook-crystals.toml`, name their sources.
    """
    from designer_app.cli.benches.voltage import electrodes, start_of
    from designer_app.design.representation.library import load_library
    from designer_app.design.representation.textbook import textbook_crystals
    from designer_app.io.examples import examples
    from designer_app.io.structures import read_document
    from designer_app.screening.reference.table import load_reference
    from designer_app.specs.documents import ReadSpec

    found = {
        f"example-{each.key}": read_document(ReadSpec(path=each.path)).structure()
        for each in examples()
        if each.path.suffix == ".cif"  # the others are a slab and a liquid
    }
    for electrode in electrodes():
        if electrode.insert == 0 and f"example-{electrode.compound}" not in found:
            found[f"electrode-{electrode.compound}"] = start_of(electrode)
    named = [replace(structure, name=source) for source, structure in found.items()]
    shipped = load_reference()
    textbook = textbook_crystals(shipped, load_library()) if shipped is not None else ()
    return [*named, *simple_crystals(), *textbook]


def simple_crystals() -> Iterator["Structure"]:
    """The compounds of `resources/data/simple-crystals.toml`, e.g. rocksalt-LiF."""
    from ase.build import bulk

    from designer_app.io.documents import structure_from_atoms
    from designer_app.resources import resource

    text = (resource("data") / "simple-crystals.toml").read_text(encoding="utf-8")
    for kind, compounds in tomllib.loads(text).items():
        for compound, (a, *c) in compounds.items():
            atoms = bulk(compound, kind, a=a, c=c[0] if c else None)
            yield structure_from_atoms(atoms, f"{kind}-{compound}")


if __name__ == "__main__":
    main()
