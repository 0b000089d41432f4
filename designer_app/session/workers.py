"""The workers of the window, as the preferences ask for them."""

from collections.abc import Callable
from typing import Any

from designer_app.running.link import WorkerLink
from designer_app.session.settings import Preferences

QUICK = (
    "designer_app.jobs.read",
    "designer_app.jobs.inspect",
    "designer_app.jobs.bonds",
    "spglib",
)
HEAVY = ("designer_app.jobs.md", "designer_app.potentials.chgnet")
"""Modules that a worker imports ahead; their names are text, the window never imports them."""

CONFINED = "confined"
"""The lane of jobs that run a program which came as a model."""

ASIDE = "aside"
"""The lane of small jobs while a heavy one is at work."""

_WAYS_OUT = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY")
"""Environment variables by which a program reaches services of the desktop."""

_GB = 10**9


def make_links(preferences: Preferences, on_state: Callable[[str], None]) -> dict[str, WorkerLink]:
    """A worker for heavy jobs, whose state is told, one for looking at things; for small jobs that
    do not wait one each, and for models that are programs one each, with fewer rights.
    """
    return {
        "compute": WorkerLink(
            "compute",
            warm=HEAVY if preferences.preload else (),
            on_state=on_state,
            **heavy_settings(preferences),
        ),
        "quick": WorkerLink("quick", threads=1, warm=QUICK),
        ASIDE: WorkerLink(ASIDE, one_job=True, **{**heavy_settings(preferences), "threads": 1}),
        CONFINED: WorkerLink(
            CONFINED,
            one_job=True,
            arguments=("--confined",),
            environment=dict.fromkeys(_WAYS_OUT, ""),
            **heavy_settings(preferences),
        ),
    }


def heavy_settings(preferences: Preferences) -> dict[str, Any]:
    """How the worker for heavy jobs is started: arguments of `WorkerLink.configure`."""
    return {
        "python": preferences.python or None,
        "threads": preferences.threads,
        "memory_limit": round(preferences.memory_limit * _GB) or None,
    }
