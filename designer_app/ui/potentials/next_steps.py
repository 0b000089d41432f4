"""What is done next with a potential: one order of actions by one verdict, wherever it is shown."""

from designer_app.ui.potentials.offers import Offer
from designer_app.ui.trust import Level

SHOW, USE, COMPARE, TUNE, TABLE, CHECK = "show", "use", "compare", "tune", "table", "check"
"""What can be asked with a potential."""
_ORDER = (CHECK, USE, COMPARE, TUNE)


def next_steps(offer: Offer) -> tuple[str, ...]:
    """Keys of what can be done, the next step first: a health check before anything else, after it
    Dynamics, or, where the check found it unsound, another training.
    """
    possible = [key for key in _ORDER if _is_possible(key, offer)]
    first = _first(offer)
    return (first, *(key for key in possible if key != first))


def _first(offer: Offer) -> str:
    if offer.card is None:  # published: others judged it
        return USE
    if not offer.card.health:
        return CHECK
    if offer.card.health.get("level") != Level.NO.value:
        return USE
    return TUNE if offer.can_be_tuned else COMPARE


def _is_possible(key: str, offer: Offer) -> bool:
    if key == CHECK:
        return offer.card is not None
    return key != TUNE or offer.can_be_tuned
