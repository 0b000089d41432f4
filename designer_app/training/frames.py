"""Labelled frames on their way into a training, and what a training gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from designer_app.specs.labelled import LabelledFrame


@dataclass(frozen=True, eq=False)
class SplitFrames:
    """Frames by what they are for. Energies are those of the reference calculations."""

    train: tuple[LabelledFrame, ...]
    validation: tuple[LabelledFrame, ...]
    test: tuple[LabelledFrame, ...] = ()
    free_atoms: Mapping[str, float] = field(default_factory=dict)
    """Energy of the free atom of an element in eV, where the data holds it."""
    how: str = ""
    """The rule of the split, for the card."""

    def learned_by(self, fitted: "Fitted") -> "SplitFrames":
        """With those alone as training frames that a fit learned from."""
        rows = range(len(self.train)) if fitted.learned is None else sorted(fitted.learned)
        return replace(self, train=tuple(self.train[row] for row in rows))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A family's fit: with the card's other entries, all that builds the potential again."""

    settings: Mapping[str, Any]
    """Of the family; plain data."""
    arrays: Mapping[str, NDArray[Any]]
    cutoff: float
    """A."""
    references: Mapping[str, float]
    """Energy of the free atom by element, eV."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """What the training was, as it came out: epochs, seconds, best epoch, learning rates."""
    notes: str = ""
    learned: tuple[int, ...] | None = None
    """Rows of the training frames that it learned from; None: all."""


class StoppedFitError(Exception):
    """A fit ended before its time, by a person or by a failure, and this is the best it had."""

    def __init__(self, fitted: Fitted, cause: Exception) -> None:
        super().__init__(str(cause))
        self.fitted, self.cause = fitted, cause
