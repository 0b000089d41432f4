"""The shortlist of a finished design, computed again by the single commands from its files.

Each number that a relaxation gave is asked of the command that a chemist would take: `voltage`,
`hull`, `adsorption`, `conductivity`, on the POSCAR of the folder, the cell as it was relaxed, and
with nothing else of the run. The CIF beside it holds the same crystal on symmetric places; from
there a charged host whose energy is flat may end elsewhere (Li2NiCl4 shrinks by 16 % or 17 %).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designer_app.design.report import SHORTLIST, crystal_name
from designer_app.errors import DesignerAppError, ResumeError
from designer_app.explanations import explain_exception
from designer_app.io.design_store import DesignStore
from designer_app.io.structures import read_document
from designer_app.jobs import adsorption, conductivity, hull, voltage
from designer_app.running.control import RunControl
from designer_app.screening.battery_estimates import CHARGED
from designer_app.screening.ion_release import KEY as RELEASE
from designer_app.specs.adsorption import AdsorptionSpec
from designer_app.specs.conductivity import BARRIER, NEB, ConductivitySpec
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_check import Again, DesignCheckSpec
from designer_app.specs.design_estimates import verified
from designer_app.specs.design_targets import LEADING
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import check_spec, refusal, spec_from_settings
from designer_app.specs.hull import HullSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageSpec

RELATIVE = 0.01
"""Of energy density: that of a voltage of 2 V that is off by `ABSOLUTE`."""
ABSOLUTE: Mapping[str, float] = {
    "voltage": 0.02,
    "capacity": 0.05,
    "volume_change": 0.5,
    "e_above_hull": 0.003,
    CHARGED: 0.005,
    RELEASE: 1e-6,
    "adsorption_free_energy": 0.05,
    BARRIER: 0.05,
}
"""In the unit of each. A relaxation ends where no force exceeds 0.05 eV/A, somewhere near the
minimum; started from its own end it goes on to another such place."""
Found = Mapping[tuple[str, str], float]
"""Values by key, and by method where a property has several."""


def run(spec: DesignCheckSpec, control: RunControl) -> tuple[Again, ...]:
    """Every computed number of the shortlist beside what a command makes of the written file.

    Raises `InvalidSpecError` without a folder, and `ResumeError` where no design ended in it.
    """
    check_spec(spec)
    if spec.out is None:
        raise refusal(spec, "out", "name the folder of a design that ended")
    store = DesignStore(spec.out)
    listed = store.result().get("shortlist")
    if listed is None:
        raise ResumeError(str(spec.out), "no design has ended in it")
    settings = store.settings()
    settings.pop("start_structure", None)
    asked: DesignSpec = spec_from_settings(
        DesignSpec, settings, device=spec.device, threads=spec.threads
    )
    rows = store.rows()
    chosen = [rows[key] for key in listed][: spec.n or None]
    found: list[Again] = []
    for rank, row in enumerate(chosen, 1):
        control.checkpoint()
        control.progress(rank - 1, len(chosen), f"Computing {row.formula} again")
        found += _again(rank, row, _file_of(spec.out, rank, row), asked, control)
    return tuple(found)


def _file_of(folder: Path, rank: int, row: ScreenRow) -> Path:
    """The one that people take; a run that was cut off before it has that of the row."""
    written = folder / SHORTLIST / f"{crystal_name(rank, row)}.vasp"
    return written if written.is_file() else folder / row.structure_file


def _again(
    rank: int, row: ScreenRow, path: Path, asked: DesignSpec, control: RunControl
) -> Iterator[Again]:
    """All numbers of one candidate."""
    structure = read_document(ReadSpec(path=path)).structure()
    for command in _COMMANDS:
        said = [each for each in _computed(row) if each.key in command.keys]
        if not said:
            continue
        found: Found = {}
        why = ""
        try:
            found = command.body(structure, asked, said, control)
        except DesignerAppError as error:
            why = explain_exception(error).sentence
        for each in said:
            yield Again(
                rank=rank,
                formula=row.formula,
                file=str(path),
                command=command.name,
                key=each.key,
                unit=each.unit,
                said=each.value,
                found=found.get((each.key, each.method if each.key == BARRIER else ""), math.nan),
                tolerance=ABSOLUTE.get(each.key, RELATIVE * abs(each.value)),
                why=why,
            )


def _computed(row: ScreenRow) -> Iterator[Estimate]:
    """Numbers of a row that were computed; of a barrier those of each method."""
    yield from (each for each in row.estimates if each.key == BARRIER)
    for key in dict.fromkeys(each.key for each in row.estimates):
        found = verified(row, key)
        if key != BARRIER and found is not None:
            yield found


# --- the commands ---


def _voltage(
    structure: Structure, asked: DesignSpec, _: Sequence[Estimate], control: RunControl
) -> Found:
    spec = VoltageSpec(structure=structure, ion=asked.ion, **_shared(asked))
    found = voltage.run(spec, control)
    charged = found.charged_hull
    return {
        ("voltage", ""): found.voltage,
        ("capacity", ""): found.capacity,
        ("energy_density", ""): found.energy_density,
        ("volume_change", ""): 100.0 * abs(found.volume_change),
        (RELEASE, ""): math.nan if found.release is None else found.release.value,
        (CHARGED, ""): math.nan if charged is None else charged.e_above_hull - charged.below_hull,
    }


def _hull(
    structure: Structure, asked: DesignSpec, _: Sequence[Estimate], control: RunControl
) -> Found:
    found = hull.run(HullSpec(structures=(structure,), **_shared(asked)), control)
    distance = found["e_above_hull_eV_atom"] - found["below_hull_eV_atom"]
    return {("e_above_hull", ""): distance}


def _adsorption(
    structure: Structure, asked: DesignSpec, said: Sequence[Estimate], control: RunControl
) -> Found:
    adsorbate = LEADING[asked.reaction]
    is_shifted = any("shifted by" in each.origin for each in said)
    spec = AdsorptionSpec(
        structure=structure,
        adsorbate=adsorbate,
        reference="calibrated" if is_shifted else "molecules",
        **_shared(asked),
    )
    found = adsorption.run(spec, control)["free_energies"].get(adsorbate)
    return {} if found is None else {("adsorption_free_energy", ""): found}


def _conductivity(
    structure: Structure, asked: DesignSpec, said: Sequence[Estimate], control: RunControl
) -> Found:
    is_quick = all(each.method != NEB for each in said)
    spec = ConductivitySpec(structure=structure, ion=asked.ion, quick=is_quick, **_shared(asked))
    estimates = conductivity.run(spec, control).estimates
    return {(BARRIER, each.method): each.value for each in estimates if each.key == BARRIER}


def _shared(asked: DesignSpec) -> dict[str, Any]:
    """What a run and a command compute with."""
    names = ("potential", "model", "device", "dtype", "threads")
    return {name: getattr(asked, name) for name in names}


@dataclass(frozen=True)
class _Command:
    """A command, and the numbers that it gives."""

    name: str
    keys: tuple[str, ...]
    body: Callable[[Structure, DesignSpec, Sequence[Estimate], RunControl], Found]


_ELECTRODE = ("voltage", "capacity", "energy_density", "volume_change", RELEASE, CHARGED)
_COMMANDS = (
    _Command("hull", ("e_above_hull",), _hull),
    _Command("voltage", _ELECTRODE, _voltage),
    _Command("adsorption", ("adsorption_free_energy",), _adsorption),
    _Command("conductivity", (BARRIER,), _conductivity),
)
