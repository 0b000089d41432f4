"""What a candidate's card and page show beside its row."""

from collections.abc import Mapping, Sequence

from designer_app.design.details.disorder import disorder_of
from designer_app.design.details.dissolving import dissolving
from designer_app.design.details.hazards import hazards_of
from designer_app.design.details.named_compounds import named_compound
from designer_app.design.details.pattern import powder_pattern
from designer_app.design.details.precursors import recipe
from designer_app.design.details.structure_type import structure_type
from designer_app.io.formulas import amounts_of, reduced
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.design_rows import CandidateDetail, Check, Contribution, Neighbour
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure


def detail_of(
    row: ScreenRow,
    structure: Structure,
    *,
    table: ReferenceTable | None,
    neighbours: Sequence[Neighbour] = (),
    contributions: Sequence[Contribution] = (),
    checks: Sequence[Check] = (),
    seen: str = "",
    reaction: str = "",
) -> CandidateDetail:
    """Everything that follows from the crystal itself, with what the search and the checks told.

    Without a reference table nothing is said about known disordered phases. `reaction` is what a
    catalyst is for.
    """
    amounts = amounts_of(structure.numbers)
    made_by = recipe(amounts)
    mixed = None if table is None else disorder_of(structure, table)
    return CandidateDetail(
        id=row.id,
        ingredients=made_by.ingredients,
        synthesis_note=made_by.note,
        hazards=hazards_of(amounts, made_by),
        neighbours=tuple(neighbours),
        contributions=tuple(contributions),
        disorder="" if mixed is None else mixed.sentence,
        structure_type=structure_type(structure),
        named=named_compound(row.formula) or _of_its_formula(row.formula, amounts, table),
        dissolving=dissolving(amounts, reaction) if reaction else "",
        checks=tuple(checks),
        pattern=powder_pattern(structure),
        seen=seen,
    )


def _of_its_formula(
    formula: str, amounts: Mapping[str, float], table: ReferenceTable | None
) -> str:
    """A known crystal of the same formula, e.g. "LiVF4 (mp-1176538)"; "" where there is none."""
    phases = () if table is None else table.known_in_system(amounts)
    unit = reduced(amounts)[0]
    same = [each for each in phases if reduced(each.composition)[0] == unit]
    best = min(same, key=lambda each: each.energy_per_atom, default=None)
    return "" if best is None else f"{formula} ({best.source})"
