"""`designer-app order FILE`: whole atoms on shared and partly occupied sites."""

import argparse
import re
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.io.documents import Document
from designer_app.io.folders import writable_folder
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.writing import write_document
from designer_app.jobs import order, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.order import OrderSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="A CIF with shared sites.")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="Where the ordered cells go, as CIFs numbered from the best.",
    )
    add_spec_arguments(parser, OrderSpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    document: Document = read.run(ReadSpec(path=namespace.file), control)
    spec = spec_from_namespace(
        OrderSpec,
        namespace,
        structure=document.structure(),
        occupancies=document.occupancies,
    )
    out = writable_folder(namespace.out)
    found = order.run(spec, control)
    stem = re.sub(r"[^\w.+()-]+", "_", document.name).strip("._") or "structure"
    cells = [
        {
            "path": str(write_document(each, out / f"{stem}-ordered-{rank + 1}.cif")),
            "formula": formula(reduced(amounts_of(each.content.numbers))[0]),
            "n_atoms": len(each),
            "ewald_energy_eV_atom": energy,
        }
        for rank, (each, energy) in enumerate(
            zip(found["documents"], found["ewald_energies_eV_atom"], strict=True)
        )
    ]
    told = {key: found[key] for key in ("charges", "repeats", "occupancy_error", "changes")}
    return {"file": str(namespace.file), "cells": cells, **told}


def _present(result: dict[str, Any]) -> str:
    cells = result["cells"]
    repeats = " x ".join(str(each) for each in result["repeats"])
    lines = [f"{cells[0]['formula']}   {cells[0]['n_atoms']} atoms, {repeats} cells"]
    lowest = cells[0]["ewald_energy_eV_atom"]
    for cell in cells:
        above = cell["ewald_energy_eV_atom"] - lowest
        lines.append(f"  {above:+.4f} eV/atom  {cell['path']}")
    lines += [f"  ! {each}" for each in result["changes"]]
    return "\n".join([*lines, "Ranked by electrostatics; relax the best ones to choose."])


COMMAND = Command(
    name="order",
    summary="Ordered cells of a disordered structure, the best first.",
    configure=_configure,
    run=_run,
    present=_present,
)
