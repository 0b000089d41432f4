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

from pathlib import Path

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.potentials.base import Potential
from designer_app.potentials.chgnet.potential import CHGNetPotential
from designer_app.potentials.chgnet.weights import N_ELEMENTS, read_weights
from designer_app.specs.potentials import POTENTIALS

__all__ = ["CHGNetPotential", "load"]


def load(model: str, compute: Compute) -> Potential:
    """CHGNet with the weights "0.3.0" or "r2scan", of a file of the same layout, or fine-tuned."""
    if model and Path(model).is_dir():
        from designer_app.potentials import trained  # it loads by this package

        return trained.load(model, compute)
    weights = read_weights(model)
    return CHGNetPotential(weights, compute, model=model, elements=_known_elements(model))


def _known_elements(model: str) -> frozenset[int]:
    """Atomic numbers of the training set; of a file, all that it has parameters for."""
    symbols = POTENTIALS["chgnet"].elements(model)
    if symbols is None:
        return frozenset(range(1, N_ELEMENTS + 1))
    return frozenset(ATOMIC_NUMBERS[symbol] for symbol in symbols)
