"""The search in the right panel: candidates, purpose, rules, settings, outlook, one button."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.specs.fields import about, check_spec, spec_fields
from designer_app.specs.presets import applied, preset_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_presets import CUSTOM, PRESETS
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.forms import LABEL_WIDTH, SpecForm
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.panels.notice import Notice, NoticeList
from designer_app.ui.panels.potential_choice import PotentialChoice
from designer_app.ui.panels.section import PanelPage, line, row
from designer_app.ui.screening import rules, sources
from designer_app.ui.screening.outlook import StageTimes, estimate, warnings_for
from designer_app.ui.theme import Theme, label

IDLE, RUNNING, PAUSED, FINISHED = "idle", "running", "paused", "finished"
_ELSEWHERE = ("rules", "ion", "reaction", "potential", "model")
"""Fields with editors of their own, besides those of sources and sentences."""


class SearchPage(PanelPage):
    """Emits the `ScreenSpec` to run."""

    run_asked = Signal(object)
    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()
    best_asked = Signal()
    go_on_asked = Signal()
    """Resume the run that was stopped."""

    def __init__(self, theme: Theme, times: StageTimes, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._theme = theme
        self._times = times
        self._state = IDLE
        self._cautions: list[Caution] = []
        self._outcome: Notice | None = None
        said = {each.name: about(each) for each, _, _ in spec_fields(ScreenSpec)}
        self.sources = sources.Sources(theme)
        self.preset = ChoiceEditor((*((each.key, each.title) for each in PRESETS), CUSTOM))
        self.ion = ChoiceEditor(said["ion"].choices)
        self.reaction = ChoiceEditor(said["reaction"].choices)
        self.rules = rules.RuleSentences()
        leave_out = (*_ELSEWHERE, *sources.EDITED, *rules.EDITED)
        self.form = SpecForm(ScreenSpec(), theme, leave_out=leave_out)
        self.potential = PotentialChoice(theme)
        self.notices = NoticeList(theme)
        self.outlook = label("", "muted", wrap=True)
        self.progress = label("", "strong", wrap=True)
        self.losses = label("", "small", wrap=True)
        self.run = QPushButton(self.tr("Screen"))
        self.pause = QPushButton(self.tr("Pause"))
        self.stop = QPushButton(self.tr("Stop"))
        self.go_on = QPushButton(self.tr("Go on with the stopped run"))
        self._pause_icon = ThemedIcon(self.pause, "pause", theme)
        self._icons = (
            ThemedIcon(self.run, "play", theme, "accent_text"),
            ThemedIcon(self.stop, "stop", theme),
            ThemedIcon(self.go_on, "resume", theme),
        )
        self._ion_label = label(said["ion"].label, "muted")
        self._reaction_label = label(said["reaction"].label, "muted")
        self._build(said["ion"].doc, said["reaction"].doc)
        self._connect()
        self._choose_preset("cathode")

    # --- what it holds ---

    def set_document(self, document: Document | None) -> None:
        """Screen what this could become."""
        self.sources.set_document(document)
        self.potential.set_document(document)
        self._refresh()

    def set_files(self, files: list[Path]) -> None:
        """Screen these files."""
        self.sources.set_files(files)
        self._refresh()

    def set_way(self, make: str) -> None:
        """Choose how candidates are made."""
        self.sources.set_way(make)
        self._refresh()

    def spec(self) -> ScreenSpec:
        """What to run; raises `InvalidSpecError`."""
        spec: ScreenSpec = self.form.spec()
        values = {name: getattr(self.rules.spec(), name) for name in (*rules.EDITED, "rules")}
        spec = replace(spec, **values, ion=self.ion.value(), reaction=self.reaction.value())
        spec = self.sources.into(replace(spec, **self.potential.values()))
        check_spec(spec)
        return spec

    def set_spec(self, spec: ScreenSpec) -> None:
        """Show the settings of a run; its structures and files stay what they are here."""
        plain = replace(spec, structures=(), paths=(), out=None, resume=False)
        self.form.set_spec(plain)
        self.rules.set_spec(plain)
        self.sources.show_spec(plain)
        self.ion.set_value(plain.ion)
        self.reaction.set_value(plain.reaction)
        self.potential.set_values(plain.potential, plain.model)
        self.preset.set_value(preset_of(PRESETS, plain))
        self._refresh()

    def set_state(self, state: str) -> None:
        """Idle, running, paused or finished: sets which buttons can be pressed."""
        self._state = state
        self._refresh()

    def set_progress(self, text: str, losses: str) -> None:
        """What the run does now, and why candidates were lost so far."""
        busy = self._state in (RUNNING, PAUSED)
        for widget, told in ((self.progress, text), (self.losses, losses)):
            widget.setText(told)
            widget.setVisible(busy and bool(told))

    def set_can_go_on(self, can: bool) -> None:
        """Whether the shown run ended early and can go on."""
        self.go_on.setVisible(can)

    def set_outcome(self, text: str, kind: str = "ok", action: str = "") -> None:
        """One sentence of what came out, with a button to the best candidate."""
        if self._outcome is not None:
            self._outcome.hide()
            self._outcome.deleteLater()
            self._outcome = None
        if text:
            self._outcome = Notice(kind, text, self._theme, action)
            self._outcome.acted.connect(self.best_asked)
            self.foot.insertWidget(0, self._outcome)

    def outcome(self) -> str:
        """The sentence shown after a run."""
        return self._outcome.text.text() if self._outcome else ""

    def ask_run(self) -> None:
        """Press the button, where it can be pressed."""
        if self.run.isEnabled():
            self.run_asked.emit(self.spec())

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

    def _build(self, ion_doc: str, reaction_doc: str) -> None:
        self.preset.setAccessibleName(self.tr("Looking for"))
        self.preset.setToolTip("\n".join(f"{each.title}: {each.doc}" for each in PRESETS))
        self.ion.setAccessibleName(self._ion_label.text())
        self.ion.setToolTip(ion_doc)
        self.reaction.setAccessibleName(self._reaction_label.text())
        self.reaction.setToolTip(reaction_doc)
        self.body.addWidget(label(self.tr("CANDIDATES"), "section"))
        self.body.addWidget(self.sources)
        self.body.addWidget(line())
        self.body.addWidget(label(self.tr("LOOKING FOR"), "section"))
        self.body.addWidget(self.preset)
        for said, editor in ((self._ion_label, self.ion), (self._reaction_label, self.reaction)):
            said.setFixedWidth(LABEL_WIDTH)
            pair = row(said)
            pair.addWidget(editor, 1)
            self.body.addLayout(pair)
        self.body.addWidget(line())
        self.body.addWidget(label(self.tr("KEEP WHAT"), "section"))
        self.body.addWidget(self.rules)
        self.body.addWidget(line())
        self.body.addWidget(label(self.tr("HOW"), "section"))
        self.body.addWidget(self.potential)
        self.body.addWidget(self.form)
        self.body.addWidget(self.notices)
        self.body.addStretch(1)
        self.run.setProperty("role", "primary")
        self.run.setToolTip(self.tr("Start the screening (Ctrl+Enter)"))
        self.pause.setToolTip(self.tr("Hold the run after the present candidate, or let it go on"))
        self.stop.setToolTip(self.tr("End the run; what is finished is kept (Ctrl+/)"))
        for widget in (self.progress, self.losses):
            widget.setVisible(False)
            self.foot.addWidget(widget)
        self.foot.addWidget(self.outlook)
        self.foot.addWidget(self.run)
        buttons = row(spacing=6)
        for button in (self.pause, self.stop):
            buttons.addWidget(button, 1)
        self.foot.addLayout(buttons)
        self.go_on.setToolTip(self.tr("What is done is not done again"))
        self.go_on.setVisible(False)
        self.foot.addWidget(self.go_on)

    def _connect(self) -> None:
        self.sources.edited.connect(self._refresh)
        self.preset.edited.connect(self._on_preset_chosen)
        for editor in (self.ion, self.reaction, self.form, self.potential):
            editor.edited.connect(self._refresh)
        self.rules.edited.connect(self._on_rules_edited)
        self.notices.acted.connect(self._on_notice_acted)
        self.run.clicked.connect(self.ask_run)
        self.pause.clicked.connect(self.ask_pause)
        self.stop.clicked.connect(self.ask_stop)
        self.go_on.clicked.connect(self.go_on_asked)

    # --- how it follows ---

    def _choose_preset(self, key: str) -> None:
        shown = self._rules_shown()
        for preset in PRESETS:
            if preset.key == key:
                self.rules.set_spec(applied(preset, shown))
        self.preset.set_value(key)
        self._refresh()

    def _rules_shown(self) -> ScreenSpec:
        try:
            return self.rules.spec()
        except InvalidSpecError:
            return ScreenSpec()

    def _refresh(self) -> None:
        busy = self._state in (RUNNING, PAUSED)
        kind = self._rules_shown().rules
        for widget, wanted in (
            (self._ion_label, "battery"),
            (self.ion, "battery"),
            (self._reaction_label, "catalyst"),
            (self.reaction, "catalyst"),
        ):
            widget.setVisible(kind == wanted)
        try:
            spec = self.spec()
        except InvalidSpecError:
            spec = None
        self._cautions = warnings_for(spec) if spec is not None else []
        self.notices.set_notices(
            tuple(
                ("error" if each.stops else "warn", each.text, each.button, str(place))
                for place, each in enumerate(self._cautions)
            )
        )
        stops = any(each.stops for each in self._cautions)
        if not self.sources.has_any:
            self.outlook.setText(self.tr("Open a structure, or add files to screen."))
        elif spec is None:
            self.outlook.setText(self.tr("A setting above needs a correction."))
        else:
            self.outlook.setText(estimate(spec, self._times))
        self.outlook.setVisible(not busy)  # the funnel knows better by now
        ready = spec is not None and self.sources.has_any and not stops
        self.run.setEnabled(ready and not busy)
        self.pause.setEnabled(busy)
        self.pause.setText(self.tr("Resume") if self._state == PAUSED else self.tr("Pause"))
        self._pause_icon.set_name("resume" if self._state == PAUSED else "pause")
        self.stop.setEnabled(busy)
        for widget in (self.pause, self.stop):
            widget.setVisible(busy)
        for widget in (self.progress, self.losses):
            widget.setVisible(busy and bool(widget.text()))
        self.run.setVisible(not busy)
        for widget in (self.sources, self.preset, self.ion, self.reaction, self.rules, self.form,
                       self.potential):  # fmt: skip
            widget.setEnabled(not busy)

    def _on_preset_chosen(self) -> None:
        self._choose_preset(self.preset.value())

    def _on_rules_edited(self) -> None:
        self.preset.set_value(preset_of(PRESETS, self._rules_shown()))
        self._refresh()

    def _on_notice_acted(self, key: str) -> None:
        changes = dict(self._cautions[int(key)].changes)
        self.set_spec(replace(self.spec(), **changes))
