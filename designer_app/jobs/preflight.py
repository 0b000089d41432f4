"""What is wrong with the data of a training before its first step, and what it will be."""

import time

from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.io.labels import LabelledSet, read_labelled, refuse_what_is_missing
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec
from designer_app.specs.labels import Finding, Preflight
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.training.frames import SplitFrames
from designer_app.training.plans import plan
from designer_app.training.preflight import findings

MISSING, UNREAD, PLAN = "missing", "unread", "plan"
"""Findings about what was asked for, not about the data: a training tells them by itself."""


def run(spec: TrainPotentialSpec, control: RunControl) -> Preflight:
    """Findings in sentences, each with fixes that are changes of the spec, and the plan."""
    check_spec(spec)
    began = time.perf_counter()
    control.progress(0, 3, "Reading")
    data = read_labelled(spec.data, spec.mapping, spec.tags, control.checkpoint)
    test = read_labelled(spec.test_data, spec.mapping, checkpoint=control.checkpoint)
    missing = _missing(data, spec)
    if missing is not None:
        lost = (missing, *_unread(data))
        return Preflight(findings=lost, n_train=0, n_validation=0, n_test=0, seconds=0.0)
    found, split = findings(data.frames, test.frames, data.keys, spec, control)
    control.progress(2, 3, "Planning")
    lines, refused = _plan(split, spec) if split else ((), ())
    told = (*_unread(data), *_unread(test), *refused, *found)
    return Preflight(
        findings=tuple(
            sorted(told, key=lambda each: ("error", "warning", "note").index(each.level))
        ),
        n_train=len(split.train) if split else 0,
        n_validation=len(split.validation) if split else 0,
        n_test=len(split.test) if split else 0,
        seconds=time.perf_counter() - began,
        plan=lines,
    )


def _missing(data: LabelledSet, spec: TrainPotentialSpec) -> Finding | None:
    """What was named and is not there at all."""
    try:
        refuse_what_is_missing(data, spec.data, spec.mapping)
    except DesignerAppError as error:
        told = explain_exception(error)
        advice = " ".join(told.advice)
        return Finding(key=MISSING, level="error", sentence=told.what, advice=advice)
    return None


def _unread(data: LabelledSet) -> list[Finding]:
    """Files that could not be read, or not to their end."""
    return [
        Finding(
            key=UNREAD,
            level="warning",
            sentence=each.error,
            advice="What could be read is used; mend the file, or take it out.",
        )
        for each in data.files
        if each.error
    ]


def _plan(
    split: SplitFrames, spec: TrainPotentialSpec
) -> tuple[tuple[tuple[str, str], ...], tuple[Finding, ...]]:
    """(lines of the plan, why there is none)."""
    if not split.train or not TRAINABLE[spec.model].network:
        return (), ()
    try:
        return plan(split, spec).lines, ()
    except DesignerAppError as error:
        told = explain_exception(error)
        advice = " ".join((told.meaning, *told.advice)).strip()
        return (), (Finding(key=PLAN, level="error", sentence=told.what, advice=advice),)
