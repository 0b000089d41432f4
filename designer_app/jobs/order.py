"""Make an ordered cell of a disordered structure; the search is in `properties/ordering.py`."""

from typing import Any

from designer_app.properties.ordering import ordered_cells
from designer_app.running.control import RunControl
from designer_app.specs.order import OrderSpec


def run(spec: OrderSpec, control: RunControl) -> dict[str, Any]:
    """`documents`, best first, with their energies, charges and what was changed."""
    return ordered_cells(spec, control)
