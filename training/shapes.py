"""Shapes in a frame of their own: how far each sample belongs to an ellipse, a rim, a tube or an arc."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from training.ultrasound import Fan, Field

_SOFT = np.float32(0.012)
"""Width of an edge, in units of the imaging depth."""


@dataclass(frozen=True)
class Frame:
    """A part of the body: its middle, its size and how it is turned. `u` and `v` are in units of its size."""

    u: Field
    v: Field
    size: float
    beam: tuple[Field, Field]
    """The beam's direction in this frame."""
    middle: tuple[float, float]
    turn: tuple[float, float]
    """Cosine and sine of the angle by which it is turned, clockwise on the picture."""
    flip: float
    """-1 where the part is mirrored along u, else 1."""

    @classmethod
    def at(
        cls, fan: Fan, middle: tuple[float, float], size: float, degrees: float, mirrored: bool = False
    ) -> Self:
        """Place a part: `middle` as (x, y), `size` in imaging depths."""
        flip = -1.0 if mirrored else 1.0
        cosine, sine = float(np.cos(np.deg2rad(degrees))), float(np.sin(np.deg2rad(degrees)))

        def turned(x: Field, y: Field) -> tuple[Field, Field]:
            return np.float32(flip) * (cosine * x + sine * y), cosine * y - sine * x

        u, v = turned((fan.x - middle[0]) / size, (fan.y - middle[1]) / size)
        return cls(u, v, size, turned(*fan.beam), middle, (cosine, sine), flip)

    def point(self, u: float, v: float) -> tuple[float, float]:
        """Return a point of the frame as (x, y)."""
        (cosine, sine), u = self.turn, u * self.flip
        x, y = cosine * u - sine * v, sine * u + cosine * v
        return self.middle[0] + self.size * x, self.middle[1] + self.size * y

    def ellipse(self, u: float, v: float, along: float, across: float, degrees: float = 0.0) -> Field:
        """Cover of an ellipse around (u, v) with these half-axes."""
        return self._inside(self._beyond(u, v, along, across, degrees))

    def rim(self, u: float, v: float, along: float, across: float, thickness: float) -> Field:
        """Cover of an ellipse's outline; it fades where the beam only grazes it."""
        beyond = self._beyond(u, v, along, across, 0.0)
        normal_u, normal_v = (self.u - u) / along**2, (self.v - v) / across**2
        towards = np.abs(normal_u * self.beam[0] + normal_v * self.beam[1])
        facing = towards / (np.hypot(normal_u, normal_v) + np.float32(1e-6))
        cover: Field = self._inside(np.abs(beyond) - np.float32(thickness / 2)) * (0.15 + 0.85 * facing)
        return cover

    def tube(self, start: tuple[float, float], end: tuple[float, float], radius: float) -> Field:
        """Cover of a straight tube with round ends."""
        return self._inside(self.from_line(start, end) - radius)

    def from_line(self, start: tuple[float, float], end: tuple[float, float]) -> Field:
        """Distance of each sample from a line between two points."""
        du, dv = end[0] - start[0], end[1] - start[1]
        along = ((self.u - start[0]) * du + (self.v - start[1]) * dv) / np.float32(du * du + dv * dv)
        along = np.clip(along, 0, 1)
        distance: Field = np.hypot(self.u - start[0] - along * du, self.v - start[1] - along * dv)
        return distance

    def from_arch(self, u: float, v: float, radius: float) -> Field:
        """Distance of each sample from the half circle around (u, v) on its side of smaller v."""
        du, dv = self.u - u, self.v - v
        distance: Field = np.where(
            dv <= 0, np.abs(np.hypot(du, dv) - radius), np.hypot(np.abs(du) - radius, dv)
        )
        return distance

    def within(self, distance: Field) -> Field:
        """Cover of what lies at a distance below 0."""
        return self._inside(distance)

    def _beyond(self, u: float, v: float, along: float, across: float, degrees: float) -> Field:
        """Distance outside an ellipse, nearly: exact on it, and in its proportions elsewhere."""
        du, dv = self.u - u, self.v - v
        if degrees:
            cosine, sine = np.float32(np.cos(np.deg2rad(degrees))), np.float32(np.sin(np.deg2rad(degrees)))
            du, dv = cosine * du + sine * dv, cosine * dv - sine * du
        beyond: Field = (np.hypot(du / along, dv / across) - 1) * min(along, across)
        return beyond

    def _inside(self, beyond: Field) -> Field:
        cover: Field = np.clip(0.5 - beyond * (self.size / _SOFT), 0, 1)
        return cover
