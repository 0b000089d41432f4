"""Where an adsorbate can sit on a surface: over an atom, between two, in a hollow.

Atoms that nothing covers are the corners of a Delaunay net. Its corners are the ontop sites, the
midpoints of its edges the bridges, and the centres of the circles through its triangles the
hollows: the places farthest from all atoms. On a square net, where the diagonal is no bridge, its
midpoint is the hollow itself. Over the nonmetal of a compound (the O of an oxide) only the ontop
site is kept. Two sites are of one kind where the atoms around them lie at the same distances,
element by element and layer by layer.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import COVALENT_RADII, SYMBOLS
from designer_app.properties.slab_cells import Slab

REACH = 6.0
"""A in the plane: atoms within it tell one kind of site from another."""
ALIKE = 0.12
"""A: distances that differ by less are the same."""
DEPTH = 3
"""Layers that are looked at."""
OPEN_DEPTH = 1.7
"""A below the top: atoms that deep still belong to the surface where nothing covers them."""
COVERED = 0.85
"""Sums of covalent radii: an atom nearer than that in the plane, and higher, covers another."""
_LONGEST_BRIDGE = 1.6
"""In sums of covalent radii: farther apart, two atoms do not share an adsorbate."""
_NONMETALS = frozenset(
    ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Ge", "As", "Se", "Br", "Sb", "Te", "I")
)

_THREEFOLD = "hollow 3-fold"

_Print = dict[tuple[int, int], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class SurfaceSite:
    """A place on a surface and the kind it belongs to."""

    name: str
    kind: int
    """Sites of one number are equivalent."""
    place: NDArray[np.float64]
    """(2,) A in the plane."""
    n_touched: int
    """1 ontop, 2 bridge, 3 and more hollow."""


def surface_sites(slab: Slab) -> list[SurfaceSite]:
    """Every site of a slab's cell; equivalent ones share their `kind` and name."""
    places = _places(slab)
    prints = [_fingerprint(slab, place) for place in places]
    kinds: list[int] = []
    firsts: list[int] = []
    for index, found in enumerate(prints):
        known = [k for k, first in enumerate(firsts) if _are_alike(found, prints[first])]
        if known:
            kinds.append(known[0])
        else:
            kinds.append(len(firsts))
            firsts.append(index)
    touched = [_touched(slab, places[first]) for first in firsts]
    names = _named(slab, [places[first] for first in firsts], touched)
    return [
        SurfaceSite(names[kind], kind, place, len(touched[kind]))
        for place, kind in zip(places, kinds, strict=True)
    ]


def distinct_sites(sites: list[SurfaceSite]) -> list[SurfaceSite]:
    """One site of each kind: hollows first, then bridges, then ontop."""
    firsts = {site.kind: site for site in reversed(sites)}
    return sorted(firsts.values(), key=lambda site: (-site.n_touched, site.kind))


def nearest_site(
    sites: list[SurfaceSite], place: NDArray[np.float64], cell: NDArray[np.float64]
) -> SurfaceSite:
    """The site of a cell nearest to a place in the plane."""
    plane = cell[:2, :2]
    offsets = (np.array([site.place for site in sites]) - place[:2]) @ np.linalg.inv(plane)
    offsets -= np.round(offsets)
    return sites[int(np.argmin(np.linalg.norm(offsets @ plane, axis=1)))]


# --- places -------------------------------------------------------------------------------------


def _places(slab: Slab) -> list[NDArray[np.float64]]:
    """Ontop, hollow and bridge places inside the cell, each once."""
    plane = slab.structure.cell[:2, :2]
    atoms = open_atoms(slab)
    points = _around(slab.structure.positions[atoms][:, :2], plane)
    edges, centres = _net(points)
    lengths = [np.linalg.norm(points[i] - points[j]) for i, j in edges]
    longest = _LONGEST_BRIDGE * 2.0 * float(COVALENT_RADII[slab.structure.numbers[atoms]].max())
    bridges = [
        0.5 * (points[i] + points[j])
        for (i, j), length in zip(edges, lengths, strict=True)
        if length <= longest
    ]
    found: list[NDArray[np.float64]] = []
    for group in (list(points), centres, bridges):
        for place in _inside(group, plane):
            if not _holds(found, place, plane) and _is_useful(slab, place):
                found.append(place)
    return found


def open_atoms(slab: Slab) -> NDArray[np.int64]:
    """Atoms of the surface: near the top, with nothing above them."""
    structure = slab.structure
    radii, z = COVALENT_RADII[structure.numbers], structure.positions[:, 2]
    found = []
    for index in np.flatnonzero(z.max() - z <= OPEN_DEPTH):
        higher = np.flatnonzero(z > z[index] + 0.3)
        lateral = _lateral(slab, structure.positions[index, :2])[higher]
        if (lateral > COVERED * (radii[higher] + radii[index])).all():
            found.append(index)
    return np.array(found, dtype=np.int64)


def _is_useful(slab: Slab, place: NDArray[np.float64]) -> bool:
    """Whether a site is ontop, or touches metals alone; without metals, as on silicon, any."""
    if {SYMBOLS[each] for each in slab.structure.numbers} <= _NONMETALS:
        return True
    touched = _touched(slab, place)
    symbols = {SYMBOLS[slab.structure.numbers[each]] for each in touched}
    return len(touched) == 1 or not symbols & _NONMETALS


def _around(points: NDArray[np.float64], plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points with their images around the cell, enough for a net over the cell."""
    counts = np.ceil(2 * REACH / _heights(plane)).astype(int)
    shifts = [
        i * plane[0] + j * plane[1]
        for i in range(-counts[0], counts[0] + 1)
        for j in range(-counts[1], counts[1] + 1)
    ]
    return np.concatenate([points + shift for shift in shifts])


def _heights(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / np.linalg.norm(np.linalg.inv(plane), axis=0)


def _net(
    points: NDArray[np.float64],
) -> tuple[list[tuple[int, int]], list[NDArray[np.float64]]]:
    """(edges as pairs of points, centres of the circles) of a Delaunay net."""
    from scipy.spatial import Delaunay

    net = Delaunay(points)
    edges: set[tuple[int, int]] = set()
    centres = []
    for triangle in net.simplices:
        i, j, k = sorted(int(each) for each in triangle)
        edges |= {(i, j), (j, k), (i, k)}
        centre = _centre(*points[[i, j, k]])
        if centre is not None:
            centres.append(centre)
    return sorted(edges), centres


def _centre(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """The point as far from a as from b and c; None for three points on a line."""
    matrix = 2.0 * np.array([b - a, c - a])
    if abs(np.linalg.det(matrix)) < 1e-3:
        return None
    return a + np.linalg.solve(matrix, np.array([(b - a) @ (b - a), (c - a) @ (c - a)]))


def _inside(
    places: list[NDArray[np.float64]], plane: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Those whose fractional coordinates lie in [0, 1), with a little care at the borders."""
    if not places:
        return []
    fractions = np.array(places) @ np.linalg.inv(plane)
    kept = (fractions.min(axis=1) > -1e-3) & (fractions.max(axis=1) < 1.0 + 1e-3)
    return [places[index] for index in np.flatnonzero(kept)]


def _holds(
    found: list[NDArray[np.float64]], place: NDArray[np.float64], plane: NDArray[np.float64]
) -> bool:
    if not found:
        return False
    offsets = (np.array(found) - place) @ np.linalg.inv(plane)
    offsets -= np.round(offsets)
    return bool((np.linalg.norm(offsets @ plane, axis=1) < ALIKE).any())


# --- kinds --------------------------------------------------------------------------------------


def _lateral(slab: Slab, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """A in the plane from a place to the nearest image of every atom."""
    plane = slab.structure.cell[:2, :2]
    offsets = (slab.structure.positions[:, :2] - place) @ np.linalg.inv(plane)
    offsets -= np.round(offsets)
    return np.linalg.norm(offsets @ plane, axis=1)


def _fingerprint(slab: Slab, place: NDArray[np.float64]) -> _Print:
    """Sorted distances in the plane to all images within reach, by element and layer."""
    plane = slab.structure.cell[:2, :2]
    found: _Print = {}
    for layer in range(min(DEPTH, slab.n_layers)):
        for number in np.unique(slab.structure.numbers):
            chosen = (slab.layers == layer) & (slab.structure.numbers == number)
            if not chosen.any():
                continue
            points = _around(slab.structure.positions[chosen][:, :2], plane)
            wrapped = _wrapped(place, plane)
            distances = np.sort(np.linalg.norm(points - wrapped, axis=1))
            found[layer, int(number)] = distances[distances < REACH]
    return found


def _wrapped(place: NDArray[np.float64], plane: NDArray[np.float64]) -> NDArray[np.float64]:
    fractions = place @ np.linalg.inv(plane)
    return (fractions - np.floor(fractions)) @ plane


def _are_alike(first: _Print, second: _Print) -> bool:
    """Whether distances agree; a distance just at the edge of the reach may be in one only."""
    if first.keys() != second.keys():
        return False
    for key, distances in first.items():
        others = second[key]
        n = min(len(distances), len(others))
        if not np.allclose(distances[:n], others[:n], atol=ALIKE):
            return False
        rest = np.concatenate([distances[n:], others[n:]])
        if (rest < REACH - ALIKE).any():
            return False
    return True


def _touched(slab: Slab, place: NDArray[np.float64]) -> list[int]:
    """Surface atoms that are nearest to a place in the plane; images count."""
    plane = slab.structure.cell[:2, :2]
    distances: list[tuple[float, int]] = []
    for index in open_atoms(slab):
        points = _around(slab.structure.positions[index : index + 1, :2], plane)
        apart = np.linalg.norm(points - _wrapped(place, plane), axis=1)
        distances += [(float(each), int(index)) for each in apart]
    nearest = min(distances)[0]
    return [index for distance, index in sorted(distances) if distance < nearest + ALIKE]


def _named(slab: Slab, places: list[NDArray[np.float64]], touched: list[list[int]]) -> list[str]:
    """A name for each kind, all different."""
    is_mixed = len(np.unique(slab.structure.numbers)) > 1
    names: list[str] = []
    for place, atoms in zip(places, touched, strict=True):
        name = {1: "ontop", 2: "bridge"}.get(len(atoms), "")
        name = name or _hollow(slab, place, len(atoms))
        if is_mixed:
            name += " " + "-".join(sorted(SYMBOLS[slab.structure.numbers[each]] for each in atoms))
        names.append(name)
    if any(names.count(name) > 1 for name in names if name.startswith("bridge")):
        names = [
            f"{name} {_span(slab, place):.1f} Å" if name.startswith("bridge") else name
            for name, place in zip(names, places, strict=True)
        ]
    return [_told_apart(names, index) for index in range(len(names))]


def _span(slab: Slab, place: NDArray[np.float64]) -> float:
    """A in the plane between the two atoms of a bridge."""
    return 2.0 * float(_lateral(slab, place)[open_atoms(slab)].min())


def _hollow(slab: Slab, place: NDArray[np.float64], n_touched: int) -> str:
    """Named fcc and hcp by what lies under a threefold hollow; others by their count."""
    if n_touched != 3:
        return f"hollow {n_touched}-fold"
    lateral = _lateral(slab, place)
    for layer, name in ((1, "hcp"), (2, "fcc")):
        under = lateral[slab.layers == layer]
        if len(under) and under.min() < 2 * ALIKE:
            return f"hollow {name}"
    # On the basal plane of an hcp metal nothing lies under the fcc hollow but the third layer's
    # neighbours; a regular triangle tells it from the hollows of open faces.
    radius = np.sort(lateral[open_atoms(slab)])[0]
    spans = np.sort(_spans(slab, place))[:3]
    return "hollow fcc" if np.allclose(spans, radius * math.sqrt(3.0), atol=ALIKE) else _THREEFOLD


def _spans(slab: Slab, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """A in the plane between the three surface atoms nearest to a place."""
    plane = slab.structure.cell[:2, :2]
    points = _around(slab.structure.positions[open_atoms(slab), :2], plane)
    near = points[np.argsort(np.linalg.norm(points - _wrapped(place, plane), axis=1))[:3]]
    return np.linalg.norm(near - np.roll(near, 1, axis=0), axis=1)


def _told_apart(names: list[str], index: int) -> str:
    """A number behind a name that is taken twice."""
    name = names[index]
    if names.count(name) == 1:
        return name
    return f"{name} ({[k for k, other in enumerate(names) if other == name].index(index) + 1})"
