"""Jobs side by side on this machine: a pool of workers, each with one thread.

The one place for pools of processes. Its processes are workers like the window's, so they start
alike in a frozen program and on every system, take plain data alone, end when this process ends,
and one that dies costs the task it had, not the run. With a single place jobs run in this process.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

from designer_app.errors import Cancelled, WorkerDiedError
from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink
from designer_app.specs.jobs import JOBS

Task = tuple[str, Any]
"""Key of a job and its spec."""
Answer = tuple[int, Any]
"""Place among the tasks, and the result, or the exception that the job ended with."""
_LOOK_S = 0.1
"""How often a wait looks at whether the run is to stop."""
_PATIENCE_S = 0.5
"""A task that is stopped leaves nothing, so that its worker is killed where it does not answer."""
_ATTEMPTS = 2
"""A worker may die by what another program did to the memory; a task that kills two is to blame."""


class Executor:
    """Up to `n` jobs at a time. As a context manager it ends its processes."""

    def __init__(self, n: int, *, warm: tuple[str, ...] = (), **link: Any) -> None:
        """`warm` names modules that the workers import ahead; `link` goes to `WorkerLink`."""
        self.n = n
        given = {"threads": 1, "warm": warm, "patience_s": _PATIENCE_S, "renewed": False, **link}
        self._links = [
            WorkerLink(f"worker {place + 1} of {n}", **given)
            for place in range(n if n > 1 or link else 0)
        ]

    def __enter__(self) -> Self:
        for link in self._links:
            link.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as stops:
            for link in self._links:
                stops.callback(link.stop, _PATIENCE_S)

    def answers(self, tasks: Sequence[Task], control: RunControl) -> Iterator[Answer]:
        """Each task's answer as it comes. Stopping the run stops the jobs; pausing holds them.

        Raises `Cancelled`; every other exception of a job is its answer.
        """
        if not self._links:
            yield from _one_after_the_other(tasks, control)
            return
        inner = RunControl(control.log)
        waiting: queue.SimpleQueue[tuple[int, Task]] = queue.SimpleQueue()
        for numbered in enumerate(tasks):
            waiting.put(numbered)
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        with _followed(control, inner), _at_work(self._links, waiting, answers, inner):
            for _ in tasks:
                yield _next(answers, control)


@contextmanager
def _at_work(
    links: Sequence[WorkerLink],
    waiting: "queue.SimpleQueue[tuple[int, Task]]",
    answers: "queue.SimpleQueue[Answer]",
    control: RunControl,
) -> Generator[None]:
    """While inside, a thread for each link takes tasks and puts answers; then none is left."""
    threads = [
        threading.Thread(
            target=_feed, args=(link, waiting, answers, control), name=link.kind, daemon=True
        )
        for link in links
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        if any(thread.is_alive() for thread in threads):
            control.cancel()
        for thread in threads:
            thread.join()


def _feed(
    link: WorkerLink,
    waiting: "queue.SimpleQueue[tuple[int, Task]]",
    answers: "queue.SimpleQueue[Answer]",
    control: RunControl,
) -> None:
    while True:
        try:
            place, (key, spec) = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            answers.put((place, _answer(link, key, spec, control)))
        except Cancelled:
            return


def _answer(link: WorkerLink, key: str, spec: Any, control: RunControl) -> Any:
    for attempt in range(1, _ATTEMPTS + 1):
        own = RunControl(control.log)  # rows and progress of single tasks are nobody's
        try:
            with _followed(control, own):
                return link.run(key, spec, own)
        except Cancelled:
            raise
        except WorkerDiedError as error:
            if attempt == _ATTEMPTS:
                return error
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error
    return None  # not reached


def _next(answers: "queue.SimpleQueue[Answer]", control: RunControl) -> Answer:
    while True:
        control.checkpoint()
        try:
            return answers.get(timeout=_LOOK_S)
        except queue.Empty:
            continue


def _one_after_the_other(tasks: Sequence[Task], control: RunControl) -> Iterator[Answer]:
    for place, (key, spec) in enumerate(tasks):
        control.checkpoint()
        own = RunControl(control.log)
        with _followed(control, own):
            yield place, _tried(partial(JOBS[key].load(), spec, own))


def _tried(job: Callable[[], Any]) -> Any:
    try:
        return job()
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - it is the answer
        return error


@contextmanager
def _followed(outer: RunControl, inner: RunControl) -> Generator[None]:
    """While inside, `inner` is paused, resumed and cancelled with `outer`."""

    def follow() -> None:
        if outer.is_cancelled:
            inner.cancel()
        elif outer.is_paused != inner.is_paused:
            (inner.pause if outer.is_paused else inner.resume)()

    with outer.watched(follow):
        follow()
        yield
