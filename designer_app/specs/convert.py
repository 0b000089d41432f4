"""Making a potential of this program from weights that another program trained."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field


@dataclass(frozen=True, kw_only=True)
class ConvertSpec:
    """Which file, and what it does not tell itself."""

    path: Path = spec_field(label="File", doc="Weights of another program.", argument="-")
    out: Path = spec_field(label="Folder", doc="The potential is written here.")
    elements: tuple[str, ...] = spec_field(
        (),
        label="Elements",
        doc="Symbol of an element that it learned; the file does not tell.",
        argument="element",
    )
    unit: str = spec_field(
        "eV",
        label="Unit of energy",
        doc="Of the energies that it learned, with lengths in A.",
        choices=(("eV", "eV"), ("Ha", "Hartree"), ("kcal/mol", "kcal/mol"), ("kJ/mol", "kJ/mol")),
    )
    cutoff: float = spec_field(
        0.0,
        label="Cutoff",
        doc="Of models whose file does not hold it (GemNet); 0: as in the file, or 6 A.",
        unit="A",
        low=0.0,
        high=20.0,
    )
    title: str = spec_field("", label="Title", doc="What it is called; the name of the file.")
