"""Which sites the ions take: symmetry-distinct arrangements, all of them or the likeliest.

Few arrangements are enumerated. Of many, annealing (Kirkpatrick et al. 1983,
doi:10.1126/science.220.4598.671) finds those in which the ions repel each other least; two ions
nearer than they can be never stand together, so that room decides, as where lithium moves a spinel
to rock salt. What is left is ranked by the potential's energy before relaxation.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import NoRoomError
from designer_app.properties.ion_sites import pair_distances, site_permutations
from designer_app.properties.working_ions import with_ions_at
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure

MOST_ENUMERATED = 5_000
"""Arrangements up to which every one is looked at."""
MOST_RANKED = 40
"""Distinct arrangements whose energies are asked for."""
_SCREENING_A = 3.0
"""Length over which the host screens the repulsion."""
_COULOMB = 14.4
"""eV A/e^2."""
_TOO_NEAR = 50.0
"""eV: more than any repulsion, finite so that annealing can pass through."""
_RESTARTS, _SWEEPS = 12, 40

Energies = Callable[[Sequence[Structure]], list[float]]
"""eV of structures as they are; infinite where there is none."""


@dataclass(frozen=True, eq=False)
class Arrangements:
    """The structures to relax at one composition, and how they were found."""

    structures: tuple[Structure, ...]
    searched: str


def arranged(
    structure: Structure,
    ion: str,
    sites: NDArray[np.float64],
    n_ions: int,
    *,
    nearest: float,
    wanted: int,
    energies: Energies,
    seed: int,
    control: RunControl,
) -> Arrangements:
    """At most `wanted` arrangements of ions on the sites, none nearer to another than `nearest` A.

    Raises `NoRoomError` where so many ions do not fit.
    """
    name = f"{structure.name or 'host'} with {n_ions} {ion}"

    def built(mask: NDArray[np.bool_]) -> Structure:
        return with_ions_at(structure, ion, sites[mask], name)

    if n_ions == 0:
        return Arrangements((built(np.zeros(len(sites), dtype=bool)),), "the only arrangement")
    if n_ions > len(sites):
        raise NoRoomError(ion, n_ions, len(sites))
    rng = np.random.default_rng(seed)
    search = _Search(structure, ion, sites, n_ions, nearest=nearest, rng=rng, control=control)
    is_small = comb(len(sites), n_ions) <= MOST_ENUMERATED
    masks = search.enumerated() if is_small else search.annealed()
    if not masks:
        raise NoRoomError(ion, n_ions, search.most_that_fit())
    if len(masks) == 1 and is_small:
        return Arrangements((built(masks[0]),), "the only arrangement")
    how = f"{len(masks)} symmetry-distinct arrangements"
    how = f"all {how}" if is_small else f"{how} of least repulsion"
    if len(masks) <= wanted:
        return Arrangements(tuple(built(mask) for mask in masks), f"{how} relaxed")
    ranked = [built(mask) for mask in masks[:MOST_RANKED]]
    told = np.array(energies(ranked))
    best = np.argsort(told, kind="stable")[:wanted]
    if len(masks) > MOST_RANKED:
        how += f", the {MOST_RANKED} of least repulsion ranked"
    else:
        how += " ranked"
    return Arrangements(
        tuple(ranked[index] for index in best),
        f"{how} by energy before relaxation, the lowest {wanted} relaxed",
    )


class _Search:
    """Subsets of the sites, as boolean masks, with the repulsion between their ions."""

    def __init__(
        self,
        structure: Structure,
        ion: str,
        sites: NDArray[np.float64],
        n_ions: int,
        *,
        nearest: float,
        rng: np.random.Generator,
        control: RunControl,
    ) -> None:
        distances = pair_distances(sites, structure.cell)
        off_diagonal = ~np.eye(len(sites), dtype=bool)
        self.excludes = (distances < nearest) & off_diagonal
        repulsion = _COULOMB * np.exp(-distances / _SCREENING_A) / distances
        self.pairs = np.where(self.excludes, _TOO_NEAR, repulsion)
        self.permutations = site_permutations(structure, ion, sites)
        self.n_sites, self.n_ions = len(sites), n_ions
        self.rng, self.control = rng, control

    def energy(self, mask: NDArray[np.bool_]) -> float:
        """Repulsion between the ions, eV."""
        return float(0.5 * self.pairs[mask][:, mask].sum())

    def fits(self, mask: NDArray[np.bool_]) -> bool:
        """Whether no two ions exclude each other."""
        return not self.excludes[mask][:, mask].any()

    def enumerated(self) -> list[NDArray[np.bool_]]:
        """Every distinct subset that fits, the least repelled first."""
        return self._distinct(
            self._mask(chosen) for chosen in combinations(range(self.n_sites), self.n_ions)
        )

    def annealed(self) -> list[NDArray[np.bool_]]:
        """Distinct subsets that fit: packings, and what annealing makes of them at its end."""
        return self._distinct(self._walked())

    def most_that_fit(self) -> int:
        """How many ions packing finds room for: a lower bound."""
        return max(int(self._packed(self.n_sites).sum()) for _ in range(_RESTARTS))

    def _packed(self, n_ions: int) -> NDArray[np.bool_]:
        """Up to so many ions, each on a free site that takes the fewest free sites away."""
        mask = np.zeros(self.n_sites, dtype=bool)
        free = np.ones(self.n_sites, dtype=bool)
        while free.any() and mask.sum() < n_ions:
            lost = self.excludes[:, free].sum(axis=1) + self.rng.random(self.n_sites)
            site = int(np.argmin(np.where(free, lost, np.inf)))
            mask[site], free[site] = True, False
            free &= ~self.excludes[site]
        return mask

    def _mask(self, chosen: Sequence[int]) -> NDArray[np.bool_]:
        mask = np.zeros(self.n_sites, dtype=bool)
        mask[list(chosen)] = True
        return mask

    def _distinct(self, masks: Iterator[NDArray[np.bool_]]) -> list[NDArray[np.bool_]]:
        seen: set[bytes] = set()
        kept = []
        for count, mask in enumerate(masks):
            if count % 200 == 0:
                self.control.checkpoint()
            if mask.tobytes() in seen or not self.fits(mask):
                continue
            seen.update(image.tobytes() for image in mask[self.permutations])
            kept.append(mask)
        return sorted(kept, key=self.energy)

    def _walked(self) -> Iterator[NDArray[np.bool_]]:
        moves = _SWEEPS * self.n_sites
        for _ in range(_RESTARTS):
            self.control.checkpoint()
            mask = self._packed(self.n_ions)
            others = self.rng.permutation(np.flatnonzero(~mask))
            mask[others[: self.n_ions - int(mask.sum())]] = True
            yield mask.copy()
            full, empty = list(np.flatnonzero(mask)), list(np.flatnonzero(~mask))
            if not empty:
                continue
            felt = self.pairs @ mask
            for move in range(moves):
                kT = 5.0 * (2e-3) ** (move / moves)  # eV, from boiling to frozen
                left_at, new_at = self.rng.integers(len(full)), self.rng.integers(len(empty))
                left, new = full[left_at], empty[new_at]
                change = felt[new] - felt[left] - self.pairs[left, new]
                if change <= 0 or self.rng.random() < np.exp(-change / kT):
                    full[left_at], empty[new_at] = new, left
                    mask[left], mask[new] = False, True
                    felt = felt + self.pairs[new] - self.pairs[left]
                    if move > 0.9 * moves:
                        yield mask.copy()
            yield mask.copy()
