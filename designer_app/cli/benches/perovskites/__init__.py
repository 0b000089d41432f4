"""`bench perovskites`: latent search judged by energies that it has not seen."""
