"""What the training of a potential is: data, model, split, schedule."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import device_field, dtype_field, threads_field
from designer_app.specs.trainable import TRAINABLE

BY_HAND = ("epochs", "batch_size", "learning_rate")
"""Fields that a preset chooses, where they are not set by hand."""


@dataclass(frozen=True, kw_only=True)
class TrainPotentialSpec:
    """Settings of a training of a potential."""

    data: tuple[Path, ...] = spec_field(
        label="Data",
        doc="Files or folders of reference calculations.",
        hidden=True,
        kept=True,
        argument="-",
    )
    model: str = spec_field(
        "nequip",
        label="Model",
        doc="Family of the potential.",
        choices=tuple((row.key, row.title) for row in TRAINABLE.values()),
    )
    out: Path = spec_field(
        label="Folder", doc="Weights, card and checkpoints are written here.", hidden=True
    )
    start: Path | None = spec_field(
        None,
        label="Start from",
        doc="Folder of a trained potential of this family that is fine-tuned; it gives the sizes.",
        hidden=True,
    )
    options: tuple[str, ...] = spec_field(
        (),
        label="Sizes",
        doc="name=value of the family's own settings, such as n_features=64.",
        argument="set",
        hidden=True,
        kept=True,
    )
    preset: str = spec_field(
        "lunch",
        label="Time",
        doc="Chooses size and schedule from the data and this machine.",
        choices=(
            ("minutes", "5 minutes"),
            ("lunch", "Over lunch (1 h)"),
            ("overnight", "Overnight (10 h)"),
            ("custom", "As set below"),
        ),
    )
    by_hand: tuple[str, ...] = spec_field(
        (),
        label="Set by hand",
        doc="Epochs, batch size and learning rate that hold whatever the preset says.",
        argument="-",
        hidden=True,
        kept=True,
    )
    test_data: tuple[Path, ...] = spec_field(
        (),
        label="Test data",
        doc="Files that are kept back whole; left out, a share of the data is.",
        argument="test",
        hidden=True,
        kept=True,
    )
    split: str = spec_field(
        "random",
        label="Kept back",
        doc="How frames for validation and test are chosen.",
        choices=(
            ("random", "At random"),
            ("tag", "Whole tags"),
            ("structure", "Whole structures (same formula and cell)"),
            ("time", "The end of each file"),
        ),
    )
    validation_share: float = spec_field(
        0.1,
        label="Validation",
        doc="Share of frames that choose the best epoch.",
        low=0.0,
        high=0.5,
        advanced=True,
    )
    test_share: float = spec_field(
        0.1,
        label="Test",
        doc="Share of frames that are judged by, where no test data is named.",
        low=0.0,
        high=0.5,
        advanced=True,
    )
    n_train: int = spec_field(
        0,
        label="Frames learned from",
        doc="Of those that are left, chosen by chance; 0 takes all.",
        low=0,
        high=10_000_000,
        advanced=True,
    )
    tags: tuple[str, ...] = spec_field(
        (),
        label="Tags",
        doc="Only frames of these tags; none named: all.",
        argument="tag",
        hidden=True,
        kept=True,
    )
    leave_out: tuple[str, ...] = spec_field(
        (),
        label="Left out",
        doc="Frames that are not learned from, as FILE:PLACE, counted from 0.",
        argument="leave-out",
        hidden=True,
        kept=True,
    )
    mapping: tuple[str, ...] = spec_field(
        (),
        label="Keys",
        doc="What a key of the files means, such as energy=REF_energy or stress_unit=kbar.",
        argument="key",
        hidden=True,
        kept=True,
    )
    references: str = spec_field(
        "auto",
        label="Energies count from",
        doc="Free atoms where the data hold single atoms; else, or always, an offset for each "
        "element by least squares, which is no energy of a free atom.",
        choices=(("auto", "Free atoms in the data, or fitted"), ("fit", "Fitted offsets")),
        advanced=True,
    )
    baseline: str = spec_field(
        "",
        label="Baseline",
        doc="Potential that is corrected instead of learning all, such as tight-binding:GFN1-xTB.",
        advanced=True,
    )
    members: int = spec_field(
        1,
        label="Members",
        doc="Networks of one ensemble; their spread is the uncertainty.",
        low=1,
        high=32,
    )
    max_minutes: float = spec_field(
        0.0,
        label="Longest time",
        doc="Stops and keeps the best after so long by the clock, whatever else this machine does; "
        "reading and judging the data come on top. 0: no limit.",
        unit="min",
        low=0.0,
        high=100_000.0,
        advanced=True,
    )
    epochs: int = spec_field(
        200,
        label="Epochs",
        doc="Passes over the data.",
        low=1,
        high=1_000_000,
        when=("preset", ("custom",)),
    )
    batch_size: int = spec_field(
        5,
        label="Frames at once",
        doc="1 to 10 is usual for forces.",
        low=1,
        high=1024,
        when=("preset", ("custom",)),
    )
    learning_rate: float = spec_field(
        5e-3,
        label="Learning rate",
        doc="Of Adam at the start.",
        above=0.0,
        high=1.0,
        when=("preset", ("custom",)),
    )
    energy_weight: float = spec_field(
        3.0,
        label="Weight of energies",
        doc="In the loss, of a frame's energy over the root of its number of atoms.",
        low=0.0,
        high=1e6,
        advanced=True,
    )
    force_weight: float = spec_field(
        10.0,
        label="Weight of forces",
        doc="In the loss.",
        low=0.0,
        high=1e6,
        advanced=True,
    )
    stress_weight: float = spec_field(
        1.0,
        label="Weight of stress",
        doc="In the loss, where stress is known.",
        low=0.0,
        high=1e6,
        advanced=True,
    )
    averaging: float = spec_field(
        0.995,
        label="Averaging of weights",
        doc="Decay of the moving average that is kept.",
        low=0.0,
        high=0.99999,
        advanced=True,
    )
    patience: int = spec_field(
        0,
        label="Patience",
        doc="Epochs without progress after which it stops, counted from where energies have their "
        "whole weight; 0: never.",
        low=0,
        high=1_000_000,
        advanced=True,
    )
    resume: bool = spec_field(
        False, label="Go on", doc="Go on from the checkpoint in the folder.", hidden=True
    )
    seed: int = spec_field(
        0, label="Seed", doc="Of everything drawn by chance.", low=0, high=2**31 - 1, advanced=True
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
