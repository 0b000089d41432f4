"""What people design materials for: each purpose with defaults that can be left as they are."""

from dataclasses import dataclass, replace
from typing import Any

from designer_app.specs.design import DesignSpec


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """A card of the wizard's first page, and what `design` starts from."""

    key: str
    title: str
    doc: str
    """What will be predicted, and how well; one sentence."""
    changes: tuple[tuple[str, Any], ...]
    """Of a `DesignSpec`; they name the purpose."""
    targets: tuple[str, ...]
    offered: tuple[str, ...]
    """Keys of the properties that its targets page shows, in order."""


_CATHODE_TARGETS = ("energy_density=600..", "voltage=2..4.6", "e_above_hull=..0.05")
_CATHODE_OFFERED = (
    "energy_density",
    "voltage",
    "capacity",
    "volume_change",
    "e_above_hull",
    "price",
)
_CATALYST_OFFERED = ("adsorption_free_energy", "e_above_hull", "price")
_CATALYST_DOC = (
    "Alloys by their adsorption energies (learned, about 0.15 eV), stability by relaxation; "
    "slabs of the best are relaxed as a sanity check."
)

PURPOSES = (
    Purpose(
        key="li-cathode",
        title="Li-ion cathode",
        doc="Voltage and energy density by relaxation of both ends of the charge (about 0.3 V), "
        "stability against 27,000 known phases.",
        changes=(("purpose", "cathode"), ("ion", "Li")),
        targets=_CATHODE_TARGETS,
        offered=_CATHODE_OFFERED,
    ),
    Purpose(
        key="na-cathode",
        title="Na-ion cathode",
        doc="Voltage and energy density by relaxation as for lithium (about 0.3 V); sodium is "
        "cheaper, heavier and everywhere.",
        changes=(("purpose", "cathode"), ("ion", "Na")),
        targets=("energy_density=450..", "voltage=2..4.3", "e_above_hull=..0.05"),
        offered=_CATHODE_OFFERED,
    ),
    Purpose(
        key="k-cathode",
        title="K-ion cathode",
        doc="Voltage and energy density by relaxation as for lithium; few known materials to "
        "learn from.",
        changes=(("purpose", "cathode"), ("ion", "K")),
        targets=("energy_density=350..", "voltage=2..4.3", "e_above_hull=..0.05"),
        offered=_CATHODE_OFFERED,
    ),
    Purpose(
        key="mg-cathode",
        title="Mg-ion cathode",
        doc="Two charges an ion; magnesium moves slowly, so look at barriers afterwards.",
        changes=(("purpose", "cathode"), ("ion", "Mg")),
        targets=("energy_density=400..", "voltage=1.5..4", "e_above_hull=..0.05"),
        offered=_CATHODE_OFFERED,
    ),
    Purpose(
        key="zn-cathode",
        title="Zn-ion cathode",
        doc="For batteries with water; few known materials to learn from.",
        changes=(("purpose", "cathode"), ("ion", "Zn")),
        targets=("energy_density=200..", "voltage=0.8..2", "e_above_hull=..0.05"),
        offered=_CATHODE_OFFERED,
    ),
    Purpose(
        key="anode",
        title="Anode",
        doc="Low voltage against lithium, much capacity, little change of volume.",
        changes=(("purpose", "anode"), ("ion", "Li")),
        targets=("voltage=0.2..1.6", "capacity=150..", "e_above_hull=..0.05"),
        offered=("voltage", "capacity", "volume_change", "e_above_hull", "price"),
    ),
    Purpose(
        key="electrolyte",
        title="Solid electrolyte",
        doc="Conductivity learned from experiments (a factor of ten or more), gap and stability; "
        "barriers of the best by relaxation.",
        changes=(("purpose", "electrolyte"), ("ion", "Li")),
        targets=("ionic_conductivity=1e-4..", "band_gap=2..", "e_above_hull=..0.05"),
        offered=("ionic_conductivity", "band_gap", "e_above_hull", "bulk_modulus", "price"),
    ),
    Purpose(
        key="her",
        title="Hydrogen evolution",
        doc=_CATALYST_DOC,
        changes=(("purpose", "catalyst"), ("reaction", "HER"), ("charge", "off")),
        targets=("adsorption_free_energy=0", "e_above_hull=..0.05"),
        offered=_CATALYST_OFFERED,
    ),
    Purpose(
        key="oer",
        title="Oxygen evolution",
        doc="Alloys by how they bind OH (learned, about 0.15 eV), stability by relaxation; where "
        "oxygen evolves most metals carry an oxide, so that this is a first guess.",
        changes=(("purpose", "catalyst"), ("reaction", "OER"), ("charge", "off")),
        targets=("adsorption_free_energy=1", "e_above_hull=..0.05"),
        offered=_CATALYST_OFFERED,
    ),
    Purpose(
        key="orr",
        title="Oxygen reduction",
        doc=_CATALYST_DOC,
        changes=(("purpose", "catalyst"), ("reaction", "ORR"), ("charge", "off")),
        targets=("adsorption_free_energy=0.9", "e_above_hull=..0.05"),
        offered=_CATALYST_OFFERED,
    ),
    Purpose(
        key="nrr",
        title="Ammonia from nitrogen",
        doc=_CATALYST_DOC,
        changes=(("purpose", "catalyst"), ("reaction", "NRR"), ("charge", "off")),
        targets=("adsorption_free_energy=0", "e_above_hull=..0.05"),
        offered=_CATALYST_OFFERED,
    ),
    Purpose(
        key="own",
        title="Own property",
        doc="A property of your own table of crystals. Heads learn it first: designer-app train "
        "--model design-heads --table FILE.",
        changes=(("purpose", "own"),),
        targets=("e_above_hull=..0.05",),
        offered=("formation_energy", "e_above_hull", "band_gap", "bulk_modulus", "price"),
    ),
)  # fmt: skip


def purpose_named(key: str) -> Purpose:
    """The purpose of a key; `KeyError` for another."""
    return {each.key: each for each in PURPOSES}[key]


def applied(purpose: Purpose, spec: DesignSpec) -> DesignSpec:
    """The spec for a purpose, with its targets."""
    changes: dict[str, Any] = dict(purpose.changes)
    return replace(spec, targets=purpose.targets, **changes)


def purpose_of(spec: DesignSpec) -> Purpose:
    """The card that a spec belongs to: same purpose, ion and reaction; else the same purpose."""
    alike = [each for each in PURPOSES if dict(each.changes)["purpose"] == spec.purpose]
    for each in alike:
        said = dict(each.changes)
        if spec.purpose == "catalyst" and said["reaction"] != spec.reaction:
            continue
        if spec.has_ion and said["ion"] != spec.ion:
            continue
        return each
    return alike[0]
