"""Phases of a chemical system as they are drawn, with candidates whose distance is known."""

from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import amounts_in
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import Hull
from designer_app.screening.phase_diagrams import phase_diagram
from designer_app.screening.reference.table import load_reference
from designer_app.specs.diagram import DiagramSpec
from designer_app.specs.hull import HullPlacement, PhaseDiagram


def run(spec: DiagramSpec, control: RunControl) -> PhaseDiagram:
    """The diagram by the shipped table of a potential.

    Raises `MissingReferenceError` where the potential has none, or an element is not in it.
    """
    table = load_reference(spec.potential, spec.model)
    if table is None:
        named = f"{spec.potential} {spec.model}".strip()
        raise MissingReferenceError(", ".join(spec.elements), named, "none is shipped")
    control.checkpoint()
    hull = Hull(spec.elements, table.in_system(spec.elements), table.origin)
    control.checkpoint()
    return phase_diagram(hull, [_placed(hull, *each) for each in spec.candidates])


def _placed(hull: Hull, formula: str, e_above_hull: float, known: float | None) -> HullPlacement:
    """Where a candidate lies that was placed on the same hull before."""
    x = hull.fractions_of(amounts_in(formula))
    formation = known if known is not None else hull.mixture(x).energy + e_above_hull
    return hull.place(amounts_in(formula), float(formation + x @ hull.element_energies))
