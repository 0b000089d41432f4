"""Where crystals are lost on the way to tokens, through the network and back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher

from designer_app.design.representation.library import PrototypeLibrary, Reason
from designer_app.design.representation.tokens import CrystalTokens
from designer_app.design.vae.judging import RoundTrip
from designer_app.design.vae.network import MaterialVAE
from designer_app.running.control import RunControl
from designer_app.screening.duplicates import pymatgen_of
from designer_app.specs.structure import Structure

BACK = "reconstructed"
NO_MEMBER = "its prototype has no crystal among those learned from"
UNALIGNED = "tokens themselves give another crystal"
OTHER_PROTOTYPE = "autoencoder: another prototype"
OTHER_ELEMENTS = "autoencoder: other elements"
OTHER_GEOMETRY = "autoencoder: geometry too far off"


@dataclass(frozen=True)
class Fate:
    """What became of one crystal."""

    what: str
    """`BACK`, or where it was lost."""
    is_represented: bool = False
    """It has tokens of a prototype that was learned from."""
    is_exact: bool = False
    """Prototype and all elements came back."""
    rmsd: float = float("nan")
    """A, between atoms of the two crystals scaled to one volume; NaN without a match."""
    volume_error: float = float("nan")
    """Relative."""


def fates(
    vae: MaterialVAE,
    library: PrototypeLibrary,
    structures: Sequence[Structure],
    control: RunControl,
) -> Iterator[Fate]:
    """One for each crystal, those without tokens first.

    Same crystals are those of pymatgen's `StructureMatcher` with its usual tolerances.
    """
    with_tokens: list[tuple[Structure, CrystalTokens]] = []
    for number, structure in enumerate(structures):
        control.checkpoint()
        control.progress(number, len(structures), "Finding prototypes")
        found = library.tokens_of(structure)
        if isinstance(found, Reason):
            yield Fate(found.text)
        else:
            with_tokens.append((structure, found))
    table = library.table_of([tokens for _, tokens in with_tokens])
    trip = RoundTrip.of(vae, table)
    for row, (structure, tokens) in enumerate(with_tokens):
        control.checkpoint()
        control.progress(row, len(with_tokens), "Comparing crystals")
        is_exact, same_prototype = bool(trip.exact[row]), bool(trip.prototype[row])
        if not library.n_train[tokens.prototype]:
            yield Fate(NO_MEMBER, is_exact=is_exact)
            continue
        decoded = library.structure_of(library.tokens(trip.found, row))
        rmsd, error, what = distance(structure, decoded), float("nan"), BACK
        if np.isfinite(rmsd):
            own, other = structure.volume / len(structure), decoded.volume / len(decoded)
            error = abs(other / own - 1.0)
        elif not np.isfinite(distance(structure, library.structure_of(tokens))):
            what = UNALIGNED
        elif not same_prototype:
            what = OTHER_PROTOTYPE
        else:
            what = OTHER_GEOMETRY if is_exact else OTHER_ELEMENTS
        yield Fate(what, True, is_exact, rmsd, error)


def distance(first: Structure, second: Structure) -> float:
    """Root mean square distance of matching atoms, A; NaN where the crystals are not the same."""
    found = StructureMatcher().get_rms_dist(pymatgen_of(first), pymatgen_of(second))
    if found is None:
        return float("nan")
    return float(found[0]) * (first.volume / len(first)) ** (1 / 3)


def shares(found: Sequence[Fate]) -> dict[str, float]:
    """Share of each fate, the most common first."""
    counts = Counter(each.what for each in found)
    return {what: count / len(found) for what, count in counts.most_common()}
