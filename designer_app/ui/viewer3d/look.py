"""How a structure looks: colours of the theme, colours and radii of the elements."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from designer_app.elements import COVALENT_RADII, JMOL_COLORS, VDW_RADII, VESTA_COLORS

ColorScheme = Literal["jmol", "vesta"]
Style = Literal["ball-and-stick", "space-filling"]

BOND_RADIUS = 0.10
"""A."""
SOFTENING = 0.15
"""Share of grey in an element's colour: pure primaries glare on large lit surfaces."""
VACANCY_COLOR = (0.985, 0.985, 0.985)
"""Red, green, blue of the empty share of a site."""


@dataclass(frozen=True)
class ViewColors:
    """The colours that the theme gives to the picture."""

    background: QColor
    text: QColor
    accent: QColor
    cell: QColor

    @property
    def is_dark(self) -> bool:
        """Whether the background is nearer to black than to white."""
        return self.background.lightnessF() < 0.5


LIGHT = ViewColors(QColor("#FFFFFF"), QColor("#1B1F24"), QColor("#2563EB"), QColor("#8A94A3"))
DARK = ViewColors(QColor("#15181D"), QColor("#E6E9ED"), QColor("#6EA8FE"), QColor("#6B7686"))


def rgb(color: QColor) -> tuple[float, float, float]:
    """Red, green and blue in 0..1."""
    return color.redF(), color.greenF(), color.blueF()


def element_colors(scheme: ColorScheme) -> NDArray[np.float32]:
    """(119, 3) red, green, blue in 0..1 by atomic number, a little greyer than tabulated."""
    tabulated = {"jmol": JMOL_COLORS, "vesta": VESTA_COLORS}[scheme]
    grey = tabulated @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return (tabulated + SOFTENING * (grey[:, None] - tabulated)).astype(np.float32)


def element_radii(style: Style, *, has_bonds: bool) -> NDArray[np.float32]:
    """(119,) drawn radii in A by atomic number.

    Balls: 0.48 sqrt(covalent radius / A) A, because large cations would hide their anions at one
    common fraction of the radius. Without bonds the balls must carry the picture: 0.75 of the
    covalent radius. Space-filling: van der Waals radii, covalent + 0.75 A where unknown.
    """
    if style == "space-filling":
        radii = np.where(np.isnan(VDW_RADII), COVALENT_RADII + 0.75, VDW_RADII)
    elif has_bonds:
        radii = 0.48 * np.sqrt(COVALENT_RADII)
    else:
        radii = 0.75 * COVALENT_RADII
    return radii.astype(np.float32)
