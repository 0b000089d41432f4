"""The variational autoencoder of crystals: tokens to 64 numbers and back.

`MaterialVAE`, `load_vae` and `Allowed` are its public face.
"""

from designer_app.design.vae.allowed import Allowed
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.parts import VAESettings
from designer_app.design.vae.reading import load_vae, read_vae

__all__ = ["Allowed", "MaterialVAE", "VAESettings", "load_vae", "read_vae"]
