"""Stability of what is open: its distance to the convex hull of known phases, on request."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer_app.io.documents import Document
from designer_app.io.formulas import with_subscripts
from designer_app.specs.hull import HullPlacement
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import THIN

_NEAR = 0.05
"""eV/atom: what lies nearer to the hull can often be made."""
_NOTED = 5e-4
_WHY = "why"


class StabilitySection(QWidget):
    """Asks for the hull of the open structure, and says where it lies."""

    asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._can_ask = False
        self.button = QPushButton(self.tr("How stable is it?"))
        self._icon = ThemedIcon(self.button, "hull", theme)
        self.outcome = NoticeList(theme)
        self.why = label("", "small", wrap=True)
        self.button.setToolTip(
            self.tr("Relax it and place it on the convex hull of known phases (energy above hull)")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.button, self.outcome, self.why):
            layout.addWidget(widget)
        self.why.setVisible(False)
        self.button.clicked.connect(self.asked)
        self.outcome.acted.connect(self._on_why)

    def set_document(self, document: Document | None) -> None:
        """Another structure: nothing is known of it."""
        structure = document.structure() if document is not None else None
        is_crystal = structure is not None and all(structure.pbc) and structure.volume > 0
        self._can_ask = is_crystal and document is not None and not document.is_disordered
        self.show_text("")
        self.set_busy(is_busy=False)

    def set_busy(self, is_busy: bool) -> None:
        """While it is relaxed and placed."""
        self.button.setEnabled(self._can_ask and not is_busy)
        said = self.tr("Relaxing and placing it ...") if is_busy else self.tr("How stable is it?")
        self.button.setText(said)

    def show_text(self, text: str, kind: str = "ok", why: str = "") -> None:
        """A sentence, and what it stands on behind "Why?"."""
        action = self.tr("Why?") if why else ""
        self.outcome.set_notices(((kind, text, action, _WHY),) if text else ())
        self.why.setText(why)
        self.why.setVisible(False)

    def show_result(self, result: Mapping[str, Any]) -> None:
        """Where it lies, by the job `hull`."""
        placement: HullPlacement = result["placement"]
        is_near = placement.e_above_hull <= _NEAR
        kind = "ok" if is_near and not result.get("warnings") else "warn"
        self.show_text(stability_text(placement), kind, stability_reasons(placement, result))

    def _on_why(self, _key: str) -> None:
        self.why.setVisible(not self.why.isVisible())


def stability_text(placement: HullPlacement) -> str:
    """Where a structure lies, in a sentence with its origin."""
    size = placement.reference_set.rpartition(", ")[2].partition(" (")[0]
    origin = ", ".join(part for part in (placement.potential, size) if part)
    if placement.below_hull > _NOTED:
        told = f"{1000 * placement.below_hull:.0f}{THIN}meV/atom below all other phases"
    elif placement.is_stable:
        told = "on the hull"
    else:
        told = f"{1000 * placement.e_above_hull:.0f}{THIN}meV/atom above the hull"
    return f"Stability: {told} ({origin})."


def stability_reasons(placement: HullPlacement, result: Mapping[str, Any]) -> str:
    """What the sentence stands on, a line each."""
    phases = " + ".join(
        f"{share:.2f} {with_subscripts(formula)} ({source})"
        for formula, share, source in placement.decomposition
    )
    formation = f"{placement.formation_energy:.3f}".replace("-", "\N{MINUS SIGN}")
    lines = [
        f"Competes with {phases} (shares of the atoms)." if phases else "",
        f"Formation energy {formation}{THIN}eV/atom.",
        f"Reference set: {placement.reference_set}.",
        f"Correction: {placement.correction}.",
        *result.get("warnings", ()),
    ]
    return "\n".join(line for line in lines if line)
