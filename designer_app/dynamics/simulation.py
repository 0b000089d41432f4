"""Running: a start state, the forces that follow the atoms, the guard, and the loop of steps."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.integrators import FREEDOMS, Integrator
from designer_app.dynamics.observables import kinetic_energy
from designer_app.dynamics.velocities import maxwell_boltzmann
from designer_app.errors import (
    BlowUpError,
    InvalidPositionsError,
    NotFiniteError,
    OutOfMemoryError,
)
from designer_app.neighbors.overlap import check_overlaps
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials.base import Potential
from designer_app.state import AtomicState, MDState
from designer_app.units import KB

_SKIN_SHARE, _SKIN_MOST = 0.28, 1.0


def usual_skin(potential: Potential) -> float:
    """Skin of the pair list in A: what the potential asks for, else a share of its cutoff."""
    asked: float | None = getattr(potential, "skin", None)
    return min(_SKIN_SHARE * potential.cutoff, _SKIN_MOST) if asked is None else asked


class ForceField:
    """A potential, its pair list, and what is wanted: called as `evaluate(state)`."""

    def __init__(
        self, potential: Potential, wants: frozenset[str], neighbors: VerletList | None = None
    ) -> None:
        self.potential = potential
        self.wants = wants
        self.neighbors = neighbors or VerletList(
            potential.cutoff, usual_skin(potential), half=potential.half_list
        )
        self._fixed: Tensor | None = None
        self._any_fixed = False

    def _has_fixed_atoms(self, state: MDState) -> bool:
        """Whether an atom is fixed, asked of the device once."""
        if self._fixed is not state.fixed:
            self._fixed = state.fixed
            self._any_fixed = bool(state.fixed.any())
        return self._any_fixed

    def __call__(self, state: MDState) -> MDState:
        """The state with energy, forces (none on fixed atoms) and stress of where it is now."""
        found = self.potential.predict(state, self.neighbors.update(state), self.wants)
        assert found.forces is not None
        forces = found.forces.to(state.dtype)
        if self._has_fixed_atoms(state):
            forces = forces.masked_fill(state.fixed[:, None], 0.0)
        stress = None if found.stress is None else found.stress.to(state.dtype).contiguous()
        # Contiguous, so that a state read back from a checkpoint sums in the same order.
        return replace(
            state,
            energy=found.energy.to(state.dtype).contiguous(),
            forces=forces.contiguous(),
            stress=stress,
            extended={**state.extended, **(found.internal or {})},
        )


def start_state(
    atoms: AtomicState,
    temperature: float,
    seed: int,
    velocities: Float[Tensor, "n_atoms 3"] | None = None,
) -> MDState:
    """Atoms set in motion: with Maxwell-Boltzmann momenta (K), or at given velocities.

    Energy and forces are still zero; `begin` fills them in.
    """
    generator = torch.Generator(device=atoms.device)
    generator.manual_seed(seed)
    if velocities is None:
        momenta = maxwell_boltzmann(atoms, temperature, generator)
    else:
        momenta = torch.where(atoms.fixed[:, None], 0.0, velocities * atoms.masses[:, None])
    return MDState(
        numbers=atoms.numbers,
        positions=atoms.positions,
        cell=atoms.cell,
        pbc=atoms.pbc,
        system_idx=atoms.system_idx,
        masses=atoms.masses,
        fixed=atoms.fixed,
        momenta=momenta,
        energy=torch.zeros(atoms.n_systems, dtype=atoms.dtype, device=atoms.device),
        forces=torch.zeros_like(atoms.positions),
        stress=None,
        extended={},
        rng=generator.get_state(),
        step=0,
    )


def begin(state: MDState, integrator: Integrator, evaluate: ForceField) -> MDState:
    """The state ready for its first step: checked, with forces and the integrator's variables."""
    evaluate.potential.check(state, evaluate.wants)
    check_overlaps(state)
    return evaluate(integrator.start(state))


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What a run must not pass: a temperature, a displacement in one step, a finite number."""

    max_temperature: float = 20000.0
    """K."""
    max_displacement: float = 2.0
    """A along an axis in one step; thermal atoms move less than 0.3 even at 20,000 K and 1 fs."""
    interval: int = 1
    """Steps between looks; more than 1 spares a GPU the wait for the host."""

    @staticmethod
    def for_device(device: torch.device, max_temperature: float) -> "Guard":
        """A guard that looks at every step on the CPU and at every tenth elsewhere."""
        return Guard(max_temperature=max_temperature, interval=1 if device.type == "cpu" else 10)

    def check(self, state: MDState, dt: float, potential: str, last_good_step: int) -> None:
        """Raise `NotFiniteError` or `BlowUpError` where the state is no longer physical."""
        hottest = (2.0 * kinetic_energy(state) / (state.extended[FREEDOMS] * KB)).max()
        share = (dt / state.masses)[:, None]
        farthest = (share * (state.momenta + dt * state.forces)).abs().max()
        told = torch.stack([hottest, farthest, state.energy.sum()]).tolist()
        is_cool, is_slow = told[0] < self.max_temperature, told[1] < self.max_displacement
        if is_cool and is_slow and math.isfinite(told[2]):
            return
        if bool(torch.isfinite(state.positions).all()):
            for quantity, values in (("energy", state.energy), ("forces", state.forces)):
                if not bool(torch.isfinite(values).all()):
                    raise NotFiniteError(potential, quantity, state.step)
        reason = "displacement" if is_cool else "temperature"
        raise BlowUpError(state.step, told[0], last_good_step, reason)


def simulate(
    state: MDState,
    potential: Potential,
    integrator: Integrator,
    n_steps: int,
    *,
    evaluate: ForceField | None = None,
    guard: Guard | None = None,
) -> Iterator[MDState]:
    """The states after each of `n_steps` steps, from a state that `begin` or a checkpoint gave.

    All tensors stay on their device; the host looks at them for the pair list's skin and for the
    guard. Raises `BlowUpError` or `NotFiniteError` with the last step that was still good.
    """
    evaluate = evaluate or ForceField(potential, integrator.wants)
    guard = guard or Guard.for_device(state.device, Guard.max_temperature)
    last_good = state.step
    guard.check(state, integrator.dt, potential.key, last_good)
    for done in range(1, n_steps + 1):
        try:
            state = integrator.step(state, evaluate)
        except (InvalidPositionsError, OutOfMemoryError) as error:
            # Atoms are so far off that no pair can be found, or so packed that all are pairs.
            raise BlowUpError(state.step + 1, math.nan, last_good, "displacement") from error
        if done % guard.interval == 0 or done == n_steps:
            guard.check(state, integrator.dt, potential.key, last_good)
            last_good = state.step
        yield state
