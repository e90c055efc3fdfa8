"""Do the channels of a foot IMU fit together? Told from strides, by what must be true of each.

At mid-stance the foot stands, gravity points where it did, and the node sits where it sat. So over a stride the
acceleration must sum up to no velocity (*closure*) and to gravity of the right size (*gain*), up must come back
(*tilt*), and the axes learnt from the last strides must be those of some strides before (*turned*). Without gravity in
the signal the same holds with wider limits. Each is judged by the median over the last few sound strides: one odd step
proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from evenside_analysis.fault_spans import OpenSpan, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import GRAVITY_M_S2, Bools, Floats

__all__ = ["StrideWatch", "StrideWatchSettings", "watch_strides"]

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
    new = motions.select(motions.sound & np.isfinite(motions.forward_m))
    level = motions.select(motions.sound & (motions.net_rad < np.radians(settings.net_deg)))
    seen, steady = state.known.followed_by(new), state.level.followed_by(level)
    opens, events = [], list[FaultEvent]()
    for kind, span in zip(_KINDS, state.open, strict=True):
        found = _extents(seen, *_judged(settings, kind, seen, new.flags.size))
        if kind == "turned":
            found += _extents(steady, *_moved(settings, steady, level.flags.size))
            found.sort(key=lambda extent: extent[2])
        span, more = spanned(kind, settings.node, settings.join_s, span, found, motions.settled_s)
        opens.append(span)
        events += more
    kept = max(settings.strides + 1, settings.backward_strides)
    return StrideWatch(_last(seen, kept), _last(steady, 2 * settings.turned_strides), tuple(opens)), events


def _last(strides: StrideMotions, kept: int) -> StrideMotions:
    return strides.select(slice(max(strides.flags.size - kept + 1, 0), None))


def _extents(strides: StrideMotions, width: int, wrong: Bools) -> list[tuple[float, float, float]]:
    """From the first stride that was judged to the last, of each of the last strides that is judged wrong.

    ``wrong`` tells of the last strides, each judged with the ``width - 1`` before it.
    """
    at = strides.flags.size - wrong.size + np.flatnonzero(wrong)
    start_s, end_s = strides.start_s[at - width + 1], strides.end_s[at]
    return list(zip(start_s.tolist(), end_s.tolist(), end_s.tolist(), strict=True))


def _newest(strides: StrideMotions, new: int, width: int) -> StrideMotions | None:
    """The new strides, with what they are judged by; None if there are too few."""
    first = max(strides.flags.size - new, width - 1)
    return strides.select(slice(first - width + 1, None)) if new and first < strides.flags.size else None


def _judged(settings: StrideWatchSettings, kind: str, strides: StrideMotions, new: int) -> tuple[int, Bools]:
    """How many strides are judged together, and of each new one with enough before it whether it is wrong."""
    width = {"late": 1, "turned": settings.strides + 1, "backward": settings.backward_strides}.get(
        kind, settings.strides
    )
    judged = _newest(strides, new, width)
    return width, np.empty(0, np.bool_) if judged is None else _wrong(settings, kind, judged)


def _wrong(settings: StrideWatchSettings, kind: str, strides: StrideMotions) -> Bools:
    if kind == "tilt":
        return np.asarray(_medians(settings, strides.tilt_rad) > np.radians(settings.tilt_deg))
    if kind == "late":
        return np.asarray(strides.acc_lag_s > settings.late_s)
    if kind == "turned":
        up = strides.frame[:, 3:6]
        x, y, z = (up[settings.strides :] * up[: -settings.strides]).T
        return np.asarray(x + y + z < np.cos(np.radians(settings.turned_up_deg))) & settings.gravity
    if kind == "backward":
        straight = strides.straight
        counted = np.stack([straight, straight & (strides.forward_m < 0.0)])
        count, backward = sliding_window_view(counted, settings.backward_strides, 1).sum(axis=2)
        return np.asarray((count >= settings.strides) & (backward > settings.backward_share * count))
    extra = strides.gravity_m_s2 - (GRAVITY_M_S2 if settings.gravity else 0.0)
    if kind == "gain":
        return np.asarray(np.abs(_medians(settings, extra)) > settings.gain_m_s2) & settings.gravity
    if not settings.gravity:
        return np.asarray(_medians(settings, strides.closure_m_s2) > settings.closure_free_m_s2)
    across = np.sqrt(np.maximum(strides.closure_m_s2**2 - extra**2, 0.0))
    return np.asarray(_medians(settings, across) > settings.closure_m_s2)


def _medians(settings: StrideWatchSettings, values: Floats) -> Floats:
    ordered = np.sort(sliding_window_view(values, settings.strides), axis=1)
    half = settings.strides // 2
    return np.asarray(0.5 * (ordered[:, half - 1 + settings.strides % 2] + ordered[:, half]))


def _moved(settings: StrideWatchSettings, strides: StrideMotions, new: int) -> tuple[int, Bools]:
    """Whether the main axes of the last strides are others than those before, and steady on either side."""
    side = settings.turned_strides
    judged = _newest(strides, new, 2 * side)
    if judged is None:
        return 2 * side, np.empty(0, np.bool_)
    axes = sliding_window_view(judged.frame[:, 6:], 2 * side, axis=0)  # (n, 3, strides)
    cosine = np.zeros((len(axes), 2 * side, 2 * side))
    for part in range(3):
        cosine += axes[:, part, :, np.newaxis] * axes[:, part, np.newaxis, :]
    alike = cosine * cosine  # axes are of either sign
    between = _mean(alike[:, :side, side:])
    steady = np.minimum(_mean(alike[:, :side, :side]), _mean(alike[:, side:, side:]))
    return 2 * side, np.asarray((between < _cos2(settings.turned_deg)) & (steady > _cos2(settings.steady_deg)))


def _mean(values: Floats) -> Floats:
    return np.asarray(np.ascontiguousarray(values).reshape(len(values), -1).mean(axis=1))


def _cos2(angle_deg: float) -> float:
    return float(np.cos(np.radians(angle_deg)) ** 2)
