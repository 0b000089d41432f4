"""Weights that installed packages bring along: where they lie and what they must hash to."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from designer_app.errors import MissingPackageError


@dataclass(frozen=True)
class PackagedWeights:
    """A weights file inside an installed package."""

    package: str
    file: str
    """Path inside the package."""
    sha256: str

    def path(self) -> Path:
        """Where the file lies; the package itself is not imported, which can take seconds."""
        spec = importlib.util.find_spec(self.package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found = Path(folder) / self.file
            if found.is_file():
                return found
        raise MissingPackageError(
            self.package, "its pretrained weights", f"pip install {self.package}"
        )


CHGNET_WEIGHTS = {
    # Deng et al. 2023, doi:10.1038/s42256-023-00716-3; released with chgnet 0.3.0, BSD-3-Clause
    "0.3.0": PackagedWeights(
        "chgnet",
        "pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
        "d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1",
    ),
    # transfer learning to r2SCAN, released with chgnet 0.4.2, BSD-3-Clause
    "r2scan": PackagedWeights(
        "chgnet",
        "pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
        "8eba3db0f35a2788bb3ae22885ad340591e27996f213c6643af522a633b50dad",
    ),
}
"""The models of the `chgnet` package that the program runs, by the package's own names."""
