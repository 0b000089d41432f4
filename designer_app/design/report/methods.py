"""Methods and limits of a design in plain words."""

import re

from designer_app.specs.design import STRATEGIES, DesignSpec
from designer_app.specs.design_rows import DesignResult

_HOW = {
    "gradient": "Points of the latent space of a variational autoencoder were moved by Adam so "
    "that the crystals decoded from them, softly, meet the targets by learned properties; the "
    "best whole crystal on each way was kept.",
    "substitution": "Known crystals had their elements exchanged for likely ones, the likeliest "
    "exchanges first.",
    "best-of-n": "Random points of the latent space were decoded, as many as a descent would look "
    "at.",
    "retrieval": "Known materials that keep the limits were taken as they are.",
    "random": "A few random points of the latent space were decoded.",
}
_RANKED = (
    "All proposals were ranked alike: by learned properties, the best of these by energies of the "
    "crystals as proposed, where a reference set belongs to the potential. The first were relaxed."
)
_LIMITS = (
    (
        "“Predicted” is what learned models said before anything was computed; they are wrong most "
        "where little like it was known. “Computed” is with the potential named below: it shares "
        "that potential's errors, and no experiment is in it."
    ),
    (
        "Distances to the hull are those at zero temperature, of ordered crystals, against the "
        "phases of that set: one that the set lacks makes a candidate look more stable than it is. "
        "A material within some tens of meV/atom can often be made, many that can be computed "
        "cannot."
    ),
    (
        "“Not in our reference set” says that the set holds no such crystal, not that nobody has "
        "made it. A list of well-known formulas is asked beside it; look into a structure database "
        "and the literature before you claim more."
    ),
    (
        "A warning of disorder says that the candidate may be one ordering of a phase whose ions "
        "share sites, so that a diffraction pattern would show the simpler cell."
    ),
    "Precursors follow from stoichiometry alone; temperatures, times and by-products do not.",
)
_OF_PURPOSE = {
    "cathode": "Voltages come from relaxing the material with and without its ions. They follow "
    "the density functional that the potential learned from, which lies up to 0.6 V below "
    "experiment for oxides of Co, Ni and Mn. Energy densities are those of the active material "
    "alone, not of a cell.",
    "electrolyte": "Conductivities are learned from measurements, which differ among each other "
    "by a factor of ten.",
    "catalyst": "Adsorption energies are learned from tabulated surfaces; a relaxed slab is a "
    "check of them: a candidate meets the target where the learned number does and the slab agrees "
    "with it within its mean error. No rate is computed. What the numbers do not know: whether the "
    "metal dissolves or is covered with oxide or hydroxide at the pH and potential of the reaction "
    "(a Pourbaix diagram tells; metals that acid takes by their standard potential are marked), "
    "and which element gathers at the surface (segregation): the slab is cut from the bulk as it "
    "is. Standard potentials: Vanýsek, CRC Handbook of Chemistry and Physics, 92nd edition.",
    "own": "The property is that of your own table; what the table does not cover is a guess.",
}


def methods_text(spec: DesignSpec, result: DesignResult) -> list[str]:
    """Paragraphs: how candidates were found, how they were judged, what is not known."""
    names = [each.strategy for each in result.arms] or [spec.strategy]
    if "mix" in names:
        names = ["substitution", "gradient", *names]
    titles = dict(STRATEGIES)
    told = [f"{titles[name]}: {_HOW[name]}" for name in dict.fromkeys(names) if name in _HOW]
    purpose = "cathode" if spec.is_electrode else spec.purpose
    about = [_OF_PURPOSE[purpose]] if purpose in _OF_PURPOSE else []
    return [*told, _RANKED, *_competitors(result), *about, *_LIMITS]


def _competitors(result: DesignResult) -> list[str]:
    """What candidates compete with, by the name of the reference set."""
    name = dict(result.origin).get("known crystals", "")
    known = re.search(r"(\d+) phases", name)
    if known is None:
        return []
    told = f"Our reference set: {int(known[1]):,} known crystals"
    more = re.search(r"(\d+) hypothetical ones", name)
    if more is not None:
        told += (
            f" and {int(more[1]):,} hypothetical crystals of our own that lie on the hull: they "
            "stand in for compounds that the tables lack, and most were never made"
        )
    return [f"{told}."]
