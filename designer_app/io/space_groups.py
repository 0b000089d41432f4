"""Space groups by spglib: the 530 settings of International Tables, and the symmetry of a crystal.

spglib warns about its own way of reporting errors on every call; that is kept from the user here.
"""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAST_SETTING = 530


@dataclass(frozen=True)
class Operations:
    """x' = R x + t in fractional coordinates."""

    rotations: NDArray[np.float64]
    """(n, 3, 3)."""
    translations: NDArray[np.float64]
    """(n, 3)."""
    setting: str = ""
    """Symbol and choice, where they were looked up."""


@lru_cache(maxsize=1)
def settings() -> tuple[Any, ...]:
    """All settings of all space groups, as spglib's rows, in the order of their Hall numbers."""
    return tuple(_asked("get_spacegroup_type", hall) for hall in range(1, LAST_SETTING + 1))


@lru_cache(maxsize=LAST_SETTING)
def operations(hall_number: int) -> Operations:
    """The symmetry operations of a setting."""
    found = _asked("get_symmetry_from_database", hall_number)
    row = settings()[hall_number - 1]
    setting = f"{row.international_short}:{row.choice}" if row.choice else row.international_short
    return Operations(
        np.array(found["rotations"], dtype=np.float64),
        np.array(found["translations"], dtype=np.float64),
        setting,
    )


def symmetry_dataset(
    cell: NDArray[np.float64],
    fractional: NDArray[np.float64],
    kinds: NDArray[np.int64],
    symprec: float,
) -> Any | None:
    """Spglib's findings on a crystal, with the origin at the inversion centre; None where it fails.

    Of the two origins of 24 groups, that one is what databases and papers use today.
    """
    crystal = (cell, fractional, kinds)
    found = _asked("get_symmetry_dataset", crystal, symprec=symprec)
    if found is not None and found.choice == "1":
        hall_number = found.hall_number + 1
        found = _asked("get_symmetry_dataset", crystal, symprec=symprec, hall_number=hall_number)
    return found


def _asked(name: str, *arguments: Any, **options: Any) -> Any:
    import spglib
    from spglib.error import SpglibError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return getattr(spglib, name)(*arguments, **options)
        except SpglibError:
            return None
