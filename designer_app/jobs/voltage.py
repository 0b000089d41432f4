"""Voltage of an electrode: both ends, what lies between, and the metal, relaxed as one batch."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.folders import writable_folder
from designer_app.io.writing import write_document
from designer_app.potentials import Potential, load_potential
from designer_app.properties.electrode import goal_of
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.screening.reference.ledger import Ledger, RelaxedPhase
from designer_app.screening.usable_electrode import on_hull, usable_electrode
from designer_app.specs.fields import check_spec
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageResult, VoltageSpec
from designer_app.state import set_threads


def run(spec: VoltageSpec, control: RunControl) -> VoltageResult:
    """The electrode; with a folder, relaxed structures are kept there and not relaxed again.

    Raises what `usable_electrode` raises.
    """
    check_spec(spec)
    if spec.structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to compute")
    if spec.partner is not None and spec.insert:
        raise InvalidSpecError(
            "insert", spec.insert, "give the discharged structure or a number of ions, not both"
        )
    started = time.perf_counter()
    out = None if spec.out is None else writable_folder(spec.out)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    keeper = Keeper(potential, goal_of(spec), out, control)
    result = on_hull(usable_electrode(spec, potential, control, keeper.relaxed), potential)
    for sentence in (*result.warnings, *result.failures):
        control.log.warning("%s", sentence)
    if out is not None:
        _write(result, out)
    return replace(result, seconds=time.perf_counter() - started)


class Keeper:
    """Relaxes structures, and keeps what is relaxed in a file so that a stopped run goes on."""

    def __init__(
        self, potential: Potential, goal: Goal, folder: Path | None, control: RunControl
    ) -> None:
        self.potential, self.goal, self.control = potential, goal, control
        self.ledger = None if folder is None else Ledger(folder / "relaxed.jsonl")
        kept = [] if self.ledger is None else self.ledger.read()
        self.known = {phase.source: phase for phase in kept}

    def relaxed(self, structures: Sequence[Structure]) -> list[Relaxed]:
        """Each structure where the potential takes it, in the order given."""
        keys = [self._key(each) for each in structures]
        new = [index for index, key in enumerate(keys) if key not in self.known]

        def keep(position: int, result: Relaxed) -> None:
            if self.ledger is not None and result.error is None:
                self.ledger.append([_phase(keys[new[position]], result)])

        fresh = relax(
            [structures[index] for index in new],
            self.potential,
            self.goal,
            control=self.control,
            on_finished=keep,
        )
        results = dict(zip(new, fresh, strict=True))
        return [
            results[index] if index in results else _again(self.known[key], structures[index])
            for index, key in enumerate(keys)
        ]

    def _key(self, structure: Structure) -> str:
        """What decides the result: the start, the potential and the goal."""
        told = json.dumps([self.potential.model_sha256, self.goal.fmax, self.goal.steps])
        digest = hashlib.sha256(told.encode())
        for array in (structure.numbers, structure.positions.round(6), structure.cell.round(6)):
            digest.update(np.ascontiguousarray(array + 0).tobytes())
        return digest.hexdigest()[:24]


def _phase(key: str, result: Relaxed) -> RelaxedPhase:
    return RelaxedPhase(
        source=key,
        structure=result.structure,
        energy=result.energy,
        magmom=float("nan"),
        n_steps=result.n_steps,
        converged=result.converged,
    )


def _again(phase: RelaxedPhase, given: Structure) -> Relaxed:
    assert phase.structure is not None
    structure = replace(phase.structure, name=given.name)
    nan = float("nan")
    return Relaxed(structure, phase.converged, phase.n_steps, phase.energy, nan, nan)


def _write(result: VoltageResult, out: Path) -> None:
    """CIFs of the relaxed ends."""
    for end in ("charged", "discharged"):
        structure: Structure = getattr(result, f"{end}_structure")
        name = f"{end}-{getattr(result, end)}"
        document = Document.from_structure(replace(structure, name=name), made_by="voltage")
        write_document(document, out / f"{name}.cif")
