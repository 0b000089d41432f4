"""Steps of a VASP run whose electrons had not settled when NELM steps were used up.

VASP goes on with such a step, and its energy, forces and stress look like any others. Up to
version 5 the OUTCAR even says that EDIFF was reached, so the steps are counted; a step that settles
with the very last one allowed is taken for unsettled, but where version 6 says that it did. A step
that was given up in words stays so, whatever is counted behind it.

Runs that were joined to one OUTCAR count anew, and may have been killed between two results, so
frames are counted by their results, as whoever reads them does.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_ALLOWED = re.compile(rb'(?:^\s*NELM\s*=|name="NELM">)\s*(\d+)')
_STEP = re.compile(rb"-+ Iteration\s+(\d+)\(\s*(\d+)\s*\)")
_GIVEN_UP = b"EDIFF was not reached"
_REACHED = b"because EDIFF is reached"
_VERSION = re.compile(rb"^\s*vasp\.(\d+)\.")
_HONEST_FROM = 6
_RESULT = b"FREE ENERGIE OF THE ION-ELECTRON SYSTEM"


def unsettled(name: str, path: Path) -> frozenset[int]:
    """Numbers, from 0, of the ionic steps of a "vasp-out" or "vasp-xml" that did not settle."""
    allowed, is_honest, found, given_up = 0, False, set[int](), set[int]()
    with path.open("rb") as file:
        for line, ionic, electronic in (_in_xml if name == "vasp-xml" else _in_outcar)(file):
            if b"NELM" in line and (said := _ALLOWED.search(line)):
                allowed = int(said.group(1))
            if version := _VERSION.search(line):
                is_honest = int(version.group(1)) >= _HONEST_FROM
            if ionic < 0:
                continue
            if electronic == 1:  # begun anew
                given_up.discard(ionic)
            if _GIVEN_UP in line:
                given_up.add(ionic)
            elif electronic == allowed > 1:
                found.add(ionic)
            elif electronic == 1 or electronic > allowed or (is_honest and _REACHED in line):
                # begun anew, or linear response, which counts on behind what had settled
                found.discard(ionic)
    return frozenset(found | given_up)


def _in_outcar(file: Iterator[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """(line, frame, electronic step); 0 where a line is none."""
    frame = 0
    for line in file:
        step = _STEP.search(line) if b"Iteration" in line else None
        yield line, frame, int(step.group(2)) if step else 0
        frame += _RESULT in line


def _in_xml(file: Iterator[bytes]) -> Iterator[tuple[bytes, int, int]]:
    ionic, electronic = -1, 0
    for line in file:
        if b"<calculation>" in line:
            ionic, electronic = ionic + 1, 0
        is_step = b"<scstep>" in line
        electronic += is_step
        yield line, ionic, electronic if is_step else 0
