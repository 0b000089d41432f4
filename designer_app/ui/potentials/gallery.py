"""Pictures of the Potentials workspace in each of its states, with a real, small training."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.ui.potentials.area import DATA, LIBRARY, TRAINING

if TYPE_CHECKING:
    from designer_app.ui.gallery import Gallery

_DATA = ("potentials", "mlearn_Si")
_MOLECULE = Path("ethanol_rmd17") / "train.xyz"
_LINES, _FRAMES = 11, 150
"""Of the file of molecules: lines a frame, and frames that are taken."""
_RUN_LIMIT_S = 900.0
_SHOWN_FROM = 0.4
"""Share of its epochs after which a training is pictured."""
_STEPS, _SHOWN_SHARE = 6000, 0.4
"""Of the run with the trained potential."""
_HARTREE = 27.211386
"""eV."""


def shoot_potentials(gallery: "Gallery", *scenes: str) -> None:
    """Empty; with reference data at hand also problems, training, finished, compare, large."""
    window = gallery.window
    window.show_workspace("potentials")
    gallery.wait(1.0)
    gallery.shoot("potentials-empty")
    folder = Path(os.environ.get("DESIGNER_APP_DATA", "")).joinpath(*_DATA)
    if not folder.is_dir():
        return
    wanted = scenes or ("problems", "training", "finished", "compare", "error", "large")
    for name, scene in (
        ("problems", _problems),
        ("training", _training),
        ("finished", _finished),
        ("compare", _compare),
        ("error", _error),
        ("large", _large),
    ):
        if name in wanted:
            scene(gallery, folder)


def _problems(gallery: "Gallery", folder: Path) -> None:
    """Energies in Hartree taken for eV, some frames twice, one file that is cut off."""
    potentials = gallery.window.potentials
    text = (folder.parent / _MOLECULE).read_text(encoding="utf-8")
    lines = _in_hartree(text).splitlines(keepends=True)[: _LINES * _FRAMES]
    with gallery.file("ethanol.xyz", "".join((*lines, *lines[: 3 * _LINES]))) as path:
        broken = path.with_name("unfinished-run.xyz")
        broken.write_text("64\nLattice=", encoding="utf-8")
        potentials.add_files([path, broken])
        gallery.until(lambda: potentials.desk.preflight is not None, _RUN_LIMIT_S)
        gallery.wait(0.5)
        gallery.shoot("potentials-problems")
    potentials.show_page(LIBRARY)


def _in_hartree(text: str) -> str:
    return re.sub(r"energy=(\S+)", lambda found: f"energy={float(found[1]) / _HARTREE:.8f}", text)


def _training(gallery: "Gallery", folder: Path) -> None:
    potentials = gallery.window.potentials
    potentials.add_files([folder / "training.json"])
    potentials.desk.change((("model", "schnet"), ("preset", "minutes"), ("threads", 1)))
    gallery.until(lambda: potentials.desk.preflight is not None, _RUN_LIMIT_S)
    gallery.shoot("potentials-data")
    potentials.start(potentials.desk.ready_spec())
    page = potentials.page.work.training
    gallery.until(lambda: _share(potentials.watch.job) > _SHOWN_FROM, _RUN_LIMIT_S)
    gallery.until(lambda: page.found is not None or not potentials.is_busy, 60.0)
    gallery.wait(1.0)
    gallery.shoot("potentials-training")


def _share(job: Job | None) -> float:
    """How much of a training is done, by epochs; 1 where it is over."""
    if job is None or job.is_over:
        return 1.0
    told = job.progress
    return told.done / told.total if told is not None and "epochs" in told.text else 0.0


def _finished(gallery: "Gallery", _folder: Path) -> None:
    potentials = gallery.window.potentials
    gallery.until(lambda: not potentials.is_busy, _RUN_LIMIT_S)
    gallery.wait(2.0)
    gallery.shoot("potentials-result")
    potentials.panel.result.health.click()
    view = potentials.page.work.result.health
    gallery.until(lambda: bool(view.shown) or potentials.page.card is not None, _RUN_LIMIT_S)
    gallery.wait(1.0)
    gallery.shoot("potentials-finished")
    potentials.page.work.result.show_health()
    gallery.wait(0.5)
    gallery.shoot("potentials-health")
    potentials.page.work.result.show_top()
    potentials.show_page(TRAINING)
    gallery.shoot("potentials-training-over")
    potentials.panel.result.run.click()
    gallery.until(lambda: gallery.window.workspace == "dynamics", 60.0)
    gallery.wait(2.0)
    gallery.shoot("potentials-in-dynamics")
    _run(gallery)
    gallery.window.show_workspace("potentials")
    potentials.show_page(LIBRARY)
    gallery.wait(0.5)
    gallery.shoot("potentials-library")


def _run(gallery: "Gallery") -> None:
    """Dynamics with it: why it is trusted so far, a run, and what came of it."""
    window = gallery.window
    dynamics = window.dynamics
    light = dynamics.potential.light

    def is_judged() -> bool:
        return bool(light.verdict is not None and light.verdict.levels)

    gallery.until(is_judged, 60.0)
    light.click()
    gallery.shoot("potentials-trust", light.popup)
    if light.popup is not None:
        light.popup.close()
    dynamics.set_spec(replace(dynamics.spec(), steps=_STEPS, frame_interval=10))
    dynamics.ask_run()
    gallery.until(lambda: gallery.steps() > _SHOWN_SHARE * _STEPS, _RUN_LIMIT_S)
    gallery.shoot("potentials-md-running")
    gallery.until(lambda: not window.runs.is_busy, _RUN_LIMIT_S)
    gallery.wait(1.0)
    gallery.shoot("potentials-md-finished")


def _compare(gallery: "Gallery", folder: Path) -> None:
    potentials = gallery.window.potentials
    potentials.compare(())
    gallery.shoot("potentials-compare-empty")
    names = [card.offer.name for card in potentials.page.library.cards[:1]]
    potentials.compare([*names, "chgnet:0.3.0"], [folder / "test.json"])
    potentials.panel.compare.ask_run()
    gallery.until(lambda: not potentials.judging.is_comparing, _RUN_LIMIT_S)
    gallery.wait(1.5)
    gallery.shoot("potentials-compare")


def _error(gallery: "Gallery", _folder: Path) -> None:
    """As if the worker had died: what happened, what is kept, what can be done."""
    potentials = gallery.window.potentials
    potentials.page.work.set_steps(DATA, TRAINING)
    potentials.show_page(TRAINING)
    died = {"exit_code": -9, "while_doing": "train-potential"}
    potentials.watch.end_with(JobError("WorkerDiedError", died, "died"))
    gallery.shoot("potentials-error")
    potentials.page.close_card()


def _large(gallery: "Gallery", _folder: Path) -> None:
    potentials = gallery.window.potentials
    gallery.resize_large()
    for page in (LIBRARY, DATA, TRAINING):
        potentials.show_page(page)
        gallery.wait(0.5)
        gallery.shoot(f"potentials-large-{page}")
    gallery.resize_design()
