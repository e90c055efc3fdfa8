"""Do the channels of a foot IMU fit together? Told from strides, by what must be true of each.

At mid-stance the foot stands, gravity points where it did, and the node sits where it sat. So over a stride the
acceleration must sum up to no velocity (*closure*) and to gravity of the right size (*gain*), up must come back
(*tilt*), and the axes learnt from the last strides must be those of some strides before (*turned*; so it is where
strides in a row agree on other ones, which are then learnt anew). Without gravity in the signal the same holds with
wider limits. Each is judged by the median over the last few sound strides: one odd step proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.fault_spans import OpenSpan, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import GRAVITY_M_S2, Floats, Ints

__all__ = ["StrideWatch", "StrideWatchSettings", "watch_strides"]

_Extents = list[tuple[float, float, float]]
_KINDS = ("closure", "gain", "tilt", "turned", "late", "backward")


@dataclass(frozen=True, slots=True)
class StrideWatchSettings:
    """Of one foot node. The limits lie above the largest medians of people whose sensors were good (in brackets)."""

    node: str
    gravity: bool
    strides: int = 8  # sound ones that are judged together
    closure_m_s2: float = 1.0  # across up (.82)
    gain_m_s2: float = 1.0  # along up (.67, on stairs); at rest it is told three times better
    closure_free_m_s2: float = 5.0  # where gravity was taken away, with whatever error (3.4)
    tilt_deg: float = 12.0  # (7; 10.6 without gravity; 14 in a shoe that the node hung loosely on)
    turned_strides: int = 4  # on either side of the moment that is looked for; of those that do not turn
    turned_deg: float = 50.0  # between the main axes of rotation of the strides before and behind it (35)
    steady_deg: float = 20.0  # among those of either side: a foot whose axis wanders proves nothing
    turned_up_deg: float = 25.0  # of up, against that of `strides` before (7)
    net_deg: float = 15.0  # net rotation over a stride; more is a turn, and the axis of a turn is another one
    late_s: float = 0.025  # (.023)
    backward_share: float = 0.25  # of the straight strides among the last 12
    backward_strides: int = 12
    join_s: float = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class StrideWatch:
    """The last sound strides whose frame is known, the last ones that do not turn, and what is open."""

    known: StrideMotions = field(default_factory=StrideMotions.none)
    level: StrideMotions = field(default_factory=StrideMotions.none)
    open: tuple[OpenSpan, ...] = (OpenSpan(),) * len(_KINDS)


def watch_strides(
    settings: StrideWatchSettings, state: StrideWatch, motions: StrideMotions
) -> tuple[StrideWatch, list[FaultEvent]]:
    """Add strides of the node."""
    known, level, found = state.known, state.level, {kind: _Extents() for kind in _KINDS}
    if motions.flags.size:
        new = motions.select(motions.sound & np.isfinite(motions.forward_m))
        steady = motions.select(motions.sound & (motions.net_rad < np.radians(settings.net_deg)))
        known, level = known.followed_by(new), level.followed_by(steady)
        for kind, wrong in _judged(settings, known, new.flags.size).items():
            found[kind] = _extents(known, *wrong)
        found["turned"] += _extents(level, *_moved(settings, level, steady.flags.size))
        found["turned"] += _learnt_anew(settings, known, new.flags.size)
        found["turned"].sort(key=lambda extent: extent[2])
        known = _last(known, max(settings.strides, settings.backward_strides - 1))
        level = _last(level, 2 * settings.turned_strides - 1)
    opens, events = [], list[FaultEvent]()
    for kind, span in zip(_KINDS, state.open, strict=True):
        span, more = spanned(kind, settings.node, settings.join_s, span, found[kind], motions.settled_s)
        opens.append(span)
        events += more
    return StrideWatch(known, level, tuple(opens)), events


def _last(strides: StrideMotions, kept: int) -> StrideMotions:
    return strides.select(slice(max(strides.flags.size - kept, 0), None))


def _extents(strides: StrideMotions, width: int, last: Ints) -> _Extents:
    """From the first of the ``width`` strides that were judged together to the last; ``last``: where it was wrong."""
    start_s, end_s = strides.start_s[last - width + 1], strides.end_s[last]
    return list(zip(start_s.tolist(), end_s.tolist(), end_s.tolist(), strict=True))


def _learnt_anew(settings: StrideWatchSettings, strides: StrideMotions, new: int) -> _Extents:
    """Where the last strides agree on another mounting than those before."""
    last = np.flatnonzero(strides.anew)
    last = last[last >= strides.flags.size - new]
    first = np.maximum(last - settings.strides, 0)
    end_s = strides.end_s[last]
    return list(zip(strides.start_s[first].tolist(), end_s.tolist(), end_s.tolist(), strict=True))


def _windows(strides: StrideMotions, new: int, width: int) -> Ints:
    """(n, width) places of the strides that are judged together, for each new one with enough before it."""
    last = np.arange(max(strides.flags.size - new, width - 1), strides.flags.size)
    return np.asarray(last[:, np.newaxis] + np.arange(1 - width, 1))


def _judged(settings: StrideWatchSettings, strides: StrideMotions, new: int) -> dict[str, tuple[int, Ints]]:
    """By kind, how many strides are judged together, and the new ones at which they are wrong."""
    extra = strides.gravity_m_s2 - (GRAVITY_M_S2 if settings.gravity else 0.0)
    closure, limit = strides.closure_m_s2, settings.closure_free_m_s2
    wrong: dict[str, tuple[int, Ints]] = {}
    if settings.gravity:
        closure, limit = np.sqrt(np.maximum(closure * closure - extra * extra, 0.0)), settings.closure_m_s2
        wrong["gain"] = _high(settings, strides, new, extra, settings.gain_m_s2)
        wrong["turned"] = (settings.strides + 1, _other_up(settings, strides, new))
    wrong["closure"] = _high(settings, strides, new, closure, limit)
    wrong["tilt"] = _high(settings, strides, new, strides.tilt_rad, float(np.radians(settings.tilt_deg)))
    wrong["late"] = (
        1,
        _windows(strides, new, 1)[:, 0][strides.acc_lag_s[strides.flags.size - new :] > settings.late_s],
    )
    straight = strides.straight
    backward = straight & (strides.forward_m < 0.0)
    if np.count_nonzero(backward) > settings.backward_share * settings.strides:
        at = _windows(strides, new, settings.backward_strides)
        count = straight[at].sum(axis=1)
        much = backward[at].sum(axis=1) > settings.backward_share * count
        wrong["backward"] = (settings.backward_strides, at[:, -1][much & (count >= settings.strides)])
    return wrong


def _high(
    settings: StrideWatchSettings, strides: StrideMotions, new: int, values: Floats, limit: float
) -> tuple[int, Ints]:
    """Where the size of the median of the last strides is above the limit."""
    half = settings.strides // 2
    if np.count_nonzero(np.abs(values) > limit) < half:  # then no median is
        return settings.strides, np.empty(0, np.int64)
    at = _windows(strides, new, settings.strides)
    ordered = np.sort(values[at], axis=1)
    median = 0.5 * (ordered[:, half - 1 + settings.strides % 2] + ordered[:, half])
    return settings.strides, np.asarray(at[:, -1][np.abs(median) > limit])


def _other_up(settings: StrideWatchSettings, strides: StrideMotions, new: int) -> Ints:
    """Where up is another one than some strides before."""
    at = np.arange(max(strides.flags.size - new, settings.strides), strides.flags.size)
    up = strides.frame[:, 3:6]
    x, y, z = (up[at] * up[at - settings.strides]).T
    return np.asarray(at[x + y + z < np.cos(np.radians(settings.turned_up_deg))])


def _moved(settings: StrideWatchSettings, strides: StrideMotions, new: int) -> tuple[int, Ints]:
    """Where the main axes of the last strides are others than those before, and steady on either side."""
    side, axes = settings.turned_strides, strides.frame[:, 6:]
    if not new or _alike(axes, axes[-1]).min() > _cos2(0.45 * settings.turned_deg):  # then no two differ by so much
        return 2 * side, np.empty(0, np.int64)
    at = _windows(strides, new, 2 * side)
    if not len(at):
        return 2 * side, np.empty(0, np.int64)
    alike = _alike(axes[at][:, :, np.newaxis], axes[at][:, np.newaxis])
    between = _mean(alike[:, :side, side:])
    steady = np.minimum(_mean(alike[:, :side, :side]), _mean(alike[:, side:, side:]))
    moved = (between < _cos2(settings.turned_deg)) & (steady > _cos2(settings.steady_deg))
    return 2 * side, np.asarray(at[:, -1][moved])


def _alike(one: Floats, other: Floats) -> Floats:
    """Squared cosines between axes (..., 3), which are of either sign."""
    cosine = one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2]
    return np.asarray(cosine * cosine)


def _mean(values: Floats) -> Floats:
    return np.asarray(np.ascontiguousarray(values).reshape(len(values), -1).mean(axis=1))


def _cos2(angle_deg: float) -> float:
    return float(np.cos(np.radians(angle_deg)) ** 2)
