"""What a running training tells: columns of its series, and the arrays of its parity plots.

The series goes through the control, one row an epoch, and is kept in the training's folder as
`series`; parity arrays are written to `parity.npz` there whenever the validation set was judged,
each time whole, and are read by the window when a row says that they are new.
"""

COLUMNS = (
    "epoch",
    "seconds",
    "loss_train",
    "loss_validation",
    "energy_train_meV_atom",
    "energy_validation_meV_atom",
    "force_train_meV_A",
    "force_validation_meV_A",
    "stress_train_GPa",
    "stress_validation_GPa",
    "learning_rate",
    "gradient_norm",
    "frames_per_s",
    "best_epoch",
    "parity",
    "member",
)
"""NaN where there is no such label. `parity` counts how often `parity.npz` was written."""

PARITY_FILE = "parity.npz"
PARITY_ARRAYS = (
    "energy_reference",  # (n_frames,) eV/atom
    "energy_predicted",
    "force_reference",  # (n_components,) eV/A
    "force_predicted",
    "stress_reference",  # (n_frames, 6) GPa, Voigt
    "stress_predicted",
    "n_atoms",  # (n_frames,)
    "frame_source",  # (n_frames,) index into `sources`
    "frame_index",  # (n_frames,) place in that file
    "frame_tag",  # (n_frames,) index into `tags`
    "numbers",  # (n_atoms,) atomic numbers, in the order of the forces
    "sources",  # (n_files,) paths from the training's folder, or names
    "tags",  # (n_tags,) text
)
"""Of the validation frames, by the averaged weights of the newest judged epoch."""
CHECKPOINT_FILE = "checkpoint.pt"
SETTINGS_FILE = "training.toml"
"""How the training was begun: all that going on with it needs, beside the checkpoint."""
SERIES_FILE = "series.csv"
PLAN_FILE = "plan.json"
"""Pairs of what and value: the plan that the training itself made, not the one before it."""
