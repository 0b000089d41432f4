"""Everything that can be done by key, menu or palette, as one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.theme import Theme


@dataclass(frozen=True, kw_only=True)
class ActionRow:
    """One command: its name for people, its keys, its icon."""

    key: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    group: str = "File"


ACTIONS = (
    ActionRow(key="open", text="Open...", keys=("Ctrl+O",), icon="open",
              tip="Open a structure file"),
    ActionRow(key="save_as", text="Save structure as...", keys=("Ctrl+S",), icon="save",
              tip="Write the structure as CIF, POSCAR or extended XYZ"),
    ActionRow(key="save_image", text="Save picture...", keys=("Ctrl+Shift+S",), icon="camera",
              tip="Write the 3D picture as PNG"),
    ActionRow(key="open_project", text="Open project...", keys=("Ctrl+Shift+O",), icon="project",
              tip="Go on in another project folder"),
    ActionRow(key="save_project", text="Save project as...",
              tip="Copy the project to a new folder, and go on there"),
    ActionRow(key="demo", text="Run the demo", icon="play",
              tip="Open LiFePO4 and heat it to 600 K with CHGNet"),
    ActionRow(key="quit", text="Quit", keys=("Ctrl+Q",), icon="close"),
    ActionRow(key="structure", text="Structure", keys=("Ctrl+1",), icon="structure", group="Go"),
    ActionRow(key="potentials", text="Potentials", keys=("Ctrl+2",), icon="potentials", group="Go"),
    ActionRow(key="dynamics", text="Dynamics", keys=("Ctrl+3",), icon="dynamics", group="Go"),
    ActionRow(key="screening", text="Screening", keys=("Ctrl+4",), icon="screening", group="Go"),
    ActionRow(key="design", text="Design", keys=("Ctrl+5",), icon="design", group="Go"),
    ActionRow(key="next_pane", text="Next pane", keys=("F6",), group="Go"),
    ActionRow(key="tree", text="Project tree", keys=("Ctrl+B",), icon="project", group="Go",
              tip="Open or close the list of structures and runs"),
    ActionRow(key="jobs", text="Jobs", keys=("Ctrl+J",), icon="jobs", group="Go"),
    ActionRow(key="log", text="Log", keys=("Ctrl+L",), icon="log", group="Go"),
    ActionRow(key="run", text="Run", keys=("Ctrl+Return", "Ctrl+Enter"), icon="play", group="Run",
              tip="Start what the panel offers"),
    ActionRow(key="pause", text="Pause or resume", keys=("Ctrl+P",), icon="pause", group="Run"),
    ActionRow(key="stop", text="Stop", keys=("Ctrl+/",), icon="stop", group="Run"),
    ActionRow(key="extend", text="Extend the run", keys=("Ctrl+E",), icon="extend", group="Run"),
    ActionRow(key="relax", text="Relax", keys=("Ctrl+R",), icon="relax", group="Run"),
    ActionRow(key="what_else", text="What else could this be?", keys=("Ctrl+Shift+E",),
              icon="supercell", group="Run", tip="Replace elements and screen what comes out"),
    ActionRow(key="preferences", text="Preferences...", keys=("Ctrl+,",), icon="settings",
              group="Window"),
    ActionRow(key="palette", text="Commands...", keys=("Ctrl+Shift+P",), icon="search",
              group="Window"),
    ActionRow(key="scheme", text="Light or dark", keys=("Ctrl+Shift+D",), icon="perspective",
              group="Window", tip="Switch between the light and the dark theme"),
    ActionRow(key="help", text="Help and shortcuts", keys=("F1",), icon="help", group="Window"),
)  # fmt: skip

PLAYER_KEYS = {
    "play": "Space",
    "previous": "Left",
    "next": "Right",
    "first": "Home",
    "last": "End",
}
"""Keys of the player, alive while the picture or the player has the focus."""


def make_actions(parent: QObject, theme: Theme) -> Mapping[str, QAction]:
    """The actions by key, with icons in the theme's colours."""
    made: dict[str, QAction] = {}
    for row in ACTIONS:
        action = QAction(QCoreApplication.translate("Actions", row.text), parent)
        action.setObjectName(row.key)
        action.setShortcuts([QKeySequence(keys) for keys in row.keys])
        action.setToolTip(row.tip or row.text)
        if row.icon:
            ThemedIcon(action, row.icon, theme)
        made[row.key] = action
    return made
