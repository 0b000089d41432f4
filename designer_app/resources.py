"""Where the files shipped with the program lie."""

from pathlib import Path


def resource(name: str) -> Path:
    """The path of a shipped file or folder, in a wheel, a frozen program or a checkout."""
    package = Path(__file__).parent
    installed = package / "_resources"
    return (installed if installed.is_dir() else package.parent / "resources") / name
