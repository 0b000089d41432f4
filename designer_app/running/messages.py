"""What window and worker say to each other; `stream` is how it goes through a pipe.

An error crosses as its type by name, its numbers and its traceback as text, and is raised on the
other side as what it was.
"""

import errno
import traceback
from dataclasses import dataclass
from typing import Any

from designer_app import errors
from designer_app.running.channels import Frame
from designer_app.running.control import Progress
from designer_app.running.encoding import Array, encode

_DISK_REFUSED = (errno.ENOSPC, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_MEMORY_REFUSED = ("can't allocate memory", "not enough memory", "out of memory")


@dataclass(frozen=True)
class JobError:
    """What went wrong in a job."""

    kind: str
    """Class name in `designer_app.errors`, or of a foreign exception."""
    facts: dict[str, Any]
    """The fields of one of our errors; empty for a foreign exception."""
    message: str
    traceback: str = ""


class RemoteFailure(Exception):  # noqa: N818 - a failure that has no type of its own on this side
    """An exception in the worker that is none of ours: a bug, or a library's."""

    def __init__(self, error: JobError) -> None:
        super().__init__(error.message)
        self.error = error


class RemoteTraceback(Exception):  # noqa: N818 - never raised, only shown as a cause
    """The worker's traceback, shown above the one of this process."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


# --- to the worker -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RunJob:
    """Run the job `key` on `spec`; `job` numbers the answers."""

    job: int
    key: str
    spec: Any


@dataclass(frozen=True)
class Steer:
    """Pause, resume or cancel a job."""

    job: int
    to: str


@dataclass(frozen=True)
class Warm:
    """Import modules now, because a job will need them; the first thing a worker is told."""

    modules: tuple[str, ...]


@dataclass(frozen=True)
class UseFrameBlock:
    """Put frames of so many atoms into this shared memory from now on."""

    name: str
    n_atoms: int


@dataclass(frozen=True)
class FrameTaken:
    """The last frame was copied: the next may come."""


# --- from the worker ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The worker has imported what `Warm` asked for."""

    pid: int
    program: str


@dataclass(frozen=True)
class Started:
    """The job runs."""

    job: int


@dataclass(frozen=True)
class Progressed:
    """How far the job is."""

    job: int
    progress: Progress


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of scalars, as columns."""

    job: int
    names: tuple[str, ...]
    values: Array
    """(n_rows, n_names)."""


@dataclass(frozen=True)
class NewFrame:
    """The newest frame; without positions it lies in the shared memory."""

    job: int
    frame: Frame
    is_in_block: bool


@dataclass(frozen=True)
class Logged:
    """A log record."""

    logger: str
    level: int
    text: str
    created: float


@dataclass(frozen=True)
class Succeeded:
    """The job's end: its result."""

    job: int
    result: Any


@dataclass(frozen=True)
class Failed:
    """The job's end: what went wrong."""

    job: int
    error: JobError


@dataclass(frozen=True)
class WasCancelled:
    """The job's end: it was asked to stop, and did."""

    job: int


# --- errors -----------------------------------------------------------------------------------


def job_error(exception: BaseException) -> JobError:
    """An exception as plain data. Used-up memory and disks become our own types."""
    if isinstance(exception, RemoteFailure):
        return exception.error
    text = "".join(traceback.format_exception(exception))
    ours = _as_ours(exception)
    if ours is None:
        return JobError(type(exception).__name__, {}, str(exception), text)
    facts = {name: _plain(value) for name, value in ours.facts().items()}
    return JobError(type(ours).__name__, facts, str(exception), text)


def exception_of(error: JobError) -> Exception:
    """The exception to raise on this side: one of `designer_app.errors`, or `RemoteFailure`."""
    kind = getattr(errors, error.kind, None)
    found: Exception = RemoteFailure(error)
    if isinstance(kind, type) and issubclass(kind, errors.DesignerAppError):
        try:
            found = kind(**error.facts)
        except TypeError:  # a worker of another version, with other fields
            found = RemoteFailure(error)
    found.__cause__ = RemoteTraceback(error.traceback)
    return found


def _as_ours(exception: BaseException) -> errors.DesignerAppError | None:
    if isinstance(exception, errors.DesignerAppError):
        return exception
    told = str(exception)
    if isinstance(exception, OSError) and exception.errno in _DISK_REFUSED:
        return errors.WriteFailedError(str(exception.filename or ""), exception.strerror or told)
    if isinstance(exception, MemoryError) or (
        isinstance(exception, RuntimeError) and any(each in told for each in _MEMORY_REFUSED)
    ):  # torch's allocators raise RuntimeError
        return errors.OutOfMemoryError("cuda" if "CUDA" in told else "cpu")
    return None


def _plain(value: Any) -> Any:
    try:
        encode(value)
    except TypeError:
        return repr(value)
    return value
