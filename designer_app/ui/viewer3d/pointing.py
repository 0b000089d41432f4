"""Which atoms are selected, and which one is under the pointer."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QWidget

from designer_app.ui.viewer3d.camera import Camera
from designer_app.ui.viewer3d.look import ViewColors
from designer_app.ui.viewer3d.picking import first_hit
from designer_app.ui.viewer3d.rings import Rings, rings_of
from designer_app.ui.viewer3d.scene import Scene

HOVER_LIMIT = 200_000
"""Atoms up to which the atom under the pointer is looked for at every motion."""


class Pointing(QObject):
    """Finds atoms at places of a widget; places are in points from its upper left."""

    picked = Signal(int)
    """The atom that was clicked; -1 beside all."""
    hovered = Signal(int)
    """The atom under the pointer; -1 beside all."""
    selected = Signal(object)
    """Tuple of the selected atoms after a click."""
    changed = Signal()
    """Other rings are to be drawn."""

    def __init__(self, scene: Scene, camera: Camera, widget: QWidget) -> None:
        super().__init__(widget)
        self._scene, self._camera, self._widget = scene, camera, widget
        self._selection: tuple[int, ...] = ()
        self._under = -1

    @property
    def selection(self) -> tuple[int, ...]:
        """The atoms with a ring."""
        return self._selection

    def rings(self, colors: ViewColors) -> Rings | None:
        """Around what is selected or under the pointer."""
        return rings_of(self._scene, self._selection, self._under, colors)

    def forget(self) -> None:
        """Another structure is shown."""
        self._selection, self._under = (), -1

    def select(self, indices: Sequence[int]) -> None:
        """Put a ring around these atoms and no others."""
        self._selection = tuple(int(index) for index in indices)
        self.changed.emit()

    def atom_at(self, place: QPointF) -> int:
        """The atom drawn at a place, -1 where there is none."""
        ball = self.ball_at(place)
        return int(self._scene.balls.atoms[ball]) if ball >= 0 else -1

    def ball_at(self, place: QPointF) -> int:
        """The ball drawn at a place: an atom, or its repetition; -1 where there is none."""
        wide, tall = max(self._widget.width(), 1), max(self._widget.height(), 1)
        x, y = 2.0 * place.x() / wide - 1.0, 1.0 - 2.0 * place.y() / tall
        origin, direction = self._camera.ray(x, y, wide / tall)
        return first_hit(origin, direction, self._scene.ball_positions(), self._scene.balls.radii)

    def click(self, place: QPointF, adds: bool) -> None:
        """Select the atom at a place alone, or add it to the selection, or take it out."""
        atom = self.atom_at(place)
        if not adds:
            self.select([atom] if atom >= 0 else [])
        elif atom >= 0:
            rest = tuple(other for other in self._selection if other != atom)
            self.select(rest if atom in self._selection else (*self._selection, atom))
        self.picked.emit(atom)
        self.selected.emit(self._selection)

    def hover(self, place: QPointF) -> None:
        """The pointer is at a place."""
        if len(self._scene.numbers) <= HOVER_LIMIT:
            self._point_at(self.atom_at(place))

    def leave(self) -> None:
        """The pointer is elsewhere."""
        self._point_at(-1)

    def _point_at(self, atom: int) -> None:
        if atom != self._under:
            self._under = atom
            self.hovered.emit(atom)
            self.changed.emit()
