"""Does the accelerometer report later than the gyroscope of the same node? Both change most when the foot lands.

About the landing of a stride, the changes of the rate of rotation and of the acceleration are compared, both as
logarithms, one shifted against the other. The correlations of the strides are summed up, forgetting; the shift of the
largest one is the lag. Where even that is small the two do not look alike, and nothing is said.

The first strides all count; later on few do, since a lag does not come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.filters import gaussian
from evenside_analysis.stride_motion_rests import Rests
from evenside_analysis.stride_motion_rows import ACC, GYR, TIME, HeldRows
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["LagState", "lags"]

_MOST_S = 0.12  # the largest lag that is looked for; 0.10 was seen
_BEFORE_S, _AFTER_S = 0.35, 0.30  # what is compared, about the contact
_SMOOTH_S = 0.01
_FLOOR = 0.02  # of the largest change: what counts as none
_ALIKE = 0.72  # mean correlation at the best lag: 0.78 to 0.97, where both fit; 0.5 to 0.7 where nothing does
_FEWEST, _ALL, _EACH = 3, 16, 256


@dataclass(frozen=True, slots=True)
class LagState:
    """Strides seen, and the forgetting sums of the correlations and of their weights."""

    seen: int = 0
    correlation: tuple[float, ...] = ()
    weight: float = 0.0
    lag_s: float = np.nan


def lags(
    settings: MotionSettings,
    state: LagState,
    held: HeldRows,
    contact_s: Floats,
    before: Rests,
    behind: Rests,
    sound: Bools,
) -> tuple[LagState, Floats]:
    """Lag (m,) in s of the accelerometer as known after each stride, above 0 where it is late; NaN where unknown."""
    ordinal = state.seen + np.arange(contact_s.size)
    chosen = np.flatnonzero(sound & ((ordinal < _ALL) | (ordinal % _EACH == 0)))
    out = np.full(contact_s.size, np.nan)
    total, weight, lag_s = np.array(state.correlation), state.weight, state.lag_s
    last = 0
    if chosen.size:
        found = _correlations(settings, held, contact_s[chosen], before.low[chosen], behind.end[chosen])
        for place, values in zip(chosen.tolist(), found.T, strict=True):
            out[last:place] = lag_s
            last = place
            total = values + settings.memory * total if total.size else values.copy()
            weight = 1.0 + settings.memory * weight
            lag_s = _best_s(settings, total / weight) if weight > _FEWEST - 0.5 else np.nan
    out[last:] = lag_s
    return LagState(state.seen + contact_s.size, tuple(total.tolist()), weight, lag_s), out


def _best_s(settings: MotionSettings, correlation: Floats) -> float:
    """The lag of the largest correlation, by a parabola through its neighbours."""
    best = int(correlation.argmax())
    if correlation[best] < _ALIKE:
        return np.nan
    place = float(best)
    if 0 < best < correlation.size - 1:
        low, top, high = correlation[best - 1 : best + 2].tolist()
        bend = low - 2.0 * top + high
        place += 0.5 * (low - high) / bend if bend < 0.0 else 0.0
    return (place - correlation.size // 2) / settings.rate_hz


def _correlations(settings: MotionSettings, held: HeldRows, contact_s: Floats, low: Ints, end: Ints) -> Floats:
    """(lags, m), from the earliest to the latest acceleration."""
    most = round(_MOST_S * settings.rate_hz)
    before, after = round(_BEFORE_S * settings.rate_hz), round(_AFTER_S * settings.rate_hz)
    taps = gaussian(_SMOOTH_S * settings.rate_hz)
    margin = most + taps.size // 2 + 1
    centre = held.columns[TIME].searchsorted(contact_s)
    at = centre + np.arange(-before - margin, after + margin)[:, np.newaxis]
    at = np.clip(at, low, end - 1)
    span = before + after
    turn = _change(held, GYR, at, taps)[most : most + span]
    push = _change(held, ACC, at, taps)
    turn = turn - _sum(turn) / span
    size = np.sqrt(_sum(turn * turn))
    none = np.zeros((1, contact_s.size))
    sums = np.concatenate([none, np.cumsum(push, axis=0)])
    squares = np.concatenate([none, np.cumsum(push * push, axis=0)])
    total = sums[span:] - sums[:-span]
    spread = np.maximum(squares[span:] - squares[:-span] - total * total / span, 0.0)
    product = np.stack([_sum(turn * push[lag : lag + span]) for lag in range(2 * most + 1)])
    scale = size * np.sqrt(spread[: 2 * most + 1])
    return np.asarray(product / np.where(scale > 0.0, scale, 1.0))


def _change(held: HeldRows, channels: slice, at: Ints, taps: Floats) -> Floats:
    """Logarithm of the smoothed size of the change from row to row."""
    square = np.zeros((len(at) - 1, at.shape[1]))
    for channel in held.columns[channels]:
        change = np.diff(channel.take(at, mode="clip"), axis=0)
        square += change * change
    size = np.sqrt(square)
    smooth = np.zeros((len(size) - taps.size + 1, at.shape[1]))
    for place, tap in enumerate(taps.tolist()):
        smooth += tap * size[place : place + len(smooth)]
    top = smooth.max(axis=0)
    return np.asarray(np.log(smooth + np.where(top > 0.0, _FLOOR * top, 1.0)))


def _sum(values: Floats) -> Floats:
    """Over the rows, one after the other: the library would add a lone column in another order."""
    if values.shape[1] > 1:
        return np.asarray(np.add.reduce(values, axis=0))
    return np.asarray(np.cumsum(values, axis=0)[-1])
