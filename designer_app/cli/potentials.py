"""`designer-app potentials`: what computes energies as shipped, for which elements."""

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Any

from designer_app.cli.bench import table
from designer_app.cli.command import Command, Console
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import InvalidSpecError
from designer_app.io.potential_cards import read_potential_card, shipped_folder
from designer_app.io.toml import read_toml
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.potentials import POTENTIALS, PotentialRow

_SHORTEST_RANGE = 4
"""Elements in a row of the periodic table from which only the first and the last are named."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--elements",
        nargs="+",
        default=[],
        metavar="SYMBOL",
        help="Only those that know all of these, such as Li Fe P O.",
    )


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del control, console
    asked = _symbols(namespace.elements)
    shipped = [_shipped(row, *model) for row in POTENTIALS.values() for model in row.models]
    if asked:
        shipped = [each for each in shipped if asked <= set(each["elements"] or ())]
    own = [
        {"potential": row.key, "title": row.title, "summary": row.summary, "model": row.model_doc}
        for row in POTENTIALS.values()
    ]
    return {"asked": _in_order(asked), "potentials": shipped, "own": own}


def _symbols(words: Iterable[str]) -> set[str]:
    """Symbols, apart or joined by commas. Raises `InvalidSpecError`."""
    found = {part for word in words for part in re.split(r"[,\s]+", word) if part}
    for symbol in sorted(found - ATOMIC_NUMBERS.keys()):
        raise InvalidSpecError("elements", symbol, "it is no element", "Elements")
    return found


def _shipped(row: PotentialRow, model: str, title: str) -> dict[str, Any]:
    known = row.elements(model)
    return {
        "potential": row.key,
        "model": model,
        "title": f"{row.title} {title}" if row.title not in title else title,
        "is_default": model == row.chosen(""),
        "elements": None if known is None else _in_order(known),
        # A row of trained ones, or of calculators, says what such models may be made for at all.
        "suits": [] if row.is_trained or row.key == "ase" else list(row.suits),
        "gives": list(row.gives),
        **_origin(row, model),
    }


def _origin(row: PotentialRow, model: str) -> dict[str, Any]:
    """Where its parameters come from, and how far off it is on frames that were kept back."""
    origin: dict[str, Any] = {"source": "", "doi": "", "energy_mae_meV_atom": None,
                              "force_mae_meV_A": None}  # fmt: skip
    parameters = resource("potentials") / row.key / f"{model}.toml"
    if row.is_trained:
        card = read_potential_card(shipped_folder() / model)
        test = next((each for each in card.errors if each.name == "test"), None)
        origin["source"] = "; ".join(each.settings for each in card.data if each.settings)
        if test is not None:
            origin["energy_mae_meV_atom"] = test.energy_meV_atom
            origin["force_mae_meV_A"] = test.force_meV_A
    elif parameters.is_file():
        told = read_toml(parameters)
        origin |= {"source": str(told.get("source", "")), "doi": str(told.get("doi", ""))}
    return origin


def _in_order(symbols: Iterable[str]) -> list[str]:
    return sorted(symbols, key=ATOMIC_NUMBERS.__getitem__)


def in_ranges(symbols: Sequence[str]) -> str:
    """Elements by atomic number, those in a row as "H-Bi"."""
    rows: list[list[int]] = []
    for number in sorted(ATOMIC_NUMBERS[symbol] for symbol in symbols):
        if rows and number == rows[-1][-1] + 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    told: list[str] = []
    for row in rows:
        if len(row) < _SHORTEST_RANGE:
            told += [SYMBOLS[number] for number in row]
        else:
            told.append(f"{SYMBOLS[row[0]]}-{SYMBOLS[row[-1]]}")
    return " ".join(told)


def _made_for(each: dict[str, Any]) -> str:
    """What those are for whose family is for any matter."""
    return "what it learned" if POTENTIALS[each["potential"]].is_trained else "its elements"


def _present(result: dict[str, Any]) -> str:
    asked = " ".join(result["asked"])
    if not result["potentials"]:
        return (
            f"No shipped potential knows {asked} together. Train one on your own calculations: "
            "designer-app train, or name a model file with --potential KEY --model FILE."
        )
    rows = [
        {
            "--potential": each["potential"],
            "--model": each["model"] + (" (default)" if each["is_default"] else ""),
            "what it is": each["title"],
            "elements": "as its file says" if each["elements"] is None
            else in_ranges(each["elements"]),
            "made for": ", ".join(each["suits"]) or _made_for(each),
            "forces off, meV/Å": each["force_mae_meV_A"],
        }
        for each in result["potentials"]
    ]  # fmt: skip
    lines = [f"Shipped{f', with {asked}' if asked else ''}:", table(rows)]
    lines.append("Forces off: mean absolute error on calculations kept back from its training.")
    if not asked:
        lines.append("\nOf your own, --model names:")
        width = max(len(each["potential"]) for each in result["own"])
        lines += [f"  {each['potential']:{width}}  {each['model']}" for each in result["own"]]
    return "\n".join(lines)


COMMAND = Command(
    name="potentials",
    summary="List the shipped potentials and the elements that they know.",
    configure=_configure,
    run=_run,
    present=_present,
    takes_control=False,
)
