"""GemNet: directional message passing with angles (T) and dihedral angles (Q)."""

from designer_app.potentials.gemnet.model import GemNet

__all__ = ["GemNet"]
