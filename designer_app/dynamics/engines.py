"""What moves the atoms of a run: the program's own integrators, or LAMMPS."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from designer_app.dynamics.recording import Meter
from designer_app.dynamics.runs import Run
from designer_app.dynamics.simulation import Guard, simulate
from designer_app.specs.md import MDSpec
from designer_app.state import MDState


@runtime_checkable  # the tests check types as they run
class Engine(Protocol):
    """States one after the other, and the scalars of every step."""

    @property
    def meter(self) -> Meter:
        """Scalars of the steps."""
        ...

    def states(self, guard: Guard) -> Iterator[MDState]:
        """The states that follow, up to the last step; frames and checkpoints due are among them.

        Raises `BlowUpError` or `NotFiniteError` with the last step that was still good.
        """
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class NativeEngine:
    """The program's own integrators, which yield each step."""

    def __init__(self, ready: Run) -> None:
        self._run = ready
        self.meter = Meter(ready.state, ready.integrator, ready.spec.timestep)

    def states(self, guard: Guard) -> Iterator[MDState]:
        """The states after each step."""
        ready = self._run
        return simulate(
            ready.state,
            ready.potential,
            ready.integrator,
            ready.spec.steps - ready.state.step,
            evaluate=ready.evaluate,
            guard=guard,
        )

    def close(self) -> None:
        """Nothing is held."""


def check_engine(spec: MDSpec) -> None:
    """Raise where the engine is not installed or does not run what is asked for."""
    if spec.engine == "lammps":
        from designer_app.dynamics.lammps_engine import check_lammps

        check_lammps(spec)


def device_of(spec: MDSpec) -> str:
    """Where the engine computes: LAMMPS on the CPU, also where there is a GPU."""
    return "cpu" if spec.engine == "lammps" else spec.device


def engine_for(ready: Run) -> Engine:
    """The engine that the specification of a run names."""
    if ready.spec.engine == "lammps":
        from designer_app.dynamics.lammps_engine import LammpsEngine

        return LammpsEngine(ready)
    return NativeEngine(ready)
