"""Findings about the energies of free atoms."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, Fix
from designer_app.specs.train_potential import TrainPotentialSpec

Frames = Sequence[LabelledFrame]

_BOUND = (-12.0, 1.0)
"""eV/atom: energies of bound matter against free atoms; tungsten, the strongest, has -8.9."""
_FIT = Fix(title="Fit them to the data", changes=(("references", "fit"),))


def reference_findings(
    frames: Frames, free_atoms: Mapping[str, float], spec: TrainPotentialSpec
) -> Iterator[Finding]:
    """Missing and unlikely energies of free atoms, and offsets that the data do not tell apart."""
    known = [each for each in frames if each.energy is not None]
    if not known:
        return
    counts, elements = composition_matrix(known)
    energies = np.array([each.energy for each in known], dtype=np.float64)
    missing = [symbol for symbol in elements if symbol not in free_atoms]
    if spec.references == "auto" and free_atoms and not missing:
        yield from _unlikely(counts, elements, energies, free_atoms)
        return
    if spec.references == "auto" and free_atoms:
        yield Finding(
            key="references",
            level="warning",
            sentence=f"The data hold free atoms, but none of {', '.join(missing)}.",
            advice="Add single atoms of these elements computed in the same way, or let an offset "
            "be fitted for each element.",
            fixes=(_FIT,),
        )
    rank = int(np.linalg.matrix_rank(counts))
    if rank < len(elements):
        yield Finding(
            key="references",
            level="note",
            sentence="Energies count from a fitted offset for each element "
            f"({', '.join(elements)}), of which the data fix {rank} of {len(elements)}: amounts of "
            "the elements do not vary independently.",
            advice="Energies of other compositions, and of broken bonds, will be off by a "
            "constant for each element; single atoms of each element in the data mend that.",
        )
    elif len(elements) > 1:
        spread = float(np.linalg.cond(counts / counts.sum(axis=1, keepdims=True)))
        if spread > 100.0:
            yield Finding(
                key="references",
                level="note",
                sentence="Amounts of the elements hardly vary, so the offsets that are fitted for "
                f"them are uncertain (condition number {spread:.0f}).",
                advice="Add single atoms of each element, computed in the same way.",
            )


def composition_matrix(frames: Frames) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """((n_frames, n_elements) atoms of each element, symbols)."""
    numbers = np.unique(np.concatenate([each.structure.numbers for each in frames]))
    counts = np.array([(each.structure.numbers[:, None] == numbers).sum(axis=0) for each in frames])
    return counts.astype(np.float64), tuple(SYMBOLS[int(number)] for number in numbers)


def _unlikely(
    counts: NDArray[np.float64],
    elements: Sequence[str],
    energies: NDArray[np.float64],
    free_atoms: Mapping[str, float],
) -> Iterator[Finding]:
    free = counts @ np.array([free_atoms[symbol] for symbol in elements])
    bound = float(np.median((energies - free) / counts.sum(axis=1)))
    low, high = _BOUND
    if not low < bound < high:
        yield Finding(
            key="references",
            level="error",
            sentence=f"Against the free atoms in the data the frames have {bound:.3g} eV/atom, "
            f"where {low:g} to {high:g} is possible: the free atoms are of another code, "
            "functional or pseudopotential.",
            advice="Leave those atoms out and let the energies be fitted.",
            fixes=(_FIT,),
        )
