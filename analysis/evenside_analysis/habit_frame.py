"""Where is up, and where is front, of a sensor that was strapped on anyhow? Learned from what its wearer does all day.

Walking holds thigh and trunk upright on the whole: the mean direction of gravity over walking seconds is the long axis.
Bending moves them about one axis and one way only: thighs flex forward in sitting, trunks bend forward and not back. So
the mean direction into which gravity moves from the long axis, over seconds in a band of angles, is the front or the
back. A trunk that reclines or lies leans any way, but stays so: only what comes back upright soon was a bow. Both
are exponentially weighted over the seconds that qualify, so a sensor that is put on anew is learned anew. No pose has
to be held, and a mirrored sensor would exchange left and right: whoever needs a side asks for a right-handed one.

An epoch is judged with what the epochs up to it have taught; that depends on them alone, and on no block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.remembering import remembered
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["THIGH", "TRUNK", "FrameSettings", "FrameState", "Posture", "find_posture", "seen_from"]


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """``bend``: +1 where flexion turns gravity towards the front (thigh), -1 towards the back (trunk)."""

    bend: int
    band_deg: tuple[float, float]  # angles from upright at which bending teaches where the front is
    front_s: int  # so many seconds of it before the front is known
    bow_s: int = 0  # from upright to upright: longer bends teach nothing; 0: all of them teach
    walk_m_s2: tuple[float, float] = (1.0, 6.0)  # SD of |a| in walking seconds
    heard: float = 0.5
    memory_s: float = 600.0  # of seconds that teach
    upright_s: int = 20  # so many walking seconds before upright is known
    erect_deg: float = 20.0


THIGH = FrameSettings(1, (45.0, 120.0), 10)
TRUNK = FrameSettings(-1, (25.0, 110.0), 6, bow_s=20)


@dataclass(frozen=True, slots=True, eq=False)
class FrameState:
    """Weighted sums of unit vectors (3,), how many seconds went into them, and the filters' carry."""

    up: Floats = field(default_factory=lambda: np.zeros(3))
    front: Floats = field(default_factory=lambda: np.zeros(3))
    walked: int = 0
    bent: int = 0
    bow: Floats = field(default_factory=lambda: np.zeros(3))  # sum of the bow that has not come back yet
    bowed: int = 0  # its seconds
    erect: int = -(1 << 62)  # the last upright second


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """Of each epoch (n,). Angles in rad; NaN while upright, or the front, is not known yet, or too little was heard.

    ``inclination``: from upright, 0 to pi. ``flexion``: forward positive, -pi to pi. ``roll``: about the long axis and
    towards the left, that is the angle of gravity in the plane across the long axis, 0 where up is in front: lying on
    the back is 0, on the right side +pi/2, on the left side -pi/2.
    """

    inclination_rad: Floats
    flexion_rad: Floats
    roll_rad: Floats
    walking: Bools
    heard: Bools
    up: Floats  # (n, 3), unit vectors as of each epoch, meaningful where the angles are known
    front: Floats  # (n, 3)

    @property
    def left(self) -> Floats:
        """(n, 3), NaN until the frame is known."""
        return _cross(self.up, self.front)

    @property
    def known(self) -> Bools:
        """Where the frame was known, whatever was heard."""
        return np.asarray(np.isfinite(self.front[:, 0]))


def find_posture(settings: FrameSettings, state: FrameState, epochs: Epochs) -> tuple[FrameState, Posture]:
    """Judge epochs of a node with an accelerometer that contains gravity, in order."""
    length = _length(epochs.acc_m_s2)
    heard = (epochs.heard >= settings.heard) & (length > 5.0) & (length < 15.0)
    unit = epochs.acc_m_s2 / np.where(length > 0.0, length, 1.0)[:, np.newaxis]
    low, high = settings.walk_m_s2
    walking = heard & (epochs.acc_sd_m_s2 > low) & (epochs.acc_sd_m_s2 < high)
    ups, up_sum = _taught(settings, state.up, unit, walking)
    walked = state.walked + np.cumsum(walking)
    up = _unit(ups)
    along = _dot(unit, up)
    inclination = np.arccos(np.clip(along, -1.0, 1.0))
    across = unit - along[:, np.newaxis] * up
    upright_known = walked >= settings.upright_s
    known = heard & upright_known
    taught, after = _bent(settings, state, epochs.second, settings.bend * _unit(across), inclination, known, walking)
    fronts, bent = taught
    # The long axis has moved a little since: what is left of the front across it counts.
    front = _unit(fronts - _dot(fronts, up)[:, np.newaxis] * up)
    left = _cross(up, front)
    ahead, sideways = _dot(unit, front), _dot(unit, left)
    both_known = upright_known & (bent >= settings.front_s)
    both = known & both_known
    after = replace(after, up=up_sum, walked=int(walked[-1]) if walked.size else state.walked)
    return after, Posture(
        np.where(known, inclination, np.nan),
        np.where(both, np.arctan2(settings.bend * ahead, along), np.nan),
        np.where(both, np.arctan2(sideways, ahead), np.nan),
        walking,
        heard,
        up,
        np.where(both_known[:, np.newaxis], front, np.nan),
    )


def seen_from(up: Floats, front: Floats, acc_m_s2: Floats) -> tuple[Floats, Floats]:
    """Inclination and roll (n,) of accelerations (n, 3) in a frame that became known later: unit vectors (3,)."""
    unit = _unit(acc_m_s2)
    ups, fronts = np.broadcast_to(up, unit.shape), np.broadcast_to(front, unit.shape)
    inclination = np.arccos(np.clip(_dot(unit, ups), -1.0, 1.0))
    return inclination, np.asarray(np.arctan2(_dot(unit, _cross(ups, fronts)), _dot(unit, fronts)))


def _bent(
    settings: FrameSettings,
    state: FrameState,
    second: Ints,
    across: Floats,
    inclination: Floats,
    known: Bools,
    walking: Bools,
) -> tuple[tuple[Floats, Ints], FrameState]:
    """What bending has taught of the front as of every epoch, (n, 3), from how many seconds (n,)."""
    least, most = np.radians(settings.band_deg)
    bends = known & ~walking & (inclination > least) & (inclination < most)
    if not settings.bow_s:
        fronts, front_sum = _taught(settings, state.front, across, bends)
        bent = state.bent + np.cumsum(bends)
        return (fronts, bent), replace(state, front=front_sum, bent=int(bent[-1]) if bent.size else state.bent)
    erect = known & (inclination < np.radians(settings.erect_deg))
    fronts, bent = np.empty((second.size, 3)), np.empty(second.size, np.int64)
    front, count, bow, bowed, last = state.front, state.bent, state.bow, state.bowed, state.erect
    keep = 1.0 - 1.0 / settings.memory_s
    for at in range(second.size):
        now = int(second[at])
        if now - last > settings.bow_s and bowed:
            bow, bowed = np.zeros(3), 0
        if erect[at]:
            if bowed:
                front, count, bow, bowed = keep**bowed * front + bow, count + bowed, np.zeros(3), 0
            last = now
        elif bends[at] and now - last <= settings.bow_s:
            bow, bowed = bow + across[at], bowed + 1
        fronts[at], bent[at] = front, count
    return (fronts, bent), replace(state, front=front, bent=count, bow=bow, bowed=bowed, erect=last)


def _taught(settings: FrameSettings, carry: Floats, unit: Floats, chosen: Bools) -> tuple[Floats, Floats]:
    """The weighted sum (n, 3) as of every epoch, and the last one."""
    sums, last = remembered(carry[np.newaxis], unit, chosen, 1.0 - 1.0 / settings.memory_s)
    return sums, last[0]


def _length(rows: Floats) -> Floats:
    return np.asarray(np.sqrt(_dot(rows, rows)))


def _unit(rows: Floats) -> Floats:
    length = _length(rows)
    return np.asarray(rows / np.where(length > 0.0, length, 1.0)[:, np.newaxis])


def _dot(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[:, 0] * second[:, 0] + first[:, 1] * second[:, 1] + first[:, 2] * second[:, 2])


def _cross(first: Floats, second: Floats) -> Floats:
    (ax, ay, az), (bx, by, bz) = first.T, second.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
