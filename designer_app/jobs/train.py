"""Training of a model, from published tables or on the user's own rows."""

import time
from typing import Any

from designer_app.errors import InvalidSpecError
from designer_app.io.folders import writable_folder
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec
from designer_app.specs.train import MODELS, TrainSpec
from designer_app.weights.cards import HeadCard, ModelCard


def run(spec: TrainSpec, control: RunControl) -> dict[str, Any]:
    """The card of the model that was written, as plain data."""
    check_spec(spec)
    row = MODELS[spec.model]
    if spec.resume and not spec.out.is_dir():
        raise InvalidSpecError("out", spec.out, "there is no training to go on with", "Folder")
    writable_folder(spec.out)
    began = time.perf_counter()
    card: ModelCard = row.load()(spec, control)
    return {
        "model": card.key,
        "version": card.version,
        "folder": str(spec.out),
        "weights_sha256": card.weights_sha256,
        "split": card.split,
        "heads": [_facts(each) for each in card.heads],
        "seconds": time.perf_counter() - began,
    }


def _facts(head: HeadCard) -> dict[str, Any]:
    return {
        "head": head.key,
        "unit": head.unit,
        "n_labels": head.n_labels,
        "held_out_error": head.held_out_error,
        "baseline_error": head.baseline_error,
        "coverage_90": head.coverage,
        "grouped_by": head.grouped_by,
    }
