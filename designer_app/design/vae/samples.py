"""What points of the latent space say when they are decided: balanced, apart, different, new."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae.dataset import amounts_of_row
from designer_app.design.vae.judging import mean_of
from designer_app.design.vae.network import MaterialVAE
from designer_app.screening.charge_balance import balanced, smact_valid
from designer_app.screening.checks import touching


@dataclass(frozen=True, kw_only=True)
class SampleFigures:
    """What the decodes of random points are like; shares of all of them."""

    n: int
    strict: float
    """Balanced by common oxidation states."""
    smact: float
    """Valid by SMACT's looser rule, the one that generative models are usually judged by."""
    apart: float
    """No two atoms nearer than 0.55 times the sum of their covalent radii."""
    valid: float
    """By SMACT, and apart."""
    strictly_valid: float
    """Balanced by common oxidation states, and apart."""
    unique: float
    """Different pairs of prototype and elements."""
    novel: float
    """Of the different ones, those that no known crystal has."""


def sample_figures(
    vae: MaterialVAE,
    library: PrototypeLibrary,
    z: Float[Tensor, "n latent"],
    known: TokenTable,
) -> SampleFigures:
    """Of decided decodes of latent vectors."""
    return table_figures(library, vae.best_decode(z), known)


def table_figures(library: PrototypeLibrary, table: TokenTable, known: TokenTable) -> SampleFigures:
    """Of crystals."""
    strict, smact, apart = (np.zeros(len(table), dtype=bool) for _ in range(3))
    for row in range(len(table)):
        amounts = amounts_of_row(table, row, library.slot_counts)
        strict[row] = balanced(amounts, "strict") is not None
        smact[row] = smact_valid(amounts)
        structure = library.structure_of(library.tokens(table, row))
        apart[row] = not touching(structure)
    kinds = set(_kinds(table))
    return SampleFigures(
        n=len(table),
        strict=mean_of(strict),
        smact=mean_of(smact),
        apart=mean_of(apart),
        valid=mean_of(smact & apart),
        strictly_valid=mean_of(strict & apart),
        unique=len(kinds) / max(len(table), 1),
        novel=len(kinds - set(_kinds(known))) / max(len(kinds), 1),
    )


def _kinds(table: TokenTable) -> list[tuple[int, tuple[int, ...]]]:
    return [
        (int(prototype), tuple(elements))
        for prototype, elements in zip(table.prototype, table.elements.tolist(), strict=True)
    ]


def normal_points(n: int, latent: int, seed: int) -> Float[Tensor, "n latent"]:
    """Points of the prior N(0, 1)."""
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))
