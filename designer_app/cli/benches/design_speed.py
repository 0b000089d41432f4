"""How long the parts of a design's search take: descent, substitution, single points.

Li cathodes without Co, 2 to 4.6 V, at least 600 Wh/kg, with the shipped autoencoder and ensembles
of heads. Seconds of the processor stand beside those of the clock, which other programs stretch.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from designer_app.design.criteria import targets_of
from designer_app.design.heads.ensemble import load_design_heads
from designer_app.design.representation.library import load_library
from designer_app.design.search.generator import MaterialGenerator, Plan
from designer_app.design.search.judging import PointJudge
from designer_app.design.search.limits import limits_of
from designer_app.design.search.one_search import Search
from designer_app.design.search.strategies import descended, random_decodes, substitutions
from designer_app.design.vae.reading import load_vae
from designer_app.errors import MissingDataError
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design import DesignSpec

T = TypeVar("T")
SEEDS, STEPS, PROPOSALS, POINTS = 400, 300, 3000, 200
_QUICK = (40, 30, 200, 16)
_SPEC = DesignSpec(
    targets=("energy_density=600..", "voltage=2..4.6", "e_above_hull=..0.05"),
    no_cobalt=True,
    usual=False,
)


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """A row a part: how much was done, seconds of the clock and of the processor."""
    seeds, steps, n_proposals, n_points = _QUICK if quick else (SEEDS, STEPS, PROPOSALS, POINTS)
    table = load_reference()
    if table is None:
        raise MissingDataError("resources/data", "the shipped reference set is not there")
    judge = PointJudge(load_potential("chgnet"), table)
    generator = MaterialGenerator(load_vae(), load_design_heads(), load_library(), points=judge)
    control = RunControl()
    plan = Plan(seeds=seeds, steps=steps)
    search, row = _timed(
        "limits on prototypes and slots",
        lambda: Search(generator, targets_of(_SPEC), limits_of(_SPEC), plan, control),
    )
    say("Search prepared.")
    yield {**row, "count": search.restricted.n_prototypes}
    z, told = search._seeds([])  # noqa: SLF001 - the seeds of the strategy "gradient"
    found, row = _timed(
        f"descent of {seeds} seeds x {steps} steps",
        lambda: descended(search.means, z, told, None),
    )
    yield {**row, "count": len(found)}
    found, row = _timed(
        f"random decodes, {n_proposals}", lambda: random_decodes(search.means, n_proposals)
    )
    yield {**row, "count": len(found)}
    found, row = _timed(
        f"ranked substitution, {n_proposals} proposals",
        lambda: substitutions(search.means, n_proposals),
    )
    yield {**row, "count": len(found)}
    library = generator.library
    structures = [
        library.structure_of(library.tokens(found.table, place))
        for place in range(min(n_points, len(found)))
    ]
    judge.judged(structures[:4], "Li", control)  # kernels are compiled before they are timed
    _, row = _timed(
        "single points of crystals and hosts", lambda: judge.judged(structures, "Li", control)
    )
    yield {**row, "count": len(structures)}


def _timed(part: str, work: Callable[[], T]) -> tuple[T, dict[str, Any]]:
    wall, busy = time.perf_counter(), time.process_time()
    found = work()
    told = {
        "part": part,
        "clock, s": round(time.perf_counter() - wall, 2),
        "processor, s": round(time.process_time() - busy, 2),
    }
    return found, told
