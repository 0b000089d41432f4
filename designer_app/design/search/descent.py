"""Adam on latent vectors through the soft decode and the heads down to the targets.

Each step: z -> soft tokens at temperature T -> heads -> loss -> Adam (Kingma & Ba 2015,
arXiv:1412.6980). What the heads say of a change of tokens hardly changes from step to step, so it
serves for some of them, while tokens follow z in each. T falls from 1.5 to 0.3, so that the mixture
becomes one crystal; the norm of z is clamped to that of known crystals, where the decoder has
learned something. Every few steps the crystals that the vectors stand for are decided and judged by
the heads as such: what is kept is the best decided crystal, never the mixture that predicted well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.design.search.deciding import Decider
from designer_app.design.search.found import OnSnapshot, Snapshot
from designer_app.design.search.objective import Goal, Output, loss_of
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.nn.denormals import without_denormals
from designer_app.running.control import RunControl

HOT, COLD = 1.5, 0.3
"""Temperatures of the choices at the first and the last step."""
_MISSING = 5.0
"""Loss of a certain lack of a required element."""

Predict = Callable[[SoftTokens], Mapping[str, Output]]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How a descent is spent."""

    steps: int = 300
    considered: int = 2
    """Prototypes that are mixed."""
    choose_every: int = 10
    """Steps between two looks at which prototypes those are, and at volume and geometry, which
    hardly move the heads and cost a third of a step."""
    ask_every: int = 1
    """Steps between two looks at how the loss depends on the tokens, asked of the heads."""
    decide_every: int = 25
    """Steps between two decisions, each kept."""
    decided: int = 3
    """Prototypes that are decided for a vector, the likeliest ones."""
    show_every: int = 10
    """Steps between two snapshots."""
    rates: tuple[float, float] = (0.05, 0.01)
    """Step length of Adam at the first and the last step."""
    hop_every: int = 0
    """Steps after which a vector starts again near where its best decided crystal was; 0: never."""
    hop: float = 0.7
    """Standard deviation of that start in each direction."""


@dataclass(frozen=True, eq=False)
class Visited:
    """Decided crystals that a search came by, each once, with the best latent vector for it."""

    table: TokenTable
    latent: Float[Tensor, "n latent"]
    loss: NDArray[np.float32]
    """(n,) by the heads on the decided crystal."""
    origin: NDArray[np.int64]
    """(n,) seed that came by it."""
    n_decided: int
    """How often something was decided, the same again counted."""

    def __len__(self) -> int:
        return len(self.table)


class Ledger:
    """Collects decided crystals: the same prototype with the same elements once, at its best."""

    def __init__(self) -> None:
        self._best: dict[tuple[int, ...], tuple[float, int, int, int]] = {}
        self._tables: list[TokenTable] = []
        self._latents: list[Tensor] = []
        self.n_decided = 0

    def add(
        self,
        table: TokenTable,
        latent: Float[Tensor, "n latent"],
        loss: NDArray[np.float32],
        origin: NDArray[np.int64],
    ) -> None:
        """Remember what is better than its like."""
        part = len(self._tables)
        self._tables.append(table)
        self._latents.append(latent.detach().clone())
        self.n_decided += len(table)
        for row, (prototype, elements) in enumerate(
            zip(table.prototype.tolist(), table.elements.tolist(), strict=True)
        ):
            key = (prototype, *elements)
            value = float(loss[row])
            if key not in self._best or value < self._best[key][0]:
                self._best[key] = value, part, row, int(origin[row])

    @property
    def best(self) -> float:
        """Lowest loss; infinity without any."""
        return min((each[0] for each in self._best.values()), default=float("inf"))

    def visited(self, latent_size: int) -> Visited:
        """All of them, the lowest loss first."""
        rows = sorted(self._best.values())
        picked = [(part, row) for _, part, row, _ in rows]
        if not picked:
            none, floats = np.zeros(0, np.int64), np.zeros(0, np.float32)
            empty = TokenTable(
                none,
                np.zeros((0, MAX_SLOTS), np.int64),
                floats,
                np.zeros((0, N_GEOMETRY), np.float32),
            )
            return Visited(empty, torch.zeros(0, latent_size), floats, none, self.n_decided)
        tables = [self._tables[part].rows(np.array([row])) for part, row in picked]
        return Visited(
            TokenTable.joined(tables),
            torch.stack([self._latents[part][row] for part, row in picked]),
            np.array([each[0] for each in rows], dtype=np.float32),
            np.array([each[3] for each in rows], dtype=np.int64),
            self.n_decided,
        )


def _choices(soft: SoftTokens) -> tuple[Tensor, ...]:
    """What a slope passes through."""
    return soft.shares, soft.counts, soft.elements


class _BestOfSeeds:
    """Where each seed was when it came by its best decided crystal.

    A descent alone stays in the valley of its seed, for decided crystals lie far apart; hops from
    the best one reach the next valleys (basin hopping: Wales & Doye 1997, 10.1021/jp970984n).
    """

    def __init__(self, seeds: Float[Tensor, "n latent"]) -> None:
        self.latent = seeds.clone()
        self._loss = np.full(len(seeds), np.inf)
        self._draws = torch.Generator().manual_seed(0)

    def add(
        self, z: Float[Tensor, "n latent"], loss: NDArray[np.float32], origin: NDArray[np.int64]
    ) -> None:
        """Remember the seeds that do better than ever; a seed may have decided several."""
        least = np.full(len(z), np.inf)
        np.minimum.at(least, origin, loss)
        better = np.flatnonzero(least < self._loss)
        self._loss[better] = least[better]
        self.latent[better] = z[better]

    @torch.no_grad()
    def hop(self, z: Float[Tensor, "n latent"], length: float) -> None:
        """Put the vectors near their best places, `length` off in each direction."""
        z.copy_(self.latent + length * torch.randn(z.shape, generator=self._draws, dtype=z.dtype))


@dataclass(frozen=True, eq=False)
class _Slope:
    """Derivatives of the loss by what was chosen, and the predictions they belong to."""

    choices: tuple[Tensor, ...]
    outputs: Mapping[str, Output]


class _Adam:
    """Adam for one array; torch's own imports its compiler first, which takes seconds."""

    _DECAYS = (0.9, 0.99)
    _LEAST = 1e-8

    def __init__(self) -> None:
        self._mean, self._square, self._n = torch.zeros(()), torch.zeros(()), 0

    def stepped(self, z: Tensor, gradient: Tensor, rate: float) -> Tensor:
        """The array after a step against its gradient."""
        first, second = self._DECAYS
        self._n += 1
        self._mean = first * self._mean + (1.0 - first) * gradient
        self._square = second * self._square + (1.0 - second) * gradient**2
        mean = self._mean / (1.0 - first**self._n)
        square = self._square / (1.0 - second**self._n)
        return z - rate * mean / (square.sqrt() + self._LEAST)


class Descent:
    """One gradient search."""

    def __init__(
        self,
        decider: Decider,
        predict: Predict,
        goals: Sequence[Goal],
        *,
        longest: float,
        pace: Pace,
        in_turns: Sequence[Predict] = (),
    ) -> None:
        """`in_turns` are cheaper predictions, one after the other, for what leads down;
        `predict` judges what was decided.
        """
        self.decider, self.predict, self.goals, self.pace = decider, predict, goals, pace
        self.in_turns = in_turns
        self.vae = decider.vae
        self.allowed = decider.restricted.allowed
        self._longest = longest
        self._required = torch.tensor(
            [ATOMIC_NUMBERS[each] for each in decider.restricted.limits.required],
            dtype=torch.int64,
        )

    def run(
        self,
        seeds: Float[Tensor, "n latent"],
        control: RunControl,
        on_snapshot: OnSnapshot | None = None,
    ) -> Visited:
        """What the seeds came by on their way down."""
        with without_denormals():
            return self._run(seeds, control, on_snapshot)

    def _run(
        self,
        seeds: Float[Tensor, "n latent"],
        control: RunControl,
        on_snapshot: OnSnapshot | None,
    ) -> Visited:
        pace, ledger = self.pace, Ledger()
        z, adam = seeds.clone(), _Adam()
        best = _BestOfSeeds(z)
        prototypes, still = self._considered(z, HOT)
        slope = self._slope(still, 0)
        for step in range(pace.steps):
            control.checkpoint()
            done = step / max(pace.steps - 1, 1)
            temperature = HOT + (COLD - HOT) * done
            anew = step % pace.choose_every == 0
            if anew:
                prototypes, still = self._considered(z, temperature)
            if step % pace.decide_every == 0:
                self._decide(z, ledger, best)
            if pace.hop_every and step and step % pace.hop_every == 0:
                best.hop(z, pace.hop)
                adam = _Adam()
            free = z.requires_grad_(True)
            soft = self.vae.decode(
                free,
                temperature=temperature,
                allowed=self.allowed,
                prototypes=prototypes,
                geometry_of=still,
            )
            if anew or step % pace.ask_every == 0:
                slope = self._slope(soft, step)
            (gradient,) = torch.autograd.grad(_choices(soft), free, slope.choices)
            first, last = pace.rates
            with torch.no_grad():
                z = adam.stepped(z.detach(), gradient, first + (last - first) * done)
                norm = torch.linalg.vector_norm(z, dim=1, keepdim=True)
                z.mul_((self._longest / norm.clamp_min(1e-9)).clamp_max(1.0))
            if on_snapshot is not None and step % pace.show_every == 0:
                on_snapshot(self._snapshot(step, z, slope.outputs, ledger.best))
            control.progress(step + 1, pace.steps, "Searching")
        self._decide(z, ledger, best)
        return ledger.visited(z.shape[1])

    def _slope(self, soft: SoftTokens, step: int) -> "_Slope":
        """How the loss depends on shares, counts and elements."""
        choices = [each.detach().requires_grad_(True) for each in _choices(soft)]
        shares, counts, elements = choices
        free = replace(soft, shares=shares, counts=counts, elements=elements)
        turns = self.in_turns or (self.predict,)
        outputs = turns[step // self.pace.ask_every % len(turns)](free)
        loss = loss_of(self.goals, outputs) + self._lacking(free)
        found = torch.autograd.grad(loss.sum(), choices, materialize_grads=True)
        return _Slope(found, outputs)

    @torch.no_grad()
    def _considered(
        self, z: Float[Tensor, "n latent"], temperature: float
    ) -> tuple[Tensor, SoftTokens]:
        """The prototypes that are mixed for the next steps, and a decode with its geometry."""
        prototypes = self.vae.candidates(z, self.allowed, self.pace.considered)
        soft = self.vae.decode(
            z, temperature=temperature, allowed=self.allowed, prototypes=prototypes
        )
        return prototypes, soft

    def _decide(self, z: Float[Tensor, "n latent"], ledger: Ledger, best: "_BestOfSeeds") -> None:
        found = self.decider.decided(z, self.pace.decided)
        if len(found):
            loss = self.loss_of_table(found.table)
            ledger.add(found.table, z[found.origin], loss, found.origin)
            best.add(z, loss, found.origin)

    @torch.no_grad()
    def loss_of_table(self, table: TokenTable) -> NDArray[np.float32]:
        """(n,) loss of decided crystals."""
        soft = certain(table, self.vae.slot_counts)
        return loss_of(self.goals, self.predict(soft)).numpy()

    def _lacking(self, soft: SoftTokens) -> Float[Tensor, " n"]:
        """Loss of required elements that are hardly in any slot."""
        if not len(self._required):
            return torch.zeros(len(soft))
        there = (soft.counts > 0).to(soft.elements.dtype)
        held = torch.einsum("ns,nsr->nr", there, soft.elements[:, :, self._required])
        return _MISSING * (1.0 - held).clamp_min(0.0).sum(dim=1)

    @torch.no_grad()
    def _snapshot(
        self, step: int, z: Tensor, outputs: Mapping[str, Output], best: float
    ) -> Snapshot:
        values = torch.stack([outputs[goal.key].mean for goal in self.goals], dim=1)
        is_log = torch.tensor([goal.is_log for goal in self.goals])
        shown = torch.where(is_log, 10.0 ** values.clamp(-30, 30), values)
        return Snapshot(
            step=step,
            n_steps=self.pace.steps,
            positions=self.vae.map_of(z).numpy().astype(np.float32),
            values=shown.numpy().astype(np.float32),
            best=best,
        )
