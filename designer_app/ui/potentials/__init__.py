"""The Potentials workspace: what computes the energy, and whether it can be trusted."""
