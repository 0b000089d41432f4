"""Open a structure file: by our readers and ASE, by pymatgen where it knows more."""

import logging
import warnings
from dataclasses import replace
from pathlib import Path

from designer_app.errors import FileUnreadableError
from designer_app.io.documents import Document
from designer_app.io.plausibility import checked
from designer_app.io.sniffing import sniff
from designer_app.io.structures import read_document
from designer_app.jobs.pymatgen_bridge import document_from_pymatgen
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec

log = logging.getLogger(__name__)

_SECOND_READER_BYTES = 5_000_000
"""pymatgen takes seconds for each megabyte."""


def run(spec: ReadSpec, control: RunControl) -> Document:
    """The document in a file; raises one of the input errors of `read_document`."""
    control.checkpoint()
    try:
        return read_document(spec, control.checkpoint)
    except FileUnreadableError as refusal:
        second = _through_pymatgen(Path(spec.path))
        if second is None:
            raise
        log.info("%s: %s; read by pymatgen instead", spec.path, refusal.reason)
        return checked(second, Path(spec.path), spec)


def _through_pymatgen(path: Path) -> Document | None:
    """A CIF as pymatgen understands it, or None."""
    if not path.is_file() or path.stat().st_size > _SECOND_READER_BYTES:
        return None
    if "cif" not in sniff(path).formats:
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    # A power in a transformation of a magnetic CIF keeps its parser busy for ever.
    if "**" in text or "_atom_site" not in text:
        return None
    from pymatgen.io.cif import CifParser

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = CifParser.from_str(text, occupancy_tolerance=1.1).parse_structures(
                primitive=False, check_occu=False
            )
    except Exception as error:  # noqa: BLE001 - the first reader's reason is the better one
        log.debug("pymatgen refuses %s: %s", path, error)
        return None
    if not found:
        return None
    document = document_from_pymatgen(found[0], made_by="open", name=path.stem)
    told = "The file is damaged; it was read by pymatgen, which forgives more. Check it closely."
    return replace(document, source=str(path), warnings=(told, *document.warnings))
