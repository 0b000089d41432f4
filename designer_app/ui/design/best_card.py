"""The best candidate so far: turning, with the numbers that the targets ask for."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.screening.columns import Criterion
from designer_app.ui.screening.estimate_list import EstimateList
from designer_app.ui.screening.preview import Preview
from designer_app.ui.screening.structure_look import StructureLook
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import with_indices, with_sources_told

_STABILITY = "e_above_hull"


class BestCard(QFrame):
    """Shows one row; the picture is made when the first one comes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = label("", "section")
        self.formula = label("", "title", wrap=True)
        self._headline = label("", "small", wrap=True)
        self.preview = Preview(theme)
        self.numbers = EstimateList(theme)
        self._look: StructureLook | None = None
        self._build()
        self.clear()

    def set_look(self, look: StructureLook) -> None:
        """What reads structures."""
        self._look = look

    def clear(self, *, is_over: bool = False) -> None:
        """Nothing was found yet; `is_over`: nothing will be."""
        self._heading.setText(self.tr("BEST") if is_over else self.tr("BEST SO FAR"))
        self.formula.setText(self.tr("Nothing found") if is_over else self.tr("No candidate yet"))
        self._headline.setText(
            self.tr("Loosen a target, or allow more elements or structure types.")
            if is_over
            else self.tr("The best one turns here as soon as some are ranked.")
        )
        self.numbers.set_estimates((), (), {})
        said = "" if is_over else self.tr("Its structure appears here.")
        if self._look is not None:
            self._look.forget(said)
        else:
            self.preview.say(said)

    def show_row(
        self,
        best: ScreenRow,
        folder: Path | None,
        criteria: Mapping[str, Criterion],
        *,
        is_final: bool = False,
    ) -> None:
        """Show a candidate; `is_final`: no better one will come."""
        self._heading.setText(self.tr("BEST") if is_final else self.tr("BEST SO FAR"))
        self.formula.setText(written(best.formula))
        atoms = self.tr("%d atoms") % best.n_atoms if best.n_atoms else ""
        parts = (with_indices(best.space_group), atoms, with_sources_told(best.made_from))
        self._headline.setText(" · ".join(part for part in parts if part))
        keys = dict.fromkeys((*criteria, _STABILITY))
        found = [each for each in map(best.estimate, keys) if each is not None]
        self.numbers.set_estimates(found, best.failing, criteria)
        if folder is not None and self._look is not None:
            self._look.look(folder, best)

    def _build(self) -> None:
        self.setProperty("role", "plain")
        self.setAccessibleName(self.tr("Best candidate so far"))
        head = QVBoxLayout()
        head.setContentsMargins(12, 6, 12, 6)
        head.setSpacing(2)
        head.addWidget(self._heading)
        head.addWidget(self.formula)
        head.addWidget(self._headline)
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(12, 10, 12, 10)
        body.addWidget(self.numbers)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.preview, 3)
        layout.addWidget(scroll, 2)
