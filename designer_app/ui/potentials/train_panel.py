"""The right panel of a training: family, time, members, baseline, sizes; plan; one button."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer_app.specs.fields import about, check_spec, spec_fields
from designer_app.specs.labels import Preflight
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui.editors import ChoiceEditor, SuggestionEditor
from designer_app.ui.forms import LABEL_WIDTH, SpecForm
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.notice import Notice
from designer_app.ui.panels.section import PanelPage, line, row
from designer_app.ui.potentials.plan_view import PlanView
from designer_app.ui.theme import Theme, label, set_role

IDLE, RUNNING, PAUSED, FINISHED = "idle", "running", "paused", "finished"
_ELSEWHERE = ("split", "tags", "model", "baseline")
"""Fields with editors of their own, here or on the page of the data."""


class TrainPanel(PanelPage):
    """Emits what is asked; the spec is completed with the data by whoever listens."""

    edited = Signal()
    run_asked = Signal()
    pause_asked = Signal()
    resume_asked = Signal()
    stop_asked = Signal()
    go_on_asked = Signal()
    result_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Train"), parent)
        self._theme = theme
        self._state = IDLE
        self._is_ready = False
        self._outcome: Notice | None = None
        empty = TrainPotentialSpec(data=(), out=Path())
        said = {each.name: about(each) for each, _, _ in spec_fields(empty)}
        self.form = SpecForm(empty, theme, leave_out=_ELSEWHERE)
        self.model = ChoiceEditor(said["model"].choices)
        self._model_label = label(said["model"].label, "muted")
        self.family = label("", "small", wrap=True)
        self.baseline = SuggestionEditor()
        self._baseline_label = label(said["baseline"].label, "muted")
        self._sizes_fold = QPushButton(self.tr("Sizes of the model"))
        self._fold_icon = ThemedIcon(self._sizes_fold, "chevron-right", theme, "muted")
        self._sizes_place = QVBoxLayout()
        self.sizes: SpecForm | None = None
        self._family = ""
        self.plan = PlanView()
        self.outlook = label("", "muted", wrap=True)
        self.progress = label("", "muted", wrap=True)
        self.see = QPushButton(self.tr("See the result"))
        self.run = QPushButton(self.tr("Train"))
        self.pause = QPushButton(self.tr("Pause"))
        self.stop = QPushButton(self.tr("Stop and keep best"))
        self.go_on = QPushButton(self.tr("Go on with this training"))
        self._pause_icon = ThemedIcon(self.pause, "pause", theme)
        self._run_icon = ThemedIcon(self.run, "train", theme, "accent_text")
        self._icons = (
            ThemedIcon(self.see, "check", theme, "accent_text"),
            ThemedIcon(self.stop, "stop", theme),
            ThemedIcon(self.go_on, "resume", theme),
        )
        self._build(said["model"].doc, said["baseline"].doc)
        self._connect()
        self.set_spec(empty)

    # --- what it holds ---

    def into(self, spec: TrainPotentialSpec) -> TrainPotentialSpec:
        """A spec with the settings of this panel. Raises `InvalidSpecError`."""
        shown = self.form.spec()
        ours = [each.name for each, said, _ in spec_fields(shown) if not said.hidden]
        values = {name: getattr(shown, name) for name in ours if name not in _ELSEWHERE}
        ours_too = {"model": self.model.value(), "baseline": self.baseline.value()}
        found = replace(spec, **values, **ours_too, options=self._options())
        check_spec(found)
        return found

    def set_spec(self, spec: TrainPotentialSpec) -> None:
        """Show the settings of a training."""
        self.form.set_spec(spec)
        self.model.set_value(spec.model)
        self.baseline.set_value(spec.baseline)
        self._show_family(spec.model, spec.options)
        self._refresh()

    def offer_baselines(self, choices: Sequence[tuple[str, str]]) -> None:
        """(family:model, title) of what can be corrected."""
        present = self.baseline.value()
        self.baseline.set_choices((("", self.tr("none: learn all of it")), *choices))
        self.baseline.set_value(present)

    def set_preflight(self, found: Preflight | None) -> None:
        """The plan, and whether it may start; None while it is not known."""
        self.plan.set_planned(found.plan if found is not None else None)
        self._is_ready = found is not None and found.may_start
        self._refresh()

    def set_outlook(self, text: str) -> None:
        """What is missing before it can start."""
        self.outlook.setText(text)
        self._refresh()

    def set_state(self, state: str) -> None:
        """Idle, running, paused or finished: sets which buttons can be pressed."""
        self._state = state
        self._refresh()

    @property
    def state(self) -> str:
        """Idle, running, paused or finished."""
        return self._state

    def set_progress(self, text: str) -> None:
        """How far it is."""
        self.progress.setText(text)
        self._refresh()

    def set_can_go_on(self, can: bool) -> None:
        """Whether the shown training ended early and can go on."""
        self.go_on.setVisible(can)
        self.plan.set_unfinished(is_unfinished=can)

    def set_has_result(self, *, has_result: bool) -> None:
        """Whether the page in front led to a potential, which is the next thing to look at."""
        self.see.setVisible(has_result)
        self.run.setText(self.tr("Train again") if has_result else self.tr("Train"))
        set_role(self.run, "" if has_result else "primary")
        self._run_icon.set_role("text" if has_result else "accent_text")

    def set_outcome(self, text: str, kind: str = "ok") -> None:
        """One sentence of how it ended."""
        if self._outcome is not None:
            self._outcome.hide()
            self._outcome.deleteLater()
            self._outcome = None
        if text:
            self._outcome = Notice(kind, text, self._theme)
            self.foot.insertWidget(0, self._outcome)

    def outcome(self) -> str:
        """The sentence shown after a training."""
        return self._outcome.text.text() if self._outcome else ""

    def ask_run(self) -> None:
        """Press the primary button, where it can be pressed."""
        if not self.see.isHidden():
            self.result_asked.emit()
        elif self.run.isEnabled() and not self.run.isHidden():
            self.run_asked.emit()

    def ask_pause(self) -> None:
        """Hold the training, or let it go on."""
        if self._state == RUNNING:
            self.pause_asked.emit()
        elif self._state == PAUSED:
            self.resume_asked.emit()

    # --- layout ---

    def _build(self, model_doc: str, baseline_doc: str) -> None:
        self._sizes_fold.setProperty("role", "fold")
        self._sizes_fold.setCheckable(True)
        self._sizes_fold.setToolTip(self.tr("For experts: what is left as it is follows the plan"))
        self.offer_baselines(())
        for said, editor, doc in (
            (self._model_label, self.model, model_doc),
            (self._baseline_label, self.baseline, baseline_doc),
        ):
            editor.setAccessibleName(said.text())
            editor.setToolTip(doc)
            said.setFixedWidth(LABEL_WIDTH)
            pair = row(said)
            pair.addWidget(editor, 1)
            self.body.addLayout(pair)
            if editor is self.model:
                self.body.addWidget(self.family)
        self.body.addWidget(self.form)
        self.body.addWidget(self._sizes_fold)
        self.body.addLayout(self._sizes_place)
        self.body.addStretch(1)
        self.see.setProperty("role", "primary")
        self.see.setToolTip(self.tr("How good the potential is (Ctrl+Enter)"))
        self.run.setToolTip(self.tr("Start the training (Ctrl+Enter)"))
        self.pause.setToolTip(self.tr("Hold it after the present epoch, or let it go on"))
        self.stop.setToolTip(self.tr("End it; the best epoch becomes the potential (Ctrl+/)"))
        self.go_on.setToolTip(self.tr("From its last checkpoint"))
        self.foot.addWidget(self.plan)
        self.foot.addWidget(line())
        for widget in (self.progress, self.outlook, self.see, self.run):
            self.foot.addWidget(widget)
        buttons = row(spacing=6)
        buttons.addWidget(self.pause, 1)
        buttons.addWidget(self.stop, 1)
        self.foot.addLayout(buttons)
        self.foot.addWidget(self.go_on)
        self.go_on.setVisible(False)
        self.set_has_result(has_result=False)

    def _connect(self) -> None:
        self.form.edited.connect(self._on_edited)
        self.model.edited.connect(self._on_edited)
        self.baseline.edited.connect(self._on_edited)
        self._sizes_fold.toggled.connect(self._on_fold_toggled)
        self.see.clicked.connect(self.result_asked)
        self.run.clicked.connect(self.run_asked)
        self.pause.clicked.connect(self.ask_pause)
        self.stop.clicked.connect(self.stop_asked)
        self.go_on.clicked.connect(self.go_on_asked)

    def _show_family(self, key: str, options: Sequence[str] = ()) -> None:
        """The words and the sizes of a family; the form is built anew where it is another one."""
        self._family = key
        self.family.setText(TRAINABLE[key].summary)
        settings = with_options(TRAINABLE[key].settings_class()(), options)
        if self.sizes is not None:
            self.sizes.hide()
            self.sizes.deleteLater()
        self.sizes = SpecForm(settings, self._theme)
        self.sizes.edited.connect(self._on_edited)
        self.sizes.setVisible(self._sizes_fold.isChecked())
        self._sizes_place.addWidget(self.sizes)

    def _options(self) -> tuple[str, ...]:
        """name=value of the sizes that differ from the family's own."""
        if self.sizes is None:
            return ()
        shown = self.sizes.spec()
        usual = type(shown)()
        pairs = ((each.name, getattr(shown, each.name)) for each, _, _ in spec_fields(shown))
        return tuple(f"{name}={_text(v)}" for name, v in pairs if v != getattr(usual, name))

    # --- how it follows ---

    def _refresh(self) -> None:
        busy = self._state in (RUNNING, PAUSED)
        self.plan.set_busy(is_busy=busy)
        problems = self.form.problems() or (self.sizes.problems() if self.sizes else {})
        self.run.setEnabled(self._is_ready and not busy and not problems)
        self.run.setVisible(not busy)
        self.outlook.setVisible(not busy and bool(self.outlook.text()))
        self.progress.setVisible(busy and bool(self.progress.text()))
        for button in (self.pause, self.stop):
            button.setVisible(busy)
        self.pause.setText(self.tr("Resume") if self._state == PAUSED else self.tr("Pause"))
        self._pause_icon.set_name("resume" if self._state == PAUSED else "pause")
        for widget in (self.model, self.form, self.baseline, self.sizes):
            if widget is not None:
                widget.setEnabled(not busy)

    def _on_edited(self) -> None:
        if self.model.value() != self._family:
            self._show_family(self.model.value())
        self._refresh()
        self.edited.emit()

    def _on_fold_toggled(self, is_open: bool) -> None:
        if self.sizes is not None:
            self.sizes.setVisible(is_open)
        self._fold_icon.set_name("chevron-down" if is_open else "chevron-right")


def with_options(settings: Any, options: Sequence[str]) -> Any:
    """Sizes with name=value texts in place; what does not fit is left as it is."""
    kinds = {each.name: type(getattr(settings, each.name)) for each, _, _ in spec_fields(settings)}
    changes: dict[str, Any] = {}
    for option in options:
        name, _, text = option.partition("=")
        if name not in kinds:
            continue
        try:
            changes[name] = text == "true" if kinds[name] is bool else kinds[name](text)
        except ValueError:
            continue
    return replace(settings, **changes)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
