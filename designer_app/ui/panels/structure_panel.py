"""Structure: what is this material? Facts, warnings, the clicked atom, relax."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.io.documents import Document
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.atom_card import AtomCard
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.panels.notice import NoticeList
from designer_app.ui.panels.relax_section import RelaxSection
from designer_app.ui.panels.section import PanelPage, line
from designer_app.ui.panels.stability_section import StabilitySection
from designer_app.ui.panels.structure_facts import fact_rows, headline, site_rows
from designer_app.ui.theme import Theme, label

ORDER = "order"
_DISORDER = "shared or partly occupied"
"""The reader says it too; once is enough."""


class StructurePanel(PanelPage):
    """The right panel of the Structure workspace."""

    relax_asked = Signal(object)
    """The `RelaxSpec` to run."""
    order_asked = Signal()
    what_else_asked = Signal()
    copied = Signal(str)
    atom_closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Structure"), parent)
        self._document: Document | None = None
        self._facts: Mapping[str, Any] = {}
        self.formula = label(self.tr("Nothing open"), "display", wrap=True)
        self.headline = label("", "muted", wrap=True)
        self.notices = NoticeList(theme)
        self.atom = AtomCard(theme)
        self.facts = FactsTable()
        self._sites_title = label(self.tr("INEQUIVALENT SITES"), "section")
        self._lines = (line(), line(), line())
        self.sites = FactsTable(name_width=64)
        self.relax = RelaxSection(theme)
        self._relax_title = label(self.tr("RELAX"), "section")
        self.stability = StabilitySection(theme)
        self._stability_title = label(self.tr("STABILITY"), "section")
        self.what_else = QPushButton(self.tr("What else could this be?"))
        self._what_else_icon = ThemedIcon(self.what_else, "supercell", theme)
        self._build()
        self._connect()
        self.set_document(None)

    def set_document(self, document: Document | None) -> None:
        """Show what is open; the facts follow when they are known."""
        self._document = document
        self._facts = {}
        self.atom.setVisible(False)
        self.facts.set_rows([])
        self.sites.set_rows([])
        self._sites_title.setVisible(False)
        self.relax.set_document(document)
        self.stability.set_document(document)
        for widget in (
            *self._lines,
            self._relax_title,
            self.relax,
            self._stability_title,
            self.stability,
        ):
            widget.setVisible(document is not None)
        self.foot_area.setVisible(document is not None)
        if document is None:
            self.formula.setText(self.tr("Nothing open"))
            self.headline.setText(self.tr("Open a structure to see its formula, symmetry and cell"))
        else:
            self.formula.setText(document.name or self.tr("Structure"))
            self.headline.setText(self.tr("%d atoms") % len(document))
        self.notices.set_notices(() if document is None else _notices(document))

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        """Show formula, symmetry, cell and density."""
        self._facts = facts
        self.formula.setText(str(facts.get("formula_with_subscripts") or facts.get("formula", "")))
        self.headline.setText(headline(facts))
        self.facts.set_rows(fact_rows(facts))
        sites = site_rows(facts)
        self.sites.set_rows(sites)
        self._sites_title.setVisible(bool(sites))

    def show_atom(self, index: int, positions: NDArray[np.floating] | None = None) -> None:
        """Show the card of an atom, or none for -1."""
        if self._document is None or index < 0:
            self.atom.setVisible(False)
            return
        shares = self._document.occupancies[index] if self._document.occupancies else None
        site = self._document.labels[index] if self._document.labels else ""
        self.atom.show_atom(self._document.structure(), index, positions, shares, site)

    def _build(self) -> None:
        for widget in (self.formula, self.headline):
            self.body.addWidget(widget)
        self.body.setSpacing(8)
        for widget in (
            self.notices,
            self.atom,
            self._lines[0],
            self.facts,
            self._sites_title,
            self.sites,
            self._lines[1],
        ):
            self.body.addWidget(widget)
        self.body.addWidget(self._stability_title)
        self.body.addWidget(self.stability)
        self.body.addWidget(self._lines[2])
        self.body.addWidget(self._relax_title)
        self.body.addWidget(self.relax)
        self.body.addStretch(1)
        self._sites_title.setContentsMargins(0, 8, 0, 0)
        self.foot.addWidget(self.relax.outcome)
        self.foot.addWidget(self.relax.button)
        self.what_else.setToolTip(
            self.tr("Replace its elements by others that fit, and screen what comes out")
        )
        self.foot.addWidget(self.what_else)

    def _connect(self) -> None:
        self.relax.asked.connect(self.relax_asked)
        self.what_else.clicked.connect(self.what_else_asked)
        self.notices.acted.connect(self._on_notice_acted)
        self.facts.copied.connect(self.copied)
        self.sites.copied.connect(self.copied)
        self.atom.facts.copied.connect(self.copied)
        self.atom.closed.connect(self.atom_closed)

    def _on_notice_acted(self, key: str) -> None:
        if key == ORDER:
            self.order_asked.emit()


def _notices(document: Document) -> tuple[tuple[str, str, str, str], ...]:
    """Disorder first, with the way out; then what the reader found odd."""
    found: list[tuple[str, str, str, str]] = []
    structure = document.structure()
    if document.is_disordered:
        sites = structure.disordered_sites
        many = "1 site is" if sites == 1 else f"{sites} sites are"
        text = (
            f"{many} shared or partly occupied ({structure.disorder_example}). "
            "An energy needs one element in one place."
        )
        found.append(("warn", text, "Make an ordered cell", ORDER))
    found.extend(
        ("warn", warning, "", "") for warning in document.warnings if _DISORDER not in warning
    )
    return tuple(found)
