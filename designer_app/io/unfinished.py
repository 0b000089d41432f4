"""Whether a potential is the best so far of a training that did not come to its end."""

from typing import Any

from designer_app.io.potential_cards import PotentialCard

STOPPED = "stopped_at"
"""Of a fit that was stopped: epochs done, epochs in all, share of the training that was done."""


def fits_of(card: PotentialCard) -> list[dict[str, Any]]:
    """What the fit of each member tells; none where no training wrote the card."""
    fits = card.training.get("fits")
    return [each for each in fits if isinstance(each, dict)] if isinstance(fits, list) else []


def is_unfinished(card: PotentialCard) -> bool:
    """Whether its training was never judged on what it learned from, which comes at the end."""
    return bool(fits_of(card)) and not any(each.name == "train" for each in card.errors)


def where_stopped(card: PotentialCard) -> str:
    """How far the training of an unfinished potential came, as the rest of a sentence."""
    fits = fits_of(card)
    n_members = card.training.get("members")
    member = ""
    if isinstance(n_members, int) and n_members > 1:
        member = f" of member {len(fits)} of {n_members}"
    match fits[-1].get(STOPPED) if fits else None:
        case [int() | float() as epoch, int() | float() as of, int() | float() as share]:
            pass
        case _:
            return f"after the fit{member}" if member else "before its end"
    return f"at epoch {epoch:.0f} of {of:.0f}{member}, at {100 * share:.0f} %"
