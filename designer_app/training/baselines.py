"""Labels of a correction: what a baseline leaves to be learned."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import DesignerAppError
from designer_app.potentials.base import Potential
from designer_app.potentials.delta import baseline_labels
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure
from designer_app.training.frames import SplitFrames


def less_baseline(frames: SplitFrames, baseline: Potential, control: RunControl) -> SplitFrames:
    """What is learned: a baseline taken off every label, free atoms included.

    Test frames are left out: the sum of baseline and correction is judged on them.
    """
    together = baseline_labels((*frames.train, *frames.validation), baseline, control)
    n_train = len(frames.train)
    return replace(
        frames,
        train=together[:n_train],
        validation=together[n_train:],
        test=(),
        free_atoms=_free_atoms(frames.free_atoms, baseline, control),
    )


def _free_atoms(
    energies: Mapping[str, float], baseline: Potential, control: RunControl
) -> Mapping[str, float]:
    """Differences for single atoms in eV; none where the baseline cannot compute every one."""
    atoms = [
        LabelledFrame(
            Structure(
                np.array([ATOMIC_NUMBERS[symbol]]),
                np.zeros((1, 3)),
                np.zeros((3, 3)),
                (False, False, False),
            ),
            energy=energy,
        )
        for symbol, energy in energies.items()
    ]
    try:
        found = baseline_labels(atoms, baseline, control)
    except DesignerAppError:  # a potential of crystals: the training fits them instead
        return {}
    return {
        symbol: frame.energy
        for symbol, frame in zip(energies, found, strict=True)
        if frame.energy is not None
    }
