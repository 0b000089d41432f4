"""One structure of a file of reference calculations: a point of a plot, to be looked at."""

from dataclasses import replace
from pathlib import Path

from designer_app.errors import FileUnreadableError
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.labels import read_labelled
from designer_app.running.control import RunControl
from designer_app.specs.labels import LabelledFrameSpec


def run(spec: LabelledFrameSpec, control: RunControl) -> Document:
    """The structure, named after its formula, its group and its place.

    Raises `FileUnreadableError` where the file is none, or has no such frame.
    """
    path = Path(spec.path)
    found = read_labelled((path,), checkpoint=control.checkpoint)
    for file in found.files:
        if file.error:
            raise FileUnreadableError(str(path), file.error)
    frame = next((each for each in found.frames if each.index == spec.index), None)
    if frame is None:
        raise FileUnreadableError(str(path), f"it has no labelled frame {spec.index}")
    amounts, _ = reduced(amounts_of(frame.structure.numbers))
    group = frame.tag or path.stem
    name = f"{formula(amounts)} ({group} {spec.index})"
    structure = replace(frame.structure, name=name)
    return Document.from_structure(structure, made_by="labels", source=str(path))
