"""How a body is built and holds itself: what is the wearer's own, whatever they do."""

from __future__ import annotations

from dataclasses import dataclass

from evenside.simulator.asymmetry import within

__all__ = ["Build"]


@dataclass(frozen=True, slots=True)
class Build:
    """Angles in degrees.

    ``lean_deg``: of the upright trunk, to the right. ``stoop_deg``: of the upright trunk, forward. ``yield_deg``: how
    far the trunk leans away from a load as heavy as the body on one side. ``hip_deg``: how far a thigh swings forward.
    ``seat_deg``: inclination of the thighs on a chair, left and right. ``arm_swing``: of the left and of the right
    arm, 1 is usual, and ``arm_scatter`` the SD of its logarithm from walk to walk. ``knee_over_deg``: how much higher
    the knee is held that lies on top. ``restless``: of all small movements, 1 is usual.
    """

    height_m: float = 1.72
    lean_deg: float = 0.0
    stoop_deg: float = 2.0
    yield_deg: float = 30.0
    hip_deg: float = 25.0
    seat_deg: tuple[float, float] = (87.0, 87.0)
    arm_swing: tuple[float, float] = (1.0, 1.0)
    arm_scatter: float = 0.0
    knee_over_deg: float = 16.0
    restless: float = 1.0

    def __post_init__(self) -> None:
        within("height_m", self.height_m, 1.3, 2.2)
        within("lean_deg", self.lean_deg, -6.0, 6.0)
        within("stoop_deg", self.stoop_deg, -10.0, 20.0)
        within("yield_deg", self.yield_deg, 0.0, 80.0)
        within("hip_deg", self.hip_deg, 10.0, 40.0)
        within("arm_scatter", self.arm_scatter, 0.0, 0.5)
        within("knee_over_deg", self.knee_over_deg, 5.0, 35.0)
        within("restless", self.restless, 0.0, 3.0)
        for seat, swing in zip(self.seat_deg, self.arm_swing, strict=True):
            within("seat_deg", seat, 70.0, 100.0)
            within("arm_swing", swing, 0.2, 1.5)
