"""The fields that say what computes, and where, of every spec that asks a potential."""

from designer_app.specs.fields import spec_field
from designer_app.specs.potentials import POTENTIALS

POTENTIAL_CHOICES = tuple((row.key, row.title) for row in POTENTIALS.values())


def potential_field() -> str:
    """The `potential` field that every computing spec has."""
    found: str = spec_field(
        "chgnet",
        label="Potential",
        doc="What computes energy and forces.",
        choices=POTENTIAL_CHOICES,
    )
    return found


def model_field() -> str:
    """The `model` field that every computing spec has."""
    found: str = spec_field(
        "",
        label="Model",
        doc="Which parameters of this potential: a shipped set or a file. Empty: the default set.",
    )
    return found


def device_field() -> str:
    """The `device` field that every computing spec has."""
    found: str = spec_field(
        "auto",
        label="Device",
        doc="Where it runs. auto takes a GPU where there is one.",
        choices=(
            ("auto", "Automatic"),
            ("cpu", "CPU"),
            ("cuda", "NVIDIA GPU"),
            ("mps", "Apple GPU"),
        ),
        advanced=True,
    )
    return found


def dtype_field() -> str:
    """The `dtype` field that every computing spec has."""
    found: str = spec_field(
        "float32",
        label="Network precision",
        doc="Number type of networks; positions and momenta are always double where possible.",
        choices=(("float32", "Single"), ("float64", "Double")),
        advanced=True,
    )
    return found


def threads_field() -> int:
    """The `threads` field that every computing spec has."""
    found: int = spec_field(
        0,
        label="Threads",
        doc="CPU threads of one computation; 0 chooses for this machine.",
        low=0,
        high=1024,
        advanced=True,
    )
    return found
