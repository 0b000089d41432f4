"""What a training is, and the models that can be trained."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.registry import Registry, Row
from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import device_field, threads_field

MODELS: Registry[Row] = Registry(
    "model",
    (
        Row(
            key="conductivity",
            title="Conductivity head",
            summary="log10 of the ionic conductivity at room temperature, from formula and cell.",
            implementation="designer_app.properties.heads.conductivity_training:train",
        ),
        Row(
            key="voltage",
            title="Voltage head",
            summary="Average voltage and volume change of an insertion electrode.",
            implementation="designer_app.properties.heads.voltage_training:train",
        ),
        Row(
            key="adsorption",
            title="Adsorption heads",
            summary="Adsorption energies on metals and alloys, by site.",
            implementation="designer_app.properties.heads.adsorption_training:train",
        ),
        Row(
            key="crystal-gnn",
            title="Crystal graph network",
            summary="Formation energy, stability and more of any crystal; hours on two cores.",
            implementation="designer_app.screening.crystal_gnn.build:train",
        ),
        Row(
            key="material-vae",
            title="Autoencoder of crystals",
            summary="Crystals as points of a space to search in; five minutes on one idle core.",
            implementation="designer_app.design.vae.build:train",
        ),
        Row(
            key="design-heads",
            title="Design heads",
            summary="Properties of soft crystals, that a search climbs; minutes on two cores.",
            implementation="designer_app.design.heads.build:train",
        ),
    ),
)
"""Each is called as `train(spec, control)` and returns the card of what it wrote to `spec.out`."""


@dataclass(frozen=True, kw_only=True)
class TrainSpec:
    """Settings of a training."""

    model: str = spec_field(
        label="Model",
        doc="What is trained.",
        choices=tuple((row.key, row.title) for row in MODELS.values()),
    )
    out: Path = spec_field(label="Folder", doc="Weights, card and checkpoints are written here.")
    data: Path | None = spec_field(
        None,
        label="Published data",
        doc="Folder of the published tables; left out, the one of DESIGNER_APP_DATA.",
    )
    table: Path | None = spec_field(
        None,
        label="Own table",
        doc="CSV of your own rows: the shipped head is corrected with them instead of made anew.",
    )
    structures: Path | None = spec_field(
        None,
        label="Own structures",
        doc="Folder of your own crystals: the shipped weights are corrected with them.",
        when=("model", ("material-vae",)),
    )
    without: str = spec_field(
        "",
        label="Left out",
        doc="Crystals that the training is not to see, separated by “;”: formulas like “Pt3Ni”, "
        "or families with elements like “olivine: P”.",
        when=("model", ("material-vae", "design-heads")),
    )
    resume: bool = spec_field(
        False, label="Go on", doc="Go on from the checkpoint in the folder, where there is one."
    )
    seed: int = spec_field(
        0, label="Seed", doc="Of everything drawn by chance.", low=0, high=2**31 - 1
    )
    device: str = device_field()
    threads: int = threads_field()
