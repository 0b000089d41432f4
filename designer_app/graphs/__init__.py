"""Structures as PyTorch Geometric graphs, for training and for networks from elsewhere.

PyTorch Geometric takes over a second to import: only who asks for a graph waits for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from designer_app.graphs.periodic import atoms_to_graph

__all__ = ["atoms_to_graph"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from designer_app.graphs import periodic

        return getattr(periodic, name)
    raise AttributeError(name)
