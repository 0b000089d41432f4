"""CHGNet with the pretrained weights of the `chgnet` package, restructured."""

from designer_app.device import Compute
from designer_app.potentials.chgnet.potential import CHGNetPotential

__all__ = ["CHGNetPotential", "load"]


def load(model: str, compute: Compute) -> CHGNetPotential:
    """CHGNet with the weights "0.3.0" or "r2scan", or of a file of the same layout."""
    return CHGNetPotential(model, compute)
