"""Slabs cut from a crystal: a surface with vacuum above it, its lower half held as in the bulk."""

import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import InvalidSpecError, MissingCellError
from designer_app.io.formulas import amounts_of, formula
from designer_app.io.space_groups import symmetry_dataset
from designer_app.properties.slab_cells import Miller, Slab, primitive, widened
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from pymatgen.core import Structure as PymatgenStructure

LAYER_GAP = 0.35
"""A along the normal: atoms nearer than this to the one below belong to its layer."""
LEAST_THICKNESS = 5.0
"""A: open faces have thin layers, and four of them are not yet a crystal."""
WIDEST_GAP = 6.0
"""A: a crystal with an emptier slice than this is a slab or a sheet already."""
MAX_ATOMS = 600
_INDEX = re.compile(r"-?\d")
_LARGEST_INDEX = 9
_CENTRINGS = 12
"""Centred cells are centred by halves and thirds."""


def miller_from_text(text: str) -> Miller:
    """Indices (h k l) from "111", "1-10", "0 0 1" or, for hexagonal crystals, "10-10"."""
    if re.fullmatch(r"\s*\(?\s*(-?\d+[\s,]+){2,3}-?\d+\s*\)?\s*", text):
        found = [int(each) for each in re.findall(r"-?\d+", text)]
    elif re.fullmatch(r"\s*\(?(-?\d){3,4}\)?\s*", text):
        found = [int(each) for each in _INDEX.findall(text)]
    else:
        raise _bad_surface(text, "write three whole numbers, such as 111 or 1-10")
    if len(found) == 4:
        h, k, i, found_l = found
        if h + k + i != 0:
            raise _bad_surface(text, "of four indices the third is minus the sum of the first two")
        found = [h, k, found_l]
    if not any(found):
        raise _bad_surface(text, "one of the indices must differ from 0")
    if max(abs(each) for each in found) > _LARGEST_INDEX:
        raise _bad_surface(text, f"indices beyond {_LARGEST_INDEX} are not cut")
    divisor = math.gcd(*found)
    return found[0] // divisor, found[1] // divisor, found[2] // divisor


def _bad_surface(text: str, reason: str) -> InvalidSpecError:
    return InvalidSpecError("surface", text, reason, "Surface")


def check_bulk(bulk: Structure) -> None:
    """Raises where a structure is no crystal that can be cut."""
    if not (all(bulk.pbc) and bulk.volume > 0):
        raise MissingCellError("cutting a surface")
    gap, axis = max(_gaps(bulk))
    if gap > WIDEST_GAP:
        reason = (
            f"{gap:.1f} Å of its cell are empty along {'abc'[axis]}, so it is a slab or a sheet "
            "already; give the bulk crystal, which is then cut"
        )
        raise InvalidSpecError("structure", bulk.name or "this structure", reason, "Crystal")


def _gaps(bulk: Structure) -> Iterator[tuple[float, int]]:
    """(widest empty slice in A, axis) for each axis."""
    fractions = (bulk.positions @ np.linalg.inv(bulk.cell)) % 1.0
    heights = 1.0 / np.linalg.norm(np.linalg.inv(bulk.cell), axis=0)
    for axis in range(3):
        places = np.sort(fractions[:, axis])
        gaps = np.diff(np.append(places, places[0] + 1.0))
        # A metal with one atom in a small cell has a "gap" of the whole cell.
        yield float(gaps.max() * heights[axis]), axis


def cut_slabs(
    bulk: Structure,
    miller: Miller,
    *,
    n_layers: int = 4,
    vacuum: float = 12.0,
    spacing: float = 7.0,
) -> list[Slab]:
    """All terminations of (hkl) of the conventional cell, as slabs at least `n_layers` thick and
    so wide that an adsorbate is `spacing` A from its images.

    Crystals of one element get exactly the layers asked, if those make 5 A; others whole formula
    units.
    """
    check_bulk(bulk)
    conventional = _conventional(bulk)
    _check_planes(conventional, miller)
    terminations: list[Slab] = []
    thickness = LEAST_THICKNESS
    for _ in range(12):
        made = _cut(conventional, miller, thickness, vacuum)
        if not made:
            break
        terminations = [_slab(each, bulk, miller, n_layers, vacuum) for each in made]
        if all(each.n_layers >= n_layers and _is_thick(each) for each in terminations):
            break
        thickness += 2.0
    terminations += _undersides(terminations)
    wide = [widened(primitive(each), spacing) for each in terminations]
    if not wide or max(len(each.structure) for each in wide) > MAX_ATOMS:
        largest = max((len(each.structure) for each in wide), default=0)
        raise _bad_surface(
            "".join(str(each) for each in miller),
            f"its slab would hold {largest} atoms, and at most {MAX_ATOMS} are computed",
        )
    return wide


def _conventional(bulk: Structure) -> "PymatgenStructure":
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    crystal = PymatgenStructure(
        Lattice(bulk.cell),
        [SYMBOLS[int(number)] for number in bulk.numbers],
        bulk.positions,
        coords_are_cartesian=True,
    )
    with warnings.catch_warnings():  # spglib warns of its own way to report errors
        warnings.simplefilter("ignore", DeprecationWarning)
        return SpacegroupAnalyzer(crystal, symprec=0.05).get_conventional_standard_structure()


def _check_planes(crystal: "PymatgenStructure", miller: Miller) -> None:
    """Raises where lattice planes lie so close that the slab would have no layers to count."""
    numbers = np.array([site.specie.Z for site in crystal])
    found = symmetry_dataset(crystal.lattice.matrix, crystal.frac_coords, numbers, 0.05)
    steps = [1.0]  # of the planes, in those of the conventional cell; centred cells have more
    if found is not None:
        is_translation = (found.rotations == np.eye(3)).all(axis=(1, 2))
        steps += [abs(float(t @ miller)) % 1.0 for t in found.translations[is_translation]]
    finest = math.gcd(*(round(_CENTRINGS * step) for step in steps)) / _CENTRINGS
    apart = finest * float(crystal.lattice.d_hkl(miller))
    if apart < LAYER_GAP:
        raise _bad_surface(
            "".join(str(each) for each in miller),
            f"its planes are {apart:.2f} Å apart, and layers nearer than {LAYER_GAP:g} Å are one; "
            "take smaller indices",
        )


def _cut(
    crystal: "PymatgenStructure", miller: Miller, thickness: float, vacuum: float
) -> "list[PymatgenStructure]":
    """All terminations by pymatgen, at least so thick, with c along the normal."""
    from pymatgen.core.surface import SlabGenerator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        generator = SlabGenerator(
            crystal,
            miller,
            min_slab_size=thickness,
            min_vacuum_size=vacuum,
            lll_reduce=True,
            center_slab=False,
            primitive=True,
        )
        return [each.get_orthogonal_c_slab() for each in generator.get_slabs()]


def _slab(
    found: "PymatgenStructure", bulk: Structure, miller: Miller, n_layers: int, vacuum: float
) -> Slab:
    """Our slab of pymatgen's: c along z, the upper surface whole, as thick as asked."""
    a, b, normal = _upright(np.array(found.lattice.matrix))
    positions = np.array(found.frac_coords) @ np.array([a, b, normal])
    numbers = np.array(
        [ATOMIC_NUMBERS[str(getattr(site.specie, "symbol", site.specie))] for site in found],
        dtype=np.int64,
    )
    positions[:, 2] = _unbroken(positions[:, 2], float(normal[2]))
    layers = _layers(positions[:, 2])
    if len(set(numbers.tolist())) == 1:
        kept = layers < _enough_layers(positions[:, 2], layers, n_layers)
        positions, numbers, layers = positions[kept], numbers[kept], layers[kept]
    positions[:, 2] -= positions[:, 2].min()
    top = float(positions[:, 2].max())
    structure = Structure(
        numbers=numbers,
        positions=positions,
        cell=np.array([a, b, [0.0, 0.0, top + vacuum]]),
        pbc=(True, True, True),
        fixed=_held(layers),
        name=f"{formula(amounts_of(numbers))} {miller}",
    )
    return Slab(structure, miller, layers, len(numbers) / len(bulk))


def _undersides(slabs: list[Slab]) -> list[Slab]:
    """The slabs that end otherwise below than any does above, turned over; a stoichiometric slab
    of SrTiO3(100) has SrO on one side and TiO2 on the other.
    """
    known, found = {each.termination for each in slabs}, list[Slab]()
    for slab in slabs:
        given = slab.structure
        positions = given.positions.copy()
        positions[:, 2] = positions[:, 2].max() - positions[:, 2]
        layers = slab.layers.max() - slab.layers
        turned = replace(given, positions=positions, fixed=_held(layers))
        other = Slab(turned, slab.miller, layers, slab.n_bulk_cells)
        if other.termination not in known:
            known.add(other.termination)
            found.append(other)
    return found


def _held(layers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The lower half."""
    return layers >= (int(layers.max()) + 2) // 2


def _upright(cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same cell turned: a along x, b in the xy plane, c (already normal) along z."""
    a, b, c = cell
    x = a / np.linalg.norm(a)
    z = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    axes = np.array([x, np.cross(z, x), z])
    height = float(c @ z)
    turned = np.asarray(cell @ axes.T, dtype=np.float64)
    turned[2] = [0.0, 0.0, abs(height)]
    turned[:2, 2] = 0.0
    return turned


def _unbroken(heights: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """Heights moved by whole periods so that the widest gap, the vacuum, is at the top."""
    heights = heights % period
    order = np.sort(heights)
    gaps = np.diff(np.append(order, order[0] + period))
    above_gap = int(np.argmax(gaps))
    start = order[(above_gap + 1) % len(order)]
    return (heights - start + 1e-6) % period


def _is_thick(slab: Slab) -> bool:
    heights = slab.structure.positions[:, 2]
    return float(np.ptp(heights)) >= LEAST_THICKNESS


def _layers(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Layer of each atom from above."""
    order = np.argsort(-heights)
    drops = -np.diff(heights[order]) > LAYER_GAP
    found = np.empty(len(heights), dtype=np.int64)
    found[order] = np.concatenate([[0], np.cumsum(drops)])
    return found


def _enough_layers(heights: NDArray[np.float64], layers: NDArray[np.int64], n_layers: int) -> int:
    """The layers asked for, or more where those are too thin to be a crystal."""
    tops = [float(heights[layers == layer].mean()) for layer in range(int(layers.max()) + 1)]
    thick = [k + 1 for k, top in enumerate(tops) if tops[0] - top >= LEAST_THICKNESS]
    return max(n_layers, thick[0] if thick else len(tops))
