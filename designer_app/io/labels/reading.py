"""Files of reference calculations as labelled frames; one that cannot be read stops no other."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from designer_app.errors import Cancelled, DesignerAppError, FileUnreadableError
from designer_app.explanations import explain_exception
from designer_app.io.labels.cp2k import is_cp2k_output, open_cp2k
from designer_app.io.labels.deepmd import is_deepmd, open_deepmd
from designer_app.io.labels.finding import Source, sources
from designer_app.io.labels.interpreting import interpret
from designer_app.io.labels.keys import Mapped, read_mapping
from designer_app.io.labels.numpy_archive import is_numpy_archive, open_numpy_archive
from designer_app.io.labels.pymatgen_labels import open_pymatgen_labels
from designer_app.io.labels.raw import UNSETTLED, RawFile, RawFrame
from designer_app.io.labels.through_ase import FORMATS, open_through_ase
from designer_app.io.sniffing import Sniffed, sniff
from designer_app.io.structures import unpacked
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import LabelFile, LabelKey

log = logging.getLogger(__name__)

MOST_BYTES = 4 << 30
"""Of one file; labels of more are read in parts."""
_GPAW_FILE = (b"- of UlmGPAW", b"AFFormatGPAW")

Checkpoint = Callable[[], None]


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Labelled frames, the files they came from, and what the keys were taken for."""

    frames: tuple[LabelledFrame, ...]
    files: tuple[LabelFile, ...]
    keys: tuple[LabelKey, ...]
    """One for each quantity and each way in which it is written."""


def read_labelled(
    paths: Iterable[Path],
    mapping: Iterable[str] = (),
    tags: Iterable[str] = (),
    checkpoint: Checkpoint = lambda: None,
) -> LabelledSet:
    """All labelled frames of files and folders, in eV, eV/A and eV/A^3 (tension positive).

    `mapping` says what keys and units mean (see `keys.read_mapping`), otherwise both are found;
    `tags` keeps only frames of these tags; where no file names groups, several files are
    groups by their names. A file that cannot be read carries its reason.
    Raises `InvalidSpecError` for a mapping that means nothing.
    """
    mapped = read_mapping(mapping)
    wanted = frozenset(tags)
    frames: list[LabelledFrame] = []
    files: list[LabelFile] = []
    keys: list[LabelKey] = []
    for source in sources(paths):
        checkpoint()
        read = _read(source, mapped, checkpoint)
        if read is None:
            continue
        found, file, of_file = read
        frames.extend(found)
        files.append(file)
        keys.extend(of_file)
    if len(files) > 1 and not any(frame.tag for frame in frames):
        frames = [replace(frame, tag=Path(frame.source).stem) for frame in frames]
    kept = tuple(frame for frame in frames if not wanted or frame.tag in wanted)
    return LabelledSet(kept, tuple(files), merged(keys))


def _read(
    source: Source, mapped: Mapped, checkpoint: Checkpoint
) -> tuple[Sequence[LabelledFrame], LabelFile, Sequence[LabelKey]] | None:
    """(frames, file, keys); None for a file in a folder that is no labelled data."""
    path = source.path
    try:
        with ExitStack() as opened:
            raw = _opened(source, opened)
            if raw is None:
                return None
            frames, torn = _all(raw, path, checkpoint)
        given = [each for each in frames if len(each.structure)]
        frames = tuple(each for each in given if not each.labels.get(UNSETTLED))
        torn = torn or _unsettled(path, len(given) - len(frames), len(given))
        made, keys = interpret(raw, frames, mapped, str(path))
        file = LabelFile(
            path=str(path), kind=raw.kind, n_frames=len(made), settings=raw.settings, error=torn
        )
    except DesignerAppError as error:
        sentence = explain_exception(error).what
        return (), LabelFile(path=str(path), kind="", n_frames=0, error=sentence), ()
    if not any(key.n_frames for key in keys) and not torn:
        if not source.was_named:
            return None  # structures without labels that lie beside the data
        file = replace(file, error=_nothing_known(path))
    return made, file, keys


def _unsettled(path: Path, n_lost: int, n_frames: int) -> str:
    if not n_lost:
        return ""
    are = "is" if n_lost == 1 else "are"
    return (
        f"“{path.name}”: {n_lost} of {n_frames} frames {are} left out, as the electrons had not "
        "settled when their steps were used up."
    )


def _nothing_known(path: Path) -> str:
    return (
        f"“{path.name}” holds structures, but no energies or forces under a name that is known; "
        "name their keys."
    )


def _all(raw: RawFile, path: Path, checkpoint: Checkpoint) -> tuple[list[RawFrame], str]:
    """(frames, why the last of them is missing)."""
    frames: list[RawFrame] = []
    try:
        for frame in raw.frames:
            checkpoint()
            frames.append(frame)
    except DesignerAppError:
        if not frames:
            raise
        log.debug("%s is torn", path, exc_info=True)
    except (MemoryError, Cancelled):
        raise
    except Exception as error:
        log.debug("%s is no %s: %s", path, raw.kind, error)
        if not frames:
            reason = f"it looks like {raw.kind} but is damaged, cut off, or has no finished step"
            raise FileUnreadableError(str(path), reason) from error
    else:
        return frames, ""
    return (
        frames,
        f"“{path.name}” could be read up to frame {len(frames)} only; what follows is damaged.",
    )


def _opened(source: Source, opened: ExitStack) -> RawFile | None:
    """The reader that a file needs; None where a file in a folder is of another kind."""
    path = source.path
    if path.is_dir():
        if is_deepmd(path):
            return open_deepmd(path)
        raise FileUnreadableError(str(path), "the folder holds no file of reference calculations")
    if is_numpy_archive(path):
        return open_numpy_archive(path)
    try:
        sniffed = sniff(path)
    except FileUnreadableError:
        if source.was_named:
            raise
        return None
    if sniffed.opener is not None:
        path = opened.enter_context(unpacked(path, sniffed, MOST_BYTES))
    raw = next(_readers(path, sniffed), None)
    if raw is None and source.was_named:
        raise FileUnreadableError(str(source.path), _refusal(sniffed))
    return raw


def _readers(path: Path, sniffed: Sniffed) -> Iterator[RawFile]:
    """Readers that a file may be given to, the likeliest first."""
    head = sniffed.head
    if is_cp2k_output(head):
        yield open_cp2k(path)
    if head.lstrip()[:1] in (b"{", b"[") and b'"lattice"' in head:
        yield open_pymatgen_labels(path)
    yield from (open_through_ase(name, path) for name in sniffed.formats if name in FORMATS)
    if head.lstrip()[:1] in (b"{", b"["):
        yield open_pymatgen_labels(path)


def _refusal(sniffed: Sniffed) -> str:
    if any(magic in sniffed.head[:64] for magic in _GPAW_FILE):
        return "it is a restart file of GPAW; give the text output of the same calculation"
    return "its content is of no format with energies and forces that the program knows"


def merged(keys: Iterable[LabelKey]) -> tuple[LabelKey, ...]:
    """One entry for each quantity, key and unit, with the frames counted together.

    A quantity that no file has is still named, with an empty key.
    """
    found: dict[tuple[str, str, str], LabelKey] = {}
    for key in keys:
        name = (key.quantity, key.key, key.unit)
        before = found.get(name)
        found[name] = (
            key
            if before is None
            else replace(
                key,
                n_frames=key.n_frames + before.n_frames,
                choices=tuple(dict.fromkeys((*before.choices, *key.choices))),
            )
        )
    known = {key.quantity for key in found.values() if key.key}
    order = ("energy", "forces", "stress", "magmoms")
    return tuple(
        sorted(
            (key for key in found.values() if key.key or key.quantity not in known),
            key=lambda key: (order.index(key.quantity), -key.n_frames),
        )
    )
