"""Metals of an alloy that acid dissolves or oxidises where a catalyst works.

By standard potentials of the pure metals (resources/data/standard-potentials.toml). No Pourbaix
diagram of the alloy: what it gains by bonding shifts them by tenths of a volt, some metals cover
themselves with oxide, and alkali is another case.
"""

from collections.abc import Mapping
from functools import cache

from designer_app.io.toml import read_toml
from designer_app.properties.charges import oxidation_states
from designer_app.resources import resource

_WORKS_AT = {"HER": 0.0, "NRR": -0.3, "ORR": 0.9, "OER": 1.6}
"""V against the reversible hydrogen electrode, about, where a reaction runs."""
_BELOW = {"HER": -0.5, "NRR": -0.5, "ORR": 0.4, "OER": 0.4}
"""V: metals with lower standard potentials are named. Half a volt below where the reaction runs, or
more for oxygen, where all but the noble metals are lost."""


def dissolving(amounts: Mapping[str, float], reaction: str) -> str:
    """The warning for a catalyst; "" where all of its metals bear it, and for salts and oxides."""
    if oxidation_states(dict(amounts)) is not None or reaction not in _BELOW:
        return ""
    potentials = _potentials()
    lost = [each for each in amounts if potentials.get(each, 0.0) < _BELOW[reaction]]
    if not lost:
        return ""
    lost.sort(key=lambda each: potentials[each])
    named = [f"{each} ({potentials[each]:+.1f} V)" for each in lost]
    rest = [each for each in amounts if each not in lost]
    verb = "dissolves or turns" if len(lost) == 1 else "dissolve or turn"
    left = f" and leave one of {_listed(rest)}" if rest else ""
    return (
        f"In acid, at the {_WORKS_AT[reaction]:g} V or so of this reaction, {_listed(named)} "
        f"{verb} into oxide by standard potential. The surface that was computed may not last"
        f"{left}; bonding in the alloy shifts the potentials by tenths of a volt."
    )


@cache
def _potentials() -> Mapping[str, float]:
    return read_toml(resource("data/standard-potentials.toml"))


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
