"""Making an ordered cell of a disordered structure."""

from dataclasses import dataclass

from designer_app.specs.fields import spec_field
from designer_app.specs.structure import Structure


@dataclass(frozen=True, kw_only=True)
class OrderSpec:
    """How shared and partly occupied sites are filled with whole atoms."""

    structure: Structure = spec_field(
        label="Structure", doc="What is ordered.", hidden=True, argument="-"
    )
    occupancies: tuple[dict[str, float], ...] = spec_field(
        (), label="Occupancies", doc="Shares of each site.", hidden=True, argument="-"
    )
    max_atoms: int = spec_field(
        200,
        label="Atoms at most",
        doc="Largest supercell that is tried; the smallest compact one that fits is taken.",
        low=1,
        high=2000,
    )
    tolerance: float = spec_field(
        0.02,
        label="Occupancy tolerance",
        doc="How far an occupancy may move to become whole atoms; 0.02 turns 0.35 into 1/3.",
        low=0.0,
        high=0.5,
        decimals=3,
    )
    candidates: int = spec_field(
        5, label="Candidates", doc="How many arrangements are kept, the best first.", low=1, high=50
    )
    seed: int = spec_field(0, label="Seed", doc="Of the search.", low=0, advanced=True)
