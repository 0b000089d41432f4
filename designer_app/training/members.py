"""Members of an ensemble: each is trained in a folder of its own, and they share one log."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from designer_app.specs.train_potential import TrainPotentialSpec

_FOLDER = "member-"


def member_folder(spec: TrainPotentialSpec, member: int) -> Path:
    """Where checkpoints of a member lie: the training's folder itself where there is only one."""
    return spec.out if spec.members == 1 else spec.out / f"{_FOLDER}{member}"


def member_spec(
    spec: TrainPotentialSpec, member: int, settings: Mapping[str, Any] | None = None
) -> TrainPotentialSpec:
    """The training of a member: of its own seed, and of the size of those before it."""
    sizes = (settings or {}).items()
    options = tuple(f"{name}={value}" for name, value in sizes) or spec.options
    return replace(spec, out=member_folder(spec, member), seed=spec.seed + member, options=options)


def place_of_log(spec: TrainPotentialSpec) -> tuple[Path, int]:
    """(folder of series and parity points, number of the member) of a member's training."""
    if spec.members == 1:
        return spec.out, 0
    return spec.out.parent, int(spec.out.name.removeprefix(_FOLDER))
