"""All frames of a trajectory at once, for playing them."""

from typing import Any

import numpy as np

from designer_app.io.trajectory import read_frames
from designer_app.running.control import RunControl
from designer_app.specs.documents import FramesSpec


def run(spec: FramesSpec, control: RunControl) -> dict[str, Any]:
    """`positions` (n_frames, n_atoms, 3) A, `cells` (n_frames, 3, 3) A, `steps`, `times_fs`.

    Frames with another number of atoms than the first are left out; where all of them would pass
    the limit of memory, every second, fourth ... frame is kept. A file without times counts frames.
    """
    kept: list[tuple[int, float, Any, Any]] = []
    every, n_atoms = 1, -1
    for number, atoms in enumerate(read_frames(spec.path)):
        control.checkpoint()
        n_atoms = len(atoms) if n_atoms < 0 else n_atoms
        if number % every or len(atoms) != n_atoms:
            continue
        step = int(atoms.info.get("step", number))
        time_fs = float(atoms.info.get("time_fs", step))
        kept.append((step, time_fs, atoms.positions.astype(np.float32), atoms.cell.array.copy()))
        if len(kept) * n_atoms * 12 > spec.max_bytes and len(kept) > 2:
            kept, every = kept[::2], 2 * every
    return {
        "positions": np.stack([each[2] for each in kept]),
        "cells": np.stack([each[3] for each in kept]),
        "steps": [each[0] for each in kept],
        "times_fs": [each[1] for each in kept],
    }
