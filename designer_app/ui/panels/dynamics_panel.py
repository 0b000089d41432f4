"""Dynamics: what do the atoms do? Potential, preset, form, outlook, one primary button."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.specs.md import MDSpec
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.forms import LABEL_WIDTH, SpecForm
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.md_outlook import Caution, MeasuredRates, estimate, warnings_for
from designer_app.ui.panels.md_presets import CUSTOM, PRESETS, apply, preset_of
from designer_app.ui.panels.notice import Notice, NoticeList
from designer_app.ui.panels.potential_choice import PotentialChoice
from designer_app.ui.panels.section import PanelPage, line, row
from designer_app.ui.theme import Theme, label, set_role
from designer_app.ui.trust import Level, shipped_example

IDLE, RUNNING, PAUSED, FINISHED = "idle", "running", "paused", "finished"


class DynamicsPanel(PanelPage):
    """The right panel of the Dynamics workspace."""

    run_asked = Signal(object)
    """The `MDSpec` to run."""
    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()
    extend_asked = Signal(object)
    """The `MDSpec` of the last run, longer."""
    order_asked = Signal()

    def __init__(self, theme: Theme, rates: MeasuredRates, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Dynamics"), parent)
        self._theme = theme
        self._rates = rates
        self._document: Document | None = None
        self._state = IDLE
        self._cautions: list[Caution] = []
        self._last: MDSpec | None = None
        self._outcome: Notice | None = None
        self.potential = PotentialChoice(theme)
        self.preset = ChoiceEditor((*((p.key, p.title) for p in PRESETS), CUSTOM))
        self.form = SpecForm(MDSpec(), theme, leave_out=("potential", "model"))
        self.notices = NoticeList(theme)
        self.outlook = label("", "muted", wrap=True)
        self.run = QPushButton(self.tr("Run"))
        self.pause = QPushButton(self.tr("Pause"))
        self.stop = QPushButton(self.tr("Stop"))
        self.extend = QPushButton(self.tr("Extend"))
        self._run_icon = ThemedIcon(self.run, "play", theme, "accent_text")
        self._pause_icon = ThemedIcon(self.pause, "pause", theme)
        self._icons = (
            ThemedIcon(self.stop, "stop", theme),
            ThemedIcon(self.extend, "extend", theme),
        )
        self._build()
        self._connect()
        self._choose_preset("hot")

    def set_document(self, document: Document | None) -> None:
        """Run this structure."""
        self._document = document
        self.potential.set_document(document)
        known = shipped_example(document)
        if known is not None:
            self.set_spec(MDSpec(potential=known.potential, **known.md))
        self._last = None
        self.set_outcome("")
        self._refresh()

    def set_state(self, state: str) -> None:
        """Idle, running, paused or finished: sets which buttons can be pressed."""
        self._state = state
        self._refresh()

    def set_last_run(self, spec: MDSpec | None) -> None:
        """The run that Extend goes on with."""
        self._last = spec
        self._refresh()

    def set_outcome(self, text: str, kind: str = "ok") -> None:
        """One sentence of what came out."""
        if self._outcome is not None:
            self._outcome.hide()
            self._outcome.deleteLater()
            self._outcome = None
        if text:
            self._outcome = Notice(kind, text, self._theme)
            self.foot.insertWidget(0, self._outcome)

    def outcome(self) -> str:
        """The sentence shown after a run."""
        return self._outcome.text.text() if self._outcome else ""

    def spec(self) -> MDSpec:
        """What the form says, with the structure in it."""
        found: MDSpec = self.form.spec()
        structure = self._document.structure() if self._document else None
        return replace(found, structure=structure, **self.potential.values())

    def set_spec(self, spec: MDSpec) -> None:
        """Show the settings of a run."""
        self.form.set_spec(replace(spec, structure=None, out=None, resume=False))
        self.potential.set_values(spec.potential, spec.model)
        self.preset.set_value(preset_of(self._shown()))
        self._refresh()

    def choose_potential(self, potential: str, model: str) -> None:
        """Let this move the atoms; all else stays."""
        self.potential.set_values(potential, model)
        self._refresh()

    def ask_run(self, out: Path | None = None) -> None:
        """Press Run, where it can be pressed; `out` is a folder in place of the project's."""
        if self.run.isEnabled():
            self.run_asked.emit(replace(self.spec(), out=out))

    def ask_extend(self) -> None:
        """Press Extend, where it can be pressed."""
        if self.extend.isEnabled() and self._last is not None:
            more = self.form.spec().steps
            self.extend_asked.emit(replace(self._last, steps=self._last.steps + more, resume=True))

    def ask_pause(self) -> None:
        """Hold the run, or let it go on."""
        if self._state == RUNNING:
            self.pause_asked.emit()
        elif self._state == PAUSED:
            self.resume_asked.emit()

    def ask_stop(self) -> None:
        """End the run; what is finished is kept."""
        if self.stop.isEnabled():
            self.stop_asked.emit()

    # --- layout ---

    def _build(self) -> None:
        self.preset.setAccessibleName(self.tr("Preset"))
        self.preset.setToolTip("\n".join(f"{p.title}: {p.doc}" for p in PRESETS))
        self.body.addWidget(self.potential)
        self.body.addWidget(line())
        preset_label = label(self.tr("Preset"), "muted")
        preset_label.setFixedWidth(LABEL_WIDTH)
        preset_row = row(preset_label)
        preset_row.addWidget(self.preset, 1)
        self.body.addLayout(preset_row)
        self.body.addWidget(self.form)
        self.body.addWidget(self.notices)
        self.body.addStretch(1)
        self._dress_run()
        self.run.setToolTip(self.tr("Start the simulation (Ctrl+Enter)"))
        self.pause.setToolTip(self.tr("Hold the run at the next step, or let it go on"))
        self.stop.setToolTip(self.tr("End the run; what is finished is kept (Ctrl+/)"))
        self.extend.setToolTip(self.tr("Go on from the last step for as many more (Ctrl+E)"))
        self.foot.addWidget(self.outlook)
        self.foot.addWidget(self.run)
        buttons = row(spacing=6)
        for button in (self.pause, self.stop, self.extend):
            buttons.addWidget(button, 1)
        self.foot.addLayout(buttons)

    def _connect(self) -> None:
        self.potential.edited.connect(self._refresh)
        self.potential.judged.connect(self._dress_run)
        self.preset.edited.connect(self._on_preset_chosen)
        self.form.edited.connect(self._on_form_edited)
        self.notices.acted.connect(self._on_notice_acted)
        self.run.clicked.connect(self._on_run_clicked)
        self.pause.clicked.connect(self.ask_pause)
        self.stop.clicked.connect(self.ask_stop)
        self.extend.clicked.connect(self.ask_extend)

    def _choose_preset(self, key: str) -> None:
        for preset in PRESETS:
            if preset.key == key:
                self.form.set_spec(apply(preset, self._shown()))
        self.preset.set_value(key)
        self._refresh()

    def _shown(self) -> MDSpec:
        try:
            return self.form.spec()
        except InvalidSpecError:
            return MDSpec()

    def _refresh(self) -> None:
        spec = replace(self._shown(), **self.potential.values())
        structure = self._document.structure() if self._document else None
        self._cautions = warnings_for(spec, structure) if structure is not None else []
        self.notices.set_notices(
            tuple(
                ("error" if caution.stops else "warn", caution.text, caution.button, str(index))
                for index, caution in enumerate(self._cautions)
            )
        )
        if structure is None:
            self.outlook.setText(self.tr("Open a structure to run it."))
        elif self.form.problems():
            self.outlook.setText(self.tr("A setting above needs a correction."))
        else:
            self.outlook.setText(estimate(spec, len(structure), self._rates))
        busy = self._state in (RUNNING, PAUSED)
        self.outlook.setVisible(not busy)  # the status line knows better by now
        stopped = any(caution.stops for caution in self._cautions)
        ready = structure is not None and not stopped and self.potential.is_usable
        self.run.setEnabled(ready and not busy and not self.form.problems())
        self.pause.setEnabled(busy)
        self.pause.setText(self.tr("Resume") if self._state == PAUSED else self.tr("Pause"))
        self._pause_icon.set_name("resume" if self._state == PAUSED else "pause")
        self.stop.setEnabled(busy)
        self.extend.setEnabled(self._last is not None and not busy)
        for widget in (self.potential, self.preset, self.form):
            widget.setEnabled(not busy)

    def _dress_run(self) -> None:
        """Under a red light a run can be started, but is not what the panel proposes."""
        verdict = self.potential.verdict
        is_red = verdict is not None and verdict.level is Level.NO
        set_role(self.run, "" if is_red else "primary")
        self._run_icon.set_role("text" if is_red else "accent_text")

    def _on_run_clicked(self) -> None:
        self.ask_run()

    def _on_preset_chosen(self) -> None:
        self._choose_preset(self.preset.value())

    def _on_form_edited(self) -> None:
        self.preset.set_value(preset_of(self._shown()))
        self._refresh()

    def _on_notice_acted(self, key: str) -> None:
        caution = self._cautions[int(key)]
        if caution.orders:
            self.order_asked.emit()
            return
        self.form.set_spec(replace(self._shown(), **dict(caution.changes)))
        self._on_form_edited()
