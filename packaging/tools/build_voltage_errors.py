"""Write `resources/data/voltage-errors.toml`: how far CHGNet is off for measured electrodes.

Run in the program's environment: `python packaging/tools/build_voltage_errors.py` (some minutes).
`designer-app bench voltage` prints the same numbers as a table. The program shows them as the error
of every voltage it computes, and a shift only where it helps electrodes that it was not fitted to.
"""

import sys

from designer_app.cli.benches.voltage import judged_electrodes
from designer_app.io.atomic_write import atomic_write
from designer_app.properties.voltage_errors import FILE, MeasuredError, fitted
from designer_app.resources import resource

HEADER = """\
# Errors of voltages from relaxations on resources/data/classical-electrodes.toml, in V.
# Written by packaging/tools/build_voltage_errors.py.
"""


def text_of(measured: MeasuredError, rows: dict[str, float]) -> str:
    """The file's text."""
    lines = [
        HEADER,
        "[[potential]]",
        f'model_sha256 = "{measured.model_sha256}"',
        f"n = {measured.n}",
        f"mae = {measured.mae:.3f}",
        f"largest = {measured.largest:.3f}",
        f'shift = "{measured.shift}"',
        f"shift_mae = {measured.shift_mae:.3f}",
        "shifts = { "
        + ", ".join(f"{metal} = {volts:.3f}" for metal, volts in measured.shifts.items())
        + " }",
        "errors = { "
        + ", ".join(f"{compound} = {error:.3f}" for compound, error in rows.items())
        + " }",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Compute every electrode and write the file."""
    found = list(judged_electrodes(quick=False, say=lambda text: print(text, file=sys.stderr)))
    measured = fitted(
        [each.error for each in found],
        [each.electrode.metal for each in found],
        found[0].result.model_sha256,
    )
    rows = {each.electrode.compound: each.error for each in found}
    atomic_write(resource("data") / FILE, text_of(measured, rows), backup=False)


if __name__ == "__main__":
    main()
