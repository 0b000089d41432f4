"""The first page: what was asked, the shortlist by what a chemist decides by, and its crystals."""

from collections.abc import Mapping, Sequence

from designer_app.design.report.blocks import Block, Cell, Figure, Heading, Row, Table, Text
from designer_app.design.report.crystal_picture import crystal_picture
from designer_app.design.report.facts import density_text, symbol_of
from designer_app.design.report.numbers import (
    CHARGED,
    DISTANCES,
    HULL,
    shown,
    title_of_key,
    value_text,
)
from designer_app.design.staged import MARKS
from designer_app.io.formulas import written, written_in
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_estimates import is_predicted, predicted, verified
from designer_app.specs.design_rows import CandidateDetail
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

SIGNS: Mapping[str, str] = {"green": "●", "amber": "▲", "red": "■"}
_ELECTRODE = (HULL, "voltage", "energy_density", "volume_change", "ion_release", CHARGED)
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cathode": _ELECTRODE,
    "anode": (HULL, "voltage", "capacity", "volume_change", "ion_release", CHARGED),
    "electrolyte": (HULL, "ionic_conductivity", "migration_barrier", "band_gap"),
    "catalyst": (HULL, "adsorption_free_energy"),
}
"""Quantities of each purpose, before those that were asked for."""
_SHORT = {
    HULL: "To the hull, meV/atom",
    CHARGED: "Charged, to hull, meV/atom",
    "ion_release": "Ions out, %",
    "adsorption_free_energy": "Adsorption free energy, eV",
}
_SHARES = {
    "energy_density": 1.2,
    "volume_change": 0.85,
    "ion_release": 0.65,
    HULL: 1.1,
    CHARGED: 1.1,
}
"""Of the line, against that of other quantities."""
_ABREAST = 5
"""Pictures beside each other."""
_PICTURE = 150.0
"""Pixels of their longer side."""


def shortlist_blocks(
    spec: DesignSpec,
    rows: Sequence[ScreenRow],
    details: Mapping[str, CandidateDetail],
    structures: Mapping[str, Structure],
) -> list[Block]:
    """The table and the pictures."""
    if not rows:
        return [Heading("Shortlist"), Text("No candidate reached the shortlist.")]
    keys = columns_of(spec, rows)
    fixed = (0.035, 0.175, 0.175, 0.08)
    shares = [_SHARES.get(key, 1.0) for key in keys]
    rest = [(1.0 - sum(fixed)) * share / sum(shares) for share in shares]
    lines = tuple(
        (
            Cell(str(rank)),
            _candidate(row, details.get(row.id)),
            _verdict(row, details.get(row.id)),
            Cell(density_text(structures.get(row.id)) or "-"),
            *(_value(row, key) for key in keys),
        )
        for rank, row in enumerate(rows, 1)
    )
    heads = ("", "Candidate", "Verdict", "Density g/cm³", *(_head(key, rows) for key in keys))
    numbers = frozenset({0, *range(3, 4 + len(keys))})
    blocks: list[Block] = [Heading("Shortlist"), Text(_legend(rows, keys), "muted")]
    blocks.append(Table(heads, lines, (*fixed, *rest), numbers))
    return [*blocks, *_pictures(rows, structures)]


def columns_of(spec: DesignSpec, rows: Sequence[ScreenRow]) -> list[str]:
    """Keys of the quantities that are shown: the purpose's, then what was asked for; without those
    of which no row knows anything.
    """
    targets = [each.key for each in spec.wanted()]
    keys = dict.fromkeys([*_COLUMNS.get(spec.purpose, (HULL,)), *targets])
    return [key for key in keys if key in targets or any(verified(row, key) for row in rows)]


def _legend(rows: Sequence[ScreenRow], keys: Sequence[str]) -> str:
    told = "Computed values with their typical error where it was measured; "
    told += "a value in brackets was only predicted. ● can be believed, ▲ with care, ■ hardly; "
    told += "the pages say why. "
    if CHARGED in keys:
        told += "Voltage, energy density and charged state are those with the share of ions out. "
    if checks := [key for key in keys if _is_only_checked(key, rows)]:
        names = ", ".join(shown(key).title for key in checks)
        told += (
            f"{names}: a candidate meets the target where the predicted value (below) does and the "
            "computed one agrees within its error. "
        )
    return told + (
        "What is not in our reference set may still have been made: look into the literature."
    )


def _is_only_checked(key: str, rows: Sequence[ScreenRow]) -> bool:
    """Whether a property was computed, and yet its prediction decides."""
    return any(
        verified(row, key) is not None
        and (decides := row.estimate(key)) is not None
        and is_predicted(decides)
        for row in rows
    )


def _head(key: str, rows: Sequence[ScreenRow]) -> str:
    found = (row.estimate(key) for row in rows)
    unit = next((each.unit for each in found if each is not None), "")
    return _SHORT.get(key, shown(key, unit).head)


def _candidate(row: ScreenRow, detail: CandidateDetail | None) -> Cell:
    kind = detail.structure_type.partition(" (")[0] if detail else ""
    facts = [written_in(kind), symbol_of(row)]
    return Cell(written(row.formula), ", ".join(filter(None, facts)) or row.id)


def _verdict(row: ScreenRow, detail: CandidateDetail | None) -> Cell:
    tone = "" if row.light == "green" else row.light
    below = f"known: {row.known}" if row.known else "not in our reference set"
    if detail and detail.named and not row.known:
        below = f"formula known: {written_in(detail.named)}"
    if detail and detail.dissolving:
        below += "; metals of it dissolve in acid"
    return Cell(f"{SIGNS[row.light]} {verdict_text(row)}", below, tone)


def verdict_text(row: ScreenRow) -> str:
    """Whether a candidate meets the targets, and what it misses."""
    missed = ", ".join(title_of_key(each) for each in row.failing if each not in MARKS)
    told = [f"misses {missed}"] if missed else []
    told += [MARKS[each] for each in row.failing if each in MARKS]
    return "; ".join(told) or "meets all targets"


def _value(row: ScreenRow, key: str) -> Cell:
    guess, truth = predicted(row, key), verified(row, key)
    if truth is None:
        return Cell(f"({value_text(guess)})" if guess else "-")
    if key in DISTANCES:
        number, _, side = value_text(truth).rpartition(" ")
        return Cell(number, side)
    decides = row.estimate(key)
    is_check = decides is not None and is_predicted(decides)
    return Cell(value_text(truth), f"predicted {value_text(guess)}" if is_check and guess else "")


def _pictures(rows: Sequence[ScreenRow], structures: Mapping[str, Structure]) -> list[Block]:
    figures = [
        Figure(
            crystal_picture(structures[row.id], _PICTURE),
            f"{rank}  {written(row.formula)}",
        )
        for rank, row in enumerate(rows, 1)
        if row.id in structures
    ]
    return [
        Row(tuple(figures[place : place + _ABREAST]), _ABREAST)
        for place in range(0, len(figures), _ABREAST)
    ]
