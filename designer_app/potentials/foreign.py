"""Potentials from weights that other programs trained, recognised by the names of their parameters.

The file itself is never loaded by PyTorch: its tensors are taken out by reading
(`weights.safe_copy`), and what is written is a potential of this program.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from ase import units
from numpy.typing import NDArray
from torch import Tensor

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import ModelUnreadableError
from designer_app.potentials.gemnet.fairchem_weights import from_fairchem
from designer_app.potentials.gemnet.model import GemNet
from designer_app.potentials.network import N_NUMBERS, ScaledNetwork
from designer_app.potentials.schnet import SchNet
from designer_app.potentials.schnet_weights import from_pyg, from_schnetpack
from designer_app.potentials.trained import SCALE, SHIFT
from designer_app.specs.convert import ConvertSpec
from designer_app.specs.fields import refusal
from designer_app.weights.potential_cards import PotentialCard
from designer_app.weights.safe_copy import SafeCopy

_UNITS = {"eV": 1.0, "Ha": units.Hartree, "kcal/mol": units.kcal / units.mol,
          "kJ/mol": units.kJ / units.mol}  # fmt: skip
_USUAL_GEMNET_CUTOFF = 6.0
"""A, of fairchem's published GemNet-T models."""
_NO_CHANGE = (("mean", 0.0), ("std", 1.0))
_NO_MEAN = 1e-6
_PREFIXES = ("module.module.", "module.", "model.", "_orig_mod.", "net.")
"""What wrappers of training programs put before every name."""


def check_elements(spec: ConvertSpec) -> None:
    """Raise `InvalidSpecError` where no elements are named, or what is none."""
    if not spec.elements:
        raise refusal(spec, "elements", "the file does not tell which elements it learned")
    unknown = [symbol for symbol in spec.elements if symbol not in ATOMIC_NUMBERS]
    if unknown:
        raise refusal(spec, "elements", f"{unknown[0]} is no element")


def from_foreign(
    copy: SafeCopy, spec: ConvertSpec
) -> tuple[PotentialCard, dict[str, NDArray[Any]]]:
    """(card, arrays) of the potential in a copy. Raises `ModelUnreadableError` for unknown ones."""
    state = _without_prefix(
        {name: torch.from_numpy(np.array(each)) for name, each in copy.arrays.items()}
    )
    origin, family, read = _recognised(state, copy, spec)
    try:
        model = read(state, _UNITS[spec.unit])
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        reason = f"it looks like {origin}, but its parts do not fit together"
        raise ModelUnreadableError(str(spec.path), reason) from error
    network = model.network
    assert isinstance(network, SchNet | GemNet)
    arrays = {name: each.numpy() for name, each in network.state_dict().items()}
    arrays[SCALE], arrays[SHIFT] = model.scale.numpy(), model.shift.numpy()
    card = PotentialCard(
        family=family,
        title=spec.title or spec.path.stem,
        settings=asdict(network.settings),
        elements=tuple(sorted(set(spec.elements), key=ATOMIC_NUMBERS.__getitem__)),
        cutoff=network.cutoff,
        references_eV={
            symbol: float(model.references[ATOMIC_NUMBERS[symbol]]) for symbol in spec.elements
        },
        notes=f"Weights of {origin}, taken from {spec.path.name} (sha256 {copy.source_sha256}).",
    )
    return card, arrays


_Reader = Callable[[Mapping[str, Tensor], float], ScaledNetwork]


def _recognised(
    state: Mapping[str, Tensor], copy: SafeCopy, spec: ConvertSpec
) -> tuple[str, str, _Reader]:
    """(what it is, family, what reads it)."""
    if "distance_expansion.offset" in state and "lin1.weight" in state:
        return "SchNet of PyTorch Geometric", "schnet", lambda each, unit: from_pyg(each, unit=unit)
    if "representation.radial_basis.offsets" in state:
        return "SchNet of SchNetPack", "schnet", lambda each, unit: from_schnetpack(each, unit=unit)
    if "mlp_rbf3.linear.weight" in state or "mlp_rbf3.weight" in state:
        cutoff = spec.cutoff or _USUAL_GEMNET_CUTOFF

        std = _target_width(copy.told, spec)

        def gemnet(each: Mapping[str, Tensor], unit: float) -> ScaledNetwork:
            return ScaledNetwork(from_fairchem(each, cutoff), torch.zeros(N_NUMBERS), unit * std)

        return "GemNet-T of fairchem", "gemnet", gemnet
    names = ", ".join(list(state)[:3])
    reason = (
        f"the program knows weights of SchNet (PyTorch Geometric, SchNetPack) and GemNet-T "
        f"(fairchem), and these begin with {names}"
    )
    raise ModelUnreadableError(str(spec.path), reason)


def _target_width(told: Any, spec: ConvertSpec) -> float:
    """Standard deviation of the energies that fairchem's normalizers divided by; 1 without them.

    Raises `ModelUnreadableError` where a mean was taken off: it is one for each structure, whatever
    its size, and no potential of this program has such a term.
    """
    normalizers = told.get("normalizers") if isinstance(told, dict) else None
    target = normalizers.get("target") if isinstance(normalizers, dict) else None
    if not isinstance(target, dict):
        return 1.0
    mean, std = (float(np.ravel(target.get(name, each))[0]) for name, each in _NO_CHANGE)
    if abs(mean) > _NO_MEAN:
        reason = f"its energies lack a mean of {mean:g} for each structure; subtract it in training"
        raise ModelUnreadableError(str(spec.path), reason)
    return std


def _without_prefix(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    for prefix in _PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            return _without_prefix({name[len(prefix) :]: each for name, each in state.items()})
    return state
