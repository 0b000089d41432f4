"""Our own energies that heads learn from: of known crystals, and of those that nobody has made.

A zip archive of numpy arrays without pickled objects. Known crystals are named by their ids in the
shipped reference table; made ones by a fingerprint of their prototype, their elements and their
volume. All energies are relaxed with CHGNet and counted from the same reference phases.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import (
    DECODED,
    FORMER,
    KNOWN,
    MADE,
    NO_ION,
    LabelledTokens,
    fractions_of,
    labelled,
)
from designer_app.design.heads.moved_labels import Mover
from designer_app.design.heads.rows import STABLE
from designer_app.design.representation.library import Prototype, PrototypeLibrary, known_tokens
from designer_app.design.representation.tokens import MAX_SLOTS, N_ELEMENTS, N_GEOMETRY, TokenTable
from designer_app.errors import FileUnreadableError
from designer_app.resources import resource
from designer_app.screening.reference.archive import write_archive

FILE = "data/design-labels-chgnet-0.3.0.npz"
VERSION = 1
CRYSTAL = ("formation_energy", "e_above_hull")
ELECTRODE = ("voltage", "volume_change")
Arrays = dict[str, NDArray[Any]]


def fingerprint(prototype: Prototype) -> int:
    """64 bits that name a prototype in any library: its class and template."""
    said = repr((prototype.kind.hall_number, prototype.kind.orbits, prototype.template))
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big")


def fingerprints(library: PrototypeLibrary) -> NDArray[np.uint64]:
    """(C,) of all prototypes."""
    return np.array([fingerprint(each) for each in library.prototypes], dtype=np.uint64)


def write_computed(
    path: Path,
    header: Mapping[str, Any],
    library: PrototypeLibrary,
    known: tuple[tuple[str, ...], Arrays],
    made: tuple[TokenTable, Arrays],
) -> None:
    """Both parts; arrays hold columns of `CRYSTAL` and `ELECTRODE`, "ion" (place in `IONS`), and of
    the made ones "origin".
    """
    sources, of_known = known
    table, of_made = made
    arrays: Arrays = {
        "header": np.frombuffer(
            json.dumps({"version": VERSION, **header}, sort_keys=True).encode(), np.uint8
        ),
        "sources": np.frombuffer("\n".join(sources).encode("ascii"), np.uint8),
        **_tokens(table, library),
    }
    for part, columns in (("known", of_known), ("made", of_made)):
        for name in (*CRYSTAL, *ELECTRODE):
            arrays[f"{part}_{name}"] = columns[name].astype(np.float32)
        arrays[f"{part}_ion"] = columns["ion"].astype(np.int8)
    arrays["made_origin"] = of_made["origin"].astype(np.int8)
    write_archive(path, arrays)


def read_computed(
    library: PrototypeLibrary, path: Path | None = None
) -> tuple[LabelledTokens, LabelledTokens]:
    """(crystals, electrodes), known and made together; what the library does not hold is left out.

    Raises `FileUnreadableError`.
    """
    arrays = _read(path or resource(FILE))
    known, ids = known_tokens(library)
    place = {source: row for row, source in enumerate(_sources(arrays))}
    rows = np.array([place.get(source, -1) for source in ids])
    has = rows >= 0
    of_known = {name: arrays[f"known_{name}"][rows[has]] for name in _NAMES}
    made, held = _made(arrays, library)
    of_made = {name: arrays[f"made_{name}"][held] for name in _NAMES}
    first = _both(known.rows(has), of_known, library, np.full(int(has.sum()), KNOWN))
    second = _both(made, of_made, library, arrays["made_origin"][held])
    return first[0].and_more(second[0]), first[1].and_more(second[1])


def moved_computed(
    path: Path, before: PrototypeLibrary, after: PrototypeLibrary
) -> tuple[int, int]:
    """Rewrite a file for a library that was made anew; how many made crystals it had and has.

    Raises `FileUnreadableError`.
    """
    arrays = _written(path)
    in_old, is_known = _made(arrays, before)
    table, is_held = Mover(before, after).moved(in_old)
    rows = np.flatnonzero(is_known)[is_held]
    n = len(is_known)
    arrays |= {name: each[rows] for name, each in arrays.items() if name.startswith("made_")}
    write_archive(path, {**arrays, **_tokens(table, after)})
    _read.cache_clear()
    return n, len(rows)


def added_computed(
    path: Path, library: PrototypeLibrary, made: tuple[TokenTable, Arrays], *, instead: bool = False
) -> int:
    """Rewrite a file with what an autoencoder decoded. What the file held of decodes counts as by a
    former one, or gives way with `instead`. How many made crystals it has. Raises
    `FileUnreadableError`.
    """
    arrays = _written(path)
    is_decoded = arrays["made_origin"] == DECODED
    if instead:
        made_rows = {each for each in arrays if each.startswith("made_")} | {*_TOKENS}
        arrays |= {each: arrays[each][~is_decoded] for each in made_rows}
    else:
        arrays["made_origin"] = np.where(is_decoded, FORMER, arrays["made_origin"]).astype(np.int8)
    table, columns = made
    more = {
        **_tokens(table, library),
        **{f"made_{name}": columns[name] for name in _NAMES},
        "made_origin": np.full(len(table), DECODED),
    }
    for name, values in more.items():
        arrays[name] = np.concatenate([arrays[name], values.astype(arrays[name].dtype)])
    write_archive(path, arrays)
    _read.cache_clear()
    return len(arrays["made_origin"])


def computed_energies(
    path: Path, library: PrototypeLibrary, elements: NDArray[np.float64]
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Atomic fractions and energies (eV/atom) of the crystals of a file, "known" and "made".

    `elements` are the energies that formation energies are counted from. Of crystals that the
    library does not hold the energy is NaN. Raises `FileUnreadableError`.
    """
    arrays = _read(path)
    known, ids = known_tokens(library)
    place = {source: row for row, source in enumerate(ids)}
    rows = np.array([place.get(each, -1) for each in _sources(arrays)])
    made, held = _made(arrays, library)
    found = {}
    for part, table, here in (
        ("known", known.rows(rows[rows >= 0]), rows >= 0),
        ("made", made, held),
    ):
        fractions = np.zeros((len(here), N_ELEMENTS))
        fractions[here] = fractions_of(table, library, N_ELEMENTS)
        energies = arrays[f"{part}_formation_energy"] + fractions @ np.nan_to_num(elements)
        found[part] = fractions, np.where(here, energies, np.nan)
    return found


def placed_computed(path: Path, above: Arrays, reference: str) -> None:
    """Rewrite the distances to the hull, "known" and "made", once there are more phases, where
    they are numbers; `reference` names the phases. Raises `FileUnreadableError`.
    """
    arrays = _written(path)
    for part, distances in above.items():
        before = arrays[f"{part}_e_above_hull"]
        arrays[f"{part}_e_above_hull"] = np.where(np.isfinite(distances), distances, before).astype(
            np.float32
        )
    header = {**json.loads(bytes(arrays["header"])), "reference_set": reference}
    arrays["header"] = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
    write_archive(path, arrays)
    _read.cache_clear()


def voltage_line_of(path: Path) -> tuple[float, float, float]:
    """Slope, intercept and error (V) of the line from hosts as they stand to relaxed ones."""
    with np.load(path, allow_pickle=False) as archive:
        said = json.loads(bytes(archive["header"]))["voltage_line"]
    return said["slope"], said["intercept"], said["error_V"]


def _written(path: Path) -> Arrays:
    """All arrays of a file with its header, to be changed and written again."""
    arrays = dict(_read(path))
    with np.load(path, allow_pickle=False) as archive:
        return {**arrays, "header": archive["header"]}


def _sources(arrays: Arrays) -> list[str]:
    """Ids of the known crystals."""
    return bytes(arrays["sources"]).decode().split("\n")


_TOKENS = ("prototype", "elements", "log_volume")


def _tokens(table: TokenTable, library: PrototypeLibrary) -> Arrays:
    return {
        "prototype": fingerprints(library)[table.prototype],
        "elements": table.elements.astype(np.uint8),
        "log_volume": table.log_volume.astype(np.float16),
    }


def _made(arrays: Arrays, library: PrototypeLibrary) -> tuple[TokenTable, NDArray[np.bool_]]:
    """Made crystals whose prototype the library holds, and which of all they are."""
    by_print = {int(each): row for row, each in enumerate(fingerprints(library))}
    prototype = np.array([by_print.get(int(each), -1) for each in arrays["prototype"]])
    held = prototype >= 0
    n = int(held.sum())
    table = TokenTable(
        prototype[held].astype(np.int64),
        arrays["elements"][held].astype(np.int64).reshape(n, MAX_SLOTS),
        arrays["log_volume"][held].astype(np.float32),
        np.zeros((n, N_GEOMETRY), dtype=np.float32),
    )
    return table, held


_NAMES = (*CRYSTAL, *ELECTRODE, "ion")


def crystal_labels(
    table: TokenTable,
    formation_energy: NDArray[np.floating],
    e_above_hull: NDArray[np.floating],
    library: PrototypeLibrary,
    origin: int | NDArray[np.integer] = MADE,
) -> LabelledTokens:
    """Energies as labels, and whether they make a crystal stable."""
    stability = np.where(np.isfinite(e_above_hull), e_above_hull <= STABLE, np.nan)
    values = {
        "formation_energy": formation_energy, "e_above_hull": e_above_hull, "stability": stability,
    }  # fmt: skip
    found = labelled(table, values, library, origin=origin)
    return found.rows(np.isfinite(formation_energy))


def _both(
    table: TokenTable, columns: Arrays, library: PrototypeLibrary, origin: NDArray[np.integer]
) -> tuple[LabelledTokens, LabelledTokens]:
    crystals = crystal_labels(
        table, columns["formation_energy"], columns["e_above_hull"], library, origin
    )
    chosen = (columns["ion"] != NO_ION) & np.isfinite(columns["voltage"])
    values = {name: columns[name][chosen] for name in ELECTRODE}
    ions = columns["ion"][chosen]
    assert (ions < len(IONS)).all()
    return crystals, labelled(table.rows(chosen), values, library, origin=origin[chosen], ion=ions)


@lru_cache(maxsize=2)
def _read(path: Path) -> Arrays:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(bytes(arrays.pop("header")))
        if int(header["version"]) > VERSION:
            raise FileUnreadableError(str(path), "it was written by a newer program")
    except FileNotFoundError as error:
        raise FileUnreadableError(str(path), "there is no such file") from error
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise FileUnreadableError(str(path), "it holds no labels, or is damaged") from error
    return arrays
