"""Energy of a structure as it is."""

from dataclasses import dataclass

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure


@dataclass(frozen=True, kw_only=True)
class EnergySpec:
    """Settings of a single-point calculation."""

    structure: Structure | None = spec_field(
        None, label="Structure", doc="What is computed.", hidden=True, argument="-"
    )
    potential: str = potential_field()
    model: str = model_field()
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
