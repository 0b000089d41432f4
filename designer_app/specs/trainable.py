"""The families of potentials that can be trained; a new one is a file and a row here."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from designer_app.registry import Registry, Row


@dataclass(frozen=True, kw_only=True)
class TrainableRow(Row):
    """A family. `implementation` is called as `fit(frames, spec, control) -> Fitted`."""

    settings: str
    """Dataclass of its sizes, "module:attribute"."""
    potential: str
    """Called as `potential(card, arrays, compute) -> Potential`, "module:attribute"."""
    network: str = ""
    """Of neural networks: built as `network(settings)`, "module:attribute"."""

    def settings_class(self) -> type[Any]:
        """The dataclass of its sizes; plain data, so the window may ask too."""
        module, attribute = self.settings.split(":")
        found: type[Any] = getattr(import_module(module), attribute)
        return found


_NETWORKS = "designer_app.training.network_training:fit"
_AS_POTENTIAL = "designer_app.potentials.trained:network_potential"

TRAINABLE: Registry[TrainableRow] = Registry(
    "trainable potential",
    (
        TrainableRow(
            key="nequip",
            title="NequIP",
            summary="Equivariant network: the most accurate from few hundred frames.",
            implementation=_NETWORKS,
            potential=_AS_POTENTIAL,
            settings="designer_app.specs.networks:NequIPSettings",
            network="designer_app.potentials.nequip:NequIP",
        ),
        TrainableRow(
            key="schnet",
            title="SchNet",
            summary="Continuous-filter network: quick to train and to run.",
            implementation=_NETWORKS,
            potential=_AS_POTENTIAL,
            settings="designer_app.specs.networks:SchNetSettings",
            network="designer_app.potentials.schnet:SchNet",
        ),
        TrainableRow(
            key="gemnet",
            title="GemNet",
            summary="Directional messages with angles (T) and dihedrals (Q).",
            implementation=_NETWORKS,
            potential=_AS_POTENTIAL,
            settings="designer_app.specs.networks:GemNetSettings",
            network="designer_app.potentials.gemnet:GemNet",
        ),
        TrainableRow(
            key="gap",
            title="GAP",
            summary="Sparse Gaussian process on SOAP: minutes, with its own uncertainty.",
            implementation="designer_app.training.gap_fitting:fit",
            potential="designer_app.potentials.gap:potential",
            settings="designer_app.specs.networks:GAPSettings",
        ),
        TrainableRow(
            key="chgnet",
            title="CHGNet, fine-tuned",
            summary="The universal potential corrected with your own calculations.",
            implementation="designer_app.training.chgnet_tuning:fit",
            potential="designer_app.potentials.chgnet.tuned:potential",
            settings="designer_app.specs.networks:CHGNetTuning",
            network="designer_app.potentials.chgnet.module:CHGNetModule",
        ),
    ),
)
