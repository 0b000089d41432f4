"""The best candidates, spread out: greedy choice with penalties for being like those chosen.

    worth_i = score_i - diversity * strength * max_j likeness_ij,  j among those chosen,

with a likeness of 0 to 1 from the structure family, the elements they share, and how near they are
in the latent space (Carbonell & Goldstein 1998, doi:10.1145/290941.291025).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRENGTH = 4.0
"""Of the score that full likeness costs at a diversity of 1: e^4, about 50 times less likely."""
_FAMILY, _ELEMENTS, _LATENT = 0.3, 0.5, 0.2
"""Shares of the likeness."""


@dataclass(frozen=True, eq=False)
class Traits:
    """By what candidates resemble each other."""

    family: NDArray[np.int64]
    """(n,) equal for one family of structures."""
    elements: NDArray[np.bool_]
    """(n, N_ELEMENTS) which elements they hold."""
    latent: NDArray[np.float32]
    """(n, latent)."""


def spread_out(
    score: NDArray[np.float64], traits: Traits, n: int, diversity: float
) -> NDArray[np.int64]:
    """(<= n,) places of those chosen, in the order of choice; with a diversity of 0 the best."""
    order = np.argsort(-score, kind="stable")
    if diversity == 0.0:
        return order[:n]
    chosen: list[int] = []
    most_alike = np.zeros(len(score))
    left = np.isfinite(score)
    unit = _typical_distance(traits.latent)
    strength = diversity * _STRENGTH
    for _ in range(min(n, len(score))):
        if not left.any():
            break
        worth = np.where(left, score - strength * most_alike, -np.inf)
        best = int(order[np.argmax(worth[order])])
        chosen.append(best)
        left[best] = False
        most_alike = np.maximum(most_alike, _likeness(best, traits, unit))
    rest = [place for place in order.tolist() if left[place] or not np.isfinite(score[place])]
    return np.array([*chosen, *rest][:n], dtype=np.int64)


def _likeness(one: int, traits: Traits, unit: float) -> NDArray[np.float64]:
    """(n,) of all with one of them."""
    same_family = traits.family == traits.family[one]
    both = (traits.elements & traits.elements[one]).sum(axis=1)
    either = (traits.elements | traits.elements[one]).sum(axis=1)
    apart = np.linalg.norm(traits.latent - traits.latent[one], axis=1)
    return (
        _FAMILY * same_family
        + _ELEMENTS * both / np.maximum(either, 1)
        + _LATENT * np.exp(-((apart / unit) ** 2))
    )


def _typical_distance(latent: NDArray[np.float32]) -> float:
    """Root mean square distance from the mean, at least a little."""
    return max(float(np.sqrt(((latent - latent.mean(axis=0)) ** 2).sum(axis=1).mean())), 1e-6)
