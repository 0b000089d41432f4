"""What a card says: errors as a table, the rest as facts."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from designer_app.io.potential_cards import ErrorsOn, PotentialCard
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui.number_editor import unit_text
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.potentials.offers import elements_text, size_of
from designer_app.ui.theme import label, tabular
from designer_app.ui.wording import duration, with_spaces

_RIGHT = Qt.AlignmentFlag.AlignRight
_SETS = {"train": "Learned from", "validation": "Validation", "test": "Test"}
_TOLD = ("epochs", "best_epoch", "batch_size", "learning_rate")
"""Of a fit, where its family has such a thing."""
_HASH = 12
"""Figures of a hash that are shown; a click copies what is shown, the card has all."""


class ErrorTable(QWidget):
    """Mean absolute errors, one line a group of frames."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0, 1)
        self._lines: list[tuple[str, ...]] = []

    def lines(self) -> list[tuple[str, ...]]:
        """What is written, line by line."""
        return list(self._lines)

    def set_errors(self, errors: Sequence[ErrorsOn]) -> None:
        """Show these."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        has_stress = any(each.stress_GPa is not None for each in errors)
        heads = ["", "frames", "forces\nmeV/Å", "energy\nmeV/atom"]
        heads += ["stress\nGPa"] if has_stress else []
        for column, text in enumerate(heads):
            self._grid.addWidget(label(text, "small"), 0, column, _RIGHT)
        self._lines = [_line(each, has_stress=has_stress) for each in errors]
        for line, (said, texts) in enumerate(zip(errors, self._lines, strict=True), start=1):
            for column, text in enumerate(texts):
                role = "strong" if said.name == "test" else "" if said.name in _SETS else "muted"
                made = label(text, role)
                made.setFont(tabular(made.font()))
                if column:
                    self._grid.addWidget(made, line, column, _RIGHT)
                else:
                    self._grid.addWidget(made, line, column)


class CardView(QWidget):
    """Errors and facts of a trained potential."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.errors = ErrorTable()
        self.facts = FactsTable(name_width=92)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("ERRORS (MEAN ABSOLUTE)"), "section"))
        layout.addWidget(self.errors)
        layout.addSpacing(4)
        layout.addWidget(label(self.tr("CARD"), "section"))
        layout.addWidget(self.facts)

    def show_card(self, card: PotentialCard, place: str = "") -> None:
        """Show a card, and where the potential lies."""
        self.errors.set_errors(card.errors)
        self.facts.set_rows(facts_of(card, place))


def facts_of(card: PotentialCard, place: str = "") -> list[tuple[str, str]]:
    """All that a card tells besides errors, in the words of people."""
    family = TRAINABLE[card.family].title if card.family in TRAINABLE else card.family
    sizes = ", ".join(f"{name} {_plain(value)}" for name, value in card.settings.items())
    rows = [
        ("Family", family),
        ("Elements", elements_text(card.elements)),
        ("Cutoff", f"{card.cutoff:g} Å"),
        *(
            (
                "Data",
                f"{each.file}: {with_spaces(each.n_frames)} frames, sha256 {each.sha256[:_HASH]}",
            )
            for each in card.data
        ),
        ("Reference", "; ".join(dict.fromkeys(e.settings for e in card.data if e.settings))),
        ("Split", card.split),
        ("Corrects", ":".join(part for part in card.baseline if part)),
        ("Sizes", sizes),
        ("Weights", size_of(card)),
        ("Free atoms", ", ".join(f"{k} {v:.3f} eV" for k, v in card.references_eV.items())),
        ("Training", _training(card)),
        ("Seeds", ", ".join(str(seed) for seed in card.seeds)),
        ("Units", ", ".join(unit_text(unit.strip()) for unit in card.units.split(","))),
        ("Licence", card.licence or "yours; that of the data applies"),
        ("Hash", f"sha256 {card.weights_sha256[:_HASH]}" if card.weights_sha256 else ""),
        ("Made with", ", ".join(f"{name} {v}" for name, v in card.versions.items())),
        ("Notes", card.notes),
        ("Folder", place),
    ]
    return [(name, value) for name, value in rows if value]


def _line(errors: ErrorsOn, *, has_stress: bool) -> tuple[str, ...]:
    values = [errors.force_meV_A, errors.energy_meV_atom]
    values += [errors.stress_GPa] if has_stress else []
    texts = ["" if value is None else f"{value:.3g}" for value in values]
    name = _SETS.get(errors.name, errors.name)
    return (name, with_spaces(errors.n_frames), *texts)


def _training(card: PotentialCard) -> str:
    """How it really went: with a preset, the numbers of the settings were not used."""
    fits = card.training.get("fits")
    first = fits[0] if isinstance(fits, list) and fits and isinstance(fits[0], dict) else {}
    told = {name: first[name] for name in _TOLD if name in first}
    parts = [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in told.items()]
    if isinstance(first.get("seconds"), float):
        parts.append(duration(first["seconds"]))
    if isinstance(fits, list) and len(fits) > 1:
        parts.insert(0, f"{len(fits)} members, of the first")
    return ", ".join(parts)


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
