"""Pictures of the Design workspace: introduction, every page, and what is wrong told on them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from designer_app.ui.design.element_states import only_required
from designer_app.ui.design.run_gallery import shoot_design_run

if TYPE_CHECKING:
    from designer_app.ui.gallery import Gallery

_SET_UP = ("targets", "chemistry", "budget")


def shoot_design(gallery: "Gallery") -> None:
    """Introduction, the four set-up pages, a contradiction, no element left, large."""
    window = gallery.window
    window.show_workspace("design")
    design = window.design
    gallery.shoot("design-empty")
    design.begin()
    gallery.shoot("design-purpose")
    design.begin("li-cathode")
    for step in _SET_UP:
        design.wizard.go_to(step)
        gallery.shoot(f"design-{step}")
    _show_problems(gallery)
    gallery.resize_large()
    design.begin("electrolyte")
    gallery.shoot("design-large-targets")
    design.wizard.go_to("chemistry")
    gallery.shoot("design-large-chemistry")
    gallery.resize_design()
    shoot_design_run(gallery)


def _show_problems(gallery: "Gallery") -> None:
    """Contradictory targets, then a chemistry in which nothing can be built."""
    wizard = gallery.window.design.wizard
    targets = ("energy_density=900..", "voltage=2..4", "capacity=..150", "e_above_hull=..0.05")
    wizard.begin(replace(wizard.spec(), targets=targets))
    wizard.go_to("targets")
    gallery.shoot("design-contradiction")
    gallery.window.design.begin("li-cathode")
    wizard.go_to("chemistry")
    page = wizard.page_of("chemistry")
    page.set_spec(only_required(wizard.spec()))
    gallery.shoot("design-no-element-left")
    gallery.window.design.begin()
