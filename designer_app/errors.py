"""What can go wrong, as types that carry the numbers. `explanations` turns them into sentences.

An error crosses the process boundary as its class name and its fields, so fields hold plain data.
"""

from dataclasses import dataclass, fields
from typing import Any

NO_SUCH_FILE = "there is no such file"
"""The reason of a `FileUnreadableError` for which no other program can help."""
NO_LABELS = "no file in it holds energies or forces of calculations"
"""The reason of one about a folder that was named as data to learn from."""


@dataclass(eq=False)
class DesignerAppError(Exception):
    """Base of every error that the program expects and can explain."""

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value!r}" for key, value in self.facts().items())
        return f"{type(self).__name__}({told})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self.facts().values())

    def facts(self) -> dict[str, Any]:
        """The fields of the error by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class Cancelled(Exception):  # noqa: N818 - a cancelled run is an outcome, not an error
    """The user asked the run to stop."""


# --- input -------------------------------------------------------------------------------------


@dataclass(eq=False)
class InputError(DesignerAppError):
    """Base: the input must change before the run can start (exit code 2)."""


@dataclass(eq=False)
class UnknownKeyError(InputError):
    """A registry has no row of that name."""

    kind: str
    key: str
    choices: tuple[str, ...]


@dataclass(eq=False)
class InvalidSpecError(InputError):
    """A field of a spec has a value that cannot be used."""

    field: str
    value: object
    reason: str
    label: str = ""
    unit: str = ""
    """What people call the field, and the unit of its value."""


@dataclass(eq=False)
class FileUnreadableError(InputError):
    """A structure file does not exist, is empty, truncated, or of no known format."""

    path: str
    reason: str


@dataclass(eq=False)
class LabelsUnreadableError(FileUnreadableError):
    """Files of reference calculations give no energies or forces."""


@dataclass(eq=False)
class ModelUnreadableError(FileUnreadableError):
    """What was named as a model is none, is damaged, or is one of another kind."""


@dataclass(eq=False)
class UnfinishedTrainingError(FileUnreadableError):
    """A folder that was named as a potential holds a training that left none yet."""

    reason: str = "it holds an unfinished training"


@dataclass(eq=False)
class FileTooLargeError(InputError):
    """A file or the structure in it passes a limit."""

    path: str
    size: int
    limit: int
    quantity: str = "bytes"


@dataclass(eq=False)
class TimeLimitError(InputError):
    """Reading took longer than allowed."""

    path: str
    seconds: float


@dataclass(eq=False)
class DisorderedStructureError(InputError):
    """Sites are shared or partly occupied, so an energy has no meaning yet."""

    sites: int
    example: str


@dataclass(eq=False)
class UnsupportedElementError(InputError):
    """The potential has no parameters for an element."""

    element: str
    potential: str


@dataclass(eq=False)
class OverlappingAtomsError(InputError):
    """Two atoms are so close that forces are meaningless."""

    first: int
    second: int
    distance_A: float  # noqa: N815 - the unit is part of the name
    elements: str = ""


@dataclass(eq=False)
class MissingCellError(InputError):
    """A stress or a pressure was asked for where there is no cell periodic in 3 directions."""

    asked: str


@dataclass(eq=False)
class ChargedCellError(InputError):
    """The charges of the ions in a cell do not add up to 0, so its Coulomb energy is infinite."""

    charge_e: float
    potential: str


@dataclass(eq=False)
class InvalidPositionsError(InputError):
    """Positions or cell hold values that are not finite numbers, or the cell has no volume."""

    what: str
    atom: int | None = None


@dataclass(eq=False)
class NoWorkingIonError(InputError):
    """A structure holds no ion that could be removed."""

    ion: str
    formula: str
    others: tuple[str, ...] = ()
    """Working ions that it does hold."""


@dataclass(eq=False)
class TooFewFramesError(InputError):
    """There are fewer labelled frames than a training and its judgement need."""

    found: int
    needed: int
    unusable: int = 0
    """Frames that were left out: by the user, or for labels that are no numbers."""


@dataclass(eq=False)
class SplitImpossibleError(InputError):
    """Frames cannot be kept back by a rule."""

    rule: str
    """random, tag, structure or time."""
    reason: str


@dataclass(eq=False)
class NoFrameworkError(InputError):
    """Without its working ion a structure is one element or nothing: there is no host."""

    ion: str
    formula: str
    left: str = ""


@dataclass(eq=False)
class FrameworkMismatchError(InputError):
    """The charged and the discharged structure differ in more than the working ion."""

    ion: str
    charged: str
    discharged: str


@dataclass(eq=False)
class NoRoomError(InputError):
    """The voids of a host do not hold as many ions as were to be inserted."""

    ion: str
    asked: int
    found: int


@dataclass(eq=False)
class CannotProvideError(InputError):
    """The potential does not give a property that was asked for."""

    potential: str
    wanted: str


@dataclass(eq=False)
class MissingPackageError(InputError):
    """An optional package is needed and not installed."""

    package: str
    purpose: str
    install: str


@dataclass(eq=False)
class MissingDataError(InputError):
    """A published data set is needed and not where it was looked for."""

    path: str
    reason: str


@dataclass(eq=False)
class MissingReferenceError(InputError):
    """A hull lacks phases: of an element, or of the potential altogether (no element named)."""

    element: str
    potential: str
    reference_set: str


@dataclass(eq=False)
class DatabaseUnavailableError(InputError):
    """A database on the internet gave no structures."""

    database: str
    reason: str


@dataclass(eq=False)
class UnsafeFileError(InputError):
    """A model file holds code or objects that the program does not execute."""

    path: str
    reason: str


@dataclass(eq=False)
class BadLabelsError(InputError):
    """Reference calculations are wrong in a way that makes learning from them worthless."""

    sentence: str
    advice: str


@dataclass(eq=False)
class CodeNotTrustedError(InputError):
    """A model file is a program, and the user has not allowed this very file to run."""

    path: str
    words: str
    """What it is: a TorchScript program, ..."""
    sha256: str


@dataclass(eq=False)
class DeviceUnavailableError(InputError):
    """The named device does not exist on this machine."""

    device: str
    available: tuple[str, ...]


@dataclass(eq=False)
class ResumeError(InputError):
    """A run cannot be continued from what is in its folder."""

    path: str
    reason: str


@dataclass(eq=False)
class ProjectRefusedError(InputError):
    """A project folder cannot be opened: damaged, of a newer program, or no project."""

    path: str
    reason: str


# --- while running -----------------------------------------------------------------------------


@dataclass(eq=False)
class RunError(DesignerAppError):
    """Base: the run started and failed (exit code 1)."""


@dataclass(eq=False)
class NotFiniteError(RunError):
    """A potential returned NaN or infinity."""

    potential: str
    quantity: str
    step: int | None = None


@dataclass(eq=False)
class BlowUpError(RunError):
    """The temperature or a displacement passed the guard: the simulation is no longer physical."""

    step: int
    temperature_K: float  # noqa: N815
    last_good_step: int
    reason: str


@dataclass(eq=False)
class RunawayRelaxationError(RunError):
    """The cell or the energy of a relaxing structure left the range where it has a meaning."""

    step: int
    reason: str


@dataclass(eq=False)
class WorkerDiedError(RunError):
    """The process that computed ended without an answer."""

    exit_code: int | None
    while_doing: str


@dataclass(eq=False)
class OutOfMemoryError(RunError):
    """The memory of the worker or the device was used up."""

    device: str
    n_atoms: int | None = None


@dataclass(eq=False)
class WriteFailedError(RunError):
    """A file could not be written: full disk, missing rights, lost drive."""

    path: str
    reason: str


@dataclass(eq=False)
class LostBandError(RunError):
    """The band of a hop left its way for minima of another arrangement of the atoms around it."""

    hop: str
    times_longer: float


@dataclass(eq=False)
class NotConvergedError(RunError):
    """A relaxation used up its steps."""

    n_steps: int
    fmax_eV_A: float  # noqa: N815


@dataclass(eq=False)
class ElectronsNotConvergedError(RunError):
    """The charges of a tight-binding calculation did not come to agree with themselves."""

    potential: str
    n_iterations: int
    n_atoms: int


@dataclass(eq=False)
class ShellsLostError(RunError):
    """The shells of polarisable ions have no rest near their cores."""

    reason: str
    """`left` its core, `fallen` into another ion, or `unsettled` after all steps."""
    atom: int | None
    """From 0, of the ions of its structure; None where it is not one that stands out."""
    amount: float
    """A from the core, or between the ions; eV/A that are left, where unsettled."""


@dataclass(eq=False)
class TrainingDivergedError(RunError):
    """The loss of a training is no longer a finite number."""

    epoch: int
    learning_rate: float
    best_epoch: int
    """0 where none was judged, so that nothing could be kept."""


@dataclass(eq=False)
class FitFailedError(RunError):
    """A program that fits potentials ended without one."""

    program: str
    said: str
    """Its last line."""
