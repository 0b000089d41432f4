"""Messages along edges: features of the sender, turned by the direction, weighed by distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.nequip import kernels
from designer_app.potentials.nequip.irreps import Irrep, paths_between, rows_of

Coupling = tuple[Irrep, int, Irrep]
"""Kind that comes in, degree of the spherical harmonics, kind that goes out."""


@dataclass(frozen=True, eq=False)
class EdgeGeometry:
    """What all layers read of the edges."""

    graph: EdgeGraph
    couplings: Float[Tensor, "n_edges n_couplings"]
    """Matrices of every coupling for the direction of each edge, flat, side by side."""
    lengths: Float[Tensor, "n_edges"]
    """A."""
    pair: Int[Tensor, "n_edges"]
    """Which row of radial weights is that of the edge's length."""
    n_lengths: int
    """Rows of radial weights; where there are twice as many, their slopes (1/A) follow."""


class Convolution(nn.Module):
    """A_i = sum over neighbours j of w(r_ij) M(direction) x_j, kept apart by path.

    x is (components of all kinds, atoms, channels). What comes out is, for each outgoing kind,
    (2l + 1, atoms, paths * channels).
    """

    table: Tensor
    columns: Tensor
    path_of_row: Tensor

    def __init__(
        self,
        incoming: Sequence[Irrep],
        outgoing: Sequence[Irrep],
        l_max: int,
        n_channels: int,
        starts: Mapping[Coupling, int],
    ) -> None:
        super().__init__()
        self.outgoing, self.n_channels = tuple(outgoing), n_channels
        self.paths = paths_between(incoming, outgoing, l_max)
        self.n_paths = [
            sum(path.target == target for path in self.paths) for target in range(len(outgoing))
        ]
        self.n_rows = sum(o.dim * n for o, n in zip(outgoing, self.n_paths, strict=True))
        sources, rows = rows_of(incoming), []
        columns = torch.full((self.n_rows, sources[-1]), -1, dtype=torch.int64)
        path_of_row = torch.zeros(self.n_rows, dtype=torch.int64)
        before, p = 0, 0
        for out, n_paths in zip(outgoing, self.n_paths, strict=True):
            for place in range(n_paths):
                path = self.paths[p]
                source, row = incoming[path.source], sources[path.source]
                start = starts[source, path.degree, out]
                rows.append(
                    (row, source.dim, out.dim, start, before * n_channels, n_paths * n_channels,
                     place * n_channels)
                )  # fmt: skip
                matrix = torch.arange(start, start + out.dim * source.dim).view(out.dim, source.dim)
                here = before + torch.arange(out.dim) * n_paths + place
                columns[here, row : row + source.dim] = matrix
                path_of_row[here] = p
                p += 1
            before += out.dim * n_paths
        self.register_buffer("table", torch.tensor(rows, dtype=torch.int64), persistent=False)
        self.register_buffer("columns", columns, persistent=False)
        self.register_buffer("path_of_row", path_of_row, persistent=False)

    def forward(
        self,
        x: Float[Tensor, "n_in n_atoms n_channels"],
        edges: EdgeGeometry,
        radial: Float[Tensor, "n n_weights"],
    ) -> list[Float[Tensor, "m n_atoms n"]]:
        """The sums by outgoing kind."""
        if x.device.type == "cpu" and kernels.COMPILED:
            flat = self._compiled(x, edges, radial)
        else:
            flat = self._plain(x, edges, radial.index_select(0, edges.pair))
        sizes = [o.dim * n * x.shape[1] * x.shape[2] for o, n in self._kinds()]
        return [
            part.view(out.dim, x.shape[1], n_paths * x.shape[2])
            for part, (out, n_paths) in zip(flat.split(sizes), self._kinds(), strict=True)
        ]

    def _kinds(self) -> list[tuple[Irrep, int]]:
        return list(zip(self.outgoing, self.n_paths, strict=True))

    def _compiled(self, x: Tensor, edges: EdgeGeometry, radial: Tensor) -> Tensor:
        loop = _Loop(
            self.table.numpy().view(np.uint64),
            edges.graph.first.numpy(),
            edges.graph.second.numpy(),
            edges.pair.numpy(),
            x.shape[1],
            x.shape[2],
            edges.couplings.shape[1],
        )
        places = loop, edges.n_lengths, self.n_rows
        found: Tensor = _Convolve.apply(x, edges.couplings, edges.lengths, radial, places)
        return found

    def _plain(self, x: Tensor, edges: EdgeGeometry, weights: Tensor) -> Tensor:
        """The same by torch alone: on other devices, and wherever no compiler is."""
        graph, C = edges.graph, self.n_channels
        nothing = torch.zeros_like(edges.couplings[:, :1])
        matrix = torch.cat((edges.couplings, nothing), dim=1)[:, self.columns]
        turned = matrix @ x.transpose(0, 1)[graph.second]
        weighed = turned * weights.view(graph.n_edges, -1, C)[:, self.path_of_row]
        summed = x.new_zeros(graph.n_atoms, self.n_rows, C).index_add(0, graph.first, weighed)
        parts = summed.split([out.dim * n for out, n in self._kinds()], dim=1)
        return torch.cat(
            [
                part.view(-1, out.dim, n * C).transpose(0, 1).reshape(-1)
                for part, (out, n) in zip(parts, self._kinds(), strict=True)
            ]
        )


class _Loop(NamedTuple):
    """First arguments of every kernel."""

    paths: Any
    first: Any
    second: Any
    pair: Any
    n_atoms: int
    n_channels: int
    n_couplings: int


def _flat(*tensors: Tensor) -> list[Any]:
    return [each.detach().contiguous().view(-1).numpy() for each in tensors]


def _never(like: Tensor) -> Tensor:
    """In place of second derivatives by positions, which the kernels do not have."""
    return like.new_full((1,), torch.nan).expand(like.shape)


_Places = tuple[_Loop, int, int]
"""What a loop goes over, number of lengths, rows per atom of what comes out."""


class _Convolve(torch.autograd.Function):
    """The sums; differentiable once, and their slopes once more by weights and features."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: Tensor, couplings: Tensor, lengths: Tensor, radial: Tensor, places: _Places
    ) -> Tensor:
        loop, n, n_rows = places
        ctx.save_for_backward(x, couplings, lengths, radial)
        ctx.places, ctx.was_differentiated = places, False
        found = x.new_zeros(n_rows * loop.n_atoms * loop.n_channels)
        kernels.convolve(*loop, *_flat(couplings, radial[:n], x), *_flat(found))
        return found

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> Any:  # type: ignore[override]
        x, couplings, lengths, radial = ctx.saved_tensors
        loop, n, _ = ctx.places
        if torch.is_grad_enabled():
            ctx.was_differentiated = True
            by = _Slopes.apply(pull, x, couplings, lengths, radial, ctx.places)
            return (*by, None, None)
        by_x = by_couplings = by_lengths = by_radial = None
        if ctx.needs_input_grad[3]:
            by_x, by_radial = torch.zeros_like(x), torch.zeros_like(radial)
            kernels.weight_slopes(
                *loop, *_flat(couplings, radial[:n], x, pull), *_flat(by_x, by_radial[:n])
            )
        if ctx.was_differentiated:
            by_couplings, by_lengths = _never(couplings), _never(lengths)
        elif any(ctx.needs_input_grad[1:3]) or by_x is None:
            by_x, by_couplings, by_lengths = _slopes(
                pull, x, couplings, lengths, radial, ctx.places
            )
        return by_x, by_couplings, by_lengths, by_radial, None


def _slopes(
    pull: Tensor, x: Tensor, couplings: Tensor, lengths: Tensor, radial: Tensor, places: _Places
) -> tuple[Tensor, Tensor, Tensor]:
    loop, n, _ = places
    by = torch.zeros_like(x), torch.zeros_like(couplings), torch.zeros_like(lengths)
    # Without slopes no length is differentiated: any number may stand for them.
    values, slopes = radial[:n], radial[n:] if len(radial) > n else radial
    kernels.slopes(*loop, *_flat(couplings, values, slopes, x, pull), *_flat(*by))
    return by


class _Slopes(torch.autograd.Function):
    """The derivatives of the sums by features, couplings and lengths."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        pull: Tensor,
        x: Tensor,
        couplings: Tensor,
        lengths: Tensor,
        radial: Tensor,
        places: _Places,
    ) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(pull, x, couplings, lengths, radial)
        ctx.places = places
        return _slopes(pull, x, couplings, lengths, radial, places)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_x: Tensor, by_couplings: Tensor, by_lengths: Tensor) -> Any:  # type: ignore[override]
        pull, x, couplings, lengths, radial = ctx.saved_tensors
        loop, n, _ = ctx.places
        to_pull, to_x, to_radial = (torch.zeros_like(each) for each in (pull, x, radial))
        kernels.curvatures(
            *loop,
            *_flat(couplings, radial[:n], radial[n:], x, pull, by_x, by_couplings, by_lengths),
            *_flat(to_pull, to_x, to_radial[:n], to_radial[n:]),
        )
        return to_pull, to_x, _never(couplings), _never(lengths), to_radial, None
