"""What the signals of a wearer are made of: values that the walker decides, and that every sample is computed from."""

from __future__ import annotations

from dataclasses import dataclass, field

from evenside.simulator.curves import Knot

__all__ = [
    "ARM",
    "BAG",
    "FLAT_S",
    "FORCE",
    "HEADING",
    "LOAD",
    "QUIET",
    "REFERENCE_SWING_S",
    "RISE_S",
    "SWAY",
    "THIGH",
    "TRACKS",
    "Contact",
    "Movement",
    "Plan",
    "Pose",
]

FORCE, BAG, ARM = (0, 1), (2, 3), (4, 5)  # tracks of left and right: N of steps, N of the straps, rad forward
QUIET, LOAD = 6, 7  # share of the weight that is stood on rather than stepped with; N on both feet
THIGH = (8, 9)  # rad forward, of walking alone
SWAY, HEADING = 10, 11  # of the trunk over the foot that stands, -1 left to 1 right; rad to the left
TRACKS = 12

REFERENCE_SWING_S = 0.36  # the shapes of a movement are given for this swing, and stretched
RISE_S, FLAT_S = 0.24, 0.15  # heel rise before toe-off and foot flat after contact, for that swing

Contact = tuple[float, int, int, float, float]
"""Time, Event, Flag, peak force and impulse of the stance that a TC ends (NaN elsewhere)."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Of a foot flat on the ground: m forward, left and up of where the script began, rad to the left."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class Movement:
    """One swing of one foot, from the first moment at which it is not still to the last one.

    ``vigour`` scales its pitch and its height, ``push`` the time that push-off takes and ``slap`` that of landing.
    """

    rise_s: float
    tc_s: float
    ic_s: float
    flat_s: float
    start: Pose
    end: Pose
    vigour: float
    push: float
    slap: float
    running: bool = False

    @property
    def heel_rise_s(self) -> float:
        """When the foot has pitched by about 2 degrees, which is what can be seen of a heel rise."""
        return self.rise_s + 0.36 * (self.tc_s - 0.05 * self.push - self.rise_s)

    @property
    def foot_flat_s(self) -> float:
        """When about 2 degrees are left of the pitch of landing."""
        return self.flat_s - 0.25 * (self.flat_s - self.ic_s)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Knots of each track, movements and contacts of each foot (left, right), each list in the order of time."""

    knots: tuple[list[Knot], ...] = field(default_factory=lambda: tuple([] for _ in range(TRACKS)))
    movements: tuple[list[Movement], list[Movement]] = field(default_factory=lambda: ([], []))
    contacts: tuple[list[Contact], list[Contact]] = field(default_factory=lambda: ([], []))
