"""The design heads: what soft tokens would be as materials, differentiable, with a spread.

    heads = load_design_heads()
    found = heads(soft, ("voltage", "energy_density", "e_above_hull"), ion="Li")
    found["voltage"].mean, found["voltage"].spread

Only the groups of heads that are asked are computed. Keys and units are those of
`specs/design_targets.py` (log10 where a property runs in it, the bulk modulus in GPa), and besides
them "stability", "molar_mass" (g/mol), "mass_density" (g/cm^3), "adsorption H" and the like (eV).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.heads.composition import KEYS as EXACT
from designer_app.design.heads.composition import ExactNumbers
from designer_app.design.heads.contacts import contacts_of, descriptors_of
from designer_app.design.heads.features import Featurizer
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.heads.packing import packed_contacts, unpacked_contacts
from designer_app.design.heads.rows import BY_KEY, HeadRow, own_row
from designer_app.design.heads.stacking import Stack, asked, stacks_of
from designer_app.design.heads.training import Scaling
from designer_app.design.representation.library import PrototypeLibrary, load_library
from designer_app.design.representation.soft import SoftTokens
from designer_app.errors import InvalidSpecError
from designer_app.properties.volcano import CORRECTIONS
from designer_app.resources import resource
from designer_app.specs.design_targets import LEADING, OWN
from designer_app.weights.cards import HeadCard, ModelCard, read_model

FOLDER = "weights/design-heads"
ENERGY_DENSITY, FREE_ENERGY = "energy_density", "adsorption_free_energy"
_LN10 = float(np.log(10.0))


@dataclass(frozen=True, eq=False)
class HeadOutput:
    """One number for each material, in the head's unit."""

    mean: Float[Tensor, " n"]
    spread: Float[Tensor, " n"]
    """Standard deviation between the members; 0 where nothing is learned."""


@dataclass(frozen=True, eq=False)
class Group:
    """Heads that share an ensemble."""

    rows: tuple[HeadRow, ...]
    network: SlotNetwork
    scaling: Scaling


class DesignHeads:
    """All heads for the prototypes of a library."""

    def __init__(
        self,
        card: ModelCard,
        groups: Mapping[str, Group],
        featurizer: Featurizer,
        library: PrototypeLibrary,
    ) -> None:
        self.card, self.groups, self.featurizer, self.library = card, groups, featurizer, library
        self.slot_counts = torch.from_numpy(library.slot_counts)
        self.exact = ExactNumbers(library.slot_counts, library.atomic_volumes)
        self.cards: dict[str, HeadCard] = {each.key: each for each in card.heads}
        learned = [row.key for group in groups.values() for row in group.rows]
        derived = [ENERGY_DENSITY] if "voltage" in learned else []
        if any(f"adsorption {each}" in learned for each in LEADING.values()):
            derived.append(FREE_ENERGY)
        self.keys: tuple[str, ...] = (*learned, *EXACT, *derived)
        self._group_of = {row.key: name for name, each in groups.items() for row in each.rows}
        self._stacks: dict[tuple[tuple[str, ...], int | None], tuple[Stack, ...]] = {}

    @property
    def origin(self) -> str:
        """Name, version and hash, as results show it."""
        return self.card.origin

    def __call__(
        self,
        soft: SoftTokens,
        keys: Iterable[str] | None = None,
        *,
        ion: str = "Li",
        reaction: str = "HER",
        left_out: int | None = None,
    ) -> dict[str, HeadOutput]:
        """The numbers asked for, all by default; `left_out` counts the member that is not asked.

        Raises `InvalidSpecError` for unknown keys.
        """
        wanted = tuple(self.keys if keys is None else keys)
        learned = [each for key in wanted for each in self._needs(key, reaction)]
        found = self._learned(soft, dict.fromkeys(learned), ion, left_out)
        return {key: self._answer(key, soft, found, ion, reaction) for key in wanted}

    def bound(self, keys: Iterable[str], *, ion: str = "Li", reaction: str = "HER") -> "BoundHeads":
        """The same heads, asked about some keys, one working ion and one reaction."""
        return BoundHeads(self, tuple(keys), ion, reaction)

    def with_group(self, name: str, group: Group, cards: Iterable[HeadCard] = ()) -> "DesignHeads":
        """The same heads with one group put in place of another, or added."""
        new = {each.key: each for each in cards}
        heads = tuple({**self.cards, **new}.values())
        groups = {**self.groups, name: group}
        return DesignHeads(replace(self.card, heads=heads), groups, self.featurizer, self.library)

    # --- parts ---

    def _needs(self, key: str, reaction: str) -> tuple[str, ...]:
        """Learned heads that a number stands on."""
        if key in EXACT:
            return ()
        if key == ENERGY_DENSITY:
            return ("voltage",)
        wanted = f"adsorption {_leading(reaction)}" if key == FREE_ENERGY else key
        if wanted not in self._group_of:
            known = ", ".join(self.keys)
            raise InvalidSpecError("target", key, f"there is no head for it; known: {known}")
        return (wanted,)

    def _learned(
        self, soft: SoftTokens, keys: Iterable[str], ion: str, left_out: int | None
    ) -> dict[str, HeadOutput]:
        keys = tuple(keys)
        if not keys:
            return {}
        names = tuple(dict.fromkeys(self._group_of[key] for key in keys))
        if (names, left_out) not in self._stacks:
            networks = {name: self.groups[name].network for name in names}
            self._stacks[names, left_out] = stacks_of(networks, left_out)
        said = asked(self._stacks[names, left_out], self.featurizer, soft, ion)
        found: dict[str, HeadOutput] = {}
        for name in names:
            group = self.groups[name]
            fitted = said[name][..., : len(group.rows)] * group.scaling.spread + group.scaling.mean
            for column, row in enumerate(group.rows):
                if row.key in keys:
                    found[row.key] = output_of(row, fitted[..., column])
        return found

    def _answer(
        self, key: str, soft: SoftTokens, found: Mapping[str, HeadOutput], ion: str, reaction: str
    ) -> HeadOutput:
        if key in EXACT:
            number = getattr(self.exact, key)
            mean = number(soft, ion) if key == "capacity" else number(soft)
            return HeadOutput(mean, torch.zeros_like(mean))
        if key == ENERGY_DENSITY:
            charge, voltage = self.exact.capacity(soft, ion), found["voltage"]
            return HeadOutput(voltage.mean * charge, voltage.spread * charge.detach())
        if key == FREE_ENERGY:
            adsorbate = _leading(reaction)
            energy = found[f"adsorption {adsorbate}"]
            return HeadOutput(energy.mean + _correction(adsorbate), energy.spread)
        return found[key]


class BoundHeads:
    """Heads that are asked about the same numbers again and again."""

    def __init__(
        self,
        heads: DesignHeads,
        keys: tuple[str, ...],
        ion: str,
        reaction: str,
        left_out: int | None = None,
    ) -> None:
        self.heads, self.keys, self.ion, self.reaction = heads, keys, ion, reaction
        self.left_out = left_out

    def __call__(self, soft: SoftTokens) -> dict[str, HeadOutput]:
        """The numbers of soft tokens."""
        return self.heads(
            soft, self.keys, ion=self.ion, reaction=self.reaction, left_out=self.left_out
        )

    def in_turns(self) -> tuple["BoundHeads", ...]:
        """The same, each without another member: for gradients, where a third of the time counts
        and what one of them misses the next one sees.
        """
        most = max((each.network.size.members for each in self.heads.groups.values()), default=1)
        return tuple(
            BoundHeads(self.heads, self.keys, self.ion, self.reaction, member)
            for member in range(most)
        )


def output_of(row: HeadRow, fitted: Float[Tensor, "m n"]) -> HeadOutput:
    """Mean and spread over members, in the unit of the head."""
    mean, spread = fitted.mean(dim=0), fitted.std(dim=0)
    high, low = row.unfitted(mean + spread), row.unfitted(mean - spread)
    value, width = row.unfitted(mean), 0.5 * (high - low)
    if row.key == "bulk_modulus":  # the network fits log10, a target is in GPa
        value = torch.exp(_LN10 * value.clamp(-1.0, 3.5))
        width = _LN10 * value * width
    return HeadOutput(value, width)


def _leading(reaction: str) -> str:
    try:
        return LEADING[reaction.upper()]
    except KeyError:
        raise InvalidSpecError("reaction", reaction, f"choose from {', '.join(LEADING)}") from None


def _correction(adsorbate: str) -> float:
    """EV from an adsorption energy to a free energy."""
    return CORRECTIONS[adsorbate].correction


# --- files ---


def heads_arrays(
    groups: Mapping[str, Group], featurizer: Featurizer, contacts: NDArray[np.float32]
) -> dict[str, NDArray[Any]]:
    """What `read_design_heads` reads; networks in half precision."""
    found: dict[str, NDArray[Any]] = {"elements": featurizer.elements.numpy()}
    return found | packed_contacts(contacts) | _network_arrays(groups)


def added_arrays(folder: Path, groups: Mapping[str, Group]) -> dict[str, NDArray[Any]]:
    """The arrays in a folder with those of more groups."""
    _, arrays = read_model(folder)
    return {**arrays, **_network_arrays(groups)}


def group_settings(groups: Mapping[str, Group]) -> dict[str, Any]:
    """What a card says of groups, so that they can be read."""
    return {
        name: {"size": asdict(each.network.size), "keys": [row.key for row in each.rows]}
        for name, each in groups.items()
    }


def _network_arrays(groups: Mapping[str, Group]) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for name, group in groups.items():
        for each, value in group.network.state_dict().items():
            found[f"{name}/{each}"] = value.numpy().astype(np.float16)
        found[f"{name}/scaling.mean"] = group.scaling.mean.numpy()
        found[f"{name}/scaling.spread"] = group.scaling.spread.numpy()
    return found


def read_design_heads(folder: Path, library: PrototypeLibrary | None = None) -> DesignHeads:
    """The heads in a folder. Raises `FileUnreadableError`.

    Heads know prototypes by their contacts: where the library is another one than in training,
    contacts are computed, which takes some seconds.
    """
    library = library or load_library()
    card, arrays = read_model(folder)
    same = card.settings["library"] == library.hash
    contacts = unpacked_contacts(arrays, library) if same else contacts_of(library)
    featurizer = Featurizer(
        arrays["elements"].astype(np.float32), contacts, descriptors_of(library)
    )
    groups = {
        name: _group(name, said, card, arrays) for name, said in card.settings["groups"].items()
    }
    return DesignHeads(card, groups, featurizer, library)


@lru_cache(maxsize=1)
def load_design_heads() -> DesignHeads:
    """The shipped heads."""
    return read_design_heads(resource(FOLDER))


def _group(
    name: str, said: Mapping[str, Any], card: ModelCard, arrays: Mapping[str, NDArray[Any]]
) -> Group:
    network = SlotNetwork(NetworkSize(**said["size"]))
    start = f"{name}/"
    found = {
        key.removeprefix(start): torch.from_numpy(value.astype(np.float32))
        for key, value in arrays.items()
        if key.startswith(start)
    }
    scaling = Scaling(found.pop("scaling.mean"), found.pop("scaling.spread"))
    network.load_state_dict(found)
    rows = tuple(_row(key, card) for key in said["keys"])
    return Group(rows, network.eval().requires_grad_(False), scaling)


def _row(key: str, card: ModelCard) -> HeadRow:
    if key in BY_KEY:
        return BY_KEY[key]
    return own_row(key.removeprefix(OWN), card.head(key).unit)
