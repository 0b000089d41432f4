"""What an electrode gives of the ions that can leave it: one computation for every command.

The average over ions that only leave with the anions oxidised is the voltage of no cell: Li2FeSiO4
gives up one lithium near 3 V, and the second would need Fe4+. So as many ions leave as the other
elements can make up for (`ion_release`), and voltage, capacity, energy density and change of volume
are those of this range.
"""

from dataclasses import replace

from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import amounts_of, reduced
from designer_app.potentials import Potential
from designer_app.properties.electrode import electrode
from designer_app.properties.voltage import Relaxer
from designer_app.properties.working_ions import check_has_ion
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.ion_release import ion_release
from designer_app.screening.reference.table import load_reference
from designer_app.specs.estimates import LIGHTS, Estimate
from designer_app.specs.hull import HullPlacement
from designer_app.specs.screen import LEAST_RELEASE
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageResult, VoltageSpec

UNSTABLE = 0.1
"""eV/atom above the hull: hardly any compound that lies higher was ever made."""


def usable_electrode(
    spec: VoltageSpec,
    potential: Potential,
    control: RunControl | None = None,
    relaxer: Relaxer | None = None,
) -> VoltageResult:
    """The electrode that a spec describes, charged as far as charges allow.

    Where nothing can be oxidised all ions leave, and the light is red. With a discharged partner, a
    number of ions to insert, or `remove` "all", the ends are those that are asked. Raises what
    `electrode` raises.
    """
    release = release_of(spec)
    share = 1.0
    if release is not None and spec.remove == "reachable" and release.value > LEAST_RELEASE:
        share = release.value
    found = electrode(spec, potential, control, relaxer, share=share)
    return found if release is None else _told(found, release, is_limited=share == release.value)


def on_hull(result: VoltageResult, potential: Potential) -> VoltageResult:
    """The result with the places of its ends against the shipped phases, where they belong to the
    potential; where an element has no phase, they stay unknown.
    """
    table = load_reference(potential.key, potential.model)
    if table is None or not table.belongs_to(potential):
        return result
    placed: dict[str, HullPlacement] = {}
    for end in ("charged", "discharged"):
        structure: Structure = getattr(result, f"{end}_structure")
        amounts = amounts_of(structure.numbers)
        try:
            hull = hull_for(tuple(amounts), table.in_system(tuple(amounts)), table.origin)
        except MissingReferenceError:
            continue
        placed[f"{end}_hull"] = hull.place(amounts, getattr(result, f"{end}_energy"))
    found = replace(result, **placed)
    told = tuple(
        f"{getattr(result, end)} lies {1000 * placement.e_above_hull:.0f} meV/atom above "
        f"{' + '.join(name for name, _, _ in placement.decomposition)}: "
        f"the {end} electrode may decompose."
        for end in ("charged", "discharged")
        if (placement := placed.get(f"{end}_hull")) is not None
        and placement.e_above_hull > UNSTABLE
    )
    if not told:
        return found
    estimate = replace(found.estimate, light="amber", reason=found.estimate.reason or told[0])
    return replace(found, estimate=estimate, warnings=(*found.warnings, *told))


def release_of(spec: VoltageSpec) -> Estimate | None:
    """Which share of its ions can leave; None where the ends are given."""
    if spec.structure is None or spec.partner is not None or spec.insert:
        return None
    check_has_ion(spec.structure, spec.ion)
    return ion_release(reduced(amounts_of(spec.structure.numbers))[0], spec.ion)


def _told(found: VoltageResult, release: Estimate, *, is_limited: bool) -> VoltageResult:
    """The result with what is known of the ions that leave."""
    found = replace(found, release=release)
    if release.light == "green":
        return found
    told = release.reason
    if not is_limited:
        why = "nothing" if release.value <= LEAST_RELEASE else "not all"
        told = f"Of the {found.ion} {why} can leave, but all is removed: {told}"
    warnings = tuple(dict.fromkeys((told, *found.warnings)))
    light = max(found.estimate.light, release.light, key=LIGHTS.index)
    estimate = replace(found.estimate, light=light, reason=warnings[0])
    return replace(found, warnings=warnings, estimate=estimate)
