"""Fields about chemistry and effort that a screening and a design have in common."""

from designer_app.specs.fields import spec_field

IONS = ("Li", "Na", "K", "Mg", "Ca", "Zn")


def ion_field(when: tuple[str, tuple[object, ...]]) -> str:
    """The working ion of a battery."""
    found: str = spec_field(
        "Li",
        label="Working ion",
        doc="What moves between the electrodes.",
        choices=tuple((ion, ion) for ion in IONS),
        when=when,
    )
    return found


def reaction_field(
    choices: tuple[tuple[str, str], ...], when: tuple[str, tuple[object, ...]]
) -> str:
    """The reaction of a catalyst."""
    found: str = spec_field(
        "HER",
        label="Reaction",
        doc="What the surface is to catalyse.",
        choices=choices,
        when=when,
    )
    return found


def elements_field() -> str:
    """Symbols of what is allowed."""
    found: str = spec_field(
        "",
        label="Allowed elements",
        doc="Symbols, like “Li Fe Mn P O”; empty allows all that the models know.",
    )
    return found


def exclude_field() -> str:
    """Symbols of what is left out."""
    found: str = spec_field(
        "", label="Excluded elements", doc="Symbols of elements that no candidate may hold."
    )
    return found


def include_field() -> str:
    """Symbols of radioactive elements that are let in."""
    found: str = spec_field(
        "",
        label="Included elements",
        doc="Symbols of radioactive elements to let in, like “Th U”; the rest is left out.",
        advanced=True,
    )
    return found


def no_toxic_field() -> bool:
    """Whether what is toxic is left out."""
    found: bool = spec_field(
        False,
        label="No toxic elements",
        doc="Leaves out As, Be, Cd, Hg, Pb, Tl and what is radioactive.",
    )
    return found


def no_cobalt_field() -> bool:
    """Whether cobalt is left out."""
    found: bool = spec_field(False, label="No cobalt", doc="Leaves out cobalt.")
    return found


def cheap_field() -> bool:
    """Whether the price counts."""
    found: bool = spec_field(
        False,
        label="Cheap elements",
        doc="Leaves out elements that cost more than the price limit.",
    )
    return found


def max_price_field() -> float:
    """The price limit, USD/kg."""
    found: float = spec_field(
        20.0,
        label="Price limit",
        doc="Of the element, by mass; nickel costs about 15.",
        unit="USD/kg",
        above=0.0,
        high=1e6,
        advanced=True,
        when=("cheap", (True,)),
    )
    return found


def abundant_field() -> bool:
    """Whether abundance counts."""
    found: bool = spec_field(
        False,
        label="Abundant elements",
        doc="Leaves out elements rarer in the Earth's crust than the limit.",
    )
    return found


def min_abundance_field() -> float:
    """The abundance limit, ppm."""
    found: float = spec_field(
        10.0,
        label="Abundance limit",
        doc="Share of the upper continental crust, by mass; lithium has about 20.",
        unit="ppm",
        low=0.0,
        high=1e6,
        advanced=True,
        when=("abundant", (True,)),
    )
    return found


def charge_field() -> str:
    """How charges are balanced."""
    found: str = spec_field(
        "strict",
        label="Charge balance",
        doc="Strict asks for common oxidation states, mixed valence of metals included; loose for "
        "any known ones; off keeps all, as alloys need it.",
        choices=(("strict", "Strict"), ("loose", "Loose"), ("off", "Off")),
        advanced=True,
    )
    return found


def max_atoms_field(default: int, high: int, doc: str) -> int:
    """Size of the largest cell."""
    found: int = spec_field(
        default, label="Atoms at most", doc=doc, low=1, high=high, advanced=True
    )
    return found


def only_new_field(*, default: bool, advanced: bool) -> bool:
    """Whether known crystals are left out."""
    found: bool = spec_field(
        default,
        label="Only what is not known",
        doc="Leaves out crystals that the reference set holds; otherwise they are only marked.",
        advanced=advanced,
    )
    return found


def relax_best_field(default: int, more: str) -> int:
    """How many candidates are relaxed."""
    found: int = spec_field(
        default,
        label="Relax the best",
        doc=f"How many are relaxed and placed on the hull{more}",
        low=0,
        high=100_000,
    )
    return found


def physics_best_field(default: int, more: str) -> int:
    """How many candidates are computed by physics."""
    found: int = spec_field(
        default,
        label="Compute the best",
        doc=f"How many get their voltage or adsorption energies from relaxations{more}",
        low=0,
        high=1000,
    )
    return found


def seed_field() -> int:
    """Of the random numbers."""
    found: int = spec_field(
        0,
        label="Seed",
        doc="Start of the random numbers: same seed, same candidates.",
        low=0,
        high=2**31 - 1,
        advanced=True,
    )
    return found
