"""How far predictions are off on labelled frames: all, by tag and by element."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.potential_cards import ErrorsOn
from designer_app.specs.evaluate import ErrorRow
from designer_app.specs.labelled import LabelledFrame
from designer_app.units import GPA

Array = NDArray[np.float64]
Frames = Sequence[LabelledFrame]

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


@dataclass(frozen=True, eq=False)
class Labels:
    """Energies, forces and stresses of frames in flat arrays, NaN where not known."""

    n_atoms: NDArray[np.int64]
    """(n_frames,)."""
    numbers: NDArray[np.int64]
    """(n_atoms,) of all frames together."""
    energies: Array
    """(n_frames,) eV/atom."""
    forces: Array
    """(n_atoms, 3) eV/A."""
    stresses: Array
    """(n_frames, 6) GPa, tension positive, xx yy zz yz xz xy."""

    @property
    def frame_of_atom(self) -> NDArray[np.int64]:
        """(n_atoms,) place of the frame of each atom."""
        return np.repeat(np.arange(len(self.n_atoms)), self.n_atoms)


def labels_of(frames: Frames) -> Labels:
    """What the reference calculations say."""
    return Labels(
        n_atoms=np.array([len(each) for each in frames], dtype=np.int64),
        numbers=np.concatenate([each.structure.numbers for each in frames]),
        energies=np.array(
            [np.nan if each.energy is None else each.energy / len(each) for each in frames]
        ),
        forces=np.concatenate([_forces(each) for each in frames]),
        stresses=np.array([_voigt(each.stress) for each in frames]),
    )


def _forces(frame: LabelledFrame) -> Array:
    return np.full((len(frame), 3), np.nan) if frame.forces is None else frame.forces


def _voigt(stress: Array | None) -> Array:
    """(6,) GPa."""
    if stress is None:
        return np.full(6, np.nan)
    return np.array([stress[place] for place in VOIGT]) / GPA


def aligned_energies(reference: Labels, predicted: Labels) -> Array:
    """(n_frames,) predicted eV/atom after free-atom energies were fitted to the reference.

    Codes and functionals count the energy of a free atom differently; the constants c_e minimise
    sum_f [E_ref - E - sum_e x_fe c_e]^2 with the shares x_fe of the elements, the shortest where
    the compositions do not tell them apart.
    """
    known = np.isfinite(reference.energies) & np.isfinite(predicted.energies)
    elements = np.unique(reference.numbers)
    shares = np.zeros((len(reference.n_atoms), len(elements)))
    of_element = np.searchsorted(elements, reference.numbers)
    np.add.at(shares.reshape(-1), reference.frame_of_atom * len(elements) + of_element, 1.0)
    shares /= reference.n_atoms[:, None]
    if not known.any():
        return predicted.energies
    apart = (reference.energies - predicted.energies)[known]
    return predicted.energies + shares @ np.linalg.lstsq(shares[known], apart, rcond=1e-8)[0]


def error_rows(frames: Frames, reference: Labels, predicted: Labels) -> tuple[ErrorRow, ...]:
    """Mean absolute and root mean square errors: "all", "tag NAME" and "element X"."""
    n = len(frames)
    rows = [_row("all", np.ones(n, dtype=bool), reference, predicted)]
    tags = np.array([each.tag for each in frames])
    names = [tag for tag in dict.fromkeys(tags.tolist()) if tag]
    if names and not (len(names) == 1 and all(tags)):
        rows += [_row(f"tag {tag}", tags == tag, reference, predicted) for tag in names]
    for number in np.unique(reference.numbers):
        mine = reference.numbers == number
        off = np.abs(predicted.forces - reference.forces)[mine]
        held = np.unique(reference.frame_of_atom[mine][np.isfinite(off).all(axis=1)])
        rows.append(
            ErrorRow(
                group=f"element {SYMBOLS[int(number)]}",
                n_frames=len(held),
                force_mae_meV_A=_mean(off, 1e3),
                force_rmse_meV_A=_root(off, 1e3),
            )
        )
    return tuple(rows)


def errors_on(name: str, frames: Frames, said: Labels) -> ErrorsOn:
    """Mean absolute errors over the labels that are known, as a card tells them."""
    reference = labels_of(frames)
    found = _on_card(name, error_rows(frames, reference, said)[0])
    return replace(found, typical_force_meV_A=_mean(np.abs(reference.forces), 1e3))


def details_on(frames: Frames, said: Labels) -> tuple[ErrorsOn, ...]:
    """Errors of the forces by element, named by its symbol, and of all by "tag NAME"."""
    rows = error_rows(frames, labels_of(frames), said)[1:]
    rows = sorted(rows, key=lambda row: row.group.startswith("tag "))
    return tuple(_on_card(row.group.removeprefix("element "), row) for row in rows)


def _on_card(name: str, row: ErrorRow) -> ErrorsOn:
    return ErrorsOn(
        name=name,
        n_frames=row.n_frames,
        energy_meV_atom=row.energy_mae_meV_atom,
        force_meV_A=row.force_mae_meV_A,
        stress_GPa=row.stress_mae_GPa,
    )


def _row(name: str, mine: NDArray[np.bool_], reference: Labels, predicted: Labels) -> ErrorRow:
    energy = np.abs(predicted.energies - reference.energies)[mine]
    forces = np.abs(predicted.forces - reference.forces)[mine[reference.frame_of_atom]]
    return ErrorRow(
        group=name,
        n_frames=int(mine.sum()),
        energy_mae_meV_atom=_mean(energy, 1e3),
        force_mae_meV_A=_mean(forces, 1e3),
        stress_mae_GPa=_mean(np.abs(predicted.stresses - reference.stresses)[mine], 1.0),
        energy_rmse_meV_atom=_root(energy, 1e3),
        force_rmse_meV_A=_root(forces, 1e3),
    )


def _mean(off: Array, unit: float) -> float | None:
    known = off[np.isfinite(off)]
    return float(known.mean()) * unit if known.size else None


def _root(off: Array, unit: float) -> float | None:
    known = off[np.isfinite(off)]
    return float(np.sqrt((known**2).mean())) * unit if known.size else None


def force_errors_of_frames(reference: Labels, predicted: Labels) -> Array:
    """(n_frames,) root mean square error of the force components of each frame, eV/A."""
    squares = ((predicted.forces - reference.forces) ** 2).mean(axis=1)
    total = np.bincount(reference.frame_of_atom, squares, minlength=len(reference.n_atoms))
    return np.sqrt(total / reference.n_atoms)


def rank_correlation(first: Array, second: Array) -> float | None:
    """Spearman's rank correlation over the entries that both have; None for fewer than three."""
    from scipy.stats import spearmanr

    known = np.isfinite(first) & np.isfinite(second)
    a, b = first[known], second[known]
    if len(a) < 3 or np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return None
    return float(np.asarray(spearmanr(a, b))[0])


def blank_labels(frames: Frames) -> Labels:
    """Nothing known yet of frames: NaN, to be filled."""
    sizes = np.array([len(each) for each in frames], dtype=np.int64)
    numbers = [np.zeros(0, dtype=np.int64), *(each.structure.numbers for each in frames)]
    return Labels(
        n_atoms=sizes,
        numbers=np.concatenate(numbers),
        energies=np.full(len(sizes), np.nan),
        forces=np.full((int(sizes.sum()), 3), np.nan),
        stresses=np.full((len(sizes), 6), np.nan),
    )


def voigt(stresses: Array) -> Array:
    """(n, 6) GPa of (n, 3, 3) eV/A^3."""
    return np.stack([stresses[:, i, j] for i, j in VOIGT], axis=1) / GPA
