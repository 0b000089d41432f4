"""Findings about single frames: labels that are no numbers, energies and forces far from all."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, Fix
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frame_splits import is_usable, name_of
from designer_app.training.preflight.copies import places
from designer_app.training.preflight.neighbours import Surroundings
from designer_app.training.preflight.references import composition_matrix

Frames = Sequence[LabelledFrame]

_FAR = 15.0
"""Median absolute deviations from the median, scaled as a normal distribution's sigma."""
_FAR_ENERGY = 1.0
"""eV/atom: what is nearer than this is no outlier, however narrow the others lie."""
_LARGE_FORCE = 50.0
"""eV/A."""
_TIGHT = 0.5
"""Distance in units of the covalent radii; H2 has 1.2, steel at 500 GPa 0.8."""
_NET_FORCE = 0.1
"""eV/A for each atom."""


_MOST_NAMED = 3
"""Frames that a sentence names."""


def label_findings(frames: Frames, spec: TrainPotentialSpec) -> Iterator[Finding]:
    """Frames without labels, or with labels that are no finite numbers."""
    bare = [at for at, each in enumerate(frames) if each.energy is None and each.forces is None]
    broken = [at for at, each in enumerate(frames) if not is_usable(each) and at not in set(bare)]
    told = (
        (broken, "labels or positions that are no finite numbers"),
        (bare, "neither energy nor forces"),
    )
    for which, what in told:
        if which:
            yield Finding(
                key="labels",
                level="warning",
                sentence=f"{len(which)} of {len(frames)} frames have {what}, and are not learned "
                f"from: {_named(frames, which)}.",
                advice="Their calculations probably failed: compute them again, or leave them out.",
                frames=places(frames, which),
                fixes=(leave_out(frames, which, spec),),
            )


def _named(frames: Frames, which: Sequence[int]) -> str:
    """The first frames, as `leave_out` takes them."""
    names = ", ".join(name_of(frames[at]) for at in which[:_MOST_NAMED])
    return f"{names}, ..." if len(which) > _MOST_NAMED else names


def leave_out(frames: Frames, which: Sequence[int], spec: TrainPotentialSpec) -> Fix:
    """The fix that drops frames."""
    names = tuple(dict.fromkeys((*spec.leave_out, *(name_of(frames[at]) for at in which))))
    title = "Leave it out" if len(which) == 1 else f"Leave these {len(which)} out"
    return Fix(title=title, changes=(("leave_out", names),))


def outlier_findings(
    frames: Frames, found: Surroundings, spec: TrainPotentialSpec
) -> Iterator[Finding]:
    """Frames far from all others in energy, with huge forces, or with atoms that overlap."""
    yield from _far_energies(frames, spec)
    largest = np.array([_largest(each) for each in frames])
    huge = np.flatnonzero(largest > _LARGE_FORCE)
    if len(huge) and len(huge) < 0.5 * len(frames):
        worst = huge[np.argsort(-largest[huge])].tolist()
        yield Finding(
            key="outliers",
            level="warning",
            sentence=f"{len(huge)} of {len(frames)} frames have forces above {_LARGE_FORCE:g} "
            f"eV/Å, up to {largest.max():.3g}.",
            advice="They dominate the loss; leave them out unless such collisions matter.",
            frames=places(frames, worst),
            fixes=(leave_out(frames, worst, spec),),
        )
    tight = np.flatnonzero(found.tightest < _TIGHT)
    if len(tight):
        closest = int(np.argmin(found.tightest))
        yield Finding(
            key="outliers",
            level="warning",
            sentence=f"In {_counted(len(tight))} atoms are closer than half of what a bond needs: "
            f"{found.tightest_pair[closest]} {found.shortest[closest]:.2f} Å.",
            advice="Pseudopotentials overlap there, and energies mean little; check these frames.",
            frames=places(frames, tight[np.argsort(found.tightest[tight])].tolist()),
            fixes=(leave_out(frames, tight.tolist(), spec),),
        )
    yield from _net_forces(frames)


def _counted(n: int) -> str:
    return "one frame" if n == 1 else f"{n} frames"


def _largest(frame: LabelledFrame) -> float:
    if frame.forces is None or not len(frame.forces):
        return 0.0
    return float(np.linalg.norm(frame.forces, axis=1).max())


def _far_energies(frames: Frames, spec: TrainPotentialSpec) -> Iterator[Finding]:
    known = np.array([at for at, each in enumerate(frames) if each.energy is not None], dtype=int)
    if len(known) < 10:
        return
    off = energy_residuals([frames[at] for at in known])
    usual = 1.4826 * float(np.median(np.abs(off - np.median(off))))
    far = np.abs(off - np.median(off))
    bad = np.flatnonzero(far > max(_FAR * usual, _FAR_ENERGY))
    # A tail of compressed or molten frames is no mistake; a handful far off is.
    if not len(bad) or len(bad) > 0.05 * len(known):
        return
    worst = known[bad[np.argsort(-far[bad])]].tolist()
    yield Finding(
        key="outliers",
        level="warning",
        sentence=f"{_counted(len(bad)).capitalize()} of {len(frames)} lie up to {far.max():.3g} "
        f"eV/atom from the others, whose spread is {usual:.2g} eV/atom.",
        advice="Look at them: a calculation that did not converge, or atoms on top of each other.",
        frames=places(frames, worst),
        fixes=(leave_out(frames, worst, spec),),
    )


def energy_residuals(frames: Frames) -> NDArray[np.float64]:
    """(n,) eV/atom over what the composition alone explains; robust to a few outliers."""
    counts, _ = composition_matrix(frames)
    shares = counts / counts.sum(axis=1, keepdims=True)
    energies = np.array([(each.energy or 0.0) / len(each) for each in frames])
    weight = np.ones(len(frames))
    off = energies
    for _ in range(10):
        root = np.sqrt(weight)
        fitted = np.linalg.lstsq(shares * root[:, None], energies * root, rcond=1e-8)[0]
        off = energies - shares @ fitted
        usual = max(float(np.median(np.abs(off))), 1e-9)
        weight = 1.0 / np.maximum(np.abs(off), usual)
    return off


def _net_forces(frames: Frames) -> Iterator[Finding]:
    """Forces that would push the whole system: noise, or an atom missing."""
    nets, turns = [], []
    for frame in frames:
        if frame.forces is None or len(frame) < 2:
            continue
        nets.append(float(np.linalg.norm(frame.forces.sum(axis=0))) / len(frame))
        if not any(frame.structure.pbc):
            arms = frame.structure.positions - frame.structure.positions.mean(axis=0)
            torque = np.linalg.norm(np.cross(arms, frame.forces).sum(axis=0))
            whole = (np.linalg.norm(arms, axis=1) * np.linalg.norm(frame.forces, axis=1)).sum()
            turns.append(float(torque / whole) if whole > 0.0 else 0.0)
    if nets and float(np.median(nets)) > _NET_FORCE:
        yield Finding(
            key="gradient",
            level="warning",
            sentence=f"The forces of a frame add up to {np.median(nets):.2g} eV/Å for each atom "
            "(median), where they must cancel.",
            advice="Check that no atoms are missing, and that forces belong to these positions; "
            "an external field does this too.",
        )
    if turns and float(np.median(turns)) > 0.1:
        yield Finding(
            key="gradient",
            level="warning",
            sentence=f"The forces turn the molecules: their torque is {np.median(turns):.0%} of "
            "what they could exert, where it must vanish.",
            advice="Check that forces and positions are of the same frame and orientation.",
        )
