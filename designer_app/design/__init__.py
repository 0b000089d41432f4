"""Inverse design: from targets to crystals, through the latent space of an autoencoder."""
