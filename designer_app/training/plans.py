"""Plans: how large a network, how long and in which portions, from the data and this machine."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from designer_app.errors import InvalidSpecError
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.nn.denormals import without_denormals
from designer_app.specs.fields import (
    plain_type,
    refusal,
    settings_of,
    spec_fields,
    spec_from_settings,
)
from designer_app.specs.train_potential import BY_HAND, TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.training.frames import SplitFrames
from designer_app.training.loss import LossWeights, loss_of
from designer_app.training.network_model import NetworkModel
from designer_app.training.schedule import learning
from designer_app.training.starting import sizes_of_start

SECONDS = {"minutes": 270.0, "lunch": 3500.0, "overnight": 35_500.0}
"""Of training; what is left of 5 minutes, 1 h and 10 h judges the result."""
LEAST_STEPS = {"minutes": 8000, "lunch": 30_000, "overnight": 100_000}
"""A size is taken if so many steps fit into the time."""
MOST_EPOCHS = 4000
ATOMS_AT_ONCE, MOST_FRAMES_AT_ONCE = 48, 8
"""Small batches: steps are worth more than smooth gradients when forces are learned."""
RATES = {"schnet": 3e-3, "nequip": 1e-2, "gemnet": 1e-3, "chgnet": 1e-3}
"""Learning rates at which each family trains well."""
TUNING = 0.3
"""Of that rate where a trained network is gone on with: much of it is right already."""
SIZES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "schnet": (
        {"n_features": 128, "n_filters": 128, "n_interactions": 6},
        {"n_features": 128, "n_filters": 128, "n_interactions": 4},
        {"n_features": 64, "n_filters": 64, "n_interactions": 3},
        {"n_features": 32, "n_filters": 32, "n_interactions": 2},
    ),
    "nequip": (
        {"n_features": 32, "l_max": 2, "n_layers": 4},
        {"n_features": 32, "l_max": 2, "n_layers": 3},
        {"n_features": 16, "l_max": 2, "n_layers": 3},
        {"n_features": 16, "l_max": 1, "n_layers": 3},
        {"n_features": 8, "l_max": 1, "n_layers": 2},
    ),
    "gemnet": (
        {"n_atom": 128, "n_edge": 128, "n_blocks": 4},
        {"n_atom": 96, "n_edge": 96, "n_triplet": 48, "n_blocks": 4},
        {"n_atom": 64, "n_edge": 64, "n_triplet": 32, "n_blocks": 3},
        {"n_atom": 32, "n_edge": 32, "n_triplet": 16, "n_blocks": 2},
    ),
}
"""Largest first."""
_TIMED_STEPS = 3
_LONGEST_MEASUREMENT = 4.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a training will be."""

    settings: Mapping[str, Any]
    """Of the family; plain data."""
    epochs: int
    batch_size: int
    learning_rate: float
    seconds: float
    """Of training; 0: as many as the epochs take."""
    lines: tuple[tuple[str, str], ...] = ()
    """(what, value) for people."""


def plan(frames: SplitFrames, spec: TrainPotentialSpec) -> Plan:
    """The plan for these frames on this machine; a few steps are timed.

    A preset takes the largest size with which enough steps fit into its time; `custom` takes the
    numbers of the spec. Options set sizes in either case, and numbers set by hand hold. Raises
    `InvalidSpecError`.
    """
    if not frames.train:
        raise InvalidSpecError("data", spec.data, "no frame is left to learn from", "Data")
    seconds = seconds_for(spec)
    batch_size, rate = batch_size_for(frames), RATES.get(spec.model, spec.learning_rate)
    rate *= 1.0 if spec.start is None else TUNING
    batch_size = spec.batch_size if is_set(spec, "batch_size") else batch_size
    rate = spec.learning_rate if is_set(spec, "learning_rate") else rate
    batch_size = min(batch_size, len(frames.train))
    sizes: Sequence[Mapping[str, Any]] = ({},)
    if spec.start is not None:
        sizes = (sizes_of_start(spec),)
    elif spec.preset != "custom":
        sizes = SIZES.get(spec.model, sizes)
    least = LEAST_STEPS.get(spec.preset, 0)
    chosen = family_settings(spec)
    took, n_parameters = 0.0, 0
    for size in sizes:
        chosen = family_settings(spec, size)
        if spec.start is not None and any(chosen[name] != size[name] for name in size):
            raise refusal(spec, "options", "the potential that is started from has other sizes")
        took, n_parameters = _seconds_a_frame(frames, spec, chosen, batch_size)
        if seconds == 0.0 or seconds >= least * took * batch_size:
            break
    an_epoch = took * len(frames.train)
    fit = round(seconds / an_epoch) if seconds else spec.epochs
    epochs = spec.epochs if is_set(spec, "epochs") else min(MOST_EPOCHS, max(2, 2 * fit))
    made = Plan(
        settings=chosen,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=rate,
        seconds=seconds,
    )
    lines = _in_words(made, frames, spec, an_epoch, n_parameters)
    if seconds and seconds < least * took * batch_size:
        lines += (("Short of time", _too_short(spec, seconds / (took * batch_size), least)),)
    return replace(made, lines=lines)


def is_set(spec: TrainPotentialSpec, name: str) -> bool:
    """Whether one of `BY_HAND` is what the spec says, and not for the preset to choose."""
    return spec.preset == "custom" or name in spec.by_hand


def seconds_for(spec: TrainPotentialSpec) -> float:
    """Time for each member of a training, by its preset and its longest time; 0: no limit."""
    seconds = SECONDS.get(spec.preset, 0.0)
    if spec.max_minutes:
        longest = 60.0 * spec.max_minutes
        seconds = min(seconds, longest) if seconds else longest
    return seconds / spec.members


def plan_from(stored: Mapping[str, Any], spec: TrainPotentialSpec) -> Plan:
    """The plan of a training that is gone on with; what the spec sets by number holds anew."""
    lines = tuple((str(what), str(value)) for what, value in stored["lines"])
    found = Plan(**{**stored, "lines": lines})
    changed = {name: getattr(spec, name) for name in BY_HAND if is_set(spec, name)}
    found = replace(found, **changed)
    if spec.preset == "custom":
        found = replace(found, seconds=0.0)
    if spec.max_minutes:
        found = replace(found, seconds=60.0 * spec.max_minutes / spec.members)
    return found


def family_settings(
    spec: TrainPotentialSpec, size: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Settings of the family: its defaults, a size, and over both the spec's options.

    Raises `InvalidSpecError` for a name that the family does not have, or a value out of range.
    """
    kind = TRAINABLE[spec.model].settings_class()
    types = {each.name: plain_type(hint) for each, _, hint in spec_fields(kind)}
    given: dict[str, Any] = dict(size or {})
    for option in spec.options:
        name, _, text = option.partition("=")
        name = name.strip().replace("-", "_")
        if name not in types:
            reason = f"{TRAINABLE[spec.model].title} has: {', '.join(types)}"
            raise InvalidSpecError("options", option, reason, "Sizes")
        given[name] = _value(option, text.strip(), types[name])
    found: dict[str, Any] = settings_of(spec_from_settings(kind, given))
    return found


def batch_size_for(frames: SplitFrames) -> int:
    """Frames at once, by their number of atoms."""
    atoms = float(np.mean([len(frame) for frame in frames.train]))
    return int(np.clip(round(ATOMS_AT_ONCE / atoms), 1, MOST_FRAMES_AT_ONCE))


def _value(option: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.casefold() in ("true", "yes", "1", "on"):
            return True
        if text.casefold() in ("false", "no", "0", "off"):
            return False
        raise InvalidSpecError("options", option, "give true or false", "Sizes")
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InvalidSpecError("options", option, f"give {what}", "Sizes") from None


def _seconds_a_frame(
    frames: SplitFrames, spec: TrainPotentialSpec, settings: Mapping[str, Any], batch_size: int
) -> tuple[float, int]:
    """(time of a training step over its frames, number of weights); the best of a few steps."""
    model = NetworkModel(frames, spec, settings)
    rows = np.linspace(0, len(frames.train) - 1, 2 * batch_size).round().astype(int)
    graphs = FrameGraphs([frames.train[row] for row in rows], model.network.cutoff)
    timed = list(batches(graphs, range(len(rows)), batch_size, model.device))
    weights = LossWeights(energy=1.0, forces=1.0, stress=1.0, unit=1.0)
    times: list[float] = []
    began = time.perf_counter()
    for number in range(_TIMED_STEPS + 1):
        batch = timed[number % len(timed)]
        start = time.perf_counter()
        with without_denormals():
            loss, _ = loss_of(model.predict(batch, True), batch, weights)
            if loss.requires_grad:
                loss.backward(inputs=learning(model.network))
        times.append(time.perf_counter() - start)
        if time.perf_counter() - began > _LONGEST_MEASUREMENT:
            break
    n_parameters = sum(each.numel() for each in model.network.parameters())
    return min(times[1:] or times) / batch_size, n_parameters


def _in_words(
    made: Plan, frames: SplitFrames, spec: TrainPotentialSpec, an_epoch: float, n_parameters: int
) -> tuple[tuple[str, str], ...]:
    fit = made.seconds / an_epoch if made.seconds else float(made.epochs)
    total = min(made.seconds or an_epoch * made.epochs, an_epoch * made.epochs)
    size = _size_in_words(spec, made.settings)
    members = f", for each of {spec.members} members" if spec.members > 1 else ""
    return (
        ("Network", ": ".join(filter(None, (TRAINABLE[spec.model].title, size)))),
        ("Weights", f"{n_parameters:,}"),
        ("Learned from", f"{len(frames.train):,} frames, {made.batch_size} at once"),
        ("One epoch", f"{_duration(an_epoch)} here"),
        ("Epochs", f"about {min(fit, made.epochs):.0f}{members}"),
        ("Learning rate", f"{made.learning_rate:g}, falling to nothing"),
        ("Time", f"about {_duration(total * spec.members)}"),
    )


def _too_short(spec: TrainPotentialSpec, steps: float, least: int) -> str:
    """What is to be done where even the smallest size takes too long."""
    quicker = "" if spec.model == "schnet" else ", or SchNet"
    return f"{steps:,.0f} steps fit, {least:,} are usual: take more time{quicker}"


def _size_in_words(spec: TrainPotentialSpec, settings: Mapping[str, Any]) -> str:
    """What most people ask about a network, such as "64 features, cutoff 5 Å"."""
    told: list[str] = []
    for field, said, _ in spec_fields(TRAINABLE[spec.model].settings_class()):
        name, title = field.name, said.label.lower()
        value = settings.get(name)
        on, values = said.when
        matters = not on or settings.get(on) in values
        if value is None or said.advanced or said.choices or not matters:
            continue
        if isinstance(value, bool):
            told += [title] if value else []
        elif name.startswith("n_"):
            told.append(f"{value} {title}")
        else:
            told.append(f"{title} {value:g}" + (" Å" if said.unit == "A" else ""))
    return ", ".join(told)


def _duration(seconds: float) -> str:
    if seconds < 100.0:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.2g} min" if seconds < 5900.0 else f"{seconds / 3600:.2g} h"
