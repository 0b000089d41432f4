"""The table of settings: the dialog, the file and the checks are made from it."""

from dataclasses import dataclass

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import threads_field


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What the user may choose for the whole program."""

    theme: str = spec_field(
        "system",
        label="Theme",
        doc="Colours of the window; automatic follows the system.",
        choices=(("system", "Automatic"), ("light", "Light"), ("dark", "Dark")),
    )
    language: str = spec_field(
        "system",
        label="Language",
        doc="Of the window; automatic follows the system.",
        choices=(("system", "Automatic"), ("en", "English"), ("zh_CN", "简体中文")),
    )
    color_scheme: str = spec_field(
        "jmol",
        label="Atom colours",
        doc="The colours of the elements, as in Jmol or as in VESTA.",
        choices=(("jmol", "Jmol"), ("vesta", "VESTA")),
    )
    projection: str = spec_field(
        "perspective",
        label="Projection",
        doc="Orthographic keeps parallels parallel: better for judging symmetry.",
        choices=(("perspective", "Perspective"), ("orthographic", "Orthographic")),
    )
    reopen: bool = spec_field(
        True, label="Open the last structure", doc="At the start, go on where you stopped."
    )
    preload: bool = spec_field(
        True,
        label="Get ready at the start",
        doc="Load PyTorch and CHGNet in the background after the start, so that the first run "
        "begins at once. Takes about 300 MB of memory.",
    )
    threads: int = threads_field()
    memory_limit: float = spec_field(
        0.0,
        label="Memory limit",
        doc="A computation that takes more is stopped, before the machine stands still. "
        "0 allows three quarters of what the machine has.",
        unit="GB",
        low=0.0,
        high=100_000.0,
        decimals=1,
        advanced=True,
    )
    python: str = spec_field(
        "",
        label="Other Python",
        doc="A Python with designer_app and packages that ours cannot hold, for computations. "
        "Empty: the program's own.",
        advanced=True,
    )
