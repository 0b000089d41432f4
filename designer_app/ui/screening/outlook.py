"""Before a screening: how long it will take, and what would go wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from designer_app.io.formulas import amounts_of
from designer_app.specs.candidate_fields import IONS
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import FunnelCount
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.wording import duration, with_spaces

_MADE_S, _NETWORK_S = 0.005, 0.01
"""A candidate, with its graph and all members of the network, on one thread."""
_RELAX_S = 0.006
"""Times the square of the atoms: 0.2 s for a perovskite, 5 s for an olivine (CHGNet, one core)."""
_LARGE = 60
"""Atoms from which the time grows in step with them."""
_PHYSICS_RELAXATIONS = 8
"""Relaxations that a voltage or an adsorption energy takes, roughly."""
_COMMON_ATOMS = 20
_BYTES_A_ROW = 4000


@dataclass
class StageTimes:
    """Seconds a candidate took in each stage of runs that this window has seen."""

    seen: dict[str, float] = field(default_factory=dict)

    def note(self, seconds: Sequence[tuple[str, float]], funnel: Sequence[FunnelCount]) -> None:
        """Remember how long the stages of a finished run took."""
        done = {count.stage: count.entered - count.waiting for count in funnel}
        for stage, taken in seconds:
            if done.get(stage) and taken > 0.0:
                self.seen[stage] = taken / done[stage]


def n_candidates(spec: ScreenSpec) -> int:
    """How many there will be, at most."""
    given = len(spec.paths) + len(spec.structures)
    return given if spec.make == "given" else spec.n_candidates


def seconds(spec: ScreenSpec, times: StageTimes) -> float:
    """Time that a run should take."""
    n = n_candidates(spec)
    sizes = [len(each) for each in spec.structures]
    atoms = sum(sizes) / len(sizes) if sizes else _COMMON_ATOMS
    relax = _RELAX_S * min(atoms, _LARGE) ** 2 * max(1.0, atoms / _LARGE)
    relax = times.seen.get("relaxed", relax)
    total = n * (times.seen.get("made", _MADE_S) + times.seen.get("network", _NETWORK_S))
    total += min(n, spec.relax_best) * relax
    if spec.rules != "stability":
        total += min(n, spec.physics_best) * _PHYSICS_RELAXATIONS * relax
    return total


def estimate(spec: ScreenSpec, times: StageTimes) -> str:
    """What the run does and how long it should take."""
    n = n_candidates(spec)
    many = with_spaces(n)
    parts = ["1 candidate" if n == 1 else f"{many} candidates"]
    if spec.relax_best:
        parts.append(f"the best {min(n, spec.relax_best)} relaxed")
    if spec.physics_best and spec.rules != "stability":
        parts.append(f"the best {min(n, spec.physics_best)} computed")
    span = duration(max(5.0, seconds(spec, times)))
    return f"{', '.join(parts)}: about {span}. It can be stopped; what is done stays."


def warnings_for(spec: ScreenSpec) -> list[Caution]:
    """What is odd about this run."""
    found: list[Caution] = []
    if spec.make == "prototypes" and not spec.elements.strip():
        text = "Name the elements that new materials may hold, after “holds only”."
        found.append(Caution(text, stops=True))
    found.extend(_working_ion(spec))
    if any(each.disordered_sites for each in spec.structures) and not spec.order:
        text = "Sites are shared or partly occupied: it would be left out."
        found.append(Caution(text, "Order mixed sites", (("order", True),)))
    if spec.rules == "battery" and spec.voltage_low >= spec.voltage_high:
        found.append(Caution("No voltage lies in this window.", stops=True))
    return found


def _working_ion(spec: ScreenSpec) -> list[Caution]:
    """A battery material made from what is open needs an ion that moves."""
    if spec.rules != "battery" or spec.paths or len(spec.structures) != 1:
        return []
    if spec.make not in ("given", "substitute"):
        return []
    present = amounts_of(spec.structures[0].numbers)
    if spec.ion in present:
        return []
    other = next((ion for ion in IONS if ion in present), "")
    text = f"It holds no {spec.ion}, so nothing can be taken out."
    if other:
        return [Caution(text, f"Look for {other}", (("ion", other),))]
    return [Caution(text, "Look for stability alone", (("rules", "stability"),))]
