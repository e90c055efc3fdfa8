"""Twelve numbers of a stride that change sign when left and right are exchanged.

They are taken in the foot's own frame (forward, left, up). Rates of rotation are given as shares of the root mean
square of the pitch rate, accelerations of its square, lengths of the stride's length: no size of the body is in them,
and little of the speed of the walk. The moments between which they are taken are those at which the foot is most
heel-up (it leaves the ground) and most toe-up after that (it is about to land).
"""

from __future__ import annotations

import numpy as np

from evenside_analysis.stride_motion_frame import Frames
from evenside_analysis.stride_motion_path import Paths
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_vectors import dot, running
from evenside_analysis.types import Floats, Ints

__all__ = ["FEATURES", "side_features"]

FEATURES = (
    "bow",  # sideways deviation of the swing path at mid-swing
    "roll_late",  # mean roll rate before landing
    "roll_swing",
    "roll_push",  # before leaving the ground
    "yaw_push",  # mean yaw rate
    "heading",  # of the foot at mid-swing, rad
    "side_push",  # mean sideways acceleration
    "side_landing",
    "roll_loading",
    "yaw_late",
    "yaw_loading",
    "sideways",  # velocity at mid-swing, as a share of the stride's
)

_PUSH_S, _LATE_S, _LOADING_S = 0.15, 0.12, 0.12  # lengths of push-off, of late swing and of loading
_LANDING_S = (0.03, 0.10)  # before and after landing
_PITCH, _ROLL, _YAW, _SIDE, _HEADING, _SPEED, _MOMENT = 0, 1, 2, 3, 4, slice(5, 7), slice(7, 9)


def side_features(settings: MotionSettings, path: Paths, frames: Frames) -> Floats:
    """(12, m) of FEATURES; NaN where the frame is not known. A span that the stride does not have says nothing: 0."""
    runs = _runs(path, frames)
    strides = np.arange(path.time_s.shape[1])
    time_s = np.concatenate([np.zeros((1, strides.size)), path.time_s])
    total_s, step_s = path.total_s, settings.step / settings.rate_hz
    off, landing = _extremes(runs[_PITCH], path.end + 1)
    x, y, z = frames.left
    a, b, c, d, e, f = path.own_spread
    pitch2 = a * x * x + c * y * y + f * z * z + 2.0 * (b * x * y + d * x * z + e * y * z)
    pitch2 = pitch2 / (total_s * step_s)  # rad²/s², mean square of the pitch rate
    pitch2 = np.where(pitch2 > 0.0, pitch2, np.nan)
    means = _means(runs, time_s, off, landing, path.end + 1, step_s)
    means[_RATES] /= np.sqrt(pitch2)
    means[_ACCELERATIONS] /= pitch2
    middle = (off + landing) // 2
    middle_s = time_s[middle, strides]
    spent = middle_s / total_s
    at_middle = runs[:, middle, strides]
    way = np.stack([dot(path.way_m, frames.forward), dot(path.way_m, frames.left)])
    left_m_s = np.stack([dot(path.left_m_s, frames.forward), dot(path.left_m_s, frames.left)])
    # Each increment of the velocity counts for the time since; what is left at the end goes linearly from 0.
    place = at_middle[_SPEED] * middle_s - at_middle[_MOMENT] - left_m_s * (0.5 * spent * middle_s)
    length2 = way[0] * way[0] + way[1] * way[1]
    length2 = np.where(length2 > 0.0, length2, np.nan)
    sideways = at_middle[_SPEED][1] - left_m_s[1] * spent
    out = np.empty((len(FEATURES), strides.size))
    out[0] = (place[1] * way[0] - place[0] * way[1]) / length2
    out[_OF_MEANS] = means
    out[5] = at_middle[_HEADING] - spent * runs[_HEADING, path.end + 1, strides]
    out[11] = sideways * total_s / np.sqrt(length2)
    return out


# The features that are means over a span, and which of these are rates and which accelerations.
_OF_MEANS = [1, 2, 3, 4, 6, 7, 8, 9, 10]
_RATES, _ACCELERATIONS = [0, 1, 2, 3, 6, 7, 8], [4, 5]


def _means(runs: Floats, time_s: Floats, off: Ints, landing: Ints, end: Ints, step_s: float) -> Floats:
    """(9, m) means over spans before and after leaving the ground, and landing."""
    push, late, loading, before, after = (
        round(span_s / step_s) for span_s in (_PUSH_S, _LATE_S, _LOADING_S, *_LANDING_S)
    )
    spans = (
        (_ROLL, landing - late, landing),
        (_ROLL, off, landing),
        (_ROLL, off - push, off),
        (_YAW, off - push, off),
        (_SIDE, off - push, off),
        (_SIDE, landing - before, landing + after),
        (_ROLL, landing, landing + loading),
        (_YAW, landing - late, landing),
        (_YAW, landing, landing + loading),
    )
    channel = np.array([span[0] for span in spans])[:, np.newaxis]
    low = np.maximum(np.stack([span[1] for span in spans]), 0)
    high = np.minimum(np.stack([span[2] for span in spans]), end)
    strides = np.arange(off.size)
    span_s = time_s[high, strides] - time_s[low, strides]
    change = runs[channel, high, strides] - runs[channel, low, strides]
    return np.asarray(change / np.where(span_s > 0.0, span_s, np.inf))


def _runs(path: Paths, frames: Frames) -> Floats:
    """(9, k + 1, m) running sums from mid-stance on, in the order of the constants above."""
    values = np.empty((9, len(path.time_s) + 1, path.time_s.shape[1]))
    values[:, 0] = 0.0
    inside = values[:, 1:]
    for into, vectors, axis in zip(
        inside,
        (path.turned[:3], path.own[:3], path.own[:3], path.own[3:], path.turned[:3], path.turned[3:], path.turned[3:]),
        (frames.left, frames.forward, frames.up, frames.left, frames.up, frames.forward, frames.left),
        strict=False,
    ):
        into[:] = dot(vectors, axis[:, np.newaxis])
    np.multiply(inside[_SPEED], path.time_s - 0.5 * path.span_s, out=inside[_MOMENT])
    return running(values)


def _extremes(pitch: Floats, end: Ints) -> tuple[Ints, Ints]:
    """Steps at which the foot is most heel-up, and most toe-up from then on."""
    step = np.arange(len(pitch))[:, np.newaxis]
    off = np.where(step <= end, pitch, -np.inf).argmax(axis=0)
    return off, np.where((step >= off) & (step <= end), pitch, np.inf).argmin(axis=0)
