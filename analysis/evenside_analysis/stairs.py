"""Which strides of a foot go up or down stairs, told by the height that each of them gains.

A foot that goes foot over foot gains two risers with a stride and travels two treads; one that is put beside the other
gains one and travels one. Either way its path rises like the stairs: steeper than any ramp. The first and the last
stride of a flight gain one riser, but come from the level or go out to it, and rise half as steeply. So stairs are two
strides in a row of one foot that both go up, or both go down, at least one of them as steeply as stairs do. A kerb is
none, and neither is one stride whose height was measured wrong.

The limits come from how stairs are built, not from recordings: risers of 0.10 to 0.22 m, treads of 0.22 to 0.40 m, and
ramps of at most 1 in 8. Heights come from the accelerometer between two mid-stances and are off by a few centimetres,
by a fifth where the sensor's gain is off; where gravity was taken away, up is not known well enough: nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Climbs", "StairSettings", "StairState", "find_stairs"]

# Rows of StairState.held.
_CONTACT, _START, _END, _CLIMB, _RATE, _GRADE = range(6)
_GENTLE, _STEEP = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class StairSettings:
    """Of one foot node."""

    gravity: bool = True  # whether the acceleration still contains it
    climb_min_m: float = 0.08  # the lowest riser, read a fifth too low
    climb_max_m: float = 0.55  # two of the highest, read a fifth too high: more is a ladder, or an error
    steep: float = 0.2  # height over way: the lowest riser on the deepest tread is 0.25, read a fifth too low
    steep_way_m: float = 1.0  # two of the deepest treads, and a foot that is set down further in
    gentle: float = 0.12  # one riser (0.15 m) in a stride that is level for the rest (1.2 m)
    gentle_way_m: float = 1.2
    least_way_m: float = 0.2  # a tread: a shorter way makes nothing steeper
    turn_deg: float = 30.0  # who turns by more in a stride hardly rests at its ends: no height can be believed
    pause_s: float = 1.5  # between two strides in a row, no rest
    stride_max_s: float = 2.2  # of a stride from mid-stance to mid-stance

    @property
    def wait_s(self) -> float:
        """After so long no stride can come any more that follows in a row."""
        return self.pause_s + self.stride_max_s


@dataclass(frozen=True, slots=True, eq=False)
class Climbs:
    """Movements of one foot in the order of time."""

    contact_s: Floats  # (n,), initial contact that ends it
    climb_m: Floats  # (n,), height gained; NaN where unknown
    rate_rad_s: Floats  # (n,), root mean square of the rate of rotation
    stairs: Ints  # (n,), 1 up, -1 down, 0 neither, or unknown

    @staticmethod
    def none() -> Climbs:
        return Climbs(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64))

    def followed_by(self, later: Climbs) -> Climbs:
        """These movements and then the later ones."""
        return Climbs(
            np.concatenate([self.contact_s, later.contact_s]),
            np.concatenate([self.climb_m, later.climb_m]),
            np.concatenate([self.rate_rad_s, later.rate_rad_s]),
            np.concatenate([self.stairs, later.stairs]),
        )

    def since(self, from_s: float) -> Climbs:
        """Without the movements that ended before."""
        first = int(self.contact_s.searchsorted(from_s))
        if not first:
            return self
        return Climbs(self.contact_s[first:], self.climb_m[first:], self.rate_rad_s[first:], self.stairs[first:])


_NO_CLIMBS = Climbs.none()


@dataclass(frozen=True, slots=True, eq=False)
class StairState:
    """The last movements: ``told`` of them are decided."""

    held: Floats = field(default_factory=lambda: np.empty((6, 0)))  # (6, n), n at most 2
    told: int = 0


def find_stairs(settings: StairSettings, state: StairState, motions: StrideMotions) -> tuple[StairState, Climbs]:
    """Feed the strides of one foot; return the movements that are now decided, each of them once.

    A movement is decided by the next one, or when it is certain that none follows in a row.
    """
    if not (motions.flags.size or _over(settings, state.held, motions.settled_s) > state.told):
        return state, _NO_CLIMBS
    held = np.concatenate([state.held, _columns(settings, motions)], axis=1)
    decided = _over(settings, held, motions.settled_s)
    together = _in_a_row(settings, held)
    stairs = np.concatenate([[False], together]) | np.concatenate([together, [False]])
    new = slice(state.told, decided)
    sign = np.where(stairs, np.sign(held[_GRADE]), 0.0).astype(np.int64)
    climbs = Climbs(held[_CONTACT, new], held[_CLIMB, new], held[_RATE, new], sign[new])
    kept = max(decided - 1, 0)
    return StairState(held[:, kept:].copy(), decided - kept), climbs


def _over(settings: StairSettings, held: Floats, settled_s: float) -> int:
    """How many of the movements are decided: all but the last one, and that too once nothing can follow."""
    count = int(held.shape[1])
    if not count:
        return 0
    return count if settled_s > float(held[_END, -1]) + settings.wait_s else count - 1


def _columns(settings: StairSettings, motions: StrideMotions) -> Floats:
    climb = motions.up_m if settings.gravity else np.full(motions.flags.size, np.nan)
    climb = np.where(motions.sound, climb, np.nan)
    way = np.hypot(motions.forward_m, motions.left_m)
    size = np.abs(climb)
    slope = size / np.maximum(way, settings.least_way_m)
    some = (size >= settings.climb_min_m) & (size <= settings.climb_max_m)  # False where unknown
    some &= np.abs(motions.turn_rad) <= np.radians(settings.turn_deg)
    gentle = some & (slope >= settings.gentle) & (way <= settings.gentle_way_m)
    steep = some & (slope >= settings.steep) & (way <= settings.steep_way_m)
    grade = np.where(steep, _STEEP, np.where(gentle, _GENTLE, 0.0))
    signed = np.where(grade > 0.0, np.copysign(grade, climb), 0.0)
    return np.stack([motions.contact_s, motions.start_s, motions.end_s, climb, motions.rate_rms_rad_s, signed])


def _in_a_row(settings: StairSettings, held: Floats) -> Bools:
    """Of each movement but the last, whether it and the next one are two strides in a row on stairs."""
    one, other = held[_GRADE, :-1], held[_GRADE, 1:]
    near = held[_START, 1:] - held[_END, :-1] <= settings.pause_s
    alike = one * other > 0.0
    return np.asarray(near & alike & (np.maximum(np.abs(one), np.abs(other)) == _STEEP))
