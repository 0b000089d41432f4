"""Shader programs from the shipped sources, and the geometry that they repeat."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from designer_app.resources import resource

Uniforms = Mapping[str, object]

SQUARE = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=np.float32)
"""Corners of a square as a triangle strip."""


def program(
    vertex: str, fragment: str, *, defines: str = "", parts: tuple[str, ...] = ("light.glsl",)
) -> gloo.Program:
    """A program from files of `resources/shaders`; the `parts` stand before the fragment's."""
    common = defines + _source("common.glsl")
    before = "".join(_source(part) for part in parts)
    return gloo.Program(common + _source(vertex), common + before + _source(fragment))


def _source(name: str) -> str:
    return resource(f"shaders/{name}").read_text(encoding="utf-8") + "\n"


def set_uniforms(target: gloo.Program, uniforms: Uniforms) -> None:
    """Set those uniforms that the program declares."""
    declared = {name for kind, _, name in target.variables if kind == "uniform"}
    for name in declared & uniforms.keys():
        target[name] = uniforms[name]


class Instanced:
    """One small geometry drawn once per row of the instance arrays."""

    def __init__(self, target: gloo.Program, corners: NDArray[np.float32], mode: str) -> None:
        self.program = target
        self.mode = mode
        self.program["a_corner"] = gloo.VertexBuffer(corners)
        self._buffers: dict[str, gloo.VertexBuffer] = {}
        self.count = 0

    def set(self, **arrays: NDArray[np.float32]) -> None:
        """Give the instance arrays by attribute name; each keeps a buffer of its own."""
        for name, array in arrays.items():
            self.count = len(array)
            if self.count == 0:
                continue
            flat = np.ascontiguousarray(array, dtype=np.float32)
            buffer = self._buffers.get(name)
            if buffer is None or buffer.size != len(flat):
                buffer = self._buffers[name] = gloo.VertexBuffer(flat, divisor=1)
                self.program[name] = buffer
            else:
                buffer.set_data(flat)

    def draw(self, uniforms: Uniforms) -> None:
        """Draw all instances."""
        if self.count:
            set_uniforms(self.program, uniforms)
            self.program.draw(self.mode)
