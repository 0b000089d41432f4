"""What kind of model file something is, told by its content: data, or code that would run.

Names are not trusted: a pickle called `.safetensors` is a pickle. Nothing here opens more than the
directory of an archive and the head of a file, and nothing is unpickled.
"""

import pickletools
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from designer_app.errors import (
    NO_SUCH_FILE,
    FileUnreadableError,
    ModelUnreadableError,
    UnfinishedTrainingError,
)
from designer_app.specs.training_progress import (
    CHECKPOINT_FILE,
    PLAN_FILE,
    SERIES_FILE,
    SETTINGS_FILE,
)

POTENTIAL_CARD = "potential.json"
"""What a folder with a potential of this program holds."""
NO_MODEL = (
    "it is no model that the program knows: no weights of PyTorch, numpy or safetensors, no "
    "TorchScript program, no GAP of QUIP, no table of parameters"
)
_HEAD = 65_536
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
"""First object in files of `torch.save` before PyTorch 1.6."""
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x04\x22\x4d\x18", b"]\x00\x00")
"""gzip, bzip2, xz, lz4 and lzma: what joblib, beside zlib, wraps pickles in."""


@dataclass(frozen=True)
class ModelFile:
    """A file or folder as a model."""

    path: Path
    kind: str
    """potential, safetensors, torch, torch-legacy, pickle, joblib, npz, torchscript, pt2, package,
    gap, parameters."""
    words: str
    """What it is, for people."""
    role: str
    """data: read as it is; copy: tensors are taken out by reading, never by running; code: runs
    only where the user says so; refused: never."""


def sniff_model(path: Path) -> ModelFile:
    """What a path holds. Raises `ModelUnreadableError` where it is no model at all.

    `UnfinishedTrainingError` where it is the folder of a training that left none yet.
    """
    if path.is_dir():
        if (path / POTENTIAL_CARD).is_file():
            return ModelFile(path, "potential", "a trained potential of this program", "data")
        raise no_potential_in(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError as error:
        raise ModelUnreadableError(str(path), NO_SUCH_FILE) from error
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    if not head:
        raise ModelUnreadableError(str(path), "the file is empty")
    found = _archive(path) if head[:4] == b"PK\x03\x04" else _plain(path, head, size)
    if found is None:
        raise ModelUnreadableError(str(path), NO_MODEL)
    return found


def no_potential_in(folder: Path) -> FileUnreadableError:
    """Why a path is not the folder of a potential, where it holds no card."""
    if not folder.exists():
        return ModelUnreadableError(str(folder), NO_SUCH_FILE)
    if not folder.is_dir():
        return ModelUnreadableError(str(folder), "a trained potential is a folder, this is a file")
    if _is_begun(folder):
        return UnfinishedTrainingError(str(folder))
    return ModelUnreadableError(str(folder), "the folder holds no trained potential")


def _is_begun(folder: Path) -> bool:
    """Whether a training was begun: a checkpoint alone may be of any program."""
    if (folder / SETTINGS_FILE).is_file():
        return True
    checkpoints = (folder / CHECKPOINT_FILE, folder / f"member-0/{CHECKPOINT_FILE}")
    companions = (folder / PLAN_FILE, folder / SERIES_FILE)
    return any(each.is_file() for each in checkpoints) and any(map(Path.is_file, companions))


def _archive(path: Path) -> ModelFile | None:
    """A zip archive by the names in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ModelUnreadableError(str(path), "a damaged zip archive") from error
    parts = [name.split("/") for name in names]
    if any("code" in each[:-1] for each in parts) and any(
        each[-1] == "constants.pkl" for each in parts
    ):
        return ModelFile(path, "torchscript", "a TorchScript program", "code")
    if any(
        each[-1] in ("archive_format", "serialized_exported_program.json")
        or each[-1].endswith((".so", ".cubin"))
        for each in parts
    ):
        return ModelFile(path, "pt2", "a program exported by PyTorch (.pt2)", "code")
    if any(name.endswith((".py", ".pyc", ".pyd", ".dll", ".dylib")) for name in names):
        return ModelFile(path, "package", "an archive with program code in it", "refused")
    if any(each[-1] == "data.pkl" for each in parts):
        return ModelFile(path, "torch", "weights saved by PyTorch", "copy")
    if names and all(name.endswith(".npy") for name in names):
        return ModelFile(path, "npz", "arrays saved by numpy", "copy")
    return None


def _plain(path: Path, head: bytes, size: int) -> ModelFile | None:
    """What is no archive, by its first bytes."""
    kind: tuple[str, str, str] | None = None
    if _is_safetensors(head, size):
        kind = ("safetensors", "weights as safetensors", "data")
    elif b"joblib" in head[:4096] and head[:1] == b"\x80":
        kind = ("joblib", "objects saved by joblib", "refused")
    elif head.startswith(_COMPRESSED) or _is_zlib(head):
        kind = ("joblib", "compressed objects, as joblib saves them", "refused")
    elif head.lstrip()[:1] == b"<" and b"<GAP_params" in head:
        kind = ("gap", "a Gaussian approximation potential for QUIP", "data")
    elif _is_pickle(head):
        kind = ("pickle", "pickled Python objects", "copy")
        if _first_number(head) == _TORCH_MAGIC:
            kind = ("torch-legacy", "weights saved by an old PyTorch", "copy")
    elif path.suffix.lower() == ".toml" and b"\x00" not in head:
        kind = ("parameters", "a table of parameters", "data")
    return None if kind is None else ModelFile(path, *kind)


def _is_safetensors(head: bytes, size: int) -> bool:
    if len(head) < 10:
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= size - 8 and head[8:9] == b"{"


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: the method is 8, and the first two bytes are a multiple of 31."""
    return len(head) > 2 and head[0] == 0x78 and int.from_bytes(head[:2], "big") % 31 == 0


def _is_pickle(head: bytes) -> bool:
    """Whether it begins with operations of a pickle, of any protocol."""
    if head[:1] == b"\x80" and len(head) > 1 and head[1] <= 5:
        return True
    n_operations = 0
    try:
        for operation, _, _ in pickletools.genops(head):
            n_operations += 1
            if operation.name == "STOP":
                return n_operations > 1
            if n_operations == 64:
                return True
    except (ValueError, IndexError, OverflowError):
        return False
    return False


def _first_number(head: bytes) -> int | None:
    """The number a pickle begins with, if it does."""
    try:
        for operation, argument, _ in pickletools.genops(head):
            if isinstance(argument, int) and operation.name.startswith(("LONG", "INT", "BININT")):
                return argument
            if operation.name not in ("PROTO", "FRAME"):
                return None
    except (ValueError, IndexError):
        return None
    return None
