"""What is odd about the numbers of a search before it runs, with what mends it."""

from designer_app.specs.contradictions import idle
from designer_app.specs.design import STRATEGIES, DesignSpec
from designer_app.specs.design_budgets import BUDGETS, expected_seconds
from designer_app.specs.presets import OWN, preset_of
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.wording import duration

_LONG_S = 3 * 3600.0
_COMPUTED = ("cathode", "anode", "electrolyte", "catalyst")
"""Purposes whose targets are verified by physics."""


def budget_cautions(spec: DesignSpec, cores: int) -> tuple[Caution, ...]:
    """A search of any size can be run; only a strategy that cannot give what is asked stops."""
    found: list[Caution] = []
    has_start = spec.start is not None or spec.start_structure is not None
    told = idle(spec.strategy, only_new=spec.only_new, has_start=has_start)
    if told:
        title = dict(STRATEGIES)["mix"]
        button = f"Take “{title}”"
        found.append(Caution(f"{told.capitalize()}.", button, (("strategy", "mix"),), stops=True))
    if spec.relax_best == 0:
        found.append(
            Caution(
                "Nothing is relaxed: every number would be a prediction that nobody checked.",
                "Relax 60",
                (("relax_best", 60),),
            )
        )
    elif spec.n > spec.relax_best:
        found.append(
            Caution(
                f"The shortlist has {spec.n} places, but only {spec.relax_best} candidates are "
                "relaxed.",
                f"Relax {4 * spec.n}",
                (("relax_best", 4 * spec.n),),
            )
        )
    elif spec.physics_best == 0 and spec.purpose in _COMPUTED:
        found.append(
            Caution(
                "Nothing is computed by physics: the targets would rest on predictions alone.",
                "Compute 12",
                (("physics_best", 12),),
            )
        )
    if spec.workers > cores:
        found.append(
            Caution(
                f"{spec.workers} relaxations at once share {cores} cores: they slow each other "
                "down.",
                f"Use {cores}",
                (("workers", cores),),
            )
        )
    seconds = expected_seconds(spec, cores)
    if seconds > _LONG_S and preset_of(BUDGETS, spec) == OWN:
        found.append(
            Caution(
                f"This takes about {duration(seconds)}. It can be stopped; what is done stays.",
                f"Take “{BUDGETS[-1].title}”",
                BUDGETS[-1].changes,
            )
        )
    return tuple(found)
