"""Heads learned from published tables: fast numbers with an error bar, no structure needed.

`conductivity_head().predict("Li10GeP2S12", space_group=137)`,
`voltage_head().predict("FePO4", "Li")`, `adsorption_head().predict("OH", "Pt3Ni")`.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from designer_app.registry import Registry, Row
from designer_app.resources import resource

if TYPE_CHECKING:
    from designer_app.properties.heads.adsorption import AdsorptionHead
    from designer_app.properties.heads.conductivity import ConductivityHead
    from designer_app.properties.heads.voltage import VoltageHead

HEADS: Registry[Row] = Registry(
    "head",
    (
        Row(
            key="conductivity",
            title="Conductivity",
            summary="log10 of the ionic conductivity at room temperature.",
            implementation="designer_app.properties.heads.conductivity:ConductivityHead",
        ),
        Row(
            key="voltage",
            title="Voltage",
            summary="Average voltage and volume change of an insertion electrode.",
            implementation="designer_app.properties.heads.voltage:VoltageHead",
        ),
        Row(
            key="adsorption",
            title="Adsorption",
            summary="Adsorption energies on metals and alloys.",
            implementation="designer_app.properties.heads.adsorption:AdsorptionHead",
        ),
    ),
)


def load_head(key: str, folder: Path | None = None) -> Any:
    """A head by key: the shipped one, or the one in a folder that `train` wrote.

    Raises `UnknownKeyError` and `FileUnreadableError`.
    """
    row = HEADS[key]
    return _loaded(row.key, folder or resource(f"weights/{row.key}"))


def conductivity_head() -> "ConductivityHead":
    """The shipped conductivity head."""
    return load_head("conductivity")


def voltage_head() -> "VoltageHead":
    """The shipped voltage head."""
    return load_head("voltage")


def adsorption_head() -> "AdsorptionHead":
    """The shipped adsorption heads."""
    return load_head("adsorption")


@lru_cache(maxsize=8)
def _loaded(key: str, folder: Path) -> Any:
    return HEADS[key].load().read(folder)
