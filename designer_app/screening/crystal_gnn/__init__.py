"""The crystal graph network: properties of thousands of crystals a second, with error bars."""

from designer_app.screening.crystal_gnn.ensemble import (
    CrystalEnsemble,
    HeadPrediction,
    load_crystal_ensemble,
)
from designer_app.screening.crystal_gnn.network import CrystalGraphNetwork, NetworkSize

__all__ = [
    "CrystalEnsemble",
    "CrystalGraphNetwork",
    "HeadPrediction",
    "NetworkSize",
    "load_crystal_ensemble",
]
