"""What a card says: errors as a table, the rest as facts."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from designer_app.io.potential_cards import ErrorsOn, PotentialCard
from designer_app.specs.fields import about, spec_fields
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui.number_editor import unit_text
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.potentials.error_words import TAG, far_worse
from designer_app.ui.potentials.offers import elements_text, judged_on, size_of
from designer_app.ui.theme import label, tabular
from designer_app.ui.wording import DASH, duration, printed, three_figures, with_spaces

_RIGHT = Qt.AlignmentFlag.AlignRight
_SETS = {"train": "Learned from", "validation": "Validation", "test": "Test"}
_MARK = "\N{BLACK UP-POINTING TRIANGLE}"
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

    def set_card(self, card: PotentialCard) -> None:
        """Show the errors of a card; what is far worse than the rest is marked."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        worse = far_worse(card)
        # One element alone has the forces of all frames: nothing is told by saying so twice.
        hidden = card.elements if len(card.elements) == 1 else ()
        errors = [each for each in card.errors if each.name not in hidden]
        has_stress = any(each.stress_GPa is not None for each in errors)
        heads = ["", self.tr("frames"), self.tr("energy\nmeV/atom"), self.tr("forces\nmeV/Å")]
        heads += [self.tr("stress\nGPa")] if has_stress else []
        for column, text in enumerate(heads):
            self._grid.addWidget(label(text, "small"), 0, column, _RIGHT)
        self._lines = [
            _line(each, has_stress=has_stress, is_worse=each in worse) for each in errors
        ]
        on, line, grouped = judged_on(card), 0, False
        for said, texts in zip(errors, self._lines, strict=True):
            line += 1
            if said.name not in _SETS and on is not None and not grouped:
                grouped = True
                word = self.tr("Of the %s frames:") % _SETS[on.name].lower()
                self._grid.addWidget(label(word, "small"), line, 0, 1, len(heads))
                line += 1
            role = "strong" if said.name == "test" else "" if said.name in _SETS else "muted"
            self._add(line, texts, "warn" if said in worse else role)

    def _add(self, line: int, texts: Sequence[str], role: str) -> None:
        for column, text in enumerate(texts):
            made = label(text, role)
            made.setFont(tabular(made.font()))
            if role == "warn":
                made.setToolTip(self.tr("Far worse than on all frames kept back"))
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
        self.errors.set_card(card)
        self.facts.set_rows(facts_of(card, place))


def facts_of(card: PotentialCard, place: str = "") -> list[tuple[str, str]]:
    """All that a card tells besides errors, in the words of people."""
    family = TRAINABLE[card.family].title if card.family in TRAINABLE else card.family
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
        ("Sizes", _sizes(card)),
        ("Weights", printed(size_of(card))),
        *_references(card),
        ("Training", _training(card)),
        ("Seeds", ", ".join(str(seed) for seed in card.seeds)),
        ("Units", ", ".join(unit_text(unit.strip()) for unit in card.units.split(","))),
        ("Licence", card.licence or "yours; that of the data applies"),
        ("Hash", f"sha256 {card.weights_sha256[:_HASH]}" if card.weights_sha256 else ""),
        ("Made with", ", ".join(f"{name} {v}" for name, v in card.versions.items())),
        ("Notes", printed(card.notes)),
        ("Folder", place),
    ]
    return [(name, value) for name, value in rows if value]


def _line(errors: ErrorsOn, *, has_stress: bool, is_worse: bool) -> tuple[str, ...]:
    values = [errors.energy_meV_atom, errors.force_meV_A]
    values += [errors.stress_GPa] if has_stress else []
    texts = [DASH if value is None else three_figures(value) for value in values]
    name = _SETS.get(errors.name, errors.name.removeprefix(TAG))
    return (f"{_MARK} {name}" if is_worse else name, with_spaces(errors.n_frames), *texts)


def _references(card: PotentialCard) -> list[tuple[str, str]]:
    """What energies count from, by what it is: fitted offsets are no energies of atoms."""
    texts = {symbol: f"{symbol} {value:.3f} eV" for symbol, value in card.references_eV.items()}
    if card.fitted is None:
        return [("Counted from", ", ".join(texts.values()))]
    fitted = ", ".join(text for symbol, text in texts.items() if symbol in card.fitted)
    free = ", ".join(text for symbol, text in texts.items() if symbol not in card.fitted)
    is_one = len(card.fitted) == 1
    what = "fitted offset, not a free atom" if is_one else "fitted offsets, not free atoms"
    return [("Counted from", f"{fitted} ({what})" if fitted else ""), ("Free atoms", free)]


def _sizes(card: PotentialCard) -> str:
    """Settings of the network under the names that its form gives them."""
    if card.family not in TRAINABLE:
        return ", ".join(f"{name} {_plain(value)}" for name, value in card.settings.items())
    fields = spec_fields(TRAINABLE[card.family].settings_class())
    said = {each.name: about(each) for each, _, _ in fields}
    parts: list[str] = []
    for name, value in card.settings.items():
        if name == "cutoff":  # a line of its own
            continue
        known = said.get(name)
        title = known.label.lower() if known is not None else name.replace("_", " ")
        unit = f" {unit_text(known.unit)}" if known is not None and known.unit else ""
        chosen = dict(known.choices).get(value) if known is not None and known.choices else None
        parts.append(f"{title} {_uncapped(chosen) if chosen else _plain(value)}{unit}")
    return ", ".join(parts)


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


def _uncapped(text: str) -> str:
    """A title within a sentence; SiLU stays."""
    return text[:1].lower() + text[1:] if text.partition(" ")[0][1:].islower() else text


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
