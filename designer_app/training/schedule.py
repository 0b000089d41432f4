"""The learning rate over a training, and the moving average of the weights."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

WARM_UP = 0.02
"""Share of the training over which the rate rises."""
LAST = 1e-3
"""Share of the rate that is left at the end."""

FIRST_ENERGIES = 0.1
"""Share of their weight that energies begin with."""
ENERGIES_WHOLE = 0.5
"""Share of the training after which they have it all."""


def rate_factor(share: float) -> float:
    """Factor of the learning rate after a share of the training.

    Up along a line, then down as a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983).
    """
    if share < WARM_UP:
        return 0.05 + 0.95 * share / WARM_UP
    way = min((share - WARM_UP) / (1.0 - WARM_UP), 1.0)
    return LAST + (1.0 - LAST) * 0.5 * (1.0 + math.cos(math.pi * way))


def energy_factor(share: float) -> float:
    """Factor of the energies' weight after a share of the training: forces are learned first.

    An early network is off by the mean energy of whole frames, whose gradients drown those of the
    forces. One that has learned before, or has no forces to learn, does without. In a single
    comparison on mlearn's silicon, four epochs of SchNet ended with errors of energy lower by a
    sixth and of forces by a fourteenth; on 300 frames of ethanol nothing was gained or lost.
    """
    way = min(share / ENERGIES_WHOLE, 1.0)
    return FIRST_ENERGIES + (1.0 - FIRST_ENERGIES) * way


class WeightAverage:
    """Exponential moving average of the weights of a module, by name.

    a <- d a + (1 - d) w with d = min(decay, (1 + t) / (10 + t)): early weights are soon forgotten.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.n_steps = 0
        self.weights = {name: each.detach().clone() for name, each in _weights(module)}

    @torch.no_grad()
    def follow(self, module: nn.Module) -> None:
        """Take a step towards the present weights."""
        self.n_steps += 1
        decay = min(self.decay, (1.0 + self.n_steps) / (10.0 + self.n_steps))
        for name, each in _weights(module):
            self.weights[name].lerp_(each, 1.0 - decay)

    @contextmanager
    def standing_in(self, module: nn.Module) -> Iterator[None]:
        """While inside, the module has the averaged weights, and none of them learns."""
        kept = [each.detach().clone() for each in module.parameters()]
        frozen = learning(module)
        with torch.no_grad():
            for name, each in _weights(module):
                each.copy_(self.weights[name])
        for each in frozen:
            each.requires_grad_(False)
        try:
            yield
        finally:
            for each in frozen:
                each.requires_grad_()
            with torch.no_grad():
                for each, weights in zip(module.parameters(), kept, strict=True):
                    each.copy_(weights)


def learning(module: nn.Module) -> list[nn.Parameter]:
    """Weights of a module that are trained; others are frozen."""
    return [each for each in module.parameters() if each.requires_grad]


def _weights(module: nn.Module) -> Iterable[tuple[str, Tensor]]:
    return module.named_parameters()
