"""Model cards: what shipped weights were made of, how, and how far they were off on kept-back data.

A card is a JSON file beside its safetensors file, and names the hash of that file: weights and
figures cannot drift apart.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from designer_app.errors import ModelUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.provenance import sha256_of

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A published table that a model learned from."""

    name: str
    file: str
    sha256: str
    licence: str
    doi: str = ""
    address: str = ""
    used: str = ""
    """Which rows, and what was left out."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How far off a head was on rows kept back by one rule."""

    grouped_by: str
    """What the kept-back rows share with no row learned from."""
    n_groups: int
    error: float
    """Mean absolute error, in the unit of the head."""
    baseline_error: float
    """The same of always answering with the mean of the rows learned from."""
    coverage: float
    """Share of kept-back rows inside their 90 % interval."""


@dataclass(frozen=True, kw_only=True)
class HeadCard:
    """One number that a model gives, and how far off it was where it had not learned."""

    key: str
    title: str
    unit: str
    n_labels: int
    held_out_error: float
    """Mean absolute error on rows kept back, in `unit`."""
    grouped_by: str = ""
    """What the kept-back rows share with no row learned from: family, framework, alloy, formula."""
    baseline_error: float | None = None
    """The same of always answering with the mean of the rows learned from."""
    coverage: float | None = None
    """Share of kept-back rows inside their 90 % interval."""
    by_group: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """(labels, held-out error) of parts that are told apart, such as working ions."""
    stricter: tuple[Judgement, ...] = ()
    """The same with rows kept back by other rules, beside that of `grouped_by`."""
    applicability: str = ""
    """For what it was made; one sentence."""
    elements: tuple[str, ...] = ()
    """Elements among its rows, where they are not those of the whole model."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A shipped or trained model on one page."""

    key: str
    title: str
    version: str
    made_by: str
    """The command that makes it anew."""
    data: tuple[DataSet, ...]
    split: str
    """The rule by which rows were kept back; one sentence."""
    heads: tuple[HeadCard, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    elements: tuple[str, ...] = ()
    """Elements among the rows learned from."""
    notes: str = ""
    weights_sha256: str = ""

    def head(self, key: str) -> HeadCard:
        """The card of one number; `KeyError` where the model does not give it."""
        return next_or_key_error(self.heads, key)

    @property
    def origin(self) -> str:
        """What stands beside every number: key, version, the start of the hash."""
        return f"{self.key} {self.version} ({self.weights_sha256[:8]})"


def next_or_key_error(heads: tuple[HeadCard, ...], key: str) -> HeadCard:
    """The head of that key."""
    for each in heads:
        if each.key == key:
            return each
    raise KeyError(key)


def data_set(path: Path, root: Path, **said: str) -> DataSet:
    """The row of a card for a file, with its hash taken now."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return DataSet(file=name, sha256=sha256_of(path), **said)


def write_model(folder: Path, card: ModelCard, arrays: Mapping[str, NDArray[Any]]) -> ModelCard:
    """Put weights and card into a folder; the card with the hash of the weights."""
    path = folder / WEIGHTS_FILE
    atomic_write(path, save({name: np.ascontiguousarray(each) for name, each in arrays.items()}))
    values = {each.name: getattr(card, each.name) for each in fields(card)}
    sealed = ModelCard(**{**values, "weights_sha256": sha256_of(path)})
    atomic_write(folder / CARD_FILE, card_text(sealed))
    return sealed


def card_text(card: ModelCard) -> str:
    """A card as JSON."""
    return json.dumps({"format": FORMAT, **asdict(card)}, indent=1, ensure_ascii=False) + "\n"


def read_card(folder: Path) -> ModelCard:
    """The card in a folder. Raises `ModelUnreadableError`."""
    path = folder / CARD_FILE
    try:
        return card_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelUnreadableError(str(path), "it is no model card of this program") from error


def card_from(said: Mapping[str, Any]) -> ModelCard:
    """The card that a JSON object describes; keys of newer programs are left out."""
    if said["format"] > FORMAT:
        message = "a newer format"
        raise ValueError(message)
    heads = tuple(
        _known(
            HeadCard,
            {
                **each,
                "by_group": _pairs(each.get("by_group", {})),
                "elements": tuple(each.get("elements", ())),
                "stricter": tuple(_known(Judgement, rule) for rule in each.get("stricter", ())),
            },
        )
        for each in said["heads"]
    )
    data = tuple(_known(DataSet, each) for each in said["data"])
    lists = {name: tuple(said.get(name, ())) for name in ("seeds", "elements")}
    card: ModelCard = _known(ModelCard, {**said, **lists, "heads": heads, "data": data})
    return card


def read_model(folder: Path) -> tuple[ModelCard, dict[str, NDArray[Any]]]:
    """(card, arrays) of a folder. Raises `ModelUnreadableError`, also where the hash differs."""
    card = read_card(folder)
    path = folder / WEIGHTS_FILE
    try:
        if sha256_of(path) != card.weights_sha256:
            raise ModelUnreadableError(str(path), "it is not the file that its card names")
        return card, load(path.read_bytes())
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except SafetensorError as error:
        raise ModelUnreadableError(str(path), "not a complete safetensors file") from error


def _pairs(said: Mapping[str, Any]) -> dict[str, tuple[int, float]]:
    return {name: (int(pair[0]), float(pair[1])) for name, pair in said.items()}


def _known(kind: type[Any], said: Mapping[str, Any]) -> Any:
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in said.items() if name in names})
