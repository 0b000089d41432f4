"""The clicked atom: what and where it is, and who its neighbours are."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from designer_app.elements import NAMES, SYMBOLS
from designer_app.specs.structure import Structure
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.panels.structure_facts import coordinates
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import THIN, fractional

_NEIGHBORS = 6
_SEARCHED, _IMAGES_UP_TO = 100_000, 2000
"""Atoms up to which neighbours are looked for here, and images besides: a few ms."""


class AtomCard(QFrame):
    """Facts of one atom."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "strong")
        self._close = QToolButton()
        self._close_icon = ThemedIcon(self._close, "close", theme, "muted")
        self.facts = FactsTable(name_width=78)
        self._build()
        self._close.clicked.connect(self.closed)
        self.setVisible(False)

    def show_atom(
        self,
        structure: Structure,
        index: int,
        positions: NDArray[np.floating] | None = None,
        shares: dict[str, float] | None = None,
        site: str = "",
    ) -> None:
        """Show an atom; `positions` are those of the frame in the picture."""
        places = structure.positions if positions is None else np.asarray(positions, float)
        number = int(structure.numbers[index])
        self._title.setText(f"{SYMBOLS[number]} {index + 1}   {NAMES[number]}")
        rows: list[tuple[str, str]] = []
        if shares and len(shares) > 0:
            told = ", ".join(f"{name} {share:.3g}" for name, share in shares.items())
            rows.append((self.tr("Site holds"), told))
        if site:
            rows.append((self.tr("Site"), site))
        inside = fractional(structure)
        if inside is not None:
            here = places[index] @ np.linalg.inv(structure.cell)
            rows.append((self.tr("Fractional"), coordinates(here, 4)))
        rows.append((self.tr("Cartesian"), coordinates(places[index], 3) + " Å"))
        if structure.magmoms is not None:
            rows.append((self.tr("Moment"), f"{structure.magmoms[index]:.2f}{THIN}µB"))
        near = nearest(structure, places, index)
        if near:
            told = "\n".join(
                f"{SYMBOLS[structure.numbers[j]]} {j + 1}   {d:.3f} Å" for j, d in near
            )
            rows.append((self.tr("Nearest"), told))
        self.facts.set_rows(rows)
        self.setAccessibleName(self.tr("Atom %d, %s") % (index + 1, NAMES[number]))
        self.setVisible(True)

    def _build(self) -> None:
        self.setProperty("role", "inset")
        self._close.setToolTip(self.tr("Close"))
        self._close.setAccessibleName(self.tr("Close the atom's card"))
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 12)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.facts)


def nearest(
    structure: Structure, positions: NDArray[np.floating], index: int
) -> list[tuple[int, float]]:
    """(atom, distance in A) of the closest atoms, over the 27 nearest images."""
    if len(structure) > _SEARCHED:
        return []
    apart = np.asarray(positions, float) - np.asarray(positions[index], float)
    around = (-1, 0, 1) if len(structure) <= _IMAGES_UP_TO else (0,)
    spans = [around if periodic else (0,) for periodic in structure.pbc]
    images = np.array(np.meshgrid(*spans)).reshape(3, -1).T @ structure.cell
    if structure.volume > 0:
        inside = apart @ np.linalg.inv(structure.cell)
        apart = apart - np.round(inside) * np.array(structure.pbc) @ structure.cell
    squared = ((apart[:, None, :] + images[None, :, :]) ** 2).sum(axis=2)
    own = squared < 1e-8
    squared[own] = np.inf
    order = np.argsort(squared, axis=None)[:_NEIGHBORS]
    atoms, images_at = np.unravel_index(order, squared.shape)
    return [
        (int(atom), float(np.sqrt(squared[atom, image])))
        for atom, image in zip(atoms, images_at, strict=True)
        if np.isfinite(squared[atom, image])
    ]
