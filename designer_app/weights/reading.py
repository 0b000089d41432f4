"""Tensors and plain data out of a PyTorch file, without executing anything in it."""

import warnings
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch

from designer_app.errors import ModelUnreadableError, UnsafeFileError
from designer_app.provenance import sha256_of

# Training histories often hold numpy scalars: plain numbers, whose constructors do nothing else.
_SCALAR = np.float64(0.0).__reduce__()[0]
_PLAIN_NUMPY: list[Any] = [
    _SCALAR,
    (_SCALAR, "numpy.core.multiarray.scalar"),  # its name before numpy 2
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]


def read_tensors(path: Path, sha256: str | None = None) -> dict[str, Any]:
    """The dictionary in a `torch.save` file: tensors and plain data only.

    `weights_only` is passed explicitly: an environment variable of another package could switch
    the default off. With `sha256` the file must be exactly the known one.
    """
    try:
        if sha256 is not None and sha256_of(path) != sha256:
            raise UnsafeFileError(str(path), "it is not the file this program was tested with")
        with torch.serialization.safe_globals(_PLAIN_NUMPY), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pickle protocols it knows less well
            found = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise UnsafeFileError(str(path), "it holds objects besides tensors and numbers") from error
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (EOFError, RuntimeError, ValueError) as error:
        raise ModelUnreadableError(str(path), "not a complete file of PyTorch weights") from error
    if not isinstance(found, dict):
        raise ModelUnreadableError(str(path), "no dictionary of weights in it")
    return found
