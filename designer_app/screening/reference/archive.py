"""Archives of numpy arrays whose bytes depend on the arrays alone, not on the clock."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.io.atomic_write import replacing

_NO_DATE = (1980, 1, 1, 0, 0, 0)


def write_archive(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """A compressed `.npz` file that `numpy.load` reads with `allow_pickle=False`."""
    with (
        replacing(path, backup=False) as beside,
        zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=_NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
