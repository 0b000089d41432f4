"""What a relaxation is."""

from dataclasses import dataclass
from pathlib import Path

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
class RelaxSpec:
    """Settings of a relaxation of one or many structures."""

    structures: tuple[Structure, ...] = spec_field(
        (), label="Structures", doc="What is relaxed, as one batch.", hidden=True, argument="-"
    )
    potential: str = potential_field()
    model: str = model_field()
    optimizer: str = spec_field(
        "lbfgs",
        label="Method",
        doc="L-BFGS needs less than half the steps; FIRE is the simple alternative.",
        choices=(("lbfgs", "L-BFGS"), ("fire", "FIRE")),
        advanced=True,
    )
    fmax: float = spec_field(
        0.05,
        label="Force below",
        doc="Converged when no atom feels more; 0.05 for screening, 0.01 for phonons.",
        unit="eV/A",
        above=0.0,
        high=10.0,
        decimals=4,
    )
    smax: float = spec_field(
        0.1,
        label="Stress below",
        doc="Converged when, besides, no stress component is farther from the pressure. "
        "A volume is then right to this over the bulk modulus.",
        unit="GPa",
        above=0.0,
        high=100.0,
        decimals=3,
        advanced=True,
        when=("fix_cell", (False,)),
    )
    fix_cell: bool = spec_field(
        False, label="Keep the cell", doc="Move only the atoms. On for molecules and slabs."
    )
    pressure: float = spec_field(
        0.0,
        label="Pressure",
        doc="External pressure; 0 is ambient.",
        unit="GPa",
        low=-50.0,
        high=500.0,
        advanced=True,
        when=("fix_cell", (False,)),
    )
    steps: int = spec_field(
        500, label="Steps at most", doc="Gives up after so many.", low=1, high=10**6, advanced=True
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Relaxed structures are written here, as CIF or XYZ. Left out: only figures.",
        hidden=True,
    )
