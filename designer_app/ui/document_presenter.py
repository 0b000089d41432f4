"""What is open, carried from the session to header, picture and panels."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from designer_app.io.documents import Document
from designer_app.running.channels import Frame
from designer_app.specs.documents import FramesSpec
from designer_app.ui.panels.dynamics_panel import DynamicsPanel
from designer_app.ui.panels.player import Recording
from designer_app.ui.panels.structure_facts import headline
from designer_app.ui.panels.structure_panel import StructurePanel
from designer_app.ui.panels.work_area import WorkArea

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from designer_app.session.session import Session


class DocumentPresenter(QObject):
    """Shows documents, facts, bonds and picked atoms."""

    drawn = Signal()
    """The picture of a document was handed to the viewer."""

    def __init__(
        self,
        session: "Session",
        work: WorkArea,
        structure: StructurePanel,
        dynamics: DynamicsPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._work = work
        self._structure = structure
        self._dynamics = dynamics
        self._frame: Frame | None = None
        self._picked = -1
        self._framed: Document | None = None
        self._work.header.setVisible(False)
        self._connect()

    def _ask_for_frames(self, document: Document) -> None:
        if document.n_frames > 1 and document.source:
            spec = FramesSpec(path=Path(document.source))
            job = self._session.jobs.submit("frames", spec, self.tr("Frames of %s") % document.name)
            self._framed = document
            job.succeeded.connect(self._on_frames_read)

    def _on_frames_read(self, result: Mapping[str, Any]) -> None:
        if self._framed is not self._session.document:
            return
        recording = Recording()
        rows = zip(
            result["steps"], result["times_fs"], result["positions"], result["cells"], strict=True
        )
        for step, time_fs, positions, cell in rows:
            recording.append(Frame(step, time_fs, positions, cell))
        self._work.player.set_recording(recording)

    def show_frame(self, frame: Frame) -> None:
        """Move the atoms of the picture, and the card of the picked one."""
        self._frame = frame
        view = self._work.picture.view
        if view is not None:
            view.set_frame(frame.positions, frame.cell)
        if self._picked >= 0 and self._structure.isVisible():
            self._structure.show_atom(self._picked, frame.positions)

    def show_projection(self, projection: str) -> None:
        """See in perspective, or parallel."""
        view = self._work.picture.view
        if view is not None:
            is_perspective = projection == "perspective"
            view.set_projection("perspective" if is_perspective else "orthographic")

    def show_scheme(self, scheme: str) -> None:
        """Colour the elements as Jmol or as VESTA does."""
        view = self._work.picture.view
        if view is not None:
            view.set_color_scheme("vesta" if scheme == "vesta" else "jmol")
            self._work.picture.refresh_legend()

    def show_document(self) -> None:
        """Show what is open, or that nothing is."""
        document: Document | None = self._session.document
        self._frame = None
        self._picked = -1
        self._structure.set_document(document)
        self._dynamics.set_document(document)
        view = self._work.picture.view
        if document is None:
            self._work.header.set_texts("", "")
            self._work.header.setVisible(False)
            if view is not None:
                view.set_structure(None)
                self._work.picture.show_empty()
            return
        self._ask_for_frames(document)
        structure = document.structure()
        _log.info("%s: %d atoms, from %s", document.name, len(document), document.source)
        self._work.header.setVisible(True)
        self._work.header.set_texts(document.name, "")
        if view is not None:
            shares = dict(enumerate(document.occupancies)) if document.occupancies else None
            view.set_structure(structure, shares)
            self._work.picture.show_view()
            self.drawn.emit()

    def _connect(self) -> None:
        self._session.document_changed.connect(self._on_document_changed)
        self._session.facts_changed.connect(self._on_facts_changed)
        self._session.bonds_changed.connect(self._on_bonds_changed)
        self._work.picture.view_ready.connect(self._on_view_ready)
        self._structure.atom_closed.connect(self._on_atom_closed)

    def _on_document_changed(self, document: Document | None) -> None:  # noqa: ARG002 - Qt's payload
        self.show_document()

    def _on_facts_changed(self, facts: Mapping[str, Any] | None) -> None:
        if not facts:
            return
        self._structure.set_facts(facts)
        formula = str(facts.get("formula_with_subscripts") or facts.get("formula", ""))
        self._work.header.set_texts(formula, headline(facts))

    def _on_bonds_changed(self, bonds: Any) -> None:
        view = self._work.picture.view
        if view is not None and bonds is not None:
            pairs, shifts = bonds_of(bonds)
            view.set_bonds(pairs, shifts)
            self._work.picture.refresh_legend()

    def _on_view_ready(self) -> None:
        view = self._work.picture.view
        if view is not None:
            view.atom_picked.connect(self._on_atom_picked)
            self.show_projection(str(self._session.settings.get("projection")))
            self.show_scheme(str(self._session.settings.get("color_scheme")))
            if self._session.document is not None:
                self.show_document()
                self._on_facts_changed(self._session.facts)
                self._on_bonds_changed(self._session.bonds)

    def _on_atom_picked(self, index: int) -> None:
        self._picked = index
        self._structure.show_atom(index, self._frame.positions if self._frame else None)

    def _on_atom_closed(self) -> None:
        self._picked = -1
        self._structure.show_atom(-1)
        if self._work.picture.view is not None:
            self._work.picture.view.select([])


def bonds_of(bonds: Any) -> tuple[Any, Any]:
    """(pairs, shifts) of the result of the job `bonds`."""
    return (bonds["pairs"], bonds["shifts"]) if isinstance(bonds, Mapping) else tuple(bonds)
