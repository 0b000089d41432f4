"""TOML files that list the members of an ensemble."""

import tomllib
from pathlib import Path

from designer_app.errors import ModelUnreadableError, UnsafeFileError
from designer_app.specs.potentials import imports_code, key_and_model, member_texts


def members_named(model: str) -> list[tuple[str, str]]:
    """(registry key, model) of each member of "key:model+key:model", or of a TOML file's list.

    The file holds `members = ["chgnet:0.3.0", "lennard-jones:argon.toml"]`; names of files in it
    are relative to its folder. Raises `ModelUnreadableError`, and `UnsafeFileError` of a list with
    code among its members: who wrote the file is not known, so the user names such members himself.
    """
    texts = member_texts(model)
    if len(texts) != 1 or not model.endswith(".toml"):
        return [key_and_model(text) for text in texts]
    path = Path(model)
    named = [key_and_model(text) for text in _listed(path)]
    members = [(key, _beside(path.parent, its)) for key, its in named]
    code = next((f"{key}:{its}" for key, its in members if imports_code(key, its)), "")
    if code:
        told = "+".join(f"{key}:{its}" for key, its in members)
        reason = (
            f"its member {code} is code of its own. To allow it, name the members in place of the "
            f"file: ensemble:{told}"
        )
        raise UnsafeFileError(model, reason)
    return members


def _beside(folder: Path, name: str) -> str:
    """The path of the file or folder of that name in a folder, or the name itself."""
    path = folder / name
    return str(path) if name and path.exists() else name


def _listed(path: Path) -> list[str]:
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("members")
    except (OSError, ValueError) as error:
        raise ModelUnreadableError(str(path), str(error)) from error
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ModelUnreadableError(str(path), 'it has no list members = ["key:model", ...]')
    return listed
