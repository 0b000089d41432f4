"""How slow this computer is at the moment, for estimates of how long a run takes."""

import time

import numpy as np

_ROUNDS = 40_000
_USUAL = 0.18
"""Seconds that the rounds take on one free core of the computer on which times were counted."""


def slowness() -> float:
    """By how much work takes longer here and now than on a free core of a laptop; never below 1.

    A fixed amount of small array work is timed, long enough for other programs to take their turns.
    """
    values = np.ones((32, 64), dtype=np.float32)
    weights = np.full((64, 64), 1.0 / 64.0, dtype=np.float32)
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        values = np.tanh(values @ weights) + 0.5
    return max(1.0, (time.perf_counter() - began) / _USUAL)
