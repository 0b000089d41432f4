"""The report of an inverse design: HTML, PDF, a table, and files of the crystals."""

import re
from collections.abc import Mapping
from pathlib import Path

from designer_app.design.report.content import content_of, title_of
from designer_app.design.report.crystal_files import write_crystal
from designer_app.design.report.html import html_of
from designer_app.design.report.numbers import HULL, value_text
from designer_app.design.report.pdf import pdf_of
from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import as_written
from designer_app.io.screen_table import write_csv
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_estimates import verified
from designer_app.specs.design_rows import CandidateDetail, DesignResult
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

HTML, PDF, TABLE, SHORTLIST = "report.html", "report.pdf", "table.csv", "shortlist"
_OURS = re.compile(r"\d{2,}_[A-Za-z0-9.]+\.(cif|vasp)(\.bak)?")
"""Names of files of crystals; those of an earlier shortlist go."""


def write_reports(
    folder: Path,
    spec: DesignSpec,
    result: DesignResult,
    details: Mapping[str, CandidateDetail],
    structures: Mapping[str, Structure],
    *,
    diagrams: Mapping[str, PhaseDiagram] | None = None,
) -> Path:
    """Write all files into a folder; the path of the HTML file.

    `details`, `structures` (as relaxed) and `diagrams` are by the id of a row; those that are
    missing are left out. Raises `WriteFailedError`.
    """
    shortlist = result.rows[: result.n_shortlist]
    files: dict[str, tuple[str, ...]] = {}
    for rank, row in enumerate(shortlist, 1):
        if row.id in structures:
            name, told = crystal_name(rank, row), _comment(rank, row, spec)
            files[row.id] = write_crystal(folder / SHORTLIST, name, structures[row.id], told)
    _clear(folder, [name for each in files.values() for name in each])
    write_csv(folder / TABLE, result.rows)
    blocks = content_of(spec, result, details, structures, diagrams or {}, files)
    title = title_of(spec)
    atomic_write(folder / PDF, pdf_of(blocks, title), backup=False)
    atomic_write(folder / HTML, html_of(blocks, title), backup=False)
    return folder / HTML


def crystal_name(rank: int, row: ScreenRow) -> str:
    """Of the files of a candidate's crystal, without suffix."""
    return f"{rank:02d}_{row.formula}"


def _comment(rank: int, row: ScreenRow, spec: DesignSpec) -> str:
    """What a CIF says of its crystal, in ASCII."""
    known = f"known as {row.known}" if row.known else "not in our reference set"
    told = [
        f"{as_written(row.formula)}, {row.space_group}: {known}.",
        f"Candidate {rank} (no. {row.id}) of a search for: {title_of(spec)}.",
    ]
    distance = verified(row, HULL)
    if distance is not None:
        height = value_text(distance).replace("\N{PLUS-MINUS SIGN}", "+-")
        number, _, side = height.rpartition(" ")
        told.append(f"Computed energy: {number} meV/atom {side} the hull of competing phases.")
        told.append(
            f"By {distance.origin.partition(',')[0]}; a computed crystal, not a measured one."
        )
    return "\n".join(told).encode("ascii", "replace").decode()


def _clear(folder: Path, kept: list[str]) -> None:
    """Remove the files of candidates that are on the shortlist no more."""
    names = {Path(each).name for each in kept}
    for path in sorted((folder / SHORTLIST).glob("*")):
        if _OURS.fullmatch(path.name) and path.name not in names:
            path.unlink(missing_ok=True)
