"""Molecular dynamics: step functions, thermostats, barostats, checkpoints."""
