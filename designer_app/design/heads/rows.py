"""What design heads say of a material: one row a number, and how labels become what is fitted."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.specs.design_targets import OWN

STABLE = 0.05
"""eV/atom above the hull up to which a crystal counts as stable."""
BAD = 0.10
"""eV/atom above the hull up to which a crystal is worth a relaxation."""
_MOST_FITTED = 5.0
"""Largest size of a distance as it is fitted, 3.7 eV/atom: no exponential runs away."""
FEWEST = 300
"""Labels that a shipped head needs."""


@dataclass(frozen=True, kw_only=True)
class HeadRow:
    """A number that is learned."""

    key: str
    title: str
    unit: str
    group: str
    """Heads of one group share an ensemble: "crystal", "electrode", "surface", or their own."""
    scale: str = "as is"
    """"as is", "hull" (asinh(x / 50 meV)), "percent" (ln of a size in percent), "logit"."""
    importance: float = 1.0
    least: float = -float("inf")
    teacher: str = ""
    """Whose numbers it learned, in a few words."""

    def fitted(self, values: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Labels as the network fits them."""
        if self.scale == "hull":
            return torch.asinh(values / STABLE).clamp(-_MOST_FITTED, _MOST_FITTED)
        if self.scale == "percent":
            return torch.log(values.abs().clamp(0.1, 300.0))
        return values

    def unfitted(self, values: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Back to the head's unit, differentiable."""
        if self.scale == "hull":
            return STABLE * torch.sinh(values.clamp(-_MOST_FITTED, _MOST_FITTED))
        if self.scale == "percent":
            return torch.exp(values.clamp(-3.0, 6.0))
        if self.scale == "logit":
            return torch.sigmoid(values)
        return values.clamp_min(self.least) if self.least > -float("inf") else values


ADSORBATES = ("H", "O", "OH", "C", "CH", "CH2", "CH3", "N", "NH")
CHGNET = "CHGNet 0.3.0, relaxed"
_OF_SITES = "Mamun 2019 (BEEF-vdW), lowest site of each close-packed surface"
_OF_HYDROGEN = (
    "OCx24 (RPBE), mean over the facets of the Wulff shape; metals that it lacks by Mamun 2019 "
    "(BEEF-vdW), lowest site, moved to it"
)

ROWS = (
    HeadRow(
        key="formation_energy", title="Formation energy", unit="eV/atom", group="crystal",
        importance=2.0, teacher=CHGNET,
    ),
    HeadRow(
        key="e_above_hull", title="Energy above the hull of other formulas", unit="eV/atom",
        group="crystal", scale="hull", importance=2.0, teacher=CHGNET,
    ),
    HeadRow(
        key="stability", title="Chance of lying within 50 meV/atom", unit="", group="crystal",
        scale="logit", teacher=CHGNET,
    ),
    HeadRow(
        key="band_gap", title="Band gap (PBE)", unit="eV", group="crystal", least=0.0,
        importance=0.5, teacher="Materials Project; crystal network where there is no table",
    ),
    HeadRow(
        key="bulk_modulus", title="Bulk modulus", unit="log10 GPa", group="crystal",
        importance=0.5, teacher="Materials Project; crystal network where there is no table",
    ),
    HeadRow(
        key="voltage", title="Average voltage", unit="V", group="electrode", importance=2.0,
        teacher="CHGNet 0.3.0, relaxed with the ion; without it as it stands, of a part relaxed",
    ),
    HeadRow(
        key="volume_change", title="Volume change", unit="%", group="electrode",
        scale="percent", importance=0.5, teacher=f"{CHGNET} with and without the ion",
    ),
    HeadRow(
        key="ionic_conductivity", title="Ionic conductivity", unit="log10 S/cm",
        group="electrode", importance=0.5, teacher="conductivity head, learned from OBELiX",
    ),
    *(
        HeadRow(
            key=f"adsorption {adsorbate}", title=f"Adsorption energy of {adsorbate}", unit="eV",
            group="surface", teacher=_OF_HYDROGEN if adsorbate == "H" else _OF_SITES,
        )
        for adsorbate in ADSORBATES
    ),
)  # fmt: skip
BY_KEY = {row.key: row for row in ROWS}


def rows_of(group: str) -> tuple[HeadRow, ...]:
    """The heads of a group, in the order of its outputs."""
    return tuple(row for row in ROWS if row.group == group)


def own_row(name: str, unit: str = "") -> HeadRow:
    """The head of a user's own column."""
    return HeadRow(key=f"{OWN}{name}", title=name, unit=unit, group=f"{OWN}{name}", teacher="own")
