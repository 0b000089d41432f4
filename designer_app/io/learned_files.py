"""Which files a potential learned from, by what its card tells: errors on them are no test."""

from collections.abc import Mapping
from pathlib import Path

from designer_app.io.potential_cards import PotentialCard
from designer_app.io.unfinished import fits_of


def learned_of(card: PotentialCard, hashes: Mapping[str, str]) -> tuple[str, ...]:
    """Names of files, known by path and SHA-256, that a potential learned from.

    Where test frames are of the same files, these count as learned from. Older cards do not tell
    which files are for tests: there they stand behind the others.
    """
    n_learned, known, n_before = n_learned_by(card), set[str](), 0
    for each in card.data:
        if n_before < n_learned if each.is_test is None else not each.is_test:
            known.add(each.sha256)
        n_before += each.n_frames
    return tuple(Path(path).name for path, sha in hashes.items() if sha and sha in known)


def n_learned_by(card: PotentialCard) -> int:
    """Frames for training and validation: of many, only some of the former are judged."""
    judged = {each.name: each.n_frames for each in card.errors}
    fit = next(iter(fits_of(card)), {})
    n_train = fit.get("n_offered", fit.get("n_train"))
    if isinstance(n_train, int):
        return n_train + judged.get("validation", 0)
    return sum(each.n_frames for each in card.data) - judged.get("test", 0)
