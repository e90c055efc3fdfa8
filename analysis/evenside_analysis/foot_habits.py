"""What the movements of a foot teach about it, and what each of them is measured with.

``FootHabits`` is all that outlives a break or a restart: how the node is mounted, the quiet size of its acceleration,
the usual lags of this foot. It is renewed once a movement, in the order of time, and never by a movement with a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.foot_events import still_size
from evenside_analysis.foot_mounting import MountingState, learn
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import LOST, Track
from evenside_analysis.foot_turn import rotations, turned
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["FootHabits", "Movements", "measured", "settle"]


@dataclass(frozen=True, slots=True)
class FootHabits:
    """Of one foot and its node. The usual lags are in samples; None until the foot has shown its own."""

    mounting: MountingState = field(default_factory=MountingState)
    quiet: float | None = None  # m/s², size of the acceleration at rest
    usual: tuple[float, float] | None = None  # heel rise to toe-off, heel contact to foot flat


@dataclass(frozen=True, slots=True, eq=False)
class Movements:
    """Movements in order, in samples of the run, with all that was known of the foot after each."""

    start: Ints  # (m,), quiet point before
    peak: Ints  # (m,)
    end: Ints  # (m,), quiet point behind
    turn: Floats  # (m,), rad
    whole: Bools  # (m,), without a gap between the quiet points
    quiet: Floats  # (m,), m/s²
    axis: Floats  # (m, 3), unit vector of toe-up rotation
    count: Ints  # (m,), movements that the axis rests on

    @staticmethod
    def none() -> Movements:
        none = np.empty(0, np.int64)
        return Movements(none, none, none, np.empty(0), np.empty(0, np.bool_), np.empty(0), np.empty((0, 3)), none)

    def part(self, part: slice) -> Movements:
        return Movements(
            self.start[part],
            self.peak[part],
            self.end[part],
            self.turn[part],
            self.whole[part],
            self.quiet[part],
            self.axis[part],
            self.count[part],
        )

    def followed_by(self, later: Movements) -> Movements:
        if not self.peak.size:
            return later
        return Movements(
            np.concatenate([self.start, later.start]),
            np.concatenate([self.peak, later.peak]),
            np.concatenate([self.end, later.end]),
            np.concatenate([self.turn, later.turn]),
            np.concatenate([self.whole, later.whole]),
            np.concatenate([self.quiet, later.quiet]),
            np.concatenate([self.axis, later.axis]),
            np.concatenate([self.count, later.count]),
        )


def measured(
    settings: FootSettings, habits: FootHabits, track: Track, start: Ints, peak: Ints, end: Ints
) -> tuple[FootHabits, Movements]:
    """Learn from the next movements (m,), at least one, and say what was known after each."""
    near = settings.count(settings.quiet_s)
    lost = track.at(LOST, end + near) - track.at(LOST, start - near)
    whole = lost <= settings.gap_s * settings.rate_hz
    rotation = rotations(settings, track, start, end)
    turn = turned(rotation)
    mounting_state, mounting = learn(settings, habits.mounting, rotation, whole, turn)
    quiet, levels = habits.quiet, []
    for still, counts in zip(still_size(settings, track, start, end).tolist(), whole.tolist(), strict=True):
        if counts:
            quiet = still if quiet is None else settings.memory * quiet + (1.0 - settings.memory) * still
        levels.append(still if quiet is None else quiet)
    moved = Movements(start, peak, end, turn, whole, np.array(levels), mounting.axis, mounting.count)
    return FootHabits(mounting_state, quiet, habits.usual), moved


def settle(settings: FootSettings, waiting: Movements, newest: int, ended: bool) -> tuple[Movements, Movements, Bools]:
    """Which of the movements go on waiting for the direction of the axis; those that do not; and whether it is known.

    The first ones take the axis of the movement that completes ``settle`` of them. Where none does within
    ``settle_wait_s``, or the run has ended, the direction stays unknown.
    """
    ready, known = Movements.none(), np.empty(0, np.bool_)
    while waiting.peak.size:
        limit = int(waiting.peak[0]) + settings.count(settings.settle_wait_s)
        group = int(np.searchsorted(waiting.peak, limit, side="right"))
        enough = np.flatnonzero(waiting.count[:group] >= settings.settle)
        if enough.size:
            axis = waiting.axis.copy()
            axis[: enough[0]] = axis[enough[0]]
            taken = Movements(
                waiting.start,
                waiting.peak,
                waiting.end,
                waiting.turn,
                waiting.whole,
                waiting.quiet,
                axis,
                waiting.count,
            )
            count, sure = waiting.peak.size, True
        elif group < waiting.peak.size or ended or newest >= limit + settings.reach + settings.margin:
            taken, count, sure = waiting.part(slice(group)), group, False
        else:
            break
        ready = ready.followed_by(taken)
        known = np.concatenate([known, np.full(count, sure)])
        waiting = waiting.part(slice(count, None))
    return waiting, ready, known
