"""Arrangements of species on sublattices with a low energy q M q: enumerated or annealed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from designer_app.running.control import RunControl

MOST_ENUMERATED = 20_000
"""Arrangements up to which every one is looked at."""
_RESTARTS = 12
_SWEEPS = 60
"""Swap attempts of each disordered site in one annealing."""
_SAME_ENERGY_EV = 1e-4
"""Arrangements nearer than this are taken as images of each other by symmetry."""


@dataclass(frozen=True)
class Sublattice:
    """Sites of one kind with the whole atoms they hold."""

    sites: NDArray[np.int64]
    counts: Mapping[str, int]
    charges: Mapping[str, float]

    @property
    def n_arrangements(self) -> int:
        """Ways to place the atoms."""
        ways = factorial(len(self.sites))
        return ways // prod(factorial(count) for count in self.counts.values())


@dataclass(frozen=True)
class Arrangement:
    """A species for each site, "" where it is empty, and the energy in eV."""

    species: tuple[str, ...]
    energy: float


def best_arrangements(
    sublattices: list[Sublattice],
    interaction: NDArray[np.float64],
    candidates: int,
    seed: int,
    control: RunControl,
) -> list[Arrangement]:
    """The arrangements of lowest energy that differ in energy, best first."""
    ways = prod(each.n_arrangements for each in sublattices)
    if ways <= MOST_ENUMERATED:
        found = _enumerated(sublattices, interaction, control, ways)
    else:
        found = _annealed(sublattices, interaction, seed, control)
    ranked: list[Arrangement] = []
    for each in sorted(found, key=lambda each: each.energy):
        if all(abs(each.energy - other.energy) > _SAME_ENERGY_EV for other in ranked):
            ranked.append(each)
        if len(ranked) == candidates:
            break
    return ranked


def _enumerated(
    sublattices: list[Sublattice],
    interaction: NDArray[np.float64],
    control: RunControl,
    ways: int,
) -> Iterator[Arrangement]:
    for done, species in enumerate(_all_species(sublattices, len(interaction))):
        if done % 500 == 0:
            control.checkpoint()
            control.progress(done, ways, "Arrangements")
        charges = _charges_of(species, sublattices)
        yield Arrangement(tuple(species), float(charges @ interaction @ charges))


def _all_species(sublattices: list[Sublattice], n_sites: int) -> Iterator[list[str]]:
    def fill(index: int, species: list[str]) -> Iterator[list[str]]:
        if index == len(sublattices):
            yield species
            return
        here = sublattices[index]
        for placed in _placements(list(here.sites), list(here.counts.items())):
            filled = list(species)
            for site, name in placed:
                filled[site] = name
            yield from fill(index + 1, filled)

    yield from fill(0, [""] * n_sites)


def _placements(sites: list[int], counts: list[tuple[str, int]]) -> Iterator[list[tuple[int, str]]]:
    (name, count), *rest = counts
    if not rest:
        yield [(site, name) for site in sites]
        return
    for chosen in combinations(sites, count):
        left = [site for site in sites if site not in set(chosen)]
        for others in _placements(left, rest):
            yield [*((site, name) for site in chosen), *others]


def _annealed(
    sublattices: list[Sublattice],
    interaction: NDArray[np.float64],
    seed: int,
    control: RunControl,
) -> Iterator[Arrangement]:
    """The end of several annealings, and what they passed at the end."""
    rng = np.random.default_rng(seed)
    mixed = [each for each in sublattices if each.n_arrangements > 1]
    sizes = np.array([len(each.sites) for each in mixed], dtype=float)
    for restart in range(_RESTARTS):
        control.progress(restart, _RESTARTS, "Arrangements")
        walk = _Walk(sublattices, interaction, rng)
        hot = walk.typical_change(mixed)
        attempts = int(_SWEEPS * sizes.sum())
        for attempt in range(attempts):
            if attempt % 200 == 0:
                control.checkpoint()
            temperature = hot * (1e-3) ** (attempt / attempts)
            lattice = mixed[rng.choice(len(mixed), p=sizes / sizes.sum())]
            first, second = rng.choice(lattice.sites, 2, replace=False)
            change = walk.change_of_swap(first, second)
            if change is None:
                continue
            if change <= 0 or rng.random() < np.exp(-change / temperature):
                walk.swap(first, second, change)
                if attempt > 0.8 * attempts:
                    yield walk.arrangement()
        walk.quench(mixed)
        yield walk.arrangement()


class _Walk:
    """An arrangement that changes by swaps, with the potential at each site kept up to date."""

    def __init__(
        self,
        sublattices: list[Sublattice],
        interaction: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        self.interaction = interaction
        self.species = [""] * len(interaction)
        for lattice in sublattices:
            names = [name for name, count in lattice.counts.items() for _ in range(count)]
            for site, place in zip(lattice.sites, rng.permutation(len(names)), strict=True):
                self.species[site] = names[place]
        self.charges = _charges_of(self.species, sublattices)
        self.potential = interaction @ self.charges
        self.energy = float(self.charges @ self.potential)

    def change_of_swap(self, first: int, second: int) -> float | None:
        """Energy change, eV; None where both sites hold the same."""
        if self.species[first] == self.species[second]:
            return None
        step = self.charges[second] - self.charges[first]
        M = self.interaction
        return float(
            2 * step * (self.potential[first] - self.potential[second])
            + step**2 * (M[first, first] + M[second, second] - 2 * M[first, second])
        )

    def swap(self, first: int, second: int, change: float) -> None:
        step = self.charges[second] - self.charges[first]
        self.potential += step * (self.interaction[:, first] - self.interaction[:, second])
        self.charges[first] += step
        self.charges[second] -= step
        names = self.species
        names[first], names[second] = names[second], names[first]
        self.energy += change

    def typical_change(self, mixed: list[Sublattice]) -> float:
        """Median size of a swap's energy, eV: where annealing starts."""
        sizes = [
            abs(change)
            for lattice in mixed
            for first, second in combinations(lattice.sites[:12], 2)
            if (change := self.change_of_swap(first, second)) is not None
        ]
        return max(float(np.median(sizes)), 1e-6) if sizes else 1e-6

    def quench(self, mixed: list[Sublattice]) -> None:
        """Take the best swap until none lowers the energy."""
        while True:
            best = min(
                (
                    (change, first, second)
                    for lattice in mixed
                    for first, second in combinations(lattice.sites, 2)
                    if (change := self.change_of_swap(first, second)) is not None
                ),
                default=(0.0, 0, 0),
            )
            if best[0] > -1e-9:
                return
            self.swap(best[1], best[2], best[0])

    def arrangement(self) -> Arrangement:
        return Arrangement(tuple(self.species), self.energy)


def _charges_of(species: list[str], sublattices: list[Sublattice]) -> NDArray[np.float64]:
    charges = sublattices[0].charges
    return np.array([charges[name] for name in species], dtype=np.float64)
