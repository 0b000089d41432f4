"""Which format a file has, told by its content first and its name second.

Labs rename files: a POSCAR called foo.txt, a CIF called .dat. A wrong guess costs little, because
`structures` tries the candidates in turn; a file that would run code is refused before any reader
sees it.
"""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from designer_app.errors import FileUnreadableError, UnsafeFileError

HEAD_BYTES = 65_536

_COMPRESSED: dict[bytes, Callable[[Path], object]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""First bytes of compressed files, and what opens them."""

_NOT_STRUCTURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "it is a zip archive; unpack it and open a file in it"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"%PDF", "it is a PDF document"),
    (b"\x7fELF", "it is a program"),
    (b"MZ", "it is a program"),
    (b"\x89HDF", "it is an HDF5 file, which holds no structure that the program knows"),
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"- of UlmASE-Trajectory", "traj"),
    (b"AFFormatASE-Trajectory", "traj"),
    (b"SQLite format 3\x00", "db"),
)

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_ROW = rf"[ \t]*{_NUMBER}[ \t]+{_NUMBER}[ \t]+{_NUMBER}[^\n]*\n"
_POSCAR = (
    rf"[^\n]*\n[ \t]*{_NUMBER}(?:[ \t]+{_NUMBER}){{0,2}}[ \t]*(?:[!#][^\n]*)?\n(?:{_ROW}){{3}}"
)

_CONTENT: tuple[tuple[str, str], ...] = (
    ("vasp-xml", r"(?s)\s*(?:<\?xml[^>]*\?>)?\s*<modeling>"),
    ("qbox", r"(?s).*<\w+:simulation xmlns:"),
    ("vasp-out", r"\s*vasp\.\d"),
    ("cif", r"(?s)(?:.*\n)?\s*data_[^\n]*\n(?=.*^\s*(?:_|loop_))"),
    ("espresso-out", r"(?s).*Program PWSCF"),
    ("gpaw-out", r"(?s).*\n *___ ___ ___ _ _ _"),
    ("aims-output", r"(?s).*Invoking FHI-aims"),
    ("abinit-out", r"(?s).*\.Version .* of ABINIT"),
    ("nwchem-out", r"(?s).*Northwest Computational Chemistry Package"),
    ("orca-output", r"(?s).*\* O   R   C   A \*"),
    ("gaussian-out", r"(?s).*Entering Gaussian System"),
    ("onetep-out", r"(?s).*Linear-Scaling Ab Initio Total Energy Program"),
    ("espresso-in", r"(?is)(?:.*\n)?\s*&(?:system|control)\b"),
    ("cp2k-restart", r"(?is)(?:.*\n)?\s*&(?:global|force_eval)\b"),
    ("castep-cell", r"(?is)(?:.*\n)?\s*%block\s+lattice_"),
    ("magres", r"#\$magres"),
    ("lammps-dump-text", r"(?s).*?^ITEM: TIMESTEP"),
    ("lammps-data", r"(?s)[^\n]*\n(?=.*?^\s*\d+\s+atoms\b)(?=.*?\bxlo\s+xhi)"),
    ("xsf", r"(?s)(?:[#\s][^\n]*\n)*\s*(?:ANIMSTEPS|CRYSTAL|SLAB|POLYMER|MOLECULE|ATOMS)\b"),
    ("dftb", r"Geometry\s*=?\s*(?:GenFormat)?\s*\{"),
    ("gen", r"\s*\d+\s+[CSFH]\s*\n\s*(?:[A-Z][a-z]?\s*)+\n"),
    ("turbomole", r"\$coord"),
    ("res", r"(?s)TITL[^\n]*\n(?=.*^CELL\s)"),
    ("aims", r"(?s)(?:\s*#[^\n]*\n|\s*\n)*\s*(?:lattice_vector|atom(?:_frac)?)\s+" + _NUMBER),
    ("extxyz", r"\s*\d+[ \t]*\r?\n[^\n]*\n\s*[A-Z][a-z]?\w*[ \t]+" + _NUMBER),
    ("extxyz", r"\s*\d+[ \t]*\r?\n[^\n]*(?:Lattice|Properties)="),
    ("vasp-xdatcar", rf"(?s)(?={_POSCAR}).*?^(?:Direct|Cartesian) configuration="),
    ("vasp", _POSCAR),
    ("proteindatabank", r"(?s)(?:[A-Z]+[^\n]*\n)*?(?:CRYST1|ATOM  |HETATM)"),
    ("sdf", r"(?:[^\n]*\n){3}[^\n]*V[23]000"),
    (
        "cube",
        rf"(?:[^\n]*\n){{2}}\s*-?\d+(?:\s+{_NUMBER}){{3,4}}\s*\n(?:\s*-?\d+(?:\s+{_NUMBER}){{3}}\s*\n){{3}}",
    ),
    ("pymatgen-json", r"(?s)\s*\{.*\"lattice\"\s*:.*\"sites\"\s*:"),
    ("pymatgen-json", r"(?s)\s*\{.*\"sites\"\s*:.*\"lattice\"\s*:"),
    ("json", r"(?s)\s*\{.*\"(?:numbers|1|ids|cell)\"\s*:"),
    ("gromacs", r"[^\n]*\n\s*\d+\s*\n\s*\d+\w+\s+\w+\s+\d+\s+" + _NUMBER),
)
"""(format, how its head begins). The first that fits wins, so the strict ones come first."""

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
    opener: Callable[[Path], object] | None = None
    """What unpacks it, where it is compressed."""
    head: bytes = b""


def sniff(path: Path) -> Sniffed:
    """The likely formats of a file.

    Raises `FileUnreadableError` where there is nothing to read, `UnsafeFileError` for pickles.
    """
    head, opener = _head(path)
    _refuse_what_is_no_structure(path, head)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return Sniffed((name,), opener, head)
    text = head.replace(b"\r\n", b"\n").decode("utf-8-sig", "replace")
    by_content = [name for name, start in _CONTENT if re.match(start, text, re.MULTILINE)][:2]
    by_name = _formats_by_name(_bare_name(path, opener))
    return Sniffed(tuple(dict.fromkeys((*by_content, *by_name))), opener, head)


def _head(path: Path) -> tuple[bytes, Callable[[Path], object] | None]:
    if not path.exists():
        raise FileUnreadableError(str(path), "there is no such file")
    if path.is_dir():
        raise FileUnreadableError(str(path), "it is a folder")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        opener = next(
            (opens for magic, opens in _COMPRESSED.items() if head.startswith(magic)), None
        )
        if opener is not None:
            with opener(path) as file:  # type: ignore[attr-defined]
                head = file.read(HEAD_BYTES)
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
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
    textual = re.match(rb"(?:\(?[cd(\]}]|\(lp0)[\w.]*\n?(?:p\d+\n|[\w.]+\n(?:p\d+\n|\())", head)
    return binary or (textual is not None and not head.startswith(b"data_"))


def _bare_name(path: Path, opener: object) -> str:
    """The file name without the suffix of the compression."""
    return path.stem if opener is not None and path.suffix else path.name


def _formats_by_name(name: str) -> list[str]:
    from ase.io.formats import extension2format, ioformats

    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    found = [each.name for each in ioformats.values() if each.can_read and each.match_name(name)]
    if suffix in extension2format:
        found.append(extension2format[suffix].name)
    if suffix in _BY_NAME:
        found.append(_BY_NAME[suffix])
    return [each for each in found if each not in _NEVER and ioformats[each].can_read]
