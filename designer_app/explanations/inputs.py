"""What was given cannot be used: files, settings, data, structures."""

import re
from pathlib import PurePath

from designer_app.errors import NO_LABELS, NO_SUCH_FILE
from designer_app.explanations.words import Explanation, Facts, Table, amount, begun, name_of


def _unknown_key(f: Facts) -> Explanation:
    return Explanation(
        f"There is no {f['kind']} called “{f['key']}”.",
        advice=(f"Choose one of: {', '.join(f['choices'])}.",),
    )


def _invalid_spec(f: Facts) -> Explanation:
    name = f.get("label") or begun(str(f["field"]).replace("_", " "))
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


def _file_unreadable(f: Facts) -> Explanation:
    what = f"“{name_of(f['path'])}” could not be read: {f['reason']}."
    if f["reason"] == NO_SUCH_FILE:
        return Explanation(what, advice=("Check its name and folder.",))
    if str(f["reason"]).startswith(NO_LABELS):
        return Explanation(what, advice=(f"Give {_WITH_LABELS}.",))
    return Explanation(
        what,
        advice=("Check the file, or save it again as CIF, POSCAR or extended XYZ.",),
    )


def _labels_unreadable(f: Facts) -> Explanation:
    told = _file_unreadable(f)
    if f["reason"] == NO_SUCH_FILE or str(f["reason"]).startswith(NO_LABELS):
        return told
    return Explanation(told.what, advice=(f"Check the file, or give {_WITH_LABELS}.",))


def _model_unreadable(f: Facts) -> Explanation:
    what = f"“{name_of(f['path'])}” could not be read: {f['reason']}."
    if f["reason"] == NO_SUCH_FILE:
        return Explanation(what, advice=("Check its name and folder.",))
    return Explanation(what)


def _unfinished_training(f: Facts) -> Explanation:
    path = str(f["path"])
    out = f'"{path}"' if " " in path else path
    return Explanation(
        f"“{name_of(path)}” holds an unfinished training, and no potential yet.",
        advice=(f"Go on with: designer-app train --out {out} --resume",),
    )


def _file_too_large(f: Facts) -> Explanation:
    size, limit = amount(f["size"], f["quantity"]), amount(f["limit"], f["quantity"])
    return Explanation(
        f"“{name_of(f['path'])}” is too large: {size}, where at most {limit} are read.",
        advice=("Cut out the part you need, such as one frame of a trajectory.",),
    )


def _time_limit(f: Facts) -> Explanation:
    return Explanation(
        f"“{name_of(f['path'])}” was still not read after {f['seconds']:.0f} seconds.",
        "Some damaged or very large files keep a reader busy for ever.",
        ("Open it in another program and save it again, as CIF or extended XYZ.",),
    )


def _disordered(f: Facts) -> Explanation:
    sites = "1 site is" if f["sites"] == 1 else f"{f['sites']} sites of the cell are"
    return Explanation(
        f"This structure is disordered: {sites} shared or partly occupied ({f['example']}).",
        "An energy needs every atom to be one element in one place.",
        ("Make an ordered cell first: in the window, or with `designer-app order`.",),
    )


def _unsupported_element(f: Facts) -> Explanation:
    return Explanation(
        f"{f['potential']} has no parameters for {f['element']}.",
        advice=("Choose another potential, or give a model file that covers this element.",),
    )


def _overlapping(f: Facts) -> Explanation:
    return Explanation(
        f"Atoms {f['first'] + 1} and {f['second'] + 1} {f['elements']} are only "
        f"{f['distance_A']:.2f} Å apart.".replace("  ", " "),
        "Forces at such distances are meaningless, and the atoms would fly apart.",
        ("Delete one of the two, or check the file for doubled or partly occupied sites.",),
    )


def _fixing(f: Facts) -> str:
    """How a relaxation keeps the cell."""
    return " (relax: --fix-cell)" if "relaxing" in str(f["asked"]) else ""


def _missing_cell(f: Facts) -> Explanation:
    return Explanation(
        f"{begun(str(f['asked']))} needs a cell that is periodic in three directions.",
        "This structure has none, like a molecule or a slab without periodic third direction.",
        (f"Choose a method that keeps the cell{_fixing(f)}, or give the structure a cell.",),
    )


def _invalid_positions(f: Facts) -> Explanation:
    where = "" if f.get("atom") is None else f" (atom {f['atom'] + 1})"
    return Explanation(
        f"This structure cannot be computed: {f['what']}{where}.",
        advice=("Correct the file and open it again.",),
    )


def _no_working_ion(f: Facts) -> Explanation:
    others = " or ".join(f["others"])
    return Explanation(
        f"{f['formula']} holds no {f['ion']} that could be removed.",
        advice=(
            f"Choose {others} as working ion."
            if others
            else "Say how many ions are to be inserted.",
        ),
    )


def _too_few_frames(f: Facts) -> Explanation:
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


def _split_impossible(f: Facts) -> Explanation:
    rules = {"tag": "whole tags", "structure": "whole structures"}
    return Explanation(
        f"Frames cannot be kept back by {rules.get(f['rule'], f['rule'])}: {f['reason']}.",
        advice=("Keep frames back at random, or name files as test data.",),
    )


def _no_framework(f: Facts) -> Explanation:
    left = f"only {f['left']} is left" if f["left"] else "nothing is left"
    return Explanation(
        f"Without {f['ion']}, {left} of {f['formula']}.",
        "A voltage of insertion needs a host of at least two elements that stays when ions leave.",
        ("Choose another working ion, or a compound with a host.",),
    )


def _framework_mismatch(f: Facts) -> Explanation:
    return Explanation(
        f"Without {f['ion']}, the two structures are {f['charged']} and {f['discharged']}.",
        "They must be one host with fewer and with more ions.",
        ("Check that both files belong to the same electrode, and the working ion.",),
    )


def _no_room(f: Facts) -> Explanation:
    return Explanation(
        f"{f['asked']} {f['ion']} do not fit into this cell: "
        f"its sites and voids hold about {f['found']}.",
        advice=("Insert fewer, or give the discharged structure as a file.",),
    )


def _cannot_provide(f: Facts) -> Explanation:
    fixed = ", as a fixed cell does (relax: --fix-cell)" if f["wanted"] == "stress" else ""
    return Explanation(
        f"The potential “{f['potential']}” does not give {f['wanted']}.",
        advice=(f"Choose another potential, or a method that does not need it{fixed}.",),
    )


def _missing_package(f: Facts) -> Explanation:
    return Explanation(
        f"{begun(f['purpose'])} needs the package {f['package']}, which is not installed.",
        advice=(f"Install it with: {f['install']}",),
    )


def _missing_data(f: Facts) -> Explanation:
    what = f"“{f['path']}”: {f['reason']}" if f["path"] else f["reason"]
    return Explanation(
        f"The published data that this needs were not found: {what}.",
        "They are not part of the program; only what was learned from them is.",
        ("Name their folder with --data DIR or the variable DESIGNER_APP_DATA.",),
    )


def _missing_reference(f: Facts) -> Explanation:
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


def _database_unavailable(f: Facts) -> Explanation:
    return Explanation(
        f"{f['database']} gave no structures: {f['reason']}.",
        "The program itself needs no internet.",
        ("Try later, or go on with the reference phases that are there.",),
    )


def _bad_labels(f: Facts) -> Explanation:
    return Explanation(
        f["sentence"],
        "A potential that learned from these data would be worthless.",
        (f["advice"], "To learn from them all the same: --unchecked."),
    )


def _code_not_trusted(f: Facts) -> Explanation:
    return Explanation(
        f"“{name_of(f['path'])}” is {f['words']}: run, it can do anything that you can do.",
        "It was not run. Such a file can read, change and send your files, as any program can.",
        (
            "Allow it only if you know where it comes from: open it in Potentials,",
            f"or run: designer-app allow {f['path']} --yes.",
        ),
    )


def _unsafe_file(f: Facts) -> Explanation:
    return Explanation(
        f"“{name_of(f['path'])}” was not opened: {f['reason']}.",
        "Such a file can run any program on this computer.",
        ("Ask its author for safetensors weights, CIF or extended XYZ instead.",),
    )


def _device_unavailable(f: Facts) -> Explanation:
    return Explanation(
        f"This computer has no usable device “{f['device']}”.",
        advice=(f"Available here: {', '.join(f['available'])}.",),
    )


def _resume(f: Facts) -> Explanation:
    return Explanation(
        f"The run in “{f['path']}” cannot be continued: {f['reason']}.",
        "What it holds stays as it is.",
        ("Start a new run in another folder.",),
    )


def _charged_cell(facts: Facts) -> Explanation:
    return Explanation(
        f"The charges of the ions in the cell add up to {facts['charge_e']:+g} e with "
        f"{facts['potential']}, not to 0.",
        "The energy of a crystal that is charged throughout is infinite.",
        ("Check the composition: is an ion missing, or one too many?",),
    )


def _project_refused(f: Facts) -> Explanation:
    return Explanation(
        f"The project “{name_of(f['path'])}” cannot be opened: {f['reason']}.",
        "Nothing in it was changed.",
    )


TABLE: Table = {
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
}
