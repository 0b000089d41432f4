"""What the report of a design says, from the title to the settings."""

from collections.abc import Mapping, Sequence

from designer_app import __version__
from designer_app.design.report.blocks import Block, Cell, Heading, NewPage, Table, Text
from designer_app.design.report.candidate import candidate_page
from designer_app.design.report.methods import methods_text
from designer_app.design.report.numbers import asked
from designer_app.design.report.search_told import TITLES, search_blocks
from designer_app.design.report.shortlist import shortlist_blocks
from designer_app.io.formulas import written_in
from designer_app.provenance import versions
from designer_app.screening.report import settings_lines
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import purpose_of
from designer_app.specs.design_rows import CandidateDetail, DesignResult
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.structure import Structure


def title_of(spec: DesignSpec) -> str:
    """What was asked, in words."""
    return f"{purpose_of(spec).title}: {wanted(spec)}"


def wanted(spec: DesignSpec) -> str:
    """The targets in words."""
    return ", ".join(asked(each) for each in spec.wanted())


def content_of(
    spec: DesignSpec,
    result: DesignResult,
    details: Mapping[str, CandidateDetail],
    structures: Mapping[str, Structure],
    diagrams: Mapping[str, PhaseDiagram],
    files: Mapping[str, Sequence[str]],
) -> list[Block]:
    """All blocks in their order."""
    shortlist = result.rows[: result.n_shortlist]
    reference_set = dict(result.origin).get("known crystals", "")
    blocks: list[Block] = [
        Heading(purpose_of(spec).title, 1),
        Text(f"Asked: {wanted(spec)}."),
        *([Text(written_in(result.verdict))] if result.verdict else []),
        *(Text(f"▲ {each}", "amber") for each in result.warnings),
    ]
    blocks += shortlist_blocks(spec, shortlist, details, structures)
    for rank, row in enumerate(shortlist, 1):
        blocks += candidate_page(
            rank,
            row,
            details.get(row.id, CandidateDetail(id=row.id)),
            structures.get(row.id),
            diagrams.get(row.id),
            files.get(row.id, ()),
            reference_set,
        )
    return [*blocks, NewPage(), *search_blocks(spec, result), *_made_how(spec, result)]


def _made_how(spec: DesignSpec, result: DesignResult) -> list[Block]:
    settings = tuple((Cell(label), Cell(text)) for label, text in settings_lines(spec))
    program = ("program", f"inverse design of designer_app {__version__}, seed {spec.seed}")
    pairs = [program, *result.origin, *versions().items()]
    origin = tuple((Cell(what), Cell(which)) for what, which in pairs)
    seconds = tuple(
        (Cell(TITLES.get(stage, stage)), Cell(f"{each:.0f} s")) for stage, each in result.seconds
    )
    blocks: list[Block] = [Heading("What was done, and what it cannot tell")]
    blocks += [Text(each) for each in methods_text(spec, result)]
    blocks += [Heading("Settings"), Table(("", ""), settings, (0.35, 0.65))]
    blocks += [Heading("Where the numbers come from"), Table(("", ""), origin, (0.3, 0.7))]
    if seconds:
        blocks += [Heading("Time"), Table(("", ""), seconds, (0.35, 0.65))]
    return blocks
