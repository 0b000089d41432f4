"""Prototypes found in known crystals: those that can be laid over each other become one.

Crystals that may be learned from found the prototypes, and their medians are the prototypes'
geometry. The others join the nearest one; only where none is near do they make one of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.alignment import Aligned
from designer_app.design.representation.describing import Coarse, coarse, nearest
from designer_app.design.representation.matching import Target
from designer_app.screening.reference.symmetry import CrystalClass, SymmetricCrystal

NEAR = 0.30
"""Distance (see `alignment`) within which crystals of one class share a prototype."""
FAR = 0.60
"""Distance within which crystals that found no prototypes join one."""


@dataclass(eq=False)
class Cluster:
    """A prototype in the making."""

    target: Target
    members: dict[int, SymmetricCrystal] = field(default_factory=dict)
    """Aligned crystals by their place in the list that is mined; these make the medians."""
    guests: dict[int, SymmetricCrystal] = field(default_factory=dict)
    """Aligned crystals that have no say."""

    def __len__(self) -> int:
        return len(self.members) + len(self.guests)

    @property
    def kind(self) -> CrystalClass:
        """Its class."""
        return self.target.kind

    def settle(self) -> None:
        """The geometry becomes the median of the members', or of the guests' if there are none."""
        self.target = median(list((self.members or self.guests).values()))


class Clusters:
    """Prototypes in the making, found by what crystals have in common."""

    def __init__(self, order: NDArray[np.float64]) -> None:
        self.order = order
        """By atomic number: which of two exchangeable elements comes first."""
        self._by_key: dict[Coarse, list[Cluster]] = defaultdict(list)

    def __iter__(self) -> Iterator[Cluster]:
        return (cluster for group in self._by_key.values() for cluster in group)

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def add(self, cluster: Cluster) -> None:
        """One more."""
        self._by_key[coarse(cluster.kind)].append(cluster)

    def remove(self, cluster: Cluster) -> None:
        """One less."""
        self._by_key[coarse(cluster.kind)].remove(cluster)

    def nearest(
        self, crystal: SymmetricCrystal, suits: Callable[[Cluster], bool] = lambda _: True
    ) -> tuple[Cluster, Aligned] | None:
        """The prototype that the crystal is nearest to, and the crystal laid over it."""
        candidates = self._by_key.get(coarse(crystal.kind), ())
        known = ((cluster, cluster.target) for cluster in candidates if suits(cluster))
        return nearest(crystal, known, self.order)

    def found(self, crystals: Mapping[int, SymmetricCrystal], within: float = NEAR) -> None:
        """Prototypes of these crystals, in two rounds: the second with the medians of the first."""
        kinds = Counter(crystal.kind for crystal in crystals.values())
        # common descriptions first, so that rarer ones of the same class are brought to theirs
        in_order = sorted(crystals, key=lambda index: (-kinds[crystals[index].kind], index))
        for _ in range(2):
            for cluster in self:
                cluster.members = {}
            for index in in_order:
                self._join(index, crystals[index], within)
            for cluster in list(self):
                if cluster.members:
                    cluster.settle()
                else:
                    self.remove(cluster)

    def _join(self, index: int, crystal: SymmetricCrystal, within: float) -> None:
        found = self.nearest(crystal)
        if found is not None and found[1].distance <= within:
            found[0].members[index] = found[1].crystal
            return
        own = crystal if found is None else found[1].crystal
        self.add(Cluster(target_of(own), {index: own}))


def target_of(crystal: SymmetricCrystal) -> Target:
    """Its geometry."""
    return Target(crystal.kind, crystal.shape, crystal.free)


def median(members: Sequence[SymmetricCrystal]) -> Target:
    """The geometry in the middle, free numbers the short way round from the first member's."""
    shape = np.median([each.shape for each in members], axis=0)
    first = np.array(members[0].free)
    apart = np.array([each.free for each in members]) - first
    free = (first + np.median(apart - np.rint(apart), axis=0)) % 1.0
    return Target(members[0].kind, tuple(np.atleast_1d(shape).tolist()), tuple(free.tolist()))
