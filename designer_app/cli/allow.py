"""`designer-app allow FILE`: allow a model file that is a program to run."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.command import Command, Console
from designer_app.errors import InvalidSpecError
from designer_app.io.model_files import sniff_model
from designer_app.io.trusted_code import distrust, is_trusted, trust
from designer_app.provenance import sha256_of
from designer_app.running.control import RunControl


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="A TorchScript or .pt2 model.")
    parser.add_argument(
        "--yes", action="store_true", help="Allow it: it can then do anything that you can do."
    )
    parser.add_argument("--no", action="store_true", help="Allow it no longer.")


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del control, console
    file = sniff_model(namespace.file)
    if file.role != "code":
        reason = f"it is {file.words}, which needs no such permission"
        raise InvalidSpecError("file", str(namespace.file), reason, "File")
    sha256 = sha256_of(namespace.file)
    if namespace.no:
        distrust(sha256)
    elif namespace.yes:
        trust(namespace.file, sha256)
    return {
        "file": str(namespace.file),
        "kind": file.kind,
        "words": file.words,
        "sha256": sha256,
        "trusted": is_trusted(sha256),
    }


def _present(result: dict[str, Any]) -> str:
    told = f"{result['file']} is {result['words']} (sha256 {result['sha256'][:16]}...)"
    if result["trusted"]:
        return f"{told}\nIt is allowed to run. --no takes that back."
    return (
        f"{told}\nRun, it can do anything that you can do: read, change and send your files. It is "
        "not allowed to run.\nAllow it with --yes only if you know where it comes from."
    )


COMMAND = Command(
    name="allow",
    summary="Allow a model file that is a program to run, or see whether it may.",
    configure=_configure,
    run=_run,
    present=_present,
    takes_control=False,
)
