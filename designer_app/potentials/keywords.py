"""Settings written behind a model's name: "name(setting=value, ...)", parsed, never evaluated."""

import ast
from typing import Any

from designer_app.errors import InvalidSpecError


def literal_keywords(model: str, call: str) -> dict[str, Any]:
    """The keywords of "(setting=value, ...)", plain values only. Raises `InvalidSpecError`."""
    try:
        parsed = ast.parse(f"f{call}", mode="eval").body
        if not isinstance(parsed, ast.Call) or parsed.args or not isinstance(parsed.func, ast.Name):
            raise InvalidSpecError("model", model, "give keywords by name: Class(keyword=value)")
        named = {each.arg: ast.literal_eval(each.value) for each in parsed.keywords}
    except (SyntaxError, ValueError) as error:
        raise InvalidSpecError("model", model, "keywords must be plain numbers or text") from error
    if None in named:
        raise InvalidSpecError("model", model, "give keywords by name: Class(keyword=value)")
    return {str(name): value for name, value in named.items()}
