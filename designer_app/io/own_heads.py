"""Which columns of one's own the property heads in a folder have learned, from their card alone."""

import json
from pathlib import Path

from designer_app.errors import ModelUnreadableError
from designer_app.specs.design_targets import OWN

CARD = "card.json"


def own_columns(folder: Path) -> tuple[tuple[str, str], ...]:
    """(name, unit) of each. Raises `ModelUnreadableError`, also for one without property heads."""
    path = folder / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if card["key"] != "design-heads":
            raise ModelUnreadableError(str(path), "the model in it is no property heads")
        heads = [(str(each["key"]), str(each.get("unit", ""))) for each in card["heads"]]
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnreadableError(str(path), "it is no card of a model") from error
    return tuple((key.removeprefix(OWN), unit) for key, unit in heads if key.startswith(OWN))
