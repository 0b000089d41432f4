"""The output of Quantum ESPRESSO's pw.x with the energies of settled electrons alone."""

from io import StringIO
from pathlib import Path

_ENERGY, _ITERATION, _SETTLED = "!    total energy", "     iteration #", "convergence has been"


def with_last_energies(path: Path) -> StringIO:
    """The text without the marks of energies after which iterations went on.

    Verbose runs mark the energy of every iteration, and ASE takes the first it finds.
    """
    lines: list[str] = []
    marked = -1
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(_ITERATION) and marked >= 0:
                lines[marked], marked = lines[marked].replace("!", " ", 1), -1
            elif line.startswith(_ENERGY):
                marked = len(lines)
            elif _SETTLED in line:
                marked = -1
            lines.append(line)
    return StringIO("".join(lines))
