"""How far a potential is off on a set of frames, as its card tells it."""

from collections.abc import Sequence

from designer_app.io.potential_cards import ErrorsOn
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.specs.evaluate import ErrorRow
from designer_app.specs.labelled import LabelledFrame
from designer_app.training.metrics import Labels, error_rows, labels_of
from designer_app.training.predicting import predict_frames


def said_of(
    potential: Potential, frames: Sequence[LabelledFrame], control: RunControl, what: str = ""
) -> Labels:
    """What a potential says of frames, in their order; NaN where it cannot compute one."""
    found = predict_frames(potential, frames, control, what)
    if found.problem:
        control.log.warning("%s", found.problem)
    return found.labels


def errors_on(name: str, frames: Sequence[LabelledFrame], said: Labels) -> ErrorsOn:
    """Mean absolute errors over the labels that are known."""
    return _named(name, error_rows(frames, labels_of(frames), said)[0])


def details_on(frames: Sequence[LabelledFrame], said: Labels) -> tuple[ErrorsOn, ...]:
    """Errors of the forces by element, named by its symbol, and of all by "tag NAME"."""
    rows = error_rows(frames, labels_of(frames), said)[1:]
    rows = sorted(rows, key=lambda row: row.group.startswith("tag "))
    return tuple(_named(row.group.removeprefix("element "), row) for row in rows)


def _named(name: str, row: ErrorRow) -> ErrorsOn:
    return ErrorsOn(
        name=name,
        n_frames=row.n_frames,
        energy_meV_atom=row.energy_mae_meV_atom,
        force_meV_A=row.force_mae_meV_A,
        stress_GPa=row.stress_mae_GPa,
    )
