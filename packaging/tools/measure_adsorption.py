"""Compare slab relaxations with published adsorption energies, and ship the deviations.

    DESIGNER_APP_DATA=DIR python packaging/tools/measure_adsorption.py --work WORK

Hydrogen on the close-packed faces of 13 metals, and eight other adsorbates on (111) of ten fcc
metals, by CHGNet: some minutes on one core. Each metal is kept in WORK as it is done, so that a
stopped run goes on. What is written, `resources/data/adsorption-errors.json`, holds deviations
alone and no row of a table.
"""

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

from designer_app.cli.benches.adsorption import (
    FACES_TABULATED,
    Tabulated,
    deviations,
    on_close_packed,
)
from designer_app.device import Compute
from designer_app.io.atomic_write import atomic_write
from designer_app.potentials import Potential, load_potential
from designer_app.properties.adsorption import energies_by_adsorbate
from designer_app.properties.adsorption_errors import FEWEST, FILE, model_key
from designer_app.resources import resource
from designer_app.training.published.folder import data_folder


def main() -> None:
    """Compute what is missing, then write the deviations."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=None, help="folder of the published data")
    parser.add_argument("--work", type=Path, required=True, help="folder of the unfinished work")
    parser.add_argument("--model", default="0.3.0", help="which CHGNet")
    given = parser.parse_args()
    folder = data_folder(given.data)
    given.work.mkdir(parents=True, exist_ok=True)
    potential = load_potential("chgnet", given.model, Compute(device="cpu"))
    errors: dict[str, dict[str, object]] = {}
    for source in FACES_TABULATED:
        named = f"{source.key}-{potential.model_sha256[:12]}.json"
        computed = _computed(source, potential, folder, given.work / named)
        for adsorbate, found in deviations(source, computed, folder).items():
            print(f"{adsorbate}: {found}", flush=True)
            if found.n_metals >= FEWEST:
                errors[adsorbate] = {
                    name: round(value, 4) if isinstance(value, float) else value
                    for name, value in asdict(found).items()
                }
    path = resource(FILE)
    table = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    table[model_key(potential)] = errors
    text = json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False)
    atomic_write(path, text + "\n", backup=False)


def _computed(
    source: Tabulated, potential: Potential, folder: Path, kept: Path
) -> dict[str, dict[str, float]]:
    """EV by metal and adsorbate; what `kept` holds is not computed again."""
    found: dict[str, dict[str, float]] = {}
    if kept.is_file():
        found = json.loads(kept.read_text("utf-8"))
    for metal in source.metals(folder):
        if metal in found:
            continue
        result = on_close_packed(metal, ",".join(source.adsorbates), potential)
        found[metal] = energies_by_adsorbate(result)
        for site in result.sites:
            if math.isfinite(site.energy.value):
                print(f"{metal} {site.adsorbate} {site.site} {site.energy.value:+.2f} ", end="")
                print(site.outcome, site.ends_at, flush=True)
        print(f"{metal}: {result.seconds:.0f} s", flush=True)
        atomic_write(kept, json.dumps(found), backup=False)
    return found


if __name__ == "__main__":
    main()
