"""Labelled data: files of reference calculations as frames with energies, forces and stresses."""

from designer_app.io.labels.missing import refuse_what_is_missing
from designer_app.io.labels.reading import LabelledSet, read_labelled

__all__ = ["LabelledSet", "read_labelled", "refuse_what_is_missing"]
