"""The picture between drawing and screen: its samples, its depth, and what is derived from them.

Everything is drawn into a picture of its own (1, 2 or 3 samples a pixel and direction) and averaged
from there, so that screen and export share one path and outlines are smooth: multisampling knows
nothing of the outlines of spheres that are found by rays.
"""

from vispy import gloo

from designer_app.ui.viewer3d.programs import SQUARE, Uniforms, program, set_uniforms

STRENGTH = 0.85
"""Share of the computed darkening that is applied."""


class Target:
    """A colour texture, with depth where asked, that can be drawn into and read by a shader."""

    def __init__(self, width: int, height: int, *, depth: bool) -> None:
        self.width, self.height = width, height
        self.color = gloo.Texture2D((height, width, 4), interpolation="linear")
        self.depth = gloo.Texture2D((height, width, 1), format="depth_component") if depth else None
        self.buffer = gloo.FrameBuffer(self.color, self.depth)


class Picture:
    """A picture of `width` x `height` pixels with `samples` x `samples` samples in each."""

    def __init__(self, width: int, height: int, samples: int) -> None:
        self.size = width, height, samples
        self.drawn = Target(width * samples, height * samples, depth=True)
        self._occlusion = Target(width, height, depth=False)
        self._occlude = program("resolve.vert", "occlusion.frag", parts=("depth.glsl",))
        self._resolve = program("resolve.vert", "resolve.frag", parts=("light.glsl", "depth.glsl"))
        for each in (self._occlude, self._resolve):
            each["a_corner"] = gloo.VertexBuffer(SQUARE)
            each["u_texel"] = 1.0 / self.drawn.width, 1.0 / self.drawn.height
            each["u_depth"] = self.drawn.depth
        self._resolve["u_picture"] = self.drawn.color
        self._resolve["u_occlusion"] = self._occlusion.color
        self._resolve["u_pixel"] = 1.0 / width, 1.0 / height
        self._resolve["u_samples"] = float(samples)

    def occlude(self, uniforms: Uniforms) -> None:
        """Find from the depth which surfaces stand close to others, within `u_reach` A."""
        width, height, _ = self.size
        with self._occlusion.buffer:
            gloo.set_viewport(0, 0, width, height)
            gloo.set_state(depth_test=False, blend=False)
            set_uniforms(self._occlude, uniforms)
            self._occlude.draw("triangle_strip")

    def show(self, uniforms: Uniforms, *, occluded: bool) -> None:
        """Draw the finished picture into the frame buffer that is bound."""
        width, height, _ = self.size
        gloo.set_viewport(0, 0, width, height)
        gloo.set_state(depth_test=False, blend=False)
        set_uniforms(self._resolve, uniforms)
        self._resolve["u_strength"] = STRENGTH if occluded else 0.0
        self._resolve.draw("triangle_strip")
