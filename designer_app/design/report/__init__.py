"""The report of an inverse design: HTML, PDF, a table, and files of the crystals."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from designer_app.design.report.content import content_of, title_of
from designer_app.design.report.html import html_of
from designer_app.design.report.pdf import pdf_of
from designer_app.io.atomic_write import atomic_write
from designer_app.io.documents import Document
from designer_app.io.screen_table import write_csv
from designer_app.io.writing import cif_text, write_document
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_estimates import verified
from designer_app.specs.design_rows import CandidateDetail, DesignResult
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

HTML, PDF, TABLE, SHORTLIST = "report.html", "report.pdf", "table.csv", "shortlist"


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
            files[row.id] = _write_crystal(folder, rank, row, structures[row.id], spec)
    write_csv(folder / TABLE, result.rows)
    blocks = content_of(spec, result, details, structures, diagrams or {}, files)
    title = title_of(spec)
    atomic_write(folder / PDF, pdf_of(blocks, title), backup=False)
    atomic_write(folder / HTML, html_of(blocks, title), backup=False)
    return folder / HTML


def _write_crystal(
    folder: Path, rank: int, row: ScreenRow, structure: Structure, spec: DesignSpec
) -> tuple[str, ...]:
    """CIF and POSCAR; their paths in the folder."""
    name = f"{rank:02d}_{row.formula}"
    document = Document.from_structure(replace(structure, name=name), made_by="design")
    distance = verified(row, "e_above_hull")
    told = [f"{row.formula}, candidate {rank} ({row.id}) of: {title_of(spec)}"]
    if row.made_from:
        told.append(row.made_from)
    if distance is not None:
        height = 1000.0 * distance.value
        told.append(f"{height:.0f} meV/atom above the hull ({distance.method}; {distance.origin})")
    text = cif_text(document, "\n".join(told).encode("ascii", "replace").decode())
    atomic_write(folder / SHORTLIST / f"{name}.cif", text, backup=False)
    write_document(document, folder / SHORTLIST / f"{name}.vasp")
    return f"{SHORTLIST}/{name}.cif", f"{SHORTLIST}/{name}.vasp"
