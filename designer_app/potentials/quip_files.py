"""What a GAP file of QUIP holds, read by a parser and written anew for quippy.

QUIP's XML may name other files, and its recipe may call programs. What quippy is given is a copy
of our own writing, with the sparse points that it names, in a folder of its own: nothing that this
module did not look at is followed.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from designer_app.errors import ModelUnreadableError, UnsafeFileError

XML = "gap.xml"
_SPARSE_POINTS = "sparseX_filename"
_LABEL = re.compile(r"[\w.:-]+")
_NUMBER = re.compile(r"\bZ\d*=\{*(\d+)")
_TERM = r"\s*IP\s+(?:GAP|Glue)(?:\s+(?:xml_)?label=[\w.:-]+)*\s*"
_RECIPE = re.compile(
    rf"{_TERM}|\s*Sum\s+init_args_pot1=\{{{_TERM}\}}\s+init_args_pot2=\{{{_TERM}\}}\s*"
)
"""A GAP, a pair potential as its core, or the sum of two of these."""
_OF_THE_FIT = ("XYZ_data", "command_line")
"""Training data and the call of gap_fit: nothing is computed from them."""


@dataclass(frozen=True, eq=False)
class GAPFiles:
    """A GAP that may be given to quippy."""

    recipe: str
    """What QUIP calls the potential: "IP GAP label=..."."""
    content: bytes
    """The XML, of our own writing."""
    sparse_points: dict[str, bytes]
    """Files with them, by name."""
    elements: frozenset[int]
    """Atomic numbers that its descriptors name; empty where they name none."""
    sha256: str
    """Of the file as it was, and of its sparse points."""

    def write(self, folder: Path) -> Path:
        """The XML file in a folder, its sparse points beside it."""
        for name, points in self.sparse_points.items():
            (folder / name).write_bytes(points)
        (folder / XML).write_bytes(self.content)
        return folder / XML


def read_gap(path: Path) -> GAPFiles:
    """The GAP in a file. Raises `ModelUnreadableError`, `UnsafeFileError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    return gap_of(content, lambda name: _beside(path, name), str(path))


def _beside(path: Path, name: str) -> bytes:
    """A link is not followed: what it leads to would be given away with the GAP."""
    points = path.parent / name
    if points.is_symlink():
        raise ModelUnreadableError(str(path), f"its sparse points, {name}, are a link, not a file")
    return points.read_bytes()


def gap_of(content: bytes, beside: Callable[[str], bytes], path: str) -> GAPFiles:
    """The GAP in the bytes of a file; `beside` gives those of a file of that name beside it.

    Raises `ModelUnreadableError` where it is none, `UnsafeFileError` where it asks for more.
    """
    root = _tree(content, path)
    params = root if root.tag == "GAP_params" else root.find(".//GAP_params")
    label = "" if params is None else params.get("label", "")
    if not _LABEL.fullmatch(label):
        raise ModelUnreadableError(path, "it holds no GAP of QUIP")
    recipes = [each.get("init_args", "") for each in root.iter("Potential")]
    if any(not _RECIPE.fullmatch(each) for each in recipes):
        raise UnsafeFileError(path, "it asks QUIP for more than a GAP")
    points = {name: _points(name, beside, path) for name in _named_files(root, path)}
    hashed = hashlib.sha256(content)
    for each in points.values():
        hashed.update(each)
    said = " ".join(each.text or "" for each in root.iter("descriptor"))
    try:
        written = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    except RecursionError as error:
        raise ModelUnreadableError(path, "its elements are nested too deeply") from error
    return GAPFiles(
        recipe=recipes[0].strip() if recipes else f"IP GAP label={label}",
        content=written,
        sparse_points=points,
        elements=frozenset(int(number) for number in _NUMBER.findall(said)),
        sha256=hashed.hexdigest(),
    )


class _WithoutEntities(ET.TreeBuilder):
    """A tree of a file that declares nothing: entities may name files, and grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called before any entity is read."""
        del name, pubid, system
        raise _DeclaredError


class _DeclaredError(Exception):
    pass


def _tree(content: bytes, path: str) -> Any:
    try:
        root = ET.fromstring(content, ET.XMLParser(target=_WithoutEntities()))  # noqa: S314 - see there
    except _DeclaredError as error:
        raise UnsafeFileError(path, "it declares entities, which no GAP needs") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ModelUnreadableError(path, "it is no whole XML file") from error
    for parent in list(root.iter()):
        for name in _OF_THE_FIT:
            for child in parent.findall(name):
                parent.remove(child)
    return root


def _named_files(root: Any, path: str) -> list[str]:
    """Names of the files with sparse points, each once."""
    found: list[str] = []
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == _SPARSE_POINTS:
                found.append(value)
            elif "file" in attribute.lower():
                raise UnsafeFileError(path, f"its {attribute} names another file")
    return list(dict.fromkeys(found))


def _points(name: str, beside: Callable[[str], bytes], path: str) -> bytes:
    missing = ModelUnreadableError(path, f"its sparse points, {name}, are not beside it")
    if not re.fullmatch(r"[\w.+-]+", name) or name in (".", "..", XML):
        raise missing
    try:
        return beside(name)
    except (OSError, KeyError) as error:
        raise missing from error
