"""What a line calls a potential."""

from designer_app.specs.potentials import POTENTIALS


def called(potential: str, model: str) -> str:
    """Key and model, as in "chgnet 0.3.0"; a model that names its family stands alone.

    Trained ones do: "GAP for Si".
    """
    title = POTENTIALS[potential].title if potential in POTENTIALS else potential
    first = (potential.casefold(), title.casefold())
    return model if model.casefold().startswith(first) else f"{potential} {model}".strip()
