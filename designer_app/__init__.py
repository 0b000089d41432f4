"""From a property target to a validated shortlist of materials, on the desktop."""

__version__ = "0.1.0"
