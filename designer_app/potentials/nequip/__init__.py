"""An E(3)-equivariant network that needs few reference calculations."""

from designer_app.potentials.nequip.model import NequIP

__all__ = ["NequIP"]
