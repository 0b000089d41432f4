"""Steps of a VASP run whose electrons had not settled when NELM steps were used up.

VASP goes on with such a step, and its energy, forces and stress look like any others. Up to
version 5 the OUTCAR even says that EDIFF was reached, so the steps are counted; a step that settles
with the very last one allowed is taken for unsettled.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_ALLOWED = re.compile(rb'(?:^\s*NELM\s*=|name="NELM">)\s*(\d+)')
_STEP = re.compile(rb"-+ Iteration\s+(\d+)\(\s*(\d+)\s*\)")
_GIVEN_UP = b"EDIFF was not reached"


def unsettled(name: str, path: Path) -> frozenset[int]:
    """Numbers, from 0, of the ionic steps of a "vasp-out" or "vasp-xml" that did not settle."""
    allowed, found = 0, set[int]()
    with path.open("rb") as file:
        for line, ionic, electronic in (_in_xml if name == "vasp-xml" else _in_outcar)(file):
            if not allowed and (said := _ALLOWED.search(line)):
                allowed = int(said.group(1))
            if ionic < 0:
                continue
            if _GIVEN_UP in line or electronic == allowed > 1:
                found.add(ionic)
            elif electronic > allowed:  # linear response counts on, behind what had settled
                found.discard(ionic)
    return frozenset(found)


def _in_outcar(file: Iterator[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """(line, ionic step, electronic step); 0 where a line is none."""
    ionic = -1
    for line in file:
        step = _STEP.search(line)
        if step:
            ionic = int(step.group(1)) - 1
        yield line, ionic, int(step.group(2)) if step else 0


def _in_xml(file: Iterator[bytes]) -> Iterator[tuple[bytes, int, int]]:
    ionic, electronic = -1, 0
    for line in file:
        if b"<calculation>" in line:
            ionic, electronic = ionic + 1, 0
        is_step = b"<scstep>" in line
        electronic += is_step
        yield line, ionic, electronic if is_step else 0
