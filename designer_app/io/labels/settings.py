"""Code, functional and cutoff of a calculation, as far as its output tells."""

import re
from collections.abc import Mapping
from pathlib import Path

_MOST_BYTES = 4 << 20
"""Outputs tell their settings before the first step."""

_SAID: Mapping[str, tuple[tuple[str, str], ...]] = {
    "vasp-xml": (
        ("VASP {}", r'<i name="version"[^>]*>\s*([\d.]+)'),
        ("GGA {}", r'<i type="string" name="GGA"[^>]*>\s*(\S+?)\s*</i>'),
        ("METAGGA {}", r'<i type="string" name="METAGGA"[^>]*>\s*([A-Z]\S*?)\s*</i>'),
        ("cutoff {} eV", r'<i name="EN(?:MAX|CUT)">\s*([\d.]+)'),
        ("spin {}", r'<i type="int" name="ISPIN">\s*(\d)'),
        ("+U", r'<i type="logical" name="LDAU">\s*(T)'),
        ("dispersion {}", r'<i type="int" name="IVDW">\s*([1-9]\d*)'),
    ),
    "vasp-out": (
        ("VASP {}", r"^\s*vasp\.([\d.]+)"),
        ("{}", r"TITEL\s*=\s*(PAW\S*)"),
        ("GGA {}", r"^\s*GGA\s*=\s*(\S+)"),
        ("METAGGA {}", r"^\s*METAGGA\s*=\s*([A-Z][A-Z\d]+)\s*$"),
        ("cutoff {} eV", r"^\s*ENCUT\s*=\s*([\d.]+)"),
        ("spin {}", r"^\s*ISPIN\s*=\s*(\d)"),
        ("+U", r"^\s*LDAU\s*=\s*(T)\b"),
        ("dispersion {}", r"^\s*IVDW\s*=\s*([1-9]\d*)"),
    ),
    "espresso-out": (
        ("Quantum ESPRESSO {}", r"Program PWSCF v\.([\d.]+)"),
        ("{}", r"Exchange-correlation\s*=\s*(.+?)\s*(?:\(|$)"),
        ("cutoff {} Ry", r"kinetic-energy cutoff\s*=\s*([\d.]+)"),
    ),
    "gpaw-out": (
        ("GPAW {}", r"\|__ \|  _\|___\|_____\|\s+([\d.]+)"),
        ("{}", r"^\s*(?:xc|XC functional|Exchange-[Cc]orrelation [Ff]unctional):\s*([A-Z][\w+-]*)"),
        ("cutoff {} eV", r"^\s*[Cc]utoff energy: ([\d.]+)"),
    ),
    "cp2k-out": (
        ("CP2K {}", r"CP2K\| version string:\s+CP2K version ([\d.]+)"),
        ("{}", r"FUNCTIONAL\|\s+([A-Z][\w-]+)\s*:"),
        ("cutoff {} Ha", r"Density cutoff \[a\.u\.\]:\s+([\d.]+)"),
    ),
}


def settings_in(name: str, path: Path) -> str:
    """The settings in one line; "" where the format or the file does not tell."""
    if name not in _SAID:
        return ""
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    found = ((words, re.search(pattern, text, re.MULTILINE)) for words, pattern in _SAID[name])
    return ", ".join(words.format(told.group(1)) for words, told in found if told)
