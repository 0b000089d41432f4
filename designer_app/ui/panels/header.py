"""The line over the picture: what is shown, and how."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.theme import Theme, label

_SCHEMES = (("jmol", "Jmol colours"), ("vesta", "VESTA colours"))


class Header(QWidget):
    """Formula, space group, atoms, density; perspective and colours."""

    projection_chosen = Signal(str)
    scheme_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formula = label("", "title")
        self._headline = label("", "muted")
        self._projection = QToolButton()
        self._projection_icon = ThemedIcon(self._projection, "perspective", theme)
        self.scheme = ChoiceEditor(_SCHEMES)
        self._build()
        self._projection.clicked.connect(self._on_projection_clicked)
        self.scheme.edited.connect(self._on_scheme_edited)

    def set_texts(self, formula: str, headline: str) -> None:
        """Say what is shown."""
        self._formula.setText(formula)
        self._headline.setText(headline)

    def show_scheme(self, scheme: str) -> None:
        """Show which colours are in use."""
        self.scheme.set_value(scheme)

    def show_projection(self, projection: str) -> None:
        """Show which projection is in use."""
        is_perspective = projection == "perspective"
        self._projection.setChecked(is_perspective)
        self._projection_icon.set_name("perspective" if is_perspective else "orthographic")
        self._projection.setText(self.tr("Perspective") if is_perspective else self.tr("Parallel"))

    def texts(self) -> tuple[str, str]:
        """What is said."""
        return self._formula.text(), self._headline.text()

    def _build(self) -> None:
        self.setProperty("role", "header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        self._projection.setCheckable(True)
        self._projection.setChecked(True)
        self._projection.setText(self.tr("Perspective"))
        self._projection.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._projection.setToolTip(self.tr("Perspective or parallel projection"))
        self.scheme.setAccessibleName(self.tr("Colours of the elements"))
        self.scheme.setToolTip(self.tr("Colours of the elements"))
        self.scheme.setFixedWidth(142)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 12, 4)
        layout.setSpacing(10)
        layout.addWidget(self._formula)
        layout.addWidget(self._headline, 1)
        layout.addWidget(self._projection)
        layout.addWidget(self.scheme)

    def _on_projection_clicked(self, is_perspective: bool) -> None:
        projection = "perspective" if is_perspective else "orthographic"
        self.show_projection(projection)
        self.projection_chosen.emit(projection)

    def _on_scheme_edited(self) -> None:
        self.scheme_chosen.emit(self.scheme.value())
