"""The one style sheet, for all schemes: its colours are roles of the palette."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

_SHEET = Template("""
* { font-size: 13px; }
QWidget { color: $text; }
QMainWindow, QDialog, QWidget[role="window"] { background: $window; }
QWidget[role="surface"] { background: $surface; }
QDialog { border: 1px solid $border; }
QWizard { border: none; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: 6px 8px; }

QLabel { background: transparent; }
QLabel[role="display"] { font-size: 20px; font-weight: 600; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { font-size: 11px; font-weight: 700; color: $muted; letter-spacing: 1px; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { font-size: 11px; color: $muted; }
QLabel[role="problem"] { font-size: 11px; color: $error; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="error"] { color: $error; }
QLabel[role="key"] { border: 1px solid $border; border-radius: 4px; padding: 1px 6px;
  background: $hover; font-size: 11px; }

QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="upright"] { background: $border; border: none; max-width: 1px; min-width: 1px; }
QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[role="chosen-card"] { background: $chosen; border: 1px solid $accent;
  border-radius: ${radius}px; }
QFrame[role="inset"] { background: $window; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[role="error-card"] { background: $surface; border: 1px solid $border;
  border-left: 3px solid $error; border-radius: ${radius}px; }
QFrame[role="warn-card"] { background: $surface; border: 1px solid $border;
  border-left: 3px solid $warn; border-radius: ${radius}px; }
QFrame[role="ok-card"] { background: $surface; border: 1px solid $border;
  border-left: 3px solid $ok; border-radius: ${radius}px; }
QFrame[role="tools"] { background: $surface; border: 1px solid $border;
  border-radius: ${radius}px; }
QWidget[role="rail"] { background: $surface; border-right: 1px solid $border; }
QWidget[role="drawer"] { background: $surface; border-right: 1px solid $border; }
QWidget[role="panel"] { background: $surface; border-left: 1px solid $border; }
QWidget[role="header"] { background: $surface; border-bottom: 1px solid $border; }
QWidget[role="footer"] { background: $surface; border-top: 1px solid $border; }
QWidget[role="plain"], QStackedWidget[role="plain"] { background: transparent; }

QPushButton, QToolButton[role="button"] { background: $surface; border: 1px solid $border;
  border-radius: ${radius}px; padding: 5px 12px; min-height: 20px; }
QPushButton:hover, QToolButton[role="button"]:hover { background: $hover; }
QPushButton:pressed { background: $chosen; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton[role="primary"] { background: $accent; color: $accent_text; border: 1px solid $accent;
  font-weight: 600; padding: 8px 12px; }
QPushButton[role="primary"][beside="others"] { padding: 5px 12px; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border: 1px solid $text; }
QPushButton[role="primary"]:disabled { background: $hover; color: $muted; border-color: $border; }
QPushButton[role="link"], QToolButton[role="link"] { background: transparent; border: none;
  color: $accent; padding: 2px 0; text-align: left; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="fold"] { background: transparent; border: none; color: $muted; padding: 4px 0;
  text-align: left; font-weight: 600; }
QPushButton[role="fold"]:hover { color: $text; }
QPushButton[role="row"] { background: transparent; border: 1px solid transparent; min-height: 28px;
  text-align: left; padding: 6px 8px; }
QPushButton[role="run"] { text-align: left; padding: 6px 12px; }
QPushButton[role="bar"] { background: transparent; border: 1px solid transparent;
  padding: 1px 8px; min-height: 18px; }
QPushButton[role="bar"]:hover { background: $hover; }
QPushButton[role="bar"]:checked { background: $chosen; color: $accent; }
QPushButton[role="bar"]:focus { border-color: $accent; }
QPushButton[role="chip"] { border-radius: 11px; padding: 2px 10px; min-height: 16px; }
QPushButton[role="chip"]:checked { background: $chosen; border-color: $accent; color: $accent;
  font-weight: 600; }
QPushButton[role="row"]:hover { background: $hover; }
QPushButton[role="row"]:focus { border-color: $accent; }

QToolButton { background: transparent; border: 1px solid transparent;
  border-radius: ${radius}px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $chosen; color: $accent; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QComboBox, QPlainTextEdit, QSpinBox, QDoubleSpinBox { background: $field;
  border: 1px solid $border; border-radius: ${radius}px; padding: 4px 8px; min-height: 20px;
  selection-background-color: $accent; selection-color: $accent_text;
  placeholder-text-color: $muted; }
QLineEdit:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus { border: 1px solid $accent; }
QLineEdit[state="problem"], QComboBox[state="problem"] { border: 1px solid $error; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; background: $window; }
QPlainTextEdit[role="log"] { font-family: "DejaVu Sans Mono", "Menlo", "Consolas", monospace;
  font-size: 11px; }
QComboBox QLineEdit, QComboBox QLineEdit:focus, QComboBox QLineEdit:hover { border: none;
  padding: 0; margin: 0; min-height: 0; background: transparent; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$icons/chevron-down-grey.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border; outline: none;
  padding: 4px; selection-background-color: $chosen; selection-color: $text; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; }

QCheckBox { spacing: 8px; background: transparent; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px;
  background: $field; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox:disabled { color: $muted; }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:focus { color: $accent; }

QRadioButton { spacing: 8px; background: transparent; font-weight: 600; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 8px;
  background: $field; }
QRadioButton::indicator:checked { border: 5px solid $accent; width: 6px; height: 6px;
  background: $accent_text; }
QRadioButton:focus { color: $accent; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $border; border-radius: 3px; min-height: 32px; min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; padding: 7px 12px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; font-weight: 600; border-bottom: 2px solid $accent; }
QTabBar[role="steps"]::tab { color: $text; }
QTabBar[role="steps"]::tab:disabled { color: $muted; }
QTabBar::tab:focus { color: $accent; }
QTabWidget::pane { border: none; }

QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 7px;
  background: $accent; border: 1px solid $surface; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: $border; }

QProgressBar { background: $border; border: none; border-radius: 3px; max-height: 6px;
  min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[state="failed"]::chunk { background: $error; }
QProgressBar[state="succeeded"]::chunk { background: $ok; }

QMenu { background: $surface; border: 1px solid $border; padding: 6px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $chosen; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 5px 4px; }
QMenuBar { background: $surface; border-bottom: 1px solid $border; }
QMenuBar::item { padding: 5px 10px; background: transparent; }
QMenuBar::item:selected { background: $hover; }

QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
QListView, QTreeView, QTableView { background: $surface; border: 1px solid $border;
  border-radius: ${radius}px; outline: none; }
QListView[role="commands"]::item { padding: 0; }
QTreeView[role="project"] { background: transparent; border: none; padding: 0 8px; }
QTreeView[role="project"]::branch { background: transparent; }
QTreeView[role="project"]::item { border: none; padding: 0 4px; }
QTreeView[role="project"]::item:hover { background: $hover; }
QTreeView[role="project"]::item:selected { background: $chosen; color: $text; }
QListView::item { padding: 7px 8px; border-radius: 4px; }
QTableView[role="candidates"] { border: none; border-radius: 0; border-top: 1px solid $border; }
QTableView[role="candidates"]::item { padding: 0 8px; }
QTableView[role="candidates"]::item:selected { background: $chosen; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none;
  border-bottom: 1px solid $border; padding: 4px 10px; font-size: 11px; }
QHeaderView::section:hover { color: $text; }
QHeaderView::down-arrow { image: url("$icons/chevron-down-grey.svg"); width: 10px; height: 10px;
  subcontrol-position: bottom center; }
QHeaderView::up-arrow { image: url("$icons/chevron-up-grey.svg"); width: 10px; height: 10px;
  subcontrol-position: bottom center; }
QListView::item:hover { background: $hover; }
QListView::item:selected { background: $chosen; color: $text; }
""")


def style_sheet(roles: Mapping[str, str], icons: Path, radius: int) -> str:
    """The style sheet, given the palette's role of each token as style sheets name it."""
    colors = {token: f"palette({role})" for token, role in roles.items()}
    return _SHEET.substitute(colors, icons=icons.as_posix(), radius=radius)
