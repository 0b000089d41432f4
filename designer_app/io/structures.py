"""Structure files to documents: sniffed, limited, and every failure one typed error.

Time and memory are limited by the worker that reads; sizes are limited here.
"""

import logging
import re
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from designer_app.errors import (
    Cancelled,
    DesignerAppError,
    FileTooLargeError,
    FileUnreadableError,
    InvalidPositionsError,
    MissingPackageError,
    WriteFailedError,
)
from designer_app.io.cif import read_cif
from designer_app.io.documents import Document
from designer_app.io.plausibility import checked
from designer_app.io.pymatgen_json import read_pymatgen_json
from designer_app.io.sniffing import DAMAGED_ARCHIVE, Sniffed, sniff
from designer_app.provenance import Provenance, now
from designer_app.specs.documents import ReadSpec

if TYPE_CHECKING:
    from ase import Atoms

log = logging.getLogger(__name__)

UNKNOWN_FORMAT = "its content is of no format that the program knows"
_CHUNK_BYTES = 1 << 20
_SMALL_BYTES = 50 << 20

Checkpoint = Callable[[], None]


def read_document(spec: ReadSpec, checkpoint: Checkpoint = lambda: None) -> Document:
    """The structure in a file.

    Raises `FileUnreadableError`, `FileTooLargeError`, `UnsafeFileError`, `InvalidPositionsError`,
    `MissingPackageError`; `WriteFailedError` where there is no room to unpack it.
    """
    path = Path(spec.path)
    sniffed = sniff(path)
    size = path.stat().st_size
    if size > spec.max_bytes:
        raise FileTooLargeError(str(path), size, spec.max_bytes)
    if not sniffed.formats:
        raise FileUnreadableError(str(path), UNKNOWN_FORMAT)
    _refuse_announced_giants(path, sniffed, spec.max_atoms)
    if sniffed.opener is None:
        document = _read_first_that_fits(path, sniffed, spec, checkpoint)
    else:
        with unpacked(path, sniffed, spec.max_bytes) as plain:
            try:
                document = _read_first_that_fits(plain, sniffed, spec, checkpoint)
            except FileUnreadableError as error:
                raise FileUnreadableError(str(path), error.reason) from error
    document = replace(
        document,
        content=replace(document.content, name=document.name or _title(path, sniffed)),
        source=str(path),
        provenance=Provenance(made_by="open", source=str(path), created=now()),
    )
    return checked(document, path, spec)


def _title(path: Path, sniffed: Sniffed) -> str:
    stem = path.with_suffix("").stem if sniffed.opener is not None else path.stem
    return stem or path.name


def _refuse_announced_giants(path: Path, sniffed: Sniffed, max_atoms: int) -> None:
    """Files that begin with their number of atoms: a wrong one would fill the memory."""
    announced = announced_atoms(sniffed.formats[0], sniffed.head)
    if announced > max_atoms:
        raise FileTooLargeError(str(path), announced, max_atoms, "atoms")


def announced_atoms(name: str, head: bytes) -> int:
    """How many atoms the head of a file promises; 0 where its format does not say."""
    lines = head.split(b"\n", 8)
    if name == "lammps-data":
        told = re.search(rb"^[ \t]*(\d{1,15})[ \t]+atoms\b", head, re.MULTILINE)
        return int(told.group(1)) if told else 0
    if name == "cube" and len(lines) > 2 and lines[2].split():
        count = lines[2].split()[0].lstrip(b"-")
        return int(count[:15]) if count.isdigit() else 0
    counted = {"extxyz": lines[:1], "vasp": lines[5:7], "vasp-xdatcar": lines[5:7]}
    for line in counted.get(name, ()):
        words = line.split()
        if words and all(word.isdigit() for word in words):
            return sum(int(word[:15]) for word in words)
    return 0


@contextmanager
def unpacked(path: Path, sniffed: Sniffed, max_bytes: int) -> Generator[Path]:
    """The decompressed file, never larger than the limit whatever the archive claims."""
    with ExitStack() as opened:
        try:
            folder = opened.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            plain = Path(folder) / (path.stem or "content")
            _unpack(path, sniffed, plain, max_bytes)
        except DAMAGED_ARCHIVE as error:
            raise FileUnreadableError(str(path), "its compressed content is damaged") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise WriteFailedError(tempfile.gettempdir(), reason) from error
        yield plain


def _unpack(path: Path, sniffed: Sniffed, plain: Path, max_bytes: int) -> None:
    written = 0
    with sniffed.opener(path) as packed, plain.open("wb") as file:  # type: ignore[misc]
        while chunk := packed.read(_CHUNK_BYTES):
            written += len(chunk)
            if written > max_bytes:
                raise FileTooLargeError(str(path), written, max_bytes)
            file.write(chunk)


def _read_first_that_fits(
    path: Path, sniffed: Sniffed, spec: ReadSpec, checkpoint: Checkpoint
) -> Document:
    """The document by the first candidate format whose reader accepts the file."""
    first_refusal: Exception | None = None
    for name in sniffed.formats:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _read_as(name, path, spec, checkpoint)
        except (Cancelled, FileTooLargeError, InvalidPositionsError):
            raise
        except Exception as error:
            if isinstance(error, MemoryError) and path.stat().st_size > _SMALL_BYTES:
                raise  # a small file that asks for all memory is damaged
            if isinstance(error, ImportError) and sniffed.told_by_content:
                package = error.name or "an optional package"
                purpose = f"reading a {_spoken(name)}"
                raise MissingPackageError(package, purpose, f"pip install {package}") from error
            log.debug("%s is not %s: %s", path, name, error)
            first_refusal = first_refusal or error
    if isinstance(first_refusal, DesignerAppError) and sniffed.told_by_content:
        raise first_refusal
    raise FileUnreadableError(str(path), _reason(sniffed, first_refusal)) from first_refusal


def _reason(sniffed: Sniffed, refusal: Exception | None) -> str:
    if sniffed.told_by_content:
        unknown = refusal.args[0] if isinstance(refusal, KeyError) and refusal.args else ""
        if isinstance(unknown, str) and re.fullmatch("[A-Z][a-z]{0,2}", unknown):
            return f"it names an element “{unknown}”, which does not exist"  # ASE's look-up failed
        name = _spoken(sniffed.formats[0])
        return f"it looks like {name} but is damaged, truncated or empty of atoms"
    return UNKNOWN_FORMAT


def _spoken(name: str) -> str:
    from ase.io.formats import ioformats

    return ioformats[name].description if name in ioformats else name


def _read_as(name: str, path: Path, spec: ReadSpec, checkpoint: Checkpoint) -> Document:
    if name == "cif":
        return read_cif(path, spec.index, spec.max_atoms)
    if name == "pymatgen-json":
        return read_pymatgen_json(path)
    return _read_through_ase(name, path, spec, checkpoint)


def _read_through_ase(name: str, path: Path, spec: ReadSpec, checkpoint: Checkpoint) -> Document:
    kept, count, is_torn = _frame(_frames(name, path), spec.index, checkpoint)
    if count == 0:
        raise FileUnreadableError(str(path), "it holds no structure")
    wanted = spec.index if spec.index >= 0 else count + spec.index
    if not 0 <= wanted < count:
        raise FileUnreadableError(str(path), f"it has {count} frames, and no frame {spec.index}")
    document = Document.from_atoms(kept[0], made_by="open")
    torn = "The file ends in the middle of a frame; the frames before it are whole."
    return replace(document, frame=wanted, n_frames=count, warnings=(torn,) if is_torn else ())


def _frames(name: str, path: Path) -> Iterator["Atoms"]:
    from ase.io import iread
    from ase.io.formats import ioformats

    frames = slice(None) if not ioformats[name].single else -1
    # An absolute path: ASE takes "postgresql..." for a server, and "-" for standard input.
    return iread(str(path.resolve()), frames, format=name, do_not_split_by_at_sign=True)


def _frame(
    frames: Iterator["Atoms"], index: int, checkpoint: Checkpoint
) -> tuple["deque[Atoms]", int, bool]:
    """(the frame asked for first, how many there are, whether the last one is incomplete).

    No more frames stay in memory than must: files of running programs are long.
    """
    kept: deque[Atoms] = deque(maxlen=-index if index < 0 else 1)
    count = 0
    try:
        for atoms in frames:
            checkpoint()
            if index < 0 or count == index:
                kept.append(atoms)
            count += 1
    except Cancelled:
        raise
    except Exception as error:
        if count == 0:
            raise
        log.debug("the file ends in frame %s: %s", count + 1, error)
        return kept, count, True
    return kept, count, False
