"""Errors as sentences: what happened, what it means, what to do next.

The window and the command line both speak through this table, so a mistake reads the same
everywhere. Science raises types with numbers; nobody else writes sentences about errors.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from designer_app.errors import NO_LABELS, NO_SUCH_FILE, DesignerAppError


@dataclass(frozen=True)
class Explanation:
    """An error in the user's words."""

    what: str
    """One sentence: what happened."""
    meaning: str = ""
    """What that means for the user's work."""
    advice: tuple[str, ...] = ()
    """Next steps, the most useful first."""

    @property
    def sentence(self) -> str:
        """All in one line, for a terminal."""
        return " ".join(" ".join((self.what, self.meaning, *self.advice)).split())


def explain(kind: str, facts: Mapping[str, Any], message: str = "") -> Explanation:
    """The sentences for an error type by name, with its fields; other errors are quoted."""
    if kind in _TABLE:
        return _TABLE[kind](facts)
    said = message.strip().splitlines()[-1] if message.strip() else kind
    return Explanation(
        f"The program met something it did not expect: {said.rstrip('.')}.",
        "Your structures and finished results are safe.",
        ("Copy the details and report them, please.",),
    )


def is_explained(kind: str) -> bool:
    """Whether an error type has sentences of its own, so that its traceback tells nothing more."""
    return kind in _TABLE


def explain_exception(error: BaseException) -> Explanation:
    """The sentences for an exception at hand."""
    facts = error.facts() if isinstance(error, DesignerAppError) else {}
    return explain(type(error).__name__, facts, str(error))


def _name(path: str) -> str:
    return PurePath(path).name or path


def _begun(text: str) -> str:
    """As the start of a sentence; `str.capitalize` would flatten names in it."""
    return text[:1].upper() + text[1:]


def _amount(value: float, quantity: str) -> str:
    if quantity != "bytes":
        return f"{value:,.0f} {quantity}"
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError


def _unknown_key(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"There is no {f['kind']} called “{f['key']}”.",
        advice=(f"Choose one of: {', '.join(f['choices'])}.",),
    )


def _invalid_spec(f: Mapping[str, Any]) -> Explanation:
    name = f.get("label") or _begun(str(f["field"]).replace("_", " "))
    value, reason = f["value"], f["reason"]
    if value in (None, "", "none"):
        return Explanation(f"“{name}” is not given: {reason}.")
    if isinstance(value, PurePath):
        return Explanation(f"“{value.name}” cannot be used: {reason}.")
    if isinstance(value, tuple | list):
        value = ", ".join(map(str, value))
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    unit = f" {f['unit']}" if f.get("unit") else ""
    written = re.sub(r"\bA\b", "Å", unit)
    if unit:
        reason = reason.replace(unit, written)
    end = "" if reason.endswith("?") else "."
    return Explanation(f"“{name}” cannot be used with the value {shown}{written}: {reason}{end}")


_WITH_LABELS = "outputs of VASP, Quantum ESPRESSO, CP2K, GPAW or FHI-aims, or extended XYZ"
"""Files that hold energies and forces."""


def _file_unreadable(f: Mapping[str, Any]) -> Explanation:
    what = f"“{_name(f['path'])}” could not be read: {f['reason']}."
    if f["reason"] == NO_SUCH_FILE:
        return Explanation(what, advice=("Check its name and folder.",))
    if str(f["reason"]).startswith(NO_LABELS):
        return Explanation(what, advice=(f"Give {_WITH_LABELS}.",))
    return Explanation(
        what,
        advice=("Check the file, or save it again as CIF, POSCAR or extended XYZ.",),
    )


def _labels_unreadable(f: Mapping[str, Any]) -> Explanation:
    told = _file_unreadable(f)
    if f["reason"] == NO_SUCH_FILE or str(f["reason"]).startswith(NO_LABELS):
        return told
    return Explanation(told.what, advice=(f"Check the file, or give {_WITH_LABELS}.",))


def _model_unreadable(f: Mapping[str, Any]) -> Explanation:
    what = f"“{_name(f['path'])}” could not be read: {f['reason']}."
    if f["reason"] == NO_SUCH_FILE:
        return Explanation(what, advice=("Check its name and folder.",))
    return Explanation(what)


def _unfinished_training(f: Mapping[str, Any]) -> Explanation:
    path = str(f["path"])
    out = f'"{path}"' if " " in path else path
    return Explanation(
        f"“{_name(path)}” holds an unfinished training, and no potential yet.",
        advice=(f"Go on with: designer-app train --out {out} --resume",),
    )


def _file_too_large(f: Mapping[str, Any]) -> Explanation:
    size, limit = _amount(f["size"], f["quantity"]), _amount(f["limit"], f["quantity"])
    return Explanation(
        f"“{_name(f['path'])}” is too large: {size}, where at most {limit} are read.",
        advice=("Cut out the part you need, such as one frame of a trajectory.",),
    )


def _time_limit(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"“{_name(f['path'])}” was still not read after {f['seconds']:.0f} seconds.",
        "Some damaged or very large files keep a reader busy for ever.",
        ("Open it in another program and save it again, as CIF or extended XYZ.",),
    )


def _disordered(f: Mapping[str, Any]) -> Explanation:
    sites = "1 site is" if f["sites"] == 1 else f"{f['sites']} sites of the cell are"
    return Explanation(
        f"This structure is disordered: {sites} shared or partly occupied ({f['example']}).",
        "An energy needs every atom to be one element in one place.",
        ("Make an ordered cell first: in the window, or with `designer-app order`.",),
    )


def _unsupported_element(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{f['potential']} has no parameters for {f['element']}.",
        advice=("Choose another potential, or give a model file that covers this element.",),
    )


def _overlapping(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"Atoms {f['first'] + 1} and {f['second'] + 1} {f['elements']} are only "
        f"{f['distance_A']:.2f} Å apart.".replace("  ", " "),
        "Forces at such distances are meaningless, and the atoms would fly apart.",
        ("Delete one of the two, or check the file for doubled or partly occupied sites.",),
    )


def _fixing(f: Mapping[str, Any]) -> str:
    """How a relaxation keeps the cell."""
    return " (relax: --fix-cell)" if "relaxing" in str(f["asked"]) else ""


def _missing_cell(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{_begun(str(f['asked']))} needs a cell that is periodic in three directions.",
        "This structure has none, like a molecule or a slab without periodic third direction.",
        (f"Choose a method that keeps the cell{_fixing(f)}, or give the structure a cell.",),
    )


def _invalid_positions(f: Mapping[str, Any]) -> Explanation:
    where = "" if f.get("atom") is None else f" (atom {f['atom'] + 1})"
    return Explanation(
        f"This structure cannot be computed: {f['what']}{where}.",
        advice=("Correct the file and open it again.",),
    )


def _no_working_ion(f: Mapping[str, Any]) -> Explanation:
    others = " or ".join(f["others"])
    return Explanation(
        f"{f['formula']} holds no {f['ion']} that could be removed.",
        advice=(
            f"Choose {others} as working ion."
            if others
            else "Say how many ions are to be inserted.",
        ),
    )


def _too_few_frames(f: Mapping[str, Any]) -> Explanation:
    found, left_out = f["found"], f["unusable"]
    count = {0: "are no labelled frames", 1: "is one labelled frame"}.get(
        found, f"are {found} labelled frames"
    )
    others = f", beside {left_out} that cannot be used" if left_out else ""
    needed = f["needed"]
    return Explanation(
        f"There {count}{others}, where at least {'one is' if needed == 1 else f'{needed} are'} "
        "needed.",
        "Some are learned from, and others must be kept back to judge by." if needed > 1 else "",
        ("Add files, check the keys of energies and forces, or name other tags.",),
    )


def _split_impossible(f: Mapping[str, Any]) -> Explanation:
    rules = {"tag": "whole tags", "structure": "whole structures"}
    return Explanation(
        f"Frames cannot be kept back by {rules.get(f['rule'], f['rule'])}: {f['reason']}.",
        advice=("Keep frames back at random, or name files as test data.",),
    )


def _no_framework(f: Mapping[str, Any]) -> Explanation:
    left = f"only {f['left']} is left" if f["left"] else "nothing is left"
    return Explanation(
        f"Without {f['ion']}, {left} of {f['formula']}.",
        "A voltage of insertion needs a host of at least two elements that stays when ions leave.",
        ("Choose another working ion, or a compound with a host.",),
    )


def _framework_mismatch(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"Without {f['ion']}, the two structures are {f['charged']} and {f['discharged']}.",
        "They must be one host with fewer and with more ions.",
        ("Check that both files belong to the same electrode, and the working ion.",),
    )


def _no_room(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{f['asked']} {f['ion']} do not fit into this cell: "
        f"its sites and voids hold about {f['found']}.",
        advice=("Insert fewer, or give the discharged structure as a file.",),
    )


def _cannot_provide(f: Mapping[str, Any]) -> Explanation:
    fixed = ", as a fixed cell does (relax: --fix-cell)" if f["wanted"] == "stress" else ""
    return Explanation(
        f"The potential “{f['potential']}” does not give {f['wanted']}.",
        advice=(f"Choose another potential, or a method that does not need it{fixed}.",),
    )


def _missing_package(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{_begun(f['purpose'])} needs the package {f['package']}, which is not installed.",
        advice=(f"Install it with: {f['install']}",),
    )


def _missing_data(f: Mapping[str, Any]) -> Explanation:
    what = f"“{f['path']}”: {f['reason']}" if f["path"] else f["reason"]
    return Explanation(
        f"The published data that this needs were not found: {what}.",
        "They are not part of the program; only what was learned from them is.",
        ("Name their folder with --data DIR or the variable DESIGNER_APP_DATA.",),
    )


def _missing_reference(f: Mapping[str, Any]) -> Explanation:
    if f["element"]:
        return Explanation(
            f"The reference set ({f['reference_set']}) has no phase of pure {f['element']}.",
            "Without it neither a formation energy nor a hull of its compounds exists.",
            (f"Add a structure of {f['element']} as an own phase.",),
        )
    return Explanation(
        f"There is no reference set for {f['potential']}: {f['reference_set']}.",
        "A hull compares energies of one potential only; those of another would be meaningless.",
        ("Let the reference phases be relaxed again, or choose the potential of the set.",),
    )


def _database_unavailable(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{f['database']} gave no structures: {f['reason']}.",
        "The program itself needs no internet.",
        ("Try later, or go on with the reference phases that are there.",),
    )


def _bad_labels(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f["sentence"],
        "A potential that learned from these data would be worthless.",
        (f["advice"], "To learn from them all the same: --unchecked."),
    )


def _code_not_trusted(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"“{_name(f['path'])}” is {f['words']}: run, it can do anything that you can do.",
        "It was not run. Such a file can read, change and send your files, as any program can.",
        (
            "Allow it only if you know where it comes from: open it in Potentials,",
            f"or run: designer-app allow {f['path']} --yes.",
        ),
    )


def _unsafe_file(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"“{_name(f['path'])}” was not opened: {f['reason']}.",
        "Such a file can run any program on this computer.",
        ("Ask its author for safetensors weights, CIF or extended XYZ instead.",),
    )


def _device_unavailable(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"This computer has no usable device “{f['device']}”.",
        advice=(f"Available here: {', '.join(f['available'])}.",),
    )


def _resume(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"The run in “{f['path']}” cannot be continued: {f['reason']}.",
        "What it holds stays as it is.",
        ("Start a new run in another folder.",),
    )


def _not_finite(f: Mapping[str, Any]) -> Explanation:
    when = "" if f.get("step") is None else f" at step {f['step']}"
    return Explanation(
        f"{f['potential']} returned no number for the {f['quantity']}{when}.",
        "The structure is probably far outside what this potential knows.",
        ("Relax the structure first, use a shorter time step, or another potential.",),
    )


def _blow_up(f: Mapping[str, Any]) -> Explanation:
    reasons = {
        "temperature": f"it reached {f['temperature_K']:.0f} K",
        "displacement": "an atom moved too far in one step",
    }
    reason = reasons.get(f["reason"], f["reason"])
    return Explanation(
        f"The simulation became unstable at step {f['step']}: {reason}.",
        f"The trajectory up to step {f['last_good_step']} is kept.",
        ("Relax the structure first, or use a shorter time step (0.5 fs with hydrogen).",),
    )


def _runaway_relaxation(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"The structure fell apart at step {f['step']} of its relaxation: {f['reason']}.",
        "The start is probably far from any minimum that this potential knows.",
        ("Check distances and composition, keep the cell fixed first, or use FIRE.",),
    )


_ENDED_FROM_OUTSIDE = (-9, -15)
"""SIGKILL and SIGTERM."""


def _worker_died(f: Mapping[str, Any]) -> Explanation:
    code, doing = f.get("exit_code"), f"while doing “{f['while_doing']}”"
    if code in _ENDED_FROM_OUTSIDE:
        what = f"The computing process was ended from outside {doing}."
        meaning = "Someone ended it, or the system, as where memory runs short. The window is safe."
    else:
        told = "" if code is None else f" (exit code {code})"
        what = f"The computing process ended without an answer {doing}{told}."
        meaning = "The window and your data are safe; a new process is already starting."
    advice = "Run it again, or go on where it stopped with Resume."
    if "checkpoint_age" in f:
        age = f["checkpoint_age"]
        advice = f"Its last checkpoint is {age} old: Resume goes on from there."
        advice = advice if age else "It had no checkpoint yet: start it again."
    return Explanation(what, meaning, (advice,))


def _out_of_memory(f: Mapping[str, Any]) -> Explanation:
    atoms = f" for {f['n_atoms']} atoms" if f.get("n_atoms") else ""
    return Explanation(
        f"The memory of {f['device']} is not enough{atoms}.",
        "Nothing was lost; only this run stopped.",
        ("Use a smaller cell, or close other programs.",),
    )


def _write_failed(f: Mapping[str, Any]) -> Explanation:
    named = f"“{f['path']}”" if f["path"] else "A file"
    reason = f["reason"]
    if re.fullmatch(r"\d+ requested and \d+ written", reason):  # numpy's words for a short write
        reason = "no space left on device"
    is_full = re.search(r"space|quota|too large", reason, re.IGNORECASE)
    advice = (
        "Free some space, or choose another folder."
        if is_full
        else "Choose a folder that exists and that you may write to."
    )
    return Explanation(
        f"{named} could not be written: {reason}.",
        "What was there before is unchanged.",
        (advice,),
    )


def _not_converged(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"Not relaxed after {f['n_steps']} steps: the largest force is {f['fmax_eV_A']:.3f} eV/Å.",
        "The last geometry is kept.",
        ("Continue with more steps, or start with FIRE.",),
    )


def _charged_cell(facts: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"The charges of the ions in the cell add up to {facts['charge_e']:+g} e with "
        f"{facts['potential']}, not to 0.",
        "The energy of a crystal that is charged throughout is infinite.",
        ("Check the composition: is an ion missing, or one too many?",),
    )


def _shells_lost(facts: Mapping[str, Any]) -> Explanation:
    amount, atom = facts["amount"], facts["atom"]
    what = {
        "left": f"The shell of ion {(atom or 0) + 1} was pulled {amount:.2f} A from its core: "
        "the model has collapsed.",
        "fallen": f"Ion {(atom or 0) + 1} fell into its neighbour, {amount:.2f} A away: "
        "so near, the model attracts without end.",
        "unsettled": f"The shells of the ions did not come to rest; {amount:.1g} eV/A were left.",
    }[facts["reason"]]
    return Explanation(
        what,
        "The ions are nearer to each other than the model was made for.",
        ("Relax the structure first.", "In dynamics, lower the temperature or the time step."),
    )


def _electrons_not_converged(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"The electrons of {f['n_atoms']} atoms did not settle in {f['n_iterations']} iterations "
        f"of {f['potential']}.",
        "Broken bonds, metals and a charge that does not fit make this hard.",
        (
            "Check charge and multiplicity, and that no atoms are too close.",
            f"Warmer electrons settle more easily: model {f['potential']}(temperature=1000).",
        ),
    )


def _lost_band(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"No pass was found for {f['hop']}: the atoms around it took other places, and the band "
        f"grew to {f['times_longer']:.1f} times its length.",
        "With this potential the hop is no jump through a crystal at rest.",
        ("Run molecular dynamics instead, or try another potential.",),
    )


def _fit_failed(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"{f['program']} ended without a potential.",
        f"Its last words: {f['said']}. Nothing was written; the data is as it was.",
        ("Fit with this program instead: engine=own.", "Take fewer sparse points."),
    )


def _training_diverged(f: Mapping[str, Any]) -> Explanation:
    best = f["best_epoch"]
    return Explanation(
        f"The training ran away in epoch {f['epoch']}: its loss is no longer a finite number.",
        f"The best weights, of epoch {best}, are kept."
        if best
        else "No epoch was judged before, so there are no weights to keep.",
        (
            f"Start again with a learning rate below {f['learning_rate']:.1e}.",
            "Look at the frames with the largest forces first.",
        ),
    )


def _project_refused(f: Mapping[str, Any]) -> Explanation:
    return Explanation(
        f"The project “{_name(f['path'])}” cannot be opened: {f['reason']}.",
        "Nothing in it was changed.",
    )


_TABLE: dict[str, Callable[[Mapping[str, Any]], Explanation]] = {
    "UnknownKeyError": _unknown_key,
    "InvalidSpecError": _invalid_spec,
    "FileUnreadableError": _file_unreadable,
    "LabelsUnreadableError": _labels_unreadable,
    "ModelUnreadableError": _model_unreadable,
    "UnfinishedTrainingError": _unfinished_training,
    "FileTooLargeError": _file_too_large,
    "TimeLimitError": _time_limit,
    "DisorderedStructureError": _disordered,
    "UnsupportedElementError": _unsupported_element,
    "OverlappingAtomsError": _overlapping,
    "MissingCellError": _missing_cell,
    "ChargedCellError": _charged_cell,
    "InvalidPositionsError": _invalid_positions,
    "NoWorkingIonError": _no_working_ion,
    "TooFewFramesError": _too_few_frames,
    "SplitImpossibleError": _split_impossible,
    "NoFrameworkError": _no_framework,
    "FrameworkMismatchError": _framework_mismatch,
    "NoRoomError": _no_room,
    "CannotProvideError": _cannot_provide,
    "MissingPackageError": _missing_package,
    "MissingDataError": _missing_data,
    "MissingReferenceError": _missing_reference,
    "DatabaseUnavailableError": _database_unavailable,
    "UnsafeFileError": _unsafe_file,
    "BadLabelsError": _bad_labels,
    "CodeNotTrustedError": _code_not_trusted,
    "DeviceUnavailableError": _device_unavailable,
    "ResumeError": _resume,
    "ProjectRefusedError": _project_refused,
    "NotFiniteError": _not_finite,
    "BlowUpError": _blow_up,
    "RunawayRelaxationError": _runaway_relaxation,
    "WorkerDiedError": _worker_died,
    "OutOfMemoryError": _out_of_memory,
    "WriteFailedError": _write_failed,
    "NotConvergedError": _not_converged,
    "LostBandError": _lost_band,
    "ElectronsNotConvergedError": _electrons_not_converged,
    "ShellsLostError": _shells_lost,
    "TrainingDivergedError": _training_diverged,
    "FitFailedError": _fit_failed,
}
