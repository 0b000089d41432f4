"""The jobs a worker can run, by key. A body is called as `run(spec, control)`."""

from dataclasses import dataclass

from designer_app.registry import Registry, Row


@dataclass(frozen=True, kw_only=True)
class JobRow(Row):
    """A job: the spec it takes, and the kind of worker that runs it."""

    worker: str = "compute"
    """compute (one heavy job at a time) or quick (answers at once, restarted when it hangs)."""
    time_limit: float | None = None
    """Seconds after which a quick worker is replaced."""
    steps_aside: bool = False
    """Small: while its kind of worker has a job, it gets one of its own and does not wait."""
    is_listed: bool = True
    """Whether people see it among their jobs; what a quick worker does, they never see there."""


JOBS: Registry[JobRow] = Registry(
    "job",
    (
        JobRow(
            key="read",
            title="Open",
            summary="Read a structure file.",
            implementation="designer_app.jobs.read:run",
            worker="quick",
            time_limit=30.0,
        ),
        JobRow(
            key="frames",
            title="Frames",
            summary="All frames of a trajectory, to play them.",
            implementation="designer_app.jobs.frames:run",
            worker="quick",
            time_limit=120.0,
        ),
        JobRow(
            key="inspect",
            title="Look",
            summary="Formula, space group, cell, density.",
            implementation="designer_app.jobs.inspect:run",
            worker="quick",
            time_limit=30.0,
        ),
        JobRow(
            key="bonds",
            title="Bonds",
            summary="Which atoms are drawn as bonded.",
            implementation="designer_app.jobs.bonds:run",
            worker="quick",
            time_limit=30.0,
        ),
        JobRow(
            key="diagram",
            title="Phase diagram",
            summary="Known phases of a chemical system, with candidates among them.",
            implementation="designer_app.jobs.diagram:run",
            worker="quick",
            time_limit=60.0,
        ),
        JobRow(
            key="devices",
            title="Devices",
            summary="Which devices this machine has.",
            implementation="designer_app.jobs.devices:run",
            is_listed=False,
        ),
        JobRow(
            key="order",
            title="Make an ordered cell",
            summary="Whole atoms on shared and partly occupied sites, ranked by electrostatics.",
            implementation="designer_app.jobs.order:run",
        ),
        JobRow(
            key="energy",
            title="Energy",
            summary="Energy, forces and stress of a structure as it is.",
            implementation="designer_app.jobs.energy:run",
        ),
        JobRow(
            key="relax",
            title="Relax",
            summary="Move atoms and cell to the nearest minimum of energy.",
            implementation="designer_app.jobs.relax:run",
        ),
        JobRow(
            key="md",
            title="Molecular dynamics",
            summary="What the atoms do at a temperature.",
            implementation="designer_app.jobs.md:run",
        ),
        JobRow(
            key="hull",
            title="Stability",
            summary="Distance to the convex hull, decomposition, electrochemical window.",
            implementation="designer_app.jobs.hull:run",
        ),
        JobRow(
            key="voltage",
            title="Voltage",
            summary="Voltage, capacity and volume change of an electrode by relaxation.",
            implementation="designer_app.jobs.voltage:run",
        ),
        JobRow(
            key="conductivity",
            title="Conductivity",
            summary="How fast ions move: a learned head, barriers, and molecular dynamics.",
            implementation="designer_app.jobs.conductivity:run",
        ),
        JobRow(
            key="adsorption",
            title="Adsorption",
            summary="How strongly a surface binds an adsorbate, by relaxing slabs.",
            implementation="designer_app.jobs.adsorption:run",
        ),
        JobRow(
            key="analyse",
            title="Analyse",
            summary="Pair distances and diffusion from a trajectory.",
            implementation="designer_app.jobs.analyse:run",
        ),
        JobRow(
            key="train",
            title="Train",
            summary="A model made anew from published tables, or corrected with own rows.",
            implementation="designer_app.jobs.train:run",
        ),
        JobRow(
            key="labels",
            title="Look at data",
            summary="What files of reference calculations hold, in which units.",
            implementation="designer_app.jobs.labels:run",
            worker="quick",
            time_limit=300.0,
        ),
        JobRow(
            key="labelled-frame",
            title="Open",
            summary="One structure of a file of reference calculations.",
            implementation="designer_app.jobs.labelled_frame:run",
            worker="quick",
            time_limit=300.0,
        ),
        JobRow(
            key="calm-frame",
            title="Open",
            summary="The calmest structure of what a potential learned from.",
            implementation="designer_app.jobs.calm_frame:run",
            worker="quick",
            time_limit=300.0,
        ),
        JobRow(
            key="train-potential",
            title="Train a potential",
            summary="A potential of your own reference calculations.",
            implementation="designer_app.jobs.train_potential:run",
        ),
        JobRow(
            key="trust",
            title="Trust",
            summary="Whether a potential can be trusted with a structure.",
            implementation="designer_app.jobs.trust:run",
            steps_aside=True,
            is_listed=False,
        ),
        JobRow(
            key="health",
            title="Check health",
            summary="Whether a potential behaves as one should: a verdict in words.",
            implementation="designer_app.jobs.health:run",
        ),
        JobRow(
            key="convert",
            title="Take over weights",
            summary="A potential from weights that another program trained, read as data.",
            implementation="designer_app.jobs.convert:run",
        ),
        JobRow(
            key="preflight",
            title="Check data",
            summary="What is wrong with data before a potential learns from them.",
            implementation="designer_app.jobs.preflight:run",
        ),
        JobRow(
            key="evaluate",
            title="Compare",
            summary="Errors of potentials on reference calculations, side by side.",
            implementation="designer_app.jobs.evaluate:run",
        ),
        JobRow(
            key="screen",
            title="Screen",
            summary="Make candidates, judge them stage by stage, and rank them.",
            implementation="designer_app.jobs.screen:run",
        ),
        JobRow(
            key="design",
            title="Design",
            summary="New materials for targets: searched, relaxed, checked and ranked.",
            implementation="designer_app.jobs.design:run",
        ),
        JobRow(
            key="design-task",
            title="Design task",
            summary="A part of a design that a process of its own does.",
            implementation="designer_app.jobs.design_task:run",
            is_listed=False,
        ),
    ),
)
