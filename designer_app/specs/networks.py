"""Sizes of the trainable potentials; each dataclass makes the expert form and `--set`."""

from dataclasses import dataclass

from designer_app.specs.fields import spec_field


def _cutoff(default: float) -> float:
    found: float = spec_field(
        default,
        label="Cutoff",
        doc="Distance up to which atoms see each other directly; 4 to 6 is usual.",
        unit="A",
        low=1.0,
        high=20.0,
    )
    return found


@dataclass(frozen=True, kw_only=True)
class SchNetSettings:
    """Size of a SchNet."""

    n_features: int = spec_field(
        128, label="Features", doc="Numbers that describe each atom.", low=4, high=1024
    )
    n_filters: int = spec_field(
        128, label="Filters", doc="Width of the continuous filters.", low=4, high=1024
    )
    n_interactions: int = spec_field(
        6, label="Interactions", doc="How often atoms hear of their neighbours.", low=1, high=12
    )
    n_gaussians: int = spec_field(
        50, label="Gaussians", doc="Distances are smeared on so many centres.", low=4, high=500
    )
    cutoff: float = _cutoff(5.0)


@dataclass(frozen=True, kw_only=True)
class NequIPSettings:
    """Size of a NequIP-type network."""

    n_features: int = spec_field(
        32, label="Features", doc="Channels of each degree and parity.", low=4, high=256
    )
    l_max: int = spec_field(
        2, label="Highest degree", doc="1 carries vectors, 2 also quadrupoles.", low=0, high=3
    )
    n_layers: int = spec_field(
        4, label="Layers", doc="How often atoms hear of their neighbours.", low=1, high=8
    )
    n_bessel: int = spec_field(
        8, label="Radial functions", doc="Bessel functions of the distance.", low=2, high=64
    )
    parity: bool = spec_field(
        True, label="Parity", doc="Keep odd and even features apart, as under a mirror."
    )
    cutoff: float = _cutoff(4.5)


@dataclass(frozen=True, kw_only=True)
class GemNetSettings:
    """Size of a GemNet."""

    quadruplets: bool = spec_field(
        False, label="Quadruplets", doc="GemNet-Q: dihedral angles beside angles; slower."
    )
    n_atom: int = spec_field(
        128, label="Atom features", doc="Numbers that describe each atom.", low=8, high=512
    )
    n_edge: int = spec_field(
        128, label="Edge features", doc="Numbers that describe each pair.", low=8, high=512
    )
    n_blocks: int = spec_field(4, label="Blocks", doc="How often messages pass.", low=1, high=8)
    n_radial: int = spec_field(
        6, label="Radial functions", doc="Bessel functions of the distance.", low=2, high=64
    )
    n_spherical: int = spec_field(
        7, label="Angular functions", doc="Degrees of the spherical basis.", low=2, high=16
    )
    cutoff: float = _cutoff(5.0)
    direct_forces: bool = spec_field(
        False,
        label="Direct forces",
        doc="Forces from their own output, faster, but energy is then not conserved.",
    )
    interaction_cutoff: float = spec_field(
        10.0,
        label="Quadruplet cutoff",
        doc="Distance of the two middle atoms of a quadruplet.",
        unit="A",
        low=1.0,
        high=20.0,
        when=("quadruplets", (True,)),
    )


@dataclass(frozen=True, kw_only=True)
class GAPSettings:
    """Descriptor and sparse set of a Gaussian approximation potential."""

    n_max: int = spec_field(8, label="Radial functions", doc="Of the SOAP.", low=2, high=16)
    l_max: int = spec_field(6, label="Highest degree", doc="Of the SOAP.", low=0, high=12)
    n_sparse: int = spec_field(
        500, label="Sparse points", doc="Environments the model is spanned by.", low=5, high=10000
    )
    zeta: int = spec_field(4, label="Power", doc="Of the SOAP kernel.", low=1, high=8)
    smearing: float = spec_field(
        0.5, label="Smearing", doc="Width of each neighbour's density.", unit="A", low=0.1, high=2.0
    )
    cutoff: float = _cutoff(5.0)


@dataclass(frozen=True, kw_only=True)
class CHGNetTuning:
    """What of the pretrained network is fitted."""

    start: str = spec_field(
        "0.3.0",
        label="Start",
        doc="Which pretrained weights.",
        choices=(("0.3.0", "0.3.0 (PBE+U)"), ("r2scan", "r2SCAN")),
    )
    freeze: bool = spec_field(
        False, label="Last layers only", doc="Faster, keeps more of what it knew."
    )
