"""The powder pattern that a crystal would show, to hold beside a measured one."""

from designer_app.screening.duplicates import pymatgen_of
from designer_app.specs.structure import Structure

RANGE = (10.0, 90.0)
"""2 theta in degrees."""
FAINTEST = 0.5
"""Per cent of the strongest line: below, a laboratory measurement shows nothing."""
METHOD = "kinematic intensities, Cu K-alpha 1.5418 A, no thermal motion, no texture"

Line = tuple[float, float, str]


def powder_pattern(structure: Structure) -> tuple[Line, ...]:
    """(2 theta in degrees, intensity, the strongest 100, hkl) for Cu K-alpha, by rising angle.

    Structure factors of pymatgen's `XRDCalculator` (de Graef and McHenry 2012,
    doi:10.1017/CBO9781139051637).
    """
    from pymatgen.analysis.diffraction.xrd import XRDCalculator

    found = XRDCalculator(wavelength="CuKa").get_pattern(
        pymatgen_of(structure), scaled=True, two_theta_range=RANGE
    )
    return tuple(
        (float(angle), float(height), _strongest(planes))
        for angle, height, planes in zip(found.x, found.y, found.hkls, strict=True)
        if height >= FAINTEST
    )


def _strongest(planes: list[dict[str, tuple[int, ...]]]) -> str:
    """Indices of the first family of a line, e.g. "1 0 -4"."""
    hkl = planes[0]["hkl"]
    return " ".join(str(int(index)) for index in (hkl[0], hkl[1], hkl[-1]))
