"""Good starting points for a run: presets first, numbers second."""

from dataclasses import replace
from typing import Any

from designer_app.specs.md import MDSpec
from designer_app.specs.presets import OWN, Preset

PRESETS = (
    Preset(
        "quick",
        "Quick look",
        "Half a picosecond at room temperature: does the structure hold?",
        (("ensemble", "langevin"), ("temperature", 300.0), ("timestep", 1.0), ("steps", 500)),
    ),
    Preset(
        "heat",
        "Heat to 600 K",
        "From 300 to 600 K in two picoseconds.",
        (
            ("ensemble", "langevin"),
            ("temperature", 300.0),
            ("temperature_end", 600.0),
            ("timestep", 1.0),
            ("steps", 2000),
        ),
    ),
    Preset(
        "hot",
        "Hold at 600 K",
        "Two picoseconds at 600 K.",
        (("ensemble", "langevin"), ("temperature", 600.0), ("timestep", 1.0), ("steps", 2000)),
    ),
    Preset(
        "diffusion",
        "Diffusion at 1000 K",
        "50 ps with a thermostat that leaves diffusion alone (Bussi): ions that can hop will.",
        (
            ("ensemble", "bussi"),
            ("temperature", 1000.0),
            ("timestep", 2.0),
            ("steps", 25000),
            ("frame_interval", 50),
        ),
    ),
    Preset(
        "expand",
        "Thermal expansion",
        "Five picoseconds at 300 K and ambient pressure with a cell that may change.",
        (("ensemble", "npt"), ("temperature", 300.0), ("timestep", 1.0), ("steps", 5000)),
    ),
    Preset(
        "conserve",
        "Energy conservation",
        "One picosecond without a thermostat: the total energy must stay flat.",
        (("ensemble", "nve"), ("temperature", 300.0), ("timestep", 1.0), ("steps", 1000)),
    ),
)
CUSTOM = (OWN, "My settings")


def apply(preset: Preset, spec: MDSpec) -> MDSpec:
    """The spec with the preset's settings; what is not in the preset goes back to its default."""
    plain = MDSpec()
    kept = {
        name: getattr(spec, name)
        for name in ("structure", "potential", "model", "device", "dtype", "threads", "seed", "out")
    }
    changes: dict[str, Any] = {**kept, **dict(preset.changes)}
    return replace(plain, **changes)


def preset_of(spec: MDSpec) -> str:
    """The key of the preset that these settings are, or custom."""
    for preset in PRESETS:
        if apply(preset, spec) == replace(spec, resume=False):
            return preset.key
    return CUSTOM[0]
