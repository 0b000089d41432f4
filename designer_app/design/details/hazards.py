"""What is known to be dangerous about what a candidate holds, each sentence with its source.

From a table of elements, anions, ingredients and gases (resources/data/hazards.toml). A new
material is classified by nobody: its elements stand in for it. No safety assessment.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from designer_app.design.details.precursors import Recipe
from designer_app.io.element_limits import radioactive
from designer_app.io.toml import read_toml
from designer_app.properties.charges import oxidation_states
from designer_app.resources import resource
from designer_app.specs.design_rows import Hazard

NOT_AN_ASSESSMENT = (
    "Not a safety assessment: known hazards of substances with the same elements. What is not "
    "listed is not thereby harmless."
)
_ANNEX = "Regulation (EC) No 1272/2008, Annex VI, "


def hazards_of(amounts: Mapping[str, float], made_by: Recipe) -> tuple[Hazard, ...]:
    """Hazards of its elements and anions, then of what is weighed in, then of the gases."""
    table = _table()
    states = oxidation_states(dict(amounts))
    charges = {} if states is None else states.charges
    is_metal = states is None and not {"O", "F", "S", "Cl"} & amounts.keys()
    found = [] if is_metal else _rows("compounds", sorted(_positive(amounts, charges)))
    found += _rows("anions", [each for each in amounts if charges.get(each, 0.0) < 0])
    found += _rows("ingredients", [each.formula for each in made_by.ingredients])
    leaving = [name for name, grams in made_by.gases if grams > 0 and name in table["gases"]]
    return (*found, *_rows("gases", leaving), *_radioactive(amounts))


def _positive(amounts: Mapping[str, float], charges: Mapping[str, float]) -> list[str]:
    return [each for each in amounts if charges.get(each, 1.0) > 0]


def _rows(section: str, keys: Iterable[str]) -> list[Hazard]:
    rows = _table()[section]
    return [_hazard(key, rows[key]) for key in dict.fromkeys(keys) if key in rows]


def _hazard(key: str, row: Mapping[str, Any]) -> Hazard:
    said = _table()["statements"]
    statements = "; ".join(f"{said[code]} ({code})" for code in row["says"])
    return Hazard(
        subject=row.get("subject", key),
        sentence=f"As {row['substance']}: {statements}.",
        source=row.get("source") or _ANNEX + row["index"],
    )


def _radioactive(amounts: Mapping[str, float]) -> list[Hazard]:
    return [
        Hazard(
            subject=each,
            sentence="Radioactive: no isotope is stable.",
            source="IUPAC, standard atomic weights: elements without a stable isotope",
        )
        for each in sorted(radioactive().intersection(amounts))
    ]


@cache
def _table() -> dict[str, Any]:
    return read_toml(resource("data/hazards.toml"))
