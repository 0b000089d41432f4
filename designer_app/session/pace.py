"""How fast a job goes and how long it still takes, from its progress."""

from collections import deque

_WINDOW_S = 15.0
"""Long enough to be calm, short enough to follow a machine that gets busy."""


class Pace:
    """The rate over the last seconds in which the job ran."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def note(self, done: float, total: float, now_s: float) -> None:
        """Take in a progress and when it was seen."""
        if done <= 0 or (self._seen and done < self._seen[-1][1]):
            self._seen.clear()  # another stage of the job, or none yet: loading is no pace
        if done <= 0:
            return
        if not self._seen or done > self._seen[-1][1]:
            self._seen.append((now_s, done))
        self._total = total
        while len(self._seen) > 2 and now_s - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()

    def rest(self) -> None:
        """Forget the past: the job was paused, and time without work is no pace."""
        self._seen.clear()

    @property
    def per_second(self) -> float | None:
        """Progress in a second; None before two were seen."""
        if len(self._seen) < 2:
            return None
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - start) if end > start else None

    @property
    def seconds_left(self) -> float | None:
        """Time until done, at this rate."""
        rate = self.per_second
        return (self._total - self._seen[-1][1]) / rate if rate else None
