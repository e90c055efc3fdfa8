"""Whole curves of both sides compared, point by point over the stride, not single values.

A curve is one stride of a signal at evenly spaced points along the last axis, (..., points); curves of several strides
lie along the axis before it, (strides, points). ``stride_curves`` makes them, by custom of 101 points from 0 to 100 %.
Where a function says *cyclic*, a curve must not hold its end, which is the beginning of the next stride: give
``curves[..., :-1]``.

All take (left, right). Differences are right minus left, shifts are positive where right runs later. For curves cut at
one common clock both sides are half a stride apart; for curves each cut at its own foot's contacts they are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenside_analysis.indices import weighted_universal_symmetry_index
from evenside_analysis.types import Floats

__all__ = [
    "CrossCorrelation",
    "RelativePhase",
    "TrendSymmetry",
    "continuous_wusi",
    "cross_correlation",
    "relative_phase",
    "stride_curves",
    "trend",
    "trend_symmetry",
]

_GAP_S = 0.1  # as in contact detection: over longer ones a curve would be invented


@dataclass(frozen=True, slots=True)
class TrendSymmetry:
    """Crenshaw & Richards (2006), Gait Posture 24:515-521.

    ``ts``: see ``trend_symmetry``. ``ts_min``: the least of it over cyclic shifts at which both curves rise and fall
    together, NaN where there is none; ``shift_percent`` of the stride that takes, positive where right runs later, -50
    to 50. ``range_ratio``: range of right over that of left. ``range_offset``: mean of right minus that of left.
    """

    ts: float
    ts_min: float
    shift_percent: float
    range_ratio: float
    range_offset: float


@dataclass(frozen=True, slots=True)
class CrossCorrelation:
    """``coefficient``: the largest of the normalised cyclic cross-correlation, -1 to 1. ``lag_percent``: by how much of
    the stride right then runs later than left, 0 to 100. ``late_percent``: the same beyond what is expected, -50 to 50.
    """

    coefficient: float
    lag_percent: float
    late_percent: float


@dataclass(frozen=True, slots=True, eq=False)
class RelativePhase:
    """How far right is ahead of left, in degrees from 0 to 360 (180 is half a stride): at each point, and the circular
    mean and SD.
    """

    phase_deg: Floats  # (points,)
    mean_deg: float
    sd_deg: float


def stride_curves(
    time_s: Floats, values: Floats, start_s: Floats, end_s: Floats, *, points: int = 101, gap_s: float = _GAP_S
) -> Floats:
    """One curve (strides, points) of a signal for each stride, from its start to its end, both included.

    Straight lines between samples. A stride that reaches beyond the signal, or in which samples are missing (NaN, or
    more than ``gap_s`` apart), has NaN all over.

    Args:
        time_s: (n,) strictly increasing.
        values: (n,).
        start_s, end_s: (strides,).

    Raises:
        ValueError: shapes that do not fit, fewer than two points, or times that do not increase.
    """
    if time_s.shape != values.shape or time_s.ndim != 1 or start_s.shape != end_s.shape or points < 2:
        raise ValueError(
            f"{time_s.shape} times for {values.shape} values, {start_s.shape} starts for {end_s.shape} ends, "
            f"{points} points: rows of the same length, and at least 2 points"
        )
    if not bool((np.diff(time_s) > 0.0).all()):
        raise ValueError("time_s must be strictly increasing")
    heard = np.isfinite(values)
    time_s, values = time_s[heard], values[heard]
    if not (time_s.size and start_s.size):
        return np.full((start_s.size, points), np.nan)
    place = np.linspace(0.0, 1.0, points)
    at_s = start_s[:, np.newaxis] + (end_s - start_s)[:, np.newaxis] * place
    curves = np.interp(at_s, time_s, values)
    holes = np.append(0, np.cumsum(np.diff(time_s) > gap_s))  # before each sample
    first = np.clip(np.searchsorted(time_s, start_s, "right") - 1, 0, time_s.size - 1)
    last = np.clip(np.searchsorted(time_s, end_s, "left"), 0, time_s.size - 1)
    whole = (start_s >= time_s[0]) & (end_s <= time_s[-1]) & (holes[first] == holes[last]) & (end_s > start_s)
    return np.where(whole[:, np.newaxis], curves, np.nan)


def trend_symmetry(left: ArrayLike, right: ArrayLike) -> Floats:
    """TS in percent: variance across the main direction of (left, right) over that along it. 0 where one curve is a
    multiple of the other, 100 where they have nothing in common; NaN where neither varies.

    Blind to sign: a curve and its negative have 0. Crenshaw & Richards (2006).
    """
    across, along = _principal(*_moments(left, right))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100.0 * across / np.where(along > 0.0, along, np.nan))


def trend(left: ArrayLike, right: ArrayLike) -> TrendSymmetry:
    """Trend symmetry of two *cyclic* curves (points,), with the shift that makes them most alike."""
    one, other = _pair(left, right)
    n = one.size
    shifted = one[(np.arange(n) - np.arange(n)[:, np.newaxis]) % n]  # row k: left, later by k points
    powers = _moments(shifted, other)
    across, along = _principal(*powers)
    together = powers[2] > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(together & (along > 0.0), 100.0 * across / along, np.inf)
    best = int(ratio.argmin())
    found = bool(np.isfinite(ratio[best]))
    left_range = float(one.max() - one.min())
    return TrendSymmetry(
        float(trend_symmetry(one, other)),
        float(ratio[best]) if found else math.nan,
        _wrapped(100.0 * best / n) if found else math.nan,
        float(other.max() - other.min()) / left_range if left_range > 0.0 else math.nan,
        float(other.mean() - one.mean()),
    )


def cross_correlation(left: ArrayLike, right: ArrayLike, *, expected_percent: float = 50.0) -> CrossCorrelation:
    """Normalised cross-correlation of two *cyclic* curves (points,), at the lag where it is largest.

    ``expected_percent``: how far right lies behind left where both sides are alike: 50 on a common clock, 0 for curves
    that each begin at their own foot's contact. The lag is read between points, from a parabola. Huang et al. (2012),
    Gait Posture, for the swing of arms. NaN where a curve does not vary.
    """
    one, other = (_centred(curve) for curve in _pair(left, right))
    power = float((one * one).sum() * (other * other).sum())
    if power <= 0.0:
        return CrossCorrelation(math.nan, math.nan, math.nan)
    n = one.size
    spectrum = np.conj(np.fft.rfft(one)) * np.fft.rfft(other)
    found = np.fft.irfft(spectrum, n) / math.sqrt(power)
    best = int(found.argmax())
    before, top, after = (float(found[(best + beside) % n]) for beside in (-1, 0, 1))
    curve = before - 2.0 * top + after
    lag = best + (0.5 * (before - after) / curve if curve < 0.0 else 0.0)
    lag_percent = 100.0 * lag / n % 100.0
    return CrossCorrelation(top, lag_percent, _wrapped(lag_percent - expected_percent))


def relative_phase(left: ArrayLike, right: ArrayLike) -> RelativePhase:
    """Continuous relative phase of two *cyclic* curves (points,), from their analytic signals after centring.

    Lamb & Stöckl (2014), Clin. Biomech. 29:484-493. It means something for curves of about one wave a stride. The SD is
    that of a circle, ``sqrt(-2 ln R)``; NaN where a curve does not vary.
    """
    one, other = _pair(left, right)
    product = _analytic(other) * np.conj(_analytic(one))
    size = np.abs(product)
    with np.errstate(divide="ignore", invalid="ignore"):
        turned = product / np.where(size > 0.0, size, np.nan)
    mean = complex(turned.mean())
    length = min(abs(mean), 1.0) if math.isfinite(abs(mean)) else math.nan
    spread = math.sqrt(max(-2.0 * math.log(length), 0.0)) if length > 0.0 else math.nan
    angle = math.degrees(math.atan2(mean.imag, mean.real)) % 360.0 if math.isfinite(length) else math.nan
    return RelativePhase(np.asarray(np.degrees(np.angle(turned)) % 360.0), angle, math.degrees(spread))


def continuous_wusi(left: Floats, right: Floats) -> Floats:
    """WUSI (points,) of the mean curves of strides (n, points) and (m, points), positive where right is larger.

    At each point faded out by the larger SD of both sides, so that it is near 0 where strides scatter more than they
    differ. Needs no reference and no sign. Strides with NaN are passed over. Alves et al. (2020), Front. Bioeng.
    Biotechnol. 8:579511. Raises ValueError for fewer than two whole strides of a side.
    """
    means, sds = [], []
    for name, curves in (("left", left), ("right", right)):
        whole = curves[np.isfinite(curves).all(axis=-1)] if curves.ndim == 2 else curves
        if whole.ndim != 2 or whole.shape[0] < 2:
            raise ValueError(f"{name}: at least two whole strides are needed, got curves of shape {curves.shape}")
        means.append(whole.mean(axis=0))
        sds.append(whole.std(axis=0, ddof=1))
    return weighted_universal_symmetry_index(means[0], means[1], np.maximum(sds[0], sds[1]))


def _pair(left: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    one, other = np.asarray(left, np.float64), np.asarray(right, np.float64)
    if one.ndim != 1 or one.shape != other.shape or one.size < 4:
        raise ValueError(f"two curves of the same points are needed, at least 4, got shapes {one.shape}, {other.shape}")
    return one, other


def _moments(left: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Sums of squares of both curves about their means, and of their product."""
    one, other = _centred(left), _centred(right)
    return (
        np.asarray((one * one).sum(axis=-1)),
        np.asarray((other * other).sum(axis=-1)),
        np.asarray((one * other).sum(axis=-1)),
    )


def _centred(curves: ArrayLike) -> Floats:
    values = np.asarray(curves, np.float64)
    return np.asarray(values - values.mean(axis=-1, keepdims=True))


def _principal(left: Floats, right: Floats, both: Floats) -> tuple[Floats, Floats]:
    """The smaller and the larger eigenvalue of their matrix."""
    larger = np.asarray(0.5 * (left + right) + np.hypot(0.5 * (left - right), both))
    # From the determinant: a difference of near equal numbers would lose the small one.
    smaller = np.maximum(left * right - both * both, 0.0) / np.where(larger > 0.0, larger, 1.0)
    return np.asarray(smaller), larger


def _analytic(curve: Floats) -> NDArray[np.complex128]:
    """The curve about its mean, with its Hilbert transform as imaginary part."""
    n = curve.size
    spectrum = np.fft.fft(curve - curve.mean())
    weight = np.zeros(n)
    weight[0] = 1.0
    weight[1 : (n + 1) // 2] = 2.0
    if n % 2 == 0:
        weight[n // 2] = 1.0
    return np.asarray(np.fft.ifft(spectrum * weight), np.complex128)


def _wrapped(percent: float) -> float:
    """Into -50 (left out) to 50."""
    return 50.0 - (50.0 - percent) % 100.0
