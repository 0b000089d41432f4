"""A search that begins at a given crystal: "like this, but without cobalt"."""

from collections.abc import Mapping

from designer_app.design.representation.library import PrototypeLibrary, Reason
from designer_app.design.search.limits import Limits
from designer_app.design.search.restricting import Restricted
from designer_app.design.search.substituting import Base, base_of
from designer_app.errors import InvalidSpecError
from designer_app.specs.structure import Structure


def bases_of_start(
    start: Structure, library: PrototypeLibrary, restricted: Restricted
) -> list[Base]:
    """The start as what ions are put into; forbidden elements give way to the likeliest allowed.

    Raises `InvalidSpecError` where it has no tokens, where its structure type breaks the limits,
    or where its charges do not balance.
    """
    tokens = library.tokens_of(start)
    if isinstance(tokens, Reason):
        raise _refused(start, tokens.text)
    if not restricted.allowed.prototypes[tokens.prototype]:
        raise _refused(start, _broken(tokens.prototype, library, restricted.limits))
    rule = restricted.limits.charge
    base = base_of(library, library.table_of([tokens]), 0, start.name, rule)
    if base is None:
        raise _refused(start, "its charges do not balance with common oxidation states")
    return [base]


def check_made(start: Structure, n_made: int, lost: Mapping[str, int]) -> None:
    """Raises `InvalidSpecError` where no exchange of ions led from the start to a candidate."""
    if n_made:
        return
    worst = max(lost, key=lambda why: lost[why], default="no likely ions to put in")
    raise _refused(start, f"nothing can be made of it within the limits ({worst})")


def _broken(prototype: int, library: PrototypeLibrary, limits: Limits) -> str:
    """Which limit a structure type breaks."""
    if limits.families and all(prototype not in library.family(name) for name in limits.families):
        return f"its structure is none of {', '.join(limits.families)}; allow its family, or all"
    n_atoms = int(library.n_atoms[prototype])
    if n_atoms > limits.max_atoms:
        return f"its cell has {n_atoms} atoms; allow that many"
    return "the allowed elements cannot fill its sites; allow more, or a looser charge balance"


def _refused(start: Structure, why: str) -> InvalidSpecError:
    name = start.name or "the start structure"
    return InvalidSpecError("start", name, f"the search cannot begin with it: {why}")
