"""The potentials there are: trained ones by their cards, the others by their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from designer_app.io.formulas import written_in
from designer_app.io.potential_cards import (
    ErrorsOn,
    PotentialCard,
    model_of,
    shipped_folder,
)
from designer_app.specs.potentials import POTENTIALS, PotentialRow
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import kinds_of
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui.trust import Verdict, judge, judge_trained
from designer_app.ui.wording import THIN, element_counts, printed, unbroken

DOT = "  \N{MIDDLE DOT}  "
_UNIVERSAL = "chgnet"
_MOST_NAMED = 10
"""Elements that are named one by one; more are counted."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A potential that can be chosen."""

    family: str
    model: str
    """As specs take them."""
    title: str
    summary: str
    elements: tuple[str, ...] | None = None
    """Symbols; None where only the model can tell."""
    folder: Path | None = None
    card: PotentialCard | None = None
    """Of a trained one."""

    @property
    def name(self) -> str:
        """As an evaluation names it: family:model."""
        return f"{self.family}:{self.model}" if self.model else self.family

    @property
    def can_be_tuned(self) -> bool:
        """Whether it can learn further from one's own calculations."""
        return self.is_own or (self.card is None and self.family in TRAINABLE)

    @property
    def is_own(self) -> bool:
        """Whether it was trained or taken over here, not shipped with the program."""
        return self.folder is not None and self.folder.parent != shipped_folder()

    def verdict(self, structure: Structure | None) -> Verdict:
        """Whether it can be trusted with a structure; without one, in general."""
        if self.card is not None:
            return judge_trained(self.card, structure)
        if structure is not None:
            return judge(POTENTIALS[self.family], self.model, structure)
        suits = kinds_of(POTENTIALS[self.family])
        said = f"It is published, and made for {suits}. Open a structure to have it judged by that."
        return Verdict(None, "published", (said,))


def offer_of(folder: Path, card: PotentialCard) -> Offer:
    """A trained potential."""
    return Offer(
        family=card.family,
        model=model_of(folder),
        title=card.title,
        summary=told_of(card),
        elements=card.elements,
        folder=folder,
        card=card,
    )


def offers_of(trained: Sequence[tuple[Path, PotentialCard]]) -> list[Offer]:
    """One's own first, then the universal ones, then those for one material, then the others."""
    with_card = [offer_of(folder, card) for folder, card in trained]
    own = [each for each in with_card if each.is_own]
    shipped = [each for each in with_card if not each.is_own]
    rows = [each for each in POTENTIALS.values() if not each.is_trained]
    of_rows = [_offer_of_row(row, *model) for row in rows for model in row.models]
    universal = [each for each in of_rows if each.family == _UNIVERSAL]
    others = [each for each in of_rows if each.family != _UNIVERSAL]
    return [*own, *universal, *shipped, *others]


def _offer_of_row(row: PotentialRow, model: str, title: str) -> Offer:
    known = row.elements(model)
    return Offer(
        family=row.key,
        model=model,
        title=f"{row.title}: {written_in(title)}" if len(row.models) > 1 else row.title,
        summary=row.summary,
        elements=None if known is None else tuple(sorted(known)),
    )


def knows(offer: Offer, structure: Structure) -> bool:
    """Whether it learned all elements of a structure, as far as it tells."""
    return offer.elements is None or set(element_counts(structure)) <= set(offer.elements)


def elements_text(elements: Sequence[str] | None) -> str:
    """The elements by name, or how many."""
    if elements is None:
        return "elements by its parameters"
    if len(elements) > _MOST_NAMED:
        return f"{len(elements)} elements"
    return ", ".join(elements)


def judged_on(card: PotentialCard) -> ErrorsOn | None:
    """The errors that count: on the test frames, or else on those that chose the best epoch."""
    named = {each.name: each for each in card.errors}
    return named.get("test") or named.get("validation")


def told_of(card: PotentialCard) -> str:
    """Its errors on frames that were kept back, in one line."""
    errors = judged_on(card)
    if errors is None:
        return "errors not known"
    on = {"test": "on test frames", "validation": "on validation frames"}[errors.name]
    values = (
        ("energies", errors.energy_meV_atom, "meV/atom"),
        ("forces", errors.force_meV_A, "meV/Å"),
    )
    known = [each for each in values if each[1] is not None]
    told = ", ".join(f"{what} {value:.3g}{THIN}{unit}" for what, value, unit in known)
    parts = [unbroken(f"{told} {on}")] if told else []
    size = size_of(card)
    parts.append(f"{printed(size)} weights" if size else "")
    return DOT.join(part for part in parts if part) or "errors not known"


def size_of(card: PotentialCard) -> str:
    """How many weights were learned, as the plan of its training tells; "" where it does not."""
    fits = card.training.get("fits")
    first = fits[0] if isinstance(fits, list) and fits and isinstance(fits[0], dict) else {}
    plan = first.get("plan")
    return str(plan.get("Weights", "")) if isinstance(plan, dict) else ""
