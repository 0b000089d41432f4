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
    readout: str = spec_field(
        "ssp",
        label="Readout",
        doc="Activation of the last layers.",
        choices=(("ssp", "Shifted softplus, as published"), ("silu", "SiLU, as SchNetPack 2")),
        advanced=True,
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
        True,
        label="Both parities",
        doc="Also features that a mirror turns the other way round, such as axes of rotation; "
        "a step takes half as long again. Energies are the same in the mirror either way.",
    )
    cutoff: float = _cutoff(4.5)


def _width(default: int, label: str, doc: str) -> int:
    found: int = spec_field(default, label=label, doc=doc, low=1, high=512, advanced=True)
    return found


def _residual(default: int, label: str, doc: str) -> int:
    found: int = spec_field(default, label=label, doc=doc, low=0, high=8, advanced=True)
    return found


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
    n_triplet: int = _width(64, "Triplet features", "Edge features that meet at an angle.")
    n_quadruplet: int = _width(32, "Quadruplet features", "Edge features that meet at a dihedral.")
    n_rbf: int = _width(16, "Radial projection", "What layers read of the distance.")
    n_cbf: int = _width(16, "Circular projection", "What layers read of distance and angle.")
    n_sbf: int = _width(32, "Spherical projection", "What layers read of angle and dihedral.")
    n_before_skip: int = _residual(1, "Layers before the skip", "In each block, of edges.")
    n_after_skip: int = _residual(1, "Layers after the skip", "In each block, of edges.")
    n_concat: int = _residual(1, "Layers after the atoms", "In each block, of edges.")
    n_atom_residual: int = _residual(2, "Layers of atoms", "In each block and output.")
    radial_by_degree: bool = spec_field(
        True,
        label="Radial functions by degree",
        doc="Angles come with spherical Bessel functions of their degree, as published. Off: all "
        "with those of degree 0, as in fairchem.",
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True)
class GAPSettings:
    """Descriptor, sparse set and noise of a Gaussian approximation potential."""

    engine: str = spec_field(
        "own",
        label="Fitted by",
        doc="This program, on every system, or QUIP's gap_fit where quippy-ase is installed.",
        choices=(("own", "This program"), ("gap_fit", "gap_fit (QUIP)")),
    )
    n_max: int = spec_field(8, label="Radial functions", doc="Of the SOAP.", low=2, high=16)
    l_max: int = spec_field(6, label="Highest degree", doc="Of the SOAP.", low=0, high=12)
    n_sparse: int = spec_field(
        1000, label="Sparse points", doc="Environments the model is spanned by.", low=5, high=10000
    )
    zeta: int = spec_field(4, label="Power", doc="Of the SOAP kernel.", low=1, high=8)
    smearing: float = spec_field(
        0.5, label="Smearing", doc="Width of each neighbour's density.", unit="A", low=0.1, high=2.0
    )
    cutoff: float = _cutoff(5.0)
    transition: float = spec_field(
        1.0,
        label="Fading",
        doc="Neighbours fade out over this distance before the cutoff.",
        unit="A",
        low=0.1,
        high=10.0,
        advanced=True,
    )
    decay: float = spec_field(
        4.0,
        label="Weight falls by",
        doc="Power by which far neighbours weigh less in the SOAP; 0: all weigh the same.",
        low=0.0,
        high=12.0,
        advanced=True,
    )
    decay_from: float = spec_field(
        2.5,
        label="Weight falls from",
        doc="Distance at which the weight is a half.",
        unit="A",
        low=0.5,
        high=20.0,
        advanced=True,
    )
    selection: str = spec_field(
        "cur",
        label="Chosen by",
        doc="How sparse points are chosen among the atoms learned from.",
        choices=(("cur", "Leverage (CUR)"), ("farthest", "Farthest point")),
        advanced=True,
    )
    repulsion: bool = spec_field(
        True,
        label="Repulsion of nuclei",
        doc="Nearer than any atoms in the data, where nothing was learned, nuclei repel.",
        advanced=True,
    )
    pair_points: int = spec_field(
        20,
        label="Pair points",
        doc="Functions of the distance for each pair of elements; 0: SOAP alone.",
        low=0,
        high=200,
        advanced=True,
    )
    pair_width: float = spec_field(
        0.6,
        label="Pair width",
        doc="Of these functions.",
        unit="A",
        low=0.05,
        high=5.0,
        advanced=True,
    )
    sigma_energy: float = spec_field(
        0.0,
        label="Noise of energies",
        doc="Times the root of the number of atoms; 0: what suits the validation frames best.",
        unit="eV",
        low=0.0,
        high=10.0,
        advanced=True,
    )
    sigma_forces: float = spec_field(
        0.1,
        label="Noise of forces",
        doc="How far a force component may be off.",
        unit="eV/A",
        above=0.0,
        high=10.0,
        advanced=True,
    )
    sigma_virial: float = spec_field(
        0.0,
        label="Noise of virials",
        doc="Stress times volume, times the root of the number of atoms; 0: as for energies.",
        unit="eV",
        low=0.0,
        high=10.0,
        advanced=True,
    )
    tag_sigmas: str = spec_field(
        "",
        label="Noise by tag",
        doc="Factors on all three noises, such as Liquid=3, Elastic=0.3.",
        advanced=True,
    )


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
