"""A search that begins at a given crystal: "like this, but without cobalt"."""

from designer_app.design.representation.library import PrototypeLibrary, Reason
from designer_app.design.search.restricting import Restricted
from designer_app.design.search.substituting import Base, base_of
from designer_app.errors import InvalidSpecError
from designer_app.specs.structure import Structure


def bases_of_start(
    start: Structure, library: PrototypeLibrary, restricted: Restricted
) -> list[Base]:
    """The start as what ions are put into; forbidden elements give way to the likeliest allowed.

    Raises `InvalidSpecError` where it has no tokens, or its charges do not balance.
    """
    name = start.name or "the start structure"
    tokens = library.tokens_of(start)
    if isinstance(tokens, Reason):
        raise InvalidSpecError("start", name, f"the search cannot begin with it: {tokens.text}")
    rule = restricted.limits.charge
    base = base_of(library, library.table_of([tokens]), 0, start.name, rule)
    if base is None:
        told = "its charges do not balance with common oxidation states"
        raise InvalidSpecError("start", name, f"the search cannot begin with it: {told}")
    return [base]
