"""`designer-app voltage FILE`: what an electrode gives, by relaxing it with and without ions."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.jobs import read, voltage
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.hull import HullPlacement
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageResult, VoltageSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="Any file that ASE reads.")
    parser.add_argument(
        "--discharged",
        type=Path,
        metavar="FILE",
        help="The same framework with more ions; FILE is then the charged electrode.",
    )
    add_spec_arguments(parser, VoltageSpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    spec = spec_from_namespace(
        VoltageSpec,
        namespace,
        structure=_opened(namespace.file, control),
        partner=None if namespace.discharged is None else _opened(namespace.discharged, control),
    )
    return {"file": str(namespace.file), **told(voltage.run(spec, control))}


def _opened(path: Path, control: RunControl) -> Structure:
    return read.run(ReadSpec(path=path), control).structure()


def told(result: VoltageResult) -> dict[str, Any]:
    """The keys of the contract, with the unit in each."""
    shifted = result.shifted
    return {
        "ion": result.ion,
        "charged": result.charged,
        "discharged": result.discharged,
        "voltage_V": result.voltage,
        "voltage_error_V": result.estimate.error,
        "shifted_voltage_V": None if shifted is None else shifted.value,
        "shifted_voltage_error_V": None if shifted is None else shifted.error,
        "shift_origin": None if shifted is None else shifted.origin,
        "capacity_mAh_g": result.capacity,
        "energy_density_Wh_kg": result.energy_density,
        "per": "gram of the discharged electrode",
        "released_share": None if result.release is None else result.release.value,
        "volume_change": result.volume_change,
        "steps": [
            {
                "from": step.formula_from,
                "to": step.formula_to,
                "x_from": step.x_from,
                "x_to": step.x_to,
                "voltage_V": step.voltage,
            }
            for step in result.steps
        ],
        "compositions": [
            {
                "formula": point.formula,
                "x": point.x,
                "formation_energy_eV": point.formation_energy,
                "above_hull_eV": point.above_hull,
                "arrangements": point.n_arrangements,
                "searched": point.searched,
            }
            for point in result.points
        ],
        "charged_above_hull_eV_atom": _above(result.charged_hull),
        "discharged_above_hull_eV_atom": _above(result.discharged_hull),
        "reference_set": "" if result.charged_hull is None else result.charged_hull.reference_set,
        "light": result.estimate.light,
        "warnings": list(result.warnings),
        "failures": list(result.failures),
        "origin": result.estimate.origin,
        "potential": result.potential,
        "model": result.model,
        "model_sha256": result.model_sha256,
        "seconds": result.seconds,
    }


def _above(placement: HullPlacement | None) -> float | None:
    return None if placement is None else placement.e_above_hull


def _present(result: dict[str, Any]) -> str:
    error = result["voltage_error_V"]
    spread = "" if error is None else f" ± {error:.2f} (mean error on known electrodes)"
    shifted = []
    if result["shifted_voltage_V"] is not None:
        fit = result["shift_origin"].rpartition("; ")[2]
        shifted = [f"  shifted      {result['shifted_voltage_V']:.3f} V ({fit})"]
    density = f"{result['capacity_mAh_g']:.1f} mAh/g, {result['energy_density_Wh_kg']:.0f} Wh/kg"
    share, ion = result["released_share"], result["ion"]
    part = "" if share in (None, 1.0) else f", of which {100 * share:.0f} % can leave"
    lines = [
        f"{result['charged']} -> {result['discharged']}   working ion {ion}{part}",
        f"voltage        {result['voltage_V']:.3f} V{spread}",
        *shifted,
        f"capacity       {density} per {result['per']}",
        f"volume change  {100 * result['volume_change']:+.2f} % on charging",
    ]
    above = [
        f"{result[end]} {1000 * result[f'{end}_above_hull_eV_atom']:.0f}"
        for end in ("charged", "discharged")
        if result[f"{end}_above_hull_eV_atom"] is not None
    ]
    if above:
        lines.append(f"stability      {', '.join(above)} meV/atom above the hull")
        lines.append(f"  of           {result['reference_set']}")
    if len(result["compositions"]) > 2:
        lines += [
            f"  {step['voltage_V']:6.3f} V   {step['from']} -> {step['to']}"
            for step in result["steps"]
        ]
        lines += [
            f"  {point['formula']}: {1000 * point['above_hull_eV']:.0f} meV per formula unit "
            f"above the stable compositions; {point['searched']}"
            for point in result["compositions"][1:-1]
        ]
    return "\n".join([*lines, f"origin         {result['origin']}"])


COMMAND = Command(
    name="voltage",
    summary="Voltage, capacity and volume change of an electrode by relaxation.",
    configure=_configure,
    run=_run,
    present=_present,
)
