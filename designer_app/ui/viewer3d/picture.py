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
    """A colour texture with depth that can be drawn into and read by a shader."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.color = gloo.Texture2D((height, width, 4), interpolation="linear")
        self.depth = gloo.Texture2D((height, width, 1), format="depth_component")
        self.buffer = gloo.FrameBuffer(self.color, self.depth)


class Picture:
    """A picture of `width` x `height` pixels with `samples` x `samples` samples in each."""

    def __init__(self, width: int, height: int, samples: int, *, occluded: bool) -> None:
        self.width, self.height, self.samples = width, height, samples
        self.drawn = Target(width * samples, height * samples)
        defines = f"#define SAMPLES {samples}\n" + "#define OCCLUDED\n" * occluded
        parts = ("light.glsl", "depth.glsl") if occluded else ()
        self._resolve = self._pass("resolve.frag", defines, parts)
        self._resolve["u_picture"] = self.drawn.color
        self._occlusion: Target | None = None
        if occluded:
            self._occlusion = Target(width, height)
            self._occlude = self._pass("occlusion.frag", "", ("depth.glsl",))
            self._occlude["u_depth"] = self.drawn.depth
            self._resolve["u_occlusion"] = self._occlusion.color
            self._resolve["u_pixel"] = 1.0 / width, 1.0 / height
            self._resolve["u_strength"] = STRENGTH

    def _pass(self, fragment: str, defines: str, parts: tuple[str, ...]) -> gloo.Program:
        made = program("resolve.vert", fragment, defines=defines, parts=parts)
        made["a_corner"] = gloo.VertexBuffer(SQUARE)
        made["u_texel"] = 1.0 / self.drawn.width, 1.0 / self.drawn.height
        return made

    def occlude(self, uniforms: Uniforms) -> None:
        """Find from the depth which surfaces stand close to others, within `u_reach` A."""
        if self._occlusion is not None:
            with self._occlusion.buffer:
                self._cover(self._occlude, uniforms)

    def show(self, uniforms: Uniforms) -> None:
        """Draw the finished picture into the frame buffer that is bound."""
        self._cover(self._resolve, uniforms)

    def _cover(self, each_pixel: gloo.Program, uniforms: Uniforms) -> None:
        gloo.set_viewport(0, 0, self.width, self.height)
        gloo.set_state(depth_test=False, blend=False)
        set_uniforms(each_pixel, uniforms)
        each_pixel.draw("triangle_strip")
