"""Small untrained networks over the shipped prototype library, for tests of the search."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from designer_app.design.heads.contacts import N_RADII, descriptors_of
from designer_app.design.heads.ensemble import DesignHeads, Group
from designer_app.design.heads.features import IONS, Featurizer, scaled_elements
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.heads.rows import BY_KEY
from designer_app.design.heads.training import Scaling
from designer_app.design.representation.library import (
    PrototypeLibrary,
    known_tokens,
    load_library,
)
from designer_app.design.representation.tokens import MAX_SLOTS, TokenTable
from designer_app.design.search.generator import MaterialGenerator
from designer_app.design.vae import MaterialVAE, VAESettings
from designer_app.properties.features import element_table
from designer_app.weights.cards import HeadCard, ModelCard

SMALL = VAESettings(latent=8, hidden=32, class_size=16, choice_hidden=16, geometry_hidden=16)
_HEADS = {"crystal": ("formation_energy", "e_above_hull"), "electrode": ("voltage",)}
_SCALES = {"formation_energy": (-2.0, 1.0), "e_above_hull": (0.5, 1.0), "voltage": (3.0, 1.0)}


@dataclass(frozen=True)
class SearchKit:
    """What a search works with."""

    library: PrototypeLibrary
    known: TokenTable
    sources: tuple[str, ...]
    vae: MaterialVAE
    heads: DesignHeads

    @property
    def generator(self) -> MaterialGenerator:
        return MaterialGenerator(
            self.vae, self.heads, self.library, known=(self.known, self.sources)
        )


@pytest.fixture(scope="session")
def search_kit() -> SearchKit:
    """Every fifteenth known crystal, and layered LiCoO2 among them."""
    library = load_library()
    known, sources = known_tokens(library)
    rows = sorted({*range(0, len(known), 15), sources.index("example-LiCoO2")})
    torch.manual_seed(0)
    return SearchKit(
        library,
        known.rows(np.array(rows)),
        tuple(sources[row] for row in rows),
        MaterialVAE(library, SMALL).freeze(),
        _untrained_heads(library),
    )


def _untrained_heads(library: PrototypeLibrary) -> DesignHeads:
    elements = scaled_elements(element_table())
    contacts = np.zeros((len(library), MAX_SLOTS, MAX_SLOTS, N_RADII), dtype=np.float32)
    featurizer = Featurizer(elements, contacts, descriptors_of(library))
    groups, cards = {}, []
    for name, keys in _HEADS.items():
        size = NetworkSize(
            n_elements=featurizer.n_elements,
            n_whole=featurizer.n_whole,
            n_extra=len(IONS) if name == "electrode" else 0,
            outputs=len(keys),
            members=2,
            learned=4,
            hidden=8,
            rounds=1,
            trunk=8,
        )
        means, spreads = zip(*(_SCALES[key] for key in keys), strict=True)
        scaling = Scaling(torch.tensor(means), torch.tensor(spreads))
        rows = tuple(BY_KEY[key] for key in keys)
        groups[name] = Group(rows, SlotNetwork(size).requires_grad_(requires_grad=False), scaling)
        cards += [
            HeadCard(key=row.key, title=row.title, unit=row.unit, n_labels=0, held_out_error=0.3)
            for row in rows
        ]
    card = ModelCard(
        key="untrained", title="Untrained heads", version="0", made_by="the tests", data=(),
        split="none", heads=tuple(cards),
    )  # fmt: skip
    return DesignHeads(card, groups, featurizer, library)
