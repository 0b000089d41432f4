"""The middle of the Design workspace: the introduction or the wizard."""

from PySide6.QtWidgets import QWidget

from designer_app.ui.design.intro import DesignIntro
from designer_app.ui.design.wizard import DesignWizard
from designer_app.ui.panels.introduced_area import IntroducedArea
from designer_app.ui.theme import Theme


class DesignArea(IntroducedArea):
    """Whoever uses it hears both, and adds the pages of the wizard."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.intro = DesignIntro(theme)
        self.wizard = DesignWizard((), theme)
        super().__init__(self.intro, self.wizard, parent)
        self.setAccessibleName(self.tr("Design"))
