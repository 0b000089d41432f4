"""Relaxation of atoms and cell to the nearest minimum, many structures at once."""
