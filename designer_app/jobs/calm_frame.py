"""The calmest frame of what a potential learned from: what a first run with it begins with."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from designer_app.errors import FileUnreadableError
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_of, formula, hill_formula, reduced
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import read_potential_card, trained_folder
from designer_app.properties.health.calm_frame import calmest
from designer_app.running.control import RunControl
from designer_app.specs.labels import CalmFrameSpec


def run(spec: CalmFrameSpec, control: RunControl) -> Document:
    """The structure, named after its formula and its place in the data.

    Raises `FileUnreadableError` where no file has a frame of two atoms or more.
    """
    found = read_labelled(spec.data, spec.mapping, checkpoint=control.checkpoint)
    references = {}
    with suppress(FileUnreadableError):
        references = dict(read_potential_card(trained_folder(spec.model)).references_eV)
    frame = calmest(found.frames, references)
    if frame is None:
        told = next((each.error for each in found.files if each.error), "it has no such frame")
        raise FileUnreadableError(str(spec.data[0]) if spec.data else "", told)
    structure = frame.structure
    amounts = amounts_of(structure.numbers)
    short = formula(reduced(amounts)[0]) if any(structure.pbc) else hill_formula(amounts)
    group = frame.tag or Path(frame.source).stem
    name = f"{short} ({group} {frame.index} of the training data)"
    return Document.from_structure(
        replace(structure, name=name), made_by="labels", source=frame.source
    )
