"""The search of a run: models loaded, the map drawn, candidates asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.criteria import targets_of
from designer_app.design.explain import Explainer
from designer_app.design.heads.ensemble import (
    DesignHeads,
    load_design_heads,
    read_design_heads,
)
from designer_app.design.representation.library import load_library
from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import CrystalTokens
from designer_app.design.search.found import Found, Snapshot
from designer_app.design.search.generator import MaterialGenerator, Plan
from designer_app.design.search.judging import PointJudge
from designer_app.design.search.limits import Limits
from designer_app.design.search.objective import goals_of
from designer_app.design.search.pool import amounts_of_row, formula_of_row
from designer_app.design.vae.reading import load_vae
from designer_app.errors import FileUnreadableError
from designer_app.io.design_store import DesignStore
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import single_points
from designer_app.specs.design_rows import LatentMap
from designer_app.specs.design_targets import OWN, Target
from designer_app.specs.fields import refusal
from designer_app.specs.structure import Structure
from designer_app.weights.cards import read_card

Searched = Callable[[Callable[[Snapshot], None]], Found]

_HEADS = "design-heads"
_TRAINED = f"train --model {_HEADS} --table TABLE --out FOLDER"
_SPARE = 4
"""Candidates asked for, by how many are relaxed: some fall out as known, or as twins."""
_LEAST = 100
_MAP_POINTS = 3000
"""Known materials on the map."""


def plan_of(spec: DesignSpec) -> Plan:
    """How the search of a spec is spent."""
    return Plan(
        seeds=spec.seeds,
        steps=spec.steps,
        strategy=spec.strategy,
        n_points=single_points(spec),
        n=max(_SPARE * spec.relax_best, _LEAST),
        diversity=spec.diversity,
        only_new=spec.only_new,
        seed=spec.seed,
        learn=spec.learn,
        reaction=spec.reaction,
    )


def heads_of(spec: DesignSpec) -> DesignHeads:
    """The heads that a spec names, or the shipped ones. Raises `InvalidSpecError`."""
    if spec.heads is None:
        return load_design_heads()
    try:
        card = read_card(spec.heads)
    except FileUnreadableError as error:
        told = f"there is no model in it ({error.reason}); make one by {_TRAINED}"
        raise refusal(spec, "heads", told) from error
    if card.key != _HEADS:
        told = f"it holds “{card.title}”, no property heads; make those by {_TRAINED}"
        raise refusal(spec, "heads", told)
    try:
        return read_design_heads(spec.heads)
    except FileUnreadableError as error:
        raise refusal(spec, "heads", error.reason) from error
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        told = f"another version of the program made it: make it again by {_TRAINED}"
        raise refusal(spec, "heads", told) from error


def check_own(spec: DesignSpec, targets: Sequence[Target], heads: DesignHeads) -> None:
    """Raises `InvalidSpecError` for an own property that the heads did not learn."""
    own = [each.removeprefix(OWN) for each in heads.keys if each.startswith(OWN)]
    for target in targets:
        name = target.key.removeprefix(OWN)
        if name == target.key or name in own:
            continue
        if own:
            told = f"the heads in it learned {', '.join(own)}, not “{name}”"
        else:
            told = f"“{name}” is an own property: name the folder of heads that learned it"
        raise refusal(spec, "heads", told)


def generator_of(
    potential: Potential, table: ReferenceTable | None, heads: DesignHeads | None = None
) -> MaterialGenerator:
    """The shipped models; single points where the reference set belongs to the potential."""
    points = None
    if table is not None and table.belongs_to(potential):
        points = PointJudge(potential, table)
    heads = heads or load_design_heads()
    return MaterialGenerator(load_vae(), heads, load_library(), points=points)


def search_of(
    spec: DesignSpec,
    limits: Limits,
    potential: Callable[[], Potential],
    table: ReferenceTable | None,
    start: Structure | None,
    heads: DesignHeads,
    store: DesignStore,
    control: RunControl,
) -> Searched:
    """The search, ready to be called; models are loaded only then."""

    def searched(on_snapshot: Callable[[Snapshot], None]) -> Found:
        loaded = potential()
        control.checkpoint()
        generator = generator_of(loaded, table, heads)
        control.checkpoint()
        store.write_map(latent_map(spec, limits, generator))
        return generator.inverse_design(
            targets_of(spec),
            limits,
            plan=plan_of(spec),
            start=start,
            control=control,
            on_snapshot=on_snapshot,
        )

    return searched


def explained(
    spec: DesignSpec,
    limits: Limits,
    potential: Callable[[], Potential],
    table: ReferenceTable | None,
    heads: DesignHeads,
    found: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    """What the models tell of candidates, by id: arguments of `details.detail_of`.

    `found` are lines of `DesignStore.found`.
    """
    generator = generator_of(potential(), table, heads)
    keys = [goal.key for goal in goals_of(targets_of(spec), generator.heads.keys)]
    explainer = Explainer(generator, limits, keys, reaction=spec.reaction, table=table)
    told = {}
    for key, each in found.items():
        said = explainer.explained(_tokens(each["tokens"]))
        told[key] = {
            "contributions": said.contributions,
            "neighbours": said.neighbours,
            "seen": said.seen,
        }
    return told


def _tokens(kept: Mapping[str, Any]) -> CrystalTokens:
    return CrystalTokens(
        prototype=kept["prototype"],
        elements=tuple(kept["elements"]),
        volume=kept["volume"],
        shape=tuple(kept["shape"]),
        free=tuple(kept["free"]),
    )


# --- the map ---


def latent_map(spec: DesignSpec, limits: Limits, generator: MaterialGenerator) -> LatentMap:
    """Known materials on the plane: first those that keep the limits, then any others."""
    goals = goals_of(targets_of(spec), generator.heads.keys)
    rows = _shown(generator, limits, np.random.default_rng(spec.seed))
    table = generator.known.rows(rows)
    vae = generator.vae
    with torch.no_grad():
        latent = vae.encode_table(table)
        places = vae.map_of(latent).numpy()
        heads = generator.heads.bound(
            (goals[0].key,), ion=limits.ion or "Li", reaction=spec.reaction
        )
        said = heads(certain(table, heads.heads.slot_counts))[goals[0].key].mean
    values = (10.0 ** said.clamp(-30, 30) if goals[0].is_log else said).numpy()
    spread = (latent - latent.mean(dim=0)).square().sum()
    on_map = np.square(places - places.mean(axis=0)).sum()
    return LatentMap(
        x=tuple(places[:, 0].round(4).tolist()),
        y=tuple(places[:, 1].round(4).tolist()),
        names=tuple(formula_of_row(generator.library, table, row) for row in range(len(table))),
        colour_key=goals[0].key,
        colour=tuple(float(f"{value:.4g}") for value in values.tolist()),
        targets=tuple(goal.key for goal in goals),
        explained=float(on_map / max(float(spread), 1e-9)),
    )


def _shown(
    generator: MaterialGenerator, limits: Limits, rng: np.random.Generator
) -> NDArray[np.int64]:
    order = rng.permutation(len(generator.known))
    chosen: list[int] = []
    others: list[int] = []
    for row in order.tolist():
        amounts = amounts_of_row(generator.library, generator.known, row)
        (others if limits.reason(amounts) else chosen).append(row)
    return np.sort(np.array(_joined(chosen, others), dtype=np.int64))


def _joined(chosen: Sequence[int], others: Sequence[int]) -> list[int]:
    kept = list(chosen[: _MAP_POINTS * 2 // 3])
    return [*kept, *others[: _MAP_POINTS - len(kept)]]
