"""The phase diagram of a chemical system, from the shipped reference phases: a quick look-up."""

from dataclasses import dataclass

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import model_field, potential_field


@dataclass(frozen=True, kw_only=True)
class DiagramSpec:
    """Which elements, and which candidates are drawn among the phases."""

    elements: tuple[str, ...] = spec_field(label="Elements", doc="Symbols, e.g. Li, Fe, O.")
    candidates: tuple[tuple[str, float, float | None], ...] = spec_field(
        (),
        label="Candidates",
        doc="(formula, eV/atom above the hull, formation energy in eV/atom where it was relaxed: "
        "it tells also of what lies below the hull).",
    )
    potential: str = potential_field()
    model: str = model_field()
