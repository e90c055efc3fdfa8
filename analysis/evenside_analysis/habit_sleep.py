"""The side that is lain on, minute by minute: bouts on the left, on the right, on the back and on the front.

Who goes to bed with sensors that have not seen them walk yet lies in an unknown frame. So seconds are held until the
trunk's frame is known (``habit_frame``), and told then: late, which for a night does no harm. At most ``HELD_S`` are
held. Which side is left takes axes known to be right-handed; elsewhere nothing is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_frame import Posture, seen_from
from evenside_analysis.habit_posture import LieState, lying_quarter
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import Floats, Ints

__all__ = ["HELD_S", "SleepState", "watch_sleep"]

HELD_S = 12 * 3600
SLEEPS = tuple(
    BoutSettings("sleeping", "trunk", side, 45, 30, ("confidence", "angle_deg"))
    for side in ("none", "right", "none", "left")
)
_ANGLES_DEG = (0.0, -90.0, 180.0, 90.0)
"""Of the quarters, from lying on the back, to the left."""


@dataclass(frozen=True, slots=True, eq=False)
class SleepState:
    """``second`` and ``acc`` (n, 3) of what waits for the frame; afterwards nothing waits."""

    second: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    acc: Floats = field(default_factory=lambda: np.empty((0, 3)))
    known: bool = False
    lie: LieState = field(default_factory=LieState)
    bouts: tuple[BoutState, ...] = (BoutState(),) * len(SLEEPS)
    settled: int | None = None

    @property
    def until(self) -> float:
        """All bouts known before have been told."""
        if self.settled is None:
            return -np.inf
        return float(self.settled if self.known or not self.second.size else self.second[0])


def watch_sleep(state: SleepState, epochs: Epochs, posture: Posture) -> tuple[SleepState, tuple[HabitEvent, ...]]:
    """Add epochs of the trunk with their postures; all that are settled are in."""
    state = replace(state, settled=epochs.settled)
    heard = posture.heard
    known = np.flatnonzero(posture.known)
    inclination, roll = posture.inclination_rad, posture.roll_rad
    if not state.known:
        cut = int(known[0]) if known.size else heard.size
        early = heard[:cut]
        second = np.concatenate([state.second, epochs.second[:cut][early]])[-HELD_S:]
        acc = np.concatenate([state.acc, epochs.acc_m_s2[:cut][early]])[-HELD_S:]
        if not known.size:
            return replace(state, second=second, acc=acc), ()
        before = seen_from(posture.up[cut], posture.front[cut], acc)
        late = heard[cut:]
        second = np.concatenate([second, epochs.second[cut:][late]])
        inclination = np.concatenate([before[0], inclination[cut:][late]])
        roll = np.concatenate([before[1], roll[cut:][late]])
        state = replace(state, second=np.empty(0, np.int64), acc=np.empty((0, 3)), known=True)
    else:
        second, inclination, roll = epochs.second[heard], inclination[heard], roll[heard]
    lie, quarter = lying_quarter(state.lie, np.degrees(inclination), np.degrees(roll))
    events: list[HabitEvent] = []
    after = []
    for place, (settings, bout) in enumerate(zip(SLEEPS, state.bouts, strict=True)):
        chosen = quarter == place
        columns = np.tile([1.0, _ANGLES_DEG[place]], (int(chosen.sum()), 1))
        bout, new = find_bouts(settings, bout, second[chosen], columns, epochs.settled)
        after.append(bout)
        events += new
    state = replace(state, lie=lie, bouts=tuple(after))
    return state, tuple(sorted(events, key=lambda event: event.known_s))
