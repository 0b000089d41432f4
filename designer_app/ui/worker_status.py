"""The worker in the status bar: on which device it computes, and what it does."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from designer_app.specs.documents import DeviceSpec
from designer_app.ui.wording import size_text

if TYPE_CHECKING:
    from designer_app.session.session import Session
    from designer_app.ui.panels.status_line import StatusLine

_log = logging.getLogger(__name__)
_ROLES = {
    "starting": "warn",
    "restarting": "warn",
    "ready": "ok",
    "busy": "accent",
    "stopped": "muted",
}


class WorkerStatus(QObject):
    """Asks a warm worker once which devices it has, and shows them beside its state."""

    def __init__(
        self, session: "Session", status: "StatusLine", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._status = status
        self._state = ""
        self._device = ""
        self._tip = ""
        self._is_asked = False
        session.worker_changed.connect(self._on_worker_changed)
        session.document_changed.connect(self._on_document_changed)
        self._become("starting")

    def _on_document_changed(self) -> None:
        """The worker starts now; asked first, it answers before a long run has its turn."""
        if self._session.settings.get("preload"):
            self._ask()

    def _on_worker_changed(self, state: str) -> None:
        if state == "died" or (state == "starting" and self._state == "restarting"):
            self._is_asked = False
            state = "restarting"
        elif state == "starting":
            self._is_asked = self._is_asked and not self._device
        has_worked = self._state == "busy"  # and so has loaded what asking would make it load
        self._become(state)
        if state == "ready" and (has_worked or self._session.settings.get("preload")):
            self._ask()

    def _ask(self) -> None:
        if not self._is_asked:
            self._is_asked = True
            job = self._session.jobs.submit("devices", DeviceSpec())
            job.succeeded.connect(self._on_devices_known)

    def _on_devices_known(self, facts: Mapping[str, Any]) -> None:
        key, count = facts["default_device"], int(facts["threads"])
        titles = {each["key"]: each["title"] for each in facts["devices"]}
        threads = self.tr("1 thread") if count == 1 else self.tr("%d threads") % count
        self._device = self.tr("CPU, %s") % threads if key == "cpu" else titles[key]
        rows = [
            ", ".join(f"{each['title']}" for each in facts["devices"]),
            self.tr("%s; the machine has %d cores") % (threads, facts["cores"]),
            self.tr("%s of memory, %s free")
            % (size_text(facts["memory_bytes"]), size_text(facts["available_memory_bytes"])),
            f"PyTorch {facts['torch']}, Python {facts['python']}",
        ]
        self._tip = "\n".join(rows)
        _log.info("computing on: %s", "; ".join(rows))
        self._show()

    def _become(self, state: str) -> None:
        if state != self._state:
            self._state = state
            _log.info("worker: %s", state)
        self._show()

    def _show(self) -> None:
        words = {
            "starting": self.tr("warming up"),
            "restarting": self.tr("restarting"),
            "ready": self.tr("ready"),
            "busy": self.tr("computing"),
            "stopped": self.tr("stopped"),
        }
        state = words.get(self._state, self._state)
        text = f"{self._device} · {state}" if self._device else state.capitalize()
        self._status.set_worker(text, _ROLES.get(self._state, "muted"), self._tip)
