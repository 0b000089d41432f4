"""Errors as sentences: what happened, what it means, what to do next.

The window and the command line both speak through these tables, so a mistake reads the same
everywhere. Science raises types with numbers; nobody else writes sentences about errors.
"""

from designer_app.errors import DesignerAppError
from designer_app.explanations import inputs, runs
from designer_app.explanations.words import Explanation, Facts, Table

__all__ = ["Explanation", "explain", "explain_exception", "is_explained"]

_TABLE: Table = {**inputs.TABLE, **runs.TABLE}


def explain(kind: str, facts: Facts, message: str = "") -> Explanation:
    """The sentences for an error type by name, with its fields; other errors are quoted."""
    if kind in _TABLE:
        return _TABLE[kind](facts)
    said = message.strip().splitlines()[-1] if message.strip() else kind
    return Explanation(
        f"The program met something it did not expect: {said.rstrip('.')}.",
        "Your structures and finished results are safe.",
        ("Copy the details and report them, please.",),
    )


def is_explained(kind: str) -> bool:
    """Whether an error type has sentences of its own, so that its traceback tells nothing more."""
    return kind in _TABLE


def explain_exception(error: BaseException) -> Explanation:
    """The sentences for an exception at hand."""
    facts = error.facts() if isinstance(error, DesignerAppError) else {}
    return explain(type(error).__name__, facts, str(error))
