"""The adsorption heads: energies of small adsorbates on close-packed metal and alloy surfaces."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import ElementTable
from designer_app.properties.heads.learned import Learned, learned_from
from designer_app.properties.heads.surface_features import SITES, Site, sites_of, surface_features
from designer_app.specs.estimates import LearnedEstimate
from designer_app.training.splits import amounts_in
from designer_app.weights.cards import ModelCard, read_model

MOST_STABLE = "most stable"
"""Among the errors by group: of the lowest energy of a surface's sites."""


@dataclass(frozen=True, eq=False)
class AdsorptionHead:
    """One ensemble for each adsorbate with at least 300 labels."""

    card: ModelCard
    table: ElementTable
    learned: Mapping[str, Learned]
    """By adsorbate."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The heads in a folder. Raises `FileUnreadableError`."""
        card, arrays = read_model(folder)
        found = {each.key: learned_from(card, each, arrays) for each in card.heads}
        return cls(card, ElementTable(arrays["elements"].astype(np.float64)), found)

    @property
    def adsorbates(self) -> tuple[str, ...]:
        """Those for which there is a head."""
        return tuple(self.learned)

    def predict(self, adsorbate: str, surface: str, site: str | None = None) -> LearnedEstimate:
        """Adsorption energy in eV on the most stable site of a close-packed surface.

        `surface` is a formula such as "Pt" or "Pt3Ni"; `site` (top, bridge or hollow) narrows the
        choice. Negative where it binds, against the gas molecules of the table.
        Raises `InvalidSpecError` where there is no head for the adsorbate, or no such site.
        """
        found = self.sites(adsorbate, surface)
        if site is not None and site not in SITES:
            raise InvalidSpecError("site", site, f"choose one of {', '.join(SITES)}", "Site")
        wanted = [(kind, each) for kind, each in found if site in (None, kind[0])]
        if not wanted:
            raise InvalidSpecError("site", site, f"{surface} has no such site", "Site")
        kind, best = min(wanted, key=lambda pair: pair[1].value)
        where = f"{kind[0]} {'-'.join(kind[1])} {kind[2]}".strip()
        said = self.learned[adsorbate].head
        known = said.by_group.get(site or MOST_STABLE, (0, said.held_out_error))
        return replace(best, method=f"{best.method}, {where}", error=known[1])

    def sites(self, adsorbate: str, surface: str) -> list[tuple[Site, LearnedEstimate]]:
        """Every kind of site of a surface with its energy."""
        if adsorbate not in self.learned:
            said = f"there are heads for {', '.join(self.adsorbates)}"
            raise InvalidSpecError("adsorbate", adsorbate, said, "Adsorbate")
        amounts = amounts_in(surface)
        learned = self.learned[adsorbate]
        found: list[tuple[Site, LearnedEstimate]] = []
        for kind, atoms, below in sites_of(amounts):
            row = surface_features(amounts, kind, atoms, below, self.table)
            estimate = learned.estimate(row, amounts, key=f"adsorption {adsorbate}")
            found.append(((kind, atoms, below), estimate))
        return found
