"""Turning what a body feels into the frame of one of its parts: elementary rotations and the pull of levers.

A part is reached from the world by rotations one after the other, each about an axis of the frame reached so far. With
each one the specific force turns, and the part's own rate comes to the angular velocity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Floats

__all__ = ["Felt"]

Three = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Felt:
    """Specific force in m/s² and angular velocity in rad/s: forward, left and up, each (n,)."""

    force: Three
    spin: Three

    def pitched(self, angle: Floats, rate: Floats) -> Felt:
        """In a frame that is tipped forward by ``angle`` (n,) rad."""
        cos, sin = np.cos(angle), np.sin(angle)
        (fx, fy, fz), (wx, wy, wz) = self.force, self.spin
        return Felt(
            (fx * cos - fz * sin, fy, fx * sin + fz * cos), (wx * cos - wz * sin, wy + rate, wx * sin + wz * cos)
        )

    def rolled(self, angle: Floats, rate: Floats) -> Felt:
        """In a frame that leans to the right by ``angle``."""
        cos, sin = np.cos(angle), np.sin(angle)
        (fx, fy, fz), (wx, wy, wz) = self.force, self.spin
        return Felt(
            (fx, fy * cos + fz * sin, fz * cos - fy * sin), (wx + rate, wy * cos + wz * sin, wz * cos - wy * sin)
        )

    def turned(self, angle: Floats, rate: Floats) -> Felt:
        """In a frame that is turned to the left by ``angle``."""
        cos, sin = np.cos(angle), np.sin(angle)
        (fx, fy, fz), (wx, wy, wz) = self.force, self.spin
        return Felt(
            (fx * cos + fy * sin, fy * cos - fx * sin, fz), (wx * cos + wy * sin, wy * cos - wx * sin, wz + rate)
        )

    def pushed(self, ahead: Floats, left: Floats, up: Floats) -> Felt:
        """With more acceleration, in this frame."""
        fx, fy, fz = self.force
        return Felt((fx + ahead, fy + left, fz + up), self.spin)

    @property
    def channels(self) -> tuple[Floats, ...]:
        """Force and then spin: six times (n,)."""
        return (*self.force, *self.spin)
