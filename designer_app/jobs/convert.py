"""A potential of this program from weights of another one, read without running anything."""

from typing import Any

from designer_app.io.folders import writable_folder
from designer_app.potentials.foreign import check_elements, from_foreign
from designer_app.running.control import RunControl
from designer_app.specs.convert import ConvertSpec
from designer_app.specs.fields import check_spec
from designer_app.weights.potential_cards import write_potential
from designer_app.weights.safe_copy import read_safely


def run(spec: ConvertSpec, control: RunControl) -> dict[str, Any]:
    """Folder, title and notes of the potential that was written to `spec.out`."""
    check_spec(spec)
    check_elements(spec)
    control.progress(0, 2, "Reading weights as data")
    copy = read_safely(spec.path)
    control.checkpoint()
    card, arrays = from_foreign(copy, spec)
    writable_folder(spec.out)
    sealed = write_potential(spec.out, card, arrays)
    return {
        "folder": str(spec.out),
        "title": sealed.title,
        "family": sealed.family,
        "cutoff_A": sealed.cutoff,
        "elements": list(sealed.elements),
        "n_parameters": sum(each.size for each in arrays.values()),
        "classes_not_run": list(copy.classes),
        "notes": sealed.notes,
    }
