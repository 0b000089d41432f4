"""The integrator that a specification asks for."""

from collections.abc import Callable

from designer_app.dynamics.barostats import CellRescaling
from designer_app.dynamics.integrators import NVE, Bath, Integrator
from designer_app.dynamics.mtk import MTK
from designer_app.dynamics.nose_hoover import NoseHoover
from designer_app.dynamics.thermostats import Berendsen, Bussi, Langevin
from designer_app.errors import InvalidSpecError
from designer_app.specs.md import MDSpec
from designer_app.units import FS, GPA


def integrator_for(spec: MDSpec, ramp_steps: int | None = None) -> Integrator:
    """The integrator of a specification, in internal units.

    A ramp ends after `ramp_steps`, else with the run: a longer continuation keeps its ramp.
    Raises `InvalidSpecError` where a thermostat that only scales momenta starts from rest.
    """
    heats = spec.temperature == 0.0 and bool(spec.temperature_end)
    if heats and spec.ensemble not in ("nve", "langevin"):
        raise InvalidSpecError(
            "temperature", 0.0, "this thermostat scales velocities, so start above 0 K"
        )
    bath = Bath(
        temperature=spec.temperature,
        temperature_end=spec.temperature_end,
        ramp_steps=spec.steps if ramp_steps is None else ramp_steps,
    )
    return _INTEGRATORS[spec.ensemble](spec, bath)


def _nve(spec: MDSpec, _: Bath) -> Integrator:
    return NVE(dt=spec.timestep * FS)


def _langevin(spec: MDSpec, bath: Bath) -> Integrator:
    return Langevin(dt=spec.timestep * FS, bath=bath, friction=spec.friction / FS)


def _nose_hoover(spec: MDSpec, bath: Bath) -> Integrator:
    return NoseHoover(
        dt=spec.timestep * FS,
        bath=bath,
        tau=spec.thermostat_time * FS,
        chain_length=spec.chain_length,
    )


def _bussi(spec: MDSpec, bath: Bath) -> Integrator:
    return Bussi(dt=spec.timestep * FS, bath=bath, tau=spec.thermostat_time * FS)


def _berendsen(spec: MDSpec, bath: Bath) -> Integrator:
    return Berendsen(dt=spec.timestep * FS, bath=bath, tau=spec.thermostat_time * FS)


def _cell_rescaling(spec: MDSpec, bath: Bath) -> Integrator:
    return CellRescaling(
        dt=spec.timestep * FS,
        bath=bath,
        tau=spec.thermostat_time * FS,
        pressure=spec.pressure * GPA,
        compressibility=spec.compressibility / GPA,
        barostat_tau=spec.barostat_time * FS,
        isotropic=spec.cell_shape == "isotropic",
    )


def _mtk(spec: MDSpec, bath: Bath) -> Integrator:
    return MTK(
        dt=spec.timestep * FS,
        bath=bath,
        tau=spec.thermostat_time * FS,
        chain_length=spec.chain_length,
        pressure=spec.pressure * GPA,
        barostat_tau=spec.barostat_time * FS,
    )


_INTEGRATORS: dict[str, Callable[[MDSpec, Bath], Integrator]] = {
    "nve": _nve,
    "langevin": _langevin,
    "nose-hoover": _nose_hoover,
    "bussi": _bussi,
    "berendsen": _berendsen,
    "npt": _cell_rescaling,
    "npt-mtk": _mtk,
}
