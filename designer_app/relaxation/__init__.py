"""Minima of the energy: FIRE and L-BFGS over atoms and cells, many structures at a time."""

from designer_app.relaxation.batch import Relaxed, relax
from designer_app.relaxation.judging import Goal

__all__ = ["Goal", "Relaxed", "relax"]
