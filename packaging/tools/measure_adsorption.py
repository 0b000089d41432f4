"""Compare slab relaxations with published adsorption energies, and ship the deviations.

    python packaging/tools/measure_adsorption.py --data DIR --work DIR

Hydrogen on the close-packed faces of 13 metals by CHGNet, a few minutes on one core. Each metal is
kept in `--work` as it is done, so that a stopped run goes on. What is written,
`resources/data/adsorption-errors.json`, holds our own figures and their deviations, no row of a
table.
"""

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

from designer_app.cli.benches.adsorption import hydrogen_deviations, on_close_packed
from designer_app.device import Compute
from designer_app.io.atomic_write import atomic_write
from designer_app.potentials import load_potential
from designer_app.properties.adsorption_errors import FILE
from designer_app.resources import resource
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen_evolution import read_hydrogen


def main() -> None:
    """Compute what is missing, then write the deviations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=None, help="Folder of the published data.")
    parser.add_argument("--work", type=Path, required=True, help="Where finished metals are kept.")
    parser.add_argument("--model", default="0.3.0", help="Which CHGNet.")
    given = parser.parse_args()
    folder = data_folder(given.data)
    given.work.mkdir(parents=True, exist_ok=True)
    potential = load_potential("chgnet", given.model, Compute(device="cpu"))
    kept = given.work / f"hydrogen-{potential.model_sha256[:12]}.json"
    computed: dict[str, float] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    for row in read_hydrogen(folder):
        if row.metal in computed:
            continue
        result = on_close_packed(row.metal, "H", potential)
        computed[row.metal] = result.best[0].value
        ends = ", ".join(f"{s.site} {s.energy.value:+.2f} {s.outcome}" for s in result.sites)
        print(f"{row.metal}: {ends}; {result.seconds:.0f} s", flush=True)
        atomic_write(kept, json.dumps(computed), backup=False)
    finite = {metal: value for metal, value in computed.items() if math.isfinite(value)}
    found = hydrogen_deviations(finite, folder)
    path = resource(FILE)
    table = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    table.setdefault(potential.model_sha256, {})["H"] = asdict(found)
    text = json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False)
    atomic_write(path, text + "\n", backup=False)
    print(found)


if __name__ == "__main__":
    main()
