"""How a foot moved in each stride, from one mid-stance to the next: strapdown over many strides at once.

Rates of rotation are gathered to short steps, and the steps composed to the rotation since mid-stance; with it the
acceleration is turned into the axes of the sensor at that mid-stance, the *start axes*. At both mid-stances the foot
stands: what velocity is left at the second one is taken off in proportion to time. That takes off every constant
acceleration too, so that the way of a stride depends neither on gravity nor on where up is.

Arrays are (channels, steps, strides). Steps behind the end of a stride are no rotation and no time; what runs over the
steps is put together in an order that depends on the place of a step alone, and is not read behind the end: no value of
a stride depends on another one, or on how long that is. Quaternions and rotations are written out, because products of
a library may add in another order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.stride_motion_rows import COUNT, GYR, HeldRows
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_vectors import running, total
from evenside_analysis.types import Floats, Ints

__all__ = ["PAIRS", "Paths", "paths"]

PAIRS = ((0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2))
"""Places of six numbers in a symmetric matrix."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Strides (m,) in steps (k,): rotations in rad, velocity increments in m/s, of each step."""

    end: Ints  # (m,), the last step of each stride
    total_s: Floats  # (m,), from mid-stance to mid-stance
    span_s: Floats  # (k, m)
    time_s: Floats  # (k, m), from mid-stance to the end of the step
    own: Floats  # (6, k, m), rotation and velocity increment in the sensor's own axes
    turned: Floats  # (6, k, m), the same in the start axes
    rotation: Floats  # (3, 3, m), what turns vectors from the axes at the end into the start axes
    left_m_s: Floats  # (3, m), velocity left at the end
    way_m: Floats  # (3, m), from mid-stance to mid-stance, in the start axes
    longest_s: Floats  # (m,), longest time between two samples
    own_spread: Floats  # (6, m), sums of products of the steps' rotations (PAIRS) in the sensor's own axes, rad²
    turned_spread: Floats  # (6, m), the same in the start axes


def paths(settings: MotionSettings, held: HeldRows, first: Ints, last: Ints) -> Paths:
    """Of strides from row ``first`` to row ``last`` (m,) of the rows held, at least one."""
    step = settings.step
    steps = -(-max(int((last - first).max()), 1) // step)
    at = np.minimum(first + np.arange(steps * step + 1)[:, np.newaxis], last)
    count = held.columns[COUNT].take(at, mode="clip")
    spans_s = (count[1:] - count[:-1]) / settings.rate_hz
    increments = np.empty((6, steps * step, first.size))
    half_s = 0.5 * spans_s
    for channel, into in enumerate(increments):
        values = held.columns[GYR.start + channel].take(at, mode="clip")
        np.add(values[1:], values[:-1], out=into)
        into *= half_s
    own, span_s = _gathered(increments, spans_s, step)
    since = _composed(own[:3])
    turned = _turned(since, own)
    time_s = running(span_s[np.newaxis])[0]
    # What velocity is left goes linearly from 0; every increment counts for the time that is still to come.
    summed = np.empty((19, steps, first.size))
    summed[:3] = turned[3:]
    np.multiply(turned[3:], time_s - 0.5 * span_s, out=summed[3:6])
    _products(own, summed[6:12])
    _products(turned, summed[12:18])
    summed[18] = span_s
    sums = total(summed)
    end = np.maximum(-(-(last - first) // step) - 1, 0)
    return Paths(
        end,
        sums[18],
        span_s,
        time_s,
        own,
        turned,
        _matrix(since[:, end, np.arange(end.size)]),
        sums[:3],
        sums[:3] * (0.5 * sums[18]) - sums[3:6],
        spans_s.max(axis=0),
        sums[6:12],
        sums[12:18],
    )


def _gathered(increments: Floats, spans_s: Floats, step: int) -> tuple[Floats, Floats]:
    """Rotation, velocity increment and time of each step from those of its samples.

    Two small rotations one after the other make their sum and half their cross product; the acceleration is turned by
    half of the step's rotation.
    """
    own, span_s = increments[:, ::step].copy(), spans_s[::step].copy()
    plain = own[:3].copy() if step > 2 else own[:3]
    for sample in range(1, step):
        new = increments[:, sample::step]
        cross = _half_cross(plain, new[:3])
        if sample + 1 < step:
            plain += new[:3]
        own += new
        own[:3] += cross
        span_s += spans_s[sample::step]
    own[3:] += _half_cross(own[:3], own[3:])
    return own, span_s


def _half_cross(left: Floats, right: Floats) -> Floats:
    out = np.empty(right.shape)
    part = np.empty(right.shape[1:])
    for axis, into in enumerate(out):
        after, behind = (axis + 1) % 3, (axis + 2) % 3
        np.multiply(left[after], right[behind], out=into)
        np.multiply(left[behind], right[after], out=part)
        into -= part
    out *= 0.5
    return out


def _composed(rotation: Floats) -> Floats:
    """(4, k, m) unscaled quaternions of the rotation from the start to the end of each step."""
    x, y, z = rotation
    # The quaternion (1, v) turns by 2 atan |v|: with this v by |rotation|, to the fifth order.
    scale = 0.5 + (x * x + y * y + z * z) * (0.5 / 12.0)
    since = np.ones((4, *x.shape))
    np.multiply(rotation, scale, out=since[1:])
    reach = 1
    while reach < x.shape[0]:  # every step from as many more before it as are in it already
        since[:, reach:] = _product(since[:, :-reach], since[:, reach:])
        reach *= 2
    return since


# The product of (a, b, c, d) and (e, f, g, h), part by part: which two are multiplied, and whether that is subtracted.
_PRODUCT = (
    ((0, 0), ((1, 1, True), (2, 2, True), (3, 3, True))),
    ((0, 1), ((1, 0, False), (2, 3, False), (3, 2, True))),
    ((0, 2), ((2, 0, False), (3, 1, False), (1, 3, True))),
    ((0, 3), ((3, 0, False), (1, 2, False), (2, 1, True))),
)


def _product(left: Floats, right: Floats) -> Floats:
    """Of quaternions (4, ...), the left ones first."""
    out = np.empty(right.shape)
    part = np.empty(right.shape[1:])
    for into, ((first, second), others) in zip(out, _PRODUCT, strict=True):
        np.multiply(left[first], right[second], out=into)
        for one, other, minus in others:
            np.multiply(left[one], right[other], out=part)
            if minus:
                into -= part
            else:
                into += part
    return out


def _turned(since: Floats, own: Floats) -> Floats:
    """Vectors of each step turned by the rotation before it."""
    before = np.empty_like(since)
    before[:, 0] = np.array([1.0, 0.0, 0.0, 0.0])[:, np.newaxis]
    before[:, 1:] = since[:, :-1]
    matrix = _matrix(before)
    out = np.empty_like(own)
    part = np.empty_like(own[0])
    for base in (0, 3):
        for row in range(3):
            into = out[base + row]
            np.multiply(matrix[row, 0], own[base], out=into)
            for column in (1, 2):
                np.multiply(matrix[row, column], own[base + column], out=part)
                into += part
    return out


def _matrix(quaternion: Floats) -> Floats:
    """(3, 3, ...) of unscaled quaternions (4, ...)."""
    w, x, y, z = quaternion
    double = 2.0 / (w * w + x * x + y * y + z * z)
    xd, yd, zd = x * double, y * double, z * double
    xx, yy, zz = x * xd, y * yd, z * zd
    out = np.empty((3, 3, *w.shape))
    out[0, 0], out[1, 1], out[2, 2] = 1.0 - (yy + zz), 1.0 - (xx + zz), 1.0 - (xx + yy)
    for row, other, plus, minus in ((1, 0, x * yd, w * zd), (0, 2, x * zd, w * yd), (2, 1, y * zd, w * xd)):
        np.add(plus, minus, out=out[row, other])
        np.subtract(plus, minus, out=out[other, row])
    return out


def _products(vectors: Floats, into: Floats) -> None:
    """The products of the first three channels, in the order of PAIRS."""
    for (row, other), out in zip(PAIRS, into, strict=True):
        np.multiply(vectors[row], vectors[other], out=out)
