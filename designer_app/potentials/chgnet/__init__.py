"""CHGNet (Deng et al. 2023, doi:10.1038/s42256-023-00716-3) with the `chgnet` package's weights.

Why not the package itself. Most of a step there goes into matrices applied once per edge to
features that belong to atoms, into bonds whose features never change, and into a second pass for
the stress; it takes one structure at a time and imports for seconds. Here nothing differs
numerically, the order of work does:

- Layers on concatenated features are split: products are formed per atom or bond (`network`), and
  gathered per message (`kernels`).
- A bond or an angle is listed once and carries both its messages (`graph.Pairs`). Bonds of 3 A and
  more have no angles, so their features stay a matrix times basis functions.
- Angles are listed anew only when a bond passes 3 A. The last angle update has no way into the
  energy and is left out.
- The gradient is written by hand (`backward`) with respect to bond vectors, recomputing what is
  cheaper than memory; forces and stress are sums over them.
- Geometry is in the state's number type, so single-precision networks get exact distances.

`forward`, `backward` and `convolution` are the one path for every device. Only element-wise work
has two implementations: `torch_kernels` anywhere, `compiled_kernels` on CPUs with numba, twice as
fast. Which one computed is stored with a checkpoint, because they round differently.
"""

from designer_app.device import Compute
from designer_app.potentials.chgnet.potential import CHGNetPotential

__all__ = ["CHGNetPotential", "load"]


def load(model: str, compute: Compute) -> CHGNetPotential:
    """CHGNet with the weights "0.3.0" or "r2scan", or of a file of the same layout."""
    return CHGNetPotential(model, compute)
