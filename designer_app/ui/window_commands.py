"""What the window's commands do: open, save, run, drawers, dialogs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog

from designer_app.project import SUFFIX
from designer_app.ui.dialogs.help import HelpDialog
from designer_app.ui.dialogs.palette import CommandPalette
from designer_app.ui.panels.resume_card import ResumeCard
from designer_app.ui.project_menu import ProjectMenu

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_STRUCTURES = (
    "*.cif *.vasp *.poscar POSCAR* CONTCAR* *.xyz *.extxyz *.json *.traj *.xsf *.pdb *.res *.gen"
)
_SAVED = "CIF (*.cif);;VASP POSCAR (*.vasp);;Extended XYZ (*.extxyz)"
_IMAGE_SCALE = 2
DEMO = "LiFePO4"


class WindowCommands(QObject):
    """Answers the actions of a `MainWindow`."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._demo = ""
        """The example that is run once it is open."""
        self._demo_out: Path | None = None
        self._menu = ProjectMenu(window)
        self._connect()

    # --- files ---

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self._demo = ""
        self._close_error()
        self._session.open_file(path)

    def open_example(self, name: str) -> None:
        """Open one of the shipped examples."""
        self._demo = ""
        self._close_error()
        self._session.open_example(name)

    def _close_error(self) -> None:
        """What went wrong is over with another structure; an offer to go on stays."""
        picture = self._window.work.picture
        if not isinstance(picture.card, ResumeCard):
            picture.close_card()

    def run_demo(self, name: str = DEMO, out: Path | None = None) -> None:
        """Open an example and set it in motion; the run goes to `out`, or into the project."""
        self.open_example(name)
        self._demo, self._demo_out = name, out

    def open(self) -> None:
        """Ask for a file."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open a structure"),
            "",
            f"{self.tr('Structures')} ({_STRUCTURES});;{self.tr('All files')} (*)",
        )
        if chosen:
            self.open_path(Path(chosen))

    def save_as(self) -> None:
        """Ask where the structure goes."""
        document = self._session.document
        if document is None:
            self._window.status.say(self.tr("There is no structure to save yet"))
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the structure"), f"{document.name}.cif", _SAVED
        )
        if chosen:
            self._session.save_structure(Path(chosen))

    def save_image(self) -> None:
        """Ask where the picture goes."""
        view = self._window.work.picture.view
        if view is None or self._session.document is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the picture"), "structure.png", "PNG (*.png)"
        )
        if chosen:
            image = view.grab_image(_IMAGE_SCALE * view.width(), _IMAGE_SCALE * view.height())
            done = not image.isNull() and image.save(chosen)
            name = Path(chosen).name
            said = self.tr("Saved %s") if done else self.tr("%s could not be written")
            self._window.status.say(said % name)

    def open_project(self) -> None:
        """Ask for a project folder."""
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open a project"))
        if folder:
            self._session.open_project(Path(folder))

    def save_project(self) -> None:
        """Ask where a copy of the project goes, and go on there."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save the project"), f"project{SUFFIX}"
        )
        if chosen:
            self._session.save_project_as(Path(chosen).with_suffix(SUFFIX))

    # --- runs ---

    def run(self) -> None:
        """What the panel in front offers."""
        if self._window.workspace == "structure":
            self._window.structure.relax.ask()
        elif self._window.workspace == "potentials":
            self._window.potentials.ask_run()
        elif self._window.workspace == "screening":
            self._window.screening.ask_run()
        elif self._window.workspace == "design":
            self._window.design.ask_run()
        else:
            self._window.dynamics.ask_run()

    def stop(self) -> None:
        """End what the panel in front has started, else what runs."""
        window = self._window
        if window.workspace == "design":
            window.design.cancel()
        elif window.workspace == "potentials":
            window.potentials.cancel()
        elif window.workspace == "screening" or not window.runs.is_busy:
            window.screening.cancel()
        else:
            window.runs.cancel()

    def pause(self) -> None:
        """Hold what the panel in front has started, or let it go on."""
        if self._window.workspace == "screening":
            self._window.screening.search.ask_pause()
        elif self._window.workspace == "design":
            self._window.design.pause()
        elif self._window.workspace == "potentials":
            self._window.potentials.pause()
        else:
            self._window.dynamics.ask_pause()

    def relax(self) -> None:
        """Relax, from anywhere."""
        self._window.show_workspace("structure")
        self._window.structure.relax.ask()

    def what_else(self) -> None:
        """Substitutes of what is open, in Screening."""
        self._window.screening.ask_what_else()

    # --- window ---

    def show_palette(self) -> None:
        """Offer all commands by name."""
        CommandPalette(self._window.actions_by_key, self._window.theme, self._window).open()

    def show_help(self) -> None:
        """Show keys and mouse."""
        HelpDialog(self._window.actions_by_key, self._window).open()

    def show_preferences(self) -> None:
        """Show the settings."""
        from designer_app.ui.dialogs.preferences import PreferencesDialog

        PreferencesDialog(self._session.settings, self._window.theme, self._window).open()

    def switch_scheme(self) -> None:
        """From light to dark, or back."""
        wanted = "light" if self._window.theme.tokens.is_dark else "dark"
        self._session.settings.set("theme", wanted)

    def toggle_jobs(self) -> None:
        """Open or close the list of jobs."""
        self._toggle("jobs")

    def toggle_log(self) -> None:
        """Open or close the log."""
        self._toggle("log")

    def _toggle(self, name: str) -> None:
        work = self._window.work
        work.show_drawer("" if work.drawer == name else name)

    def _show_menu(self) -> None:
        button = self._window.rail.project
        self._menu.fill()
        self._menu.popup(button.mapToGlobal(QPoint(button.width(), 0)))

    # --- wiring ---

    def _connect(self) -> None:
        window = self._window
        rail, status, work = window.rail, window.status, window.work
        rail.project_asked.connect(self._show_menu)
        rail.settings_asked.connect(self.show_preferences)
        rail.help_asked.connect(self.show_help)
        status.jobs_toggled.connect(self.toggle_jobs)
        status.log_toggled.connect(self.toggle_log)
        work.drawer_changed.connect(status.show_drawer)
        work.picture.empty.open_asked.connect(self.open)
        work.picture.empty.demo_asked.connect(self.run_demo)
        work.picture.empty.example_asked.connect(self.open_example)
        work.picture.image_asked.connect(self.save_image)
        window.structure.order_asked.connect(self._session.make_ordered)
        window.dynamics.order_asked.connect(self._session.make_ordered)
        for choice in (window.dynamics.potential, window.structure.relax.potential):
            choice.supercell_asked.connect(self._session.make_supercell)
        window.structure.what_else_asked.connect(self.what_else)
        window.structure.copied.connect(self._on_copied)
        self._session.document_changed.connect(self._on_document_changed)
        slots: dict[str, Callable[[], object]] = {
            "open": self.open,
            "save_as": self.save_as,
            "save_image": self.save_image,
            "open_project": self.open_project,
            "save_project": self.save_project,
            "demo": self.run_demo,
            "quit": window.close,
            "next_pane": window.cycle_panes,
            "tree": window.project.toggle,
            "jobs": self.toggle_jobs,
            "log": self.toggle_log,
            "run": self.run,
            "pause": self.pause,
            "stop": self.stop,
            "extend": window.dynamics.ask_extend,
            "relax": self.relax,
            "what_else": self.what_else,
            "preferences": self.show_preferences,
            "palette": self.show_palette,
            "scheme": self.switch_scheme,
            "help": self.show_help,
        }
        for key, action in window.actions_by_key.items():
            if key in slots:
                action.triggered.connect(_plain(slots[key]))
            else:
                action.triggered.connect(self._on_workspace_asked)

    def _on_workspace_asked(self) -> None:
        self._window.show_workspace(self.sender().objectName())

    def _on_copied(self, text: str) -> None:
        self._window.status.say(self.tr("Copied: %s") % text.replace("\n", ", "))

    def _on_document_changed(self) -> None:
        if self._demo and self._session.document is not None:
            self._demo = ""
            self._window.show_workspace("dynamics")
            self._window.dynamics.ask_run(self._demo_out)


def _plain(slot: Callable[[], object]) -> Callable[[], None]:
    """The slot without the `checked` that Qt's `triggered` carries."""

    def called() -> None:
        slot()

    return called
