"""Which format a file has, told by its content first and its name second.

Labs rename files: a POSCAR called foo.txt, a CIF called .dat. A wrong guess costs little, because
`structures` tries the candidates in turn; a file that would run code is refused before any reader
sees it.
"""

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from designer_app.errors import NO_SUCH_FILE, FileUnreadableError, UnsafeFileError

HEAD_BYTES = 65_536

_COMPRESSED: dict[bytes, Callable[[Path], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""First bytes of compressed files, and what opens them."""

DAMAGED_ARCHIVE = (EOFError, ValueError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
"""What unpacking raises on damaged content."""

_NOT_STRUCTURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "it is a zip archive; unpack it and open a file in it"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"%PDF", "it is a PDF document"),
    (b"\x7fELF", "it is a program"),
    (b"MZ\x90\x00", "it is a program"),
    (b"\x89HDF", "it is an HDF5 file, which holds no structure that the program knows"),
)

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][-+]?\d+)?"
_ROW = rf"[ \t]*{_NUMBER}[ \t]+{_NUMBER}[ \t]+{_NUMBER}[^\n]*\n"
_ONE_TO_THREE = rf"[ \t]*{_NUMBER}(?:[ \t]+{_NUMBER}){{0,2}}[ \t]*(?:[!#][^\n]*)?\n"
_POSCAR = rf"\A[^\n]*\n{_ONE_TO_THREE}(?:{_ROW}){{3}}"
_BLANK_OR_COMMENT = r"(?:[ \t]*(?:#[^\n]*)?\n)*"

_CONTENT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("vasp-xml", (r"\A\s*(?:<\?xml[^>]*\?>\s*)?<modeling>",)),
    ("xsd", (r"<XSD\b",)),
    ("vasp-out", (r"\A\s*vasp\.\d",)),
    ("aims-output", (r"^\s*(?:Invoking FHI-aims|Reading geometry description geometry\.in)",)),
    ("cif", (rf"^[ \t]*data_\S*[ \t]*\n{_BLANK_OR_COMMENT}[ \t]*(?:_|loop_|save_|\Z)",)),
    ("espresso-in", (r"^[ \t]*&(?:system|control|SYSTEM|CONTROL)\b",)),
    ("cp2k-restart", (r"^[ \t]*&(?:global|force_eval|GLOBAL|FORCE_EVAL)\b",)),
    ("xsf", (rf"\A{_BLANK_OR_COMMENT}(?:ANIMSTEPS|CRYSTAL|SLAB|POLYMER|MOLECULE|ATOMS)\b",)),
    ("castep-cell", (r"^[ \t]*%(?:block|BLOCK)[ \t]+(?:lattice|LATTICE)_",)),
    ("magres", (r"\A#\$magres",)),
    ("lammps-data", (r"^[ \t]*\d+[ \t]+atoms\b", r"\bxlo[ \t]+xhi")),
    ("cfg", (r"\ANumber of particles\s*=",)),
    ("dmol-arc", (r"\A!BIOSYM archive",)),
    ("rmc6f", (r"\A\(Version 6f format",)),
    ("gromos", (r"\ATITLE\n", r"^POSITION\n")),
    ("nwchem-in", (r"^[ \t]*geometry\b", r"^[ \t]*end[ \t]*$")),
    ("gen", (r"\A[ \t]*\d+[ \t]+[CSFH][ \t]*\n[ \t]*(?:[A-Z][a-z]?[ \t]*)+\n",)),
    ("res", (r"^TITL\b", r"^CELL[ \t]")),
    ("aims", (rf"^[ \t]*(?:lattice_vector|atom(?:_frac)?)[ \t]+{_NUMBER}[ \t]+{_NUMBER}",)),
    ("extxyz", (rf"\A\s*\d+[ \t]*\n[^\n]*\n[ \t]*[A-Z][a-z]?\w*[ \t]+{_NUMBER}",)),
    ("extxyz", (r"\A\s*\d+[ \t]*\n[^\n]*(?:Lattice|Properties)=",)),
    ("vasp-xdatcar", (_POSCAR, r"^(?:Direct|Cartesian) configuration=")),
    ("vasp", (_POSCAR,)),
    ("proteindatabank", (r"^(?:CRYST1|ATOM  |HETATM)",)),
    ("sdf", (r"\A(?:[^\n]*\n){3}[^\n]*V[23]000",)),
    ("cube", (rf"\A(?:[^\n]*\n){{2}}(?:[ \t]*-?\d+(?:[ \t]+{_NUMBER}){{3,4}}[ \t]*\n){{4}}",)),
    ("pymatgen-json", (r"\A\s*\{", r"\"lattice\"\s*:", r"\"sites\"\s*:")),
    ("json", (r"\A\s*\{", r"\"(?:numbers|1|ids|cell)\"\s*:")),
    ("gromacs", (rf"\A[^\n]*\n\s*\d+\s*\n\s*\d+\w+\s+\w+\s+\d+\s+{_NUMBER}",)),
    ("db", (r"\ASQLite format 3\x00",)),
)
"""(format, patterns that must all be found in its head) beside what ASE knows by magic bytes. The
first that fits wins, so the strict ones come first."""

_BY_NAME: dict[str, str] = {
    "cfg": "cfg",
    "db": "db",
    "sqlite": "db",
    "cell": "castep-cell",
    "gen": "gen",
    "lmp": "lammps-data",
    "lammps": "lammps-data",
    "dump": "lammps-dump-text",
    "lammpstrj": "lammps-dump-text",
    "mol": "mol",
    "nc": "netcdftrajectory",
    "res": "res",
    "sdf": "sdf",
    "struct": "struct",
    "vasp": "vasp",
    "xsd": "xsd",
    "xtd": "xtd",
    "xsf": "xsf",
}
"""Suffixes beside those that ASE names itself."""

_NEVER = frozenset({"mysql", "postgresql", "bundletrajectory", "gpw", "py"})
"""Readers that reach out to a server, want a folder, or need another program."""


@dataclass(frozen=True)
class Sniffed:
    """What a file seems to be."""

    formats: tuple[str, ...]
    """Candidates, the most likely first, by ASE's names and `pymatgen-json`."""
    told_by_content: bool = False
    """Whether the first candidate is more than what the name promises."""
    opener: Callable[[Path], object] | None = None
    """What unpacks it, where it is compressed."""
    head: bytes = b""


def sniff(path: Path) -> Sniffed:
    """The likely formats of a file.

    Raises `FileUnreadableError` where there is nothing to read, `UnsafeFileError` for pickles.
    """
    head, opener = _head(path)
    _refuse_what_is_no_structure(path, head)
    text = head.replace(b"\r\n", b"\n").decode("utf-8-sig", "replace")
    by_content = [
        name
        for name, patterns in _CONTENT
        if all(re.search(each, text, re.MULTILINE) for each in patterns)
    ]
    likely = tuple(dict.fromkeys((*_formats_by_magic(head), *by_content[:2])))
    by_name = _formats_by_name(_bare_name(path, opener))
    return Sniffed(tuple(dict.fromkeys((*likely, *by_name))), bool(likely), opener, head)


def _head(path: Path) -> tuple[bytes, Callable[[Path], object] | None]:
    try:
        if not path.exists():
            raise FileUnreadableError(str(path), NO_SUCH_FILE)
        if not path.is_file():  # reading a pipe would wait for ever
            kind = "a folder" if path.is_dir() else "no ordinary file"
            raise FileUnreadableError(str(path), f"it is {kind}")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        opener = next(
            (opens for magic, opens in _COMPRESSED.items() if head.startswith(magic)), None
        )
        if opener is not None:
            with opener(path) as file:  # type: ignore[attr-defined]
                head = file.read(HEAD_BYTES)
    except DAMAGED_ARCHIVE as error:
        raise FileUnreadableError(str(path), "its compressed content is damaged") from error
    except OSError as error:
        raise FileUnreadableError(str(path), _system_reason(error)) from error
    if not head.strip():
        raise FileUnreadableError(str(path), "it is empty")
    return head, opener


def _system_reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "you have no right to read it"
    return (error.strerror or str(error) or "the system refused").lower()


def _refuse_what_is_no_structure(path: Path, head: bytes) -> None:
    if is_pickle(head):
        raise UnsafeFileError(
            str(path), "it is a Python pickle, as CHGNet and MatCalc write under the name .traj"
        )
    for magic, reason in _NOT_STRUCTURES:
        if head.startswith(magic):
            raise FileUnreadableError(str(path), reason)


def is_pickle(head: bytes) -> bool:
    """Whether bytes begin as Python's pickles do, protocols 0 to 5."""
    binary = len(head) > 2 and head[0] == 0x80 and head[1] <= 5
    return binary or re.match(rb"c[\w.]+\n\w+\np\d+\n|\([ldt]p\d+\n", head) is not None


def _bare_name(path: Path, opener: object) -> str:
    """The file name without the suffix of the compression."""
    return path.stem if opener is not None and path.suffix else path.name


def _formats_by_magic(head: bytes) -> list[str]:
    from ase.io.formats import PEEK_BYTES, ioformats

    known = [each.name for each in ioformats.values() if each.can_read]
    return [
        name
        for name in known
        if name not in _NEVER and ioformats[name].match_magic(head[:PEEK_BYTES])
    ]


def _formats_by_name(name: str) -> list[str]:
    from ase.io.formats import extension2format, ioformats

    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    found = [each.name for each in ioformats.values() if each.can_read and each.match_name(name)]
    if suffix in extension2format:
        found.append(extension2format[suffix].name)
    if suffix in _BY_NAME:
        found.append(_BY_NAME[suffix])
    return [each for each in found if each not in _NEVER and ioformats[each].can_read]
