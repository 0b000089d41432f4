"""How far an inverse design is, and its time left: measured where it is, expected ahead."""

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import expected_parts
from designer_app.specs.design_rows import STAGES

_PARTS = {"relaxed": "Relaxations", "hull": "Relaxations", "physics": "Physics",
          "checked": "Recomputing", "shortlist": "Report"}  # fmt: skip
_SEARCH = "Search"
_SLOWEST, _FASTEST = 4.0, 0.25
"""How far the pace of one part is carried over to the next ones."""


class Outlook:
    """Follows one run. Times in s."""

    def __init__(self, spec: DesignSpec) -> None:
        self._expected = dict(expected_parts(spec))
        self._part = _SEARCH
        self._share = 0.0
        self._paces: dict[str, float] = {}

    def note(self, stage: int, done: float, total: float, seconds_left: float | None) -> None:
        """The place of the stage at work, its progress, and its own time left where known."""
        key = STAGES[min(max(stage, 0), len(STAGES) - 1)][0]
        part = _PARTS.get(key, _SEARCH)
        if part != self._part:
            self._share = 0.0
        self._part = part
        share = done / total if total else 0.0
        self._share = max(self._share, min(share, 1.0))
        expected = self._expected.get(part, 0.0)
        if seconds_left is not None and share < 1.0 and expected > 0.0:
            pace = seconds_left / ((1.0 - share) * expected)
            self._paces[part] = min(max(pace, _FASTEST), _SLOWEST)

    @property
    def seconds_left(self) -> float:
        """Until the shortlist."""
        here = self._expected.get(self._part, 0.0) * (1.0 - self._share)
        left = here * self._paces.get(self._part, 1.0)
        pace = self._paces.get("Relaxations", 1.0)  # what follows relaxes crystals too
        return left + sum(seconds * pace for _, seconds in self._ahead())

    @property
    def share(self) -> float:
        """Part of the work that is done, 0..1."""
        total = sum(self._expected.values())
        here = self._expected.get(self._part, 0.0) * (1.0 - self._share)
        left = here + sum(seconds for _, seconds in self._ahead())
        return 1.0 - left / total if total else 0.0

    def _ahead(self) -> list[tuple[str, float]]:
        parts = list(self._expected.items())
        order = [_SEARCH, "Relaxations", "Physics", "Recomputing", "Report"]
        place = order.index(self._part)
        return [(name, seconds) for name, seconds in parts if order.index(name) > place]
