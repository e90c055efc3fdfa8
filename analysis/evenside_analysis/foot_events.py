"""The four times of a movement: heel rise, toe-off, heel contact, foot flat.

::

    rate about the mediolateral axis, toe-up positive

                        top
                       .-'-.
      ____ heel rise  /     \\ zero          foot flat ____
          `.         /       `.  .'`-----------'
            `.     ./ toe-off  `' slap
              `...'           heel contact
             trough

Toe-off and heel contact come from that rate. Heel rise and foot flat come from the acceleration: from the deviation of
its size from the quiet size of this sensor (9.8 m/s² with gravity, 0 without, or what its gain makes of it), and from
the size of its change. Gravity is needed nowhere. All movements of a call are worked on together, as rows of windows
about their peaks; no value of one row depends on another row or on the width of the windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import FINE, JERK, SIZE, Track
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["Pattern", "foot_flat", "heel_rise", "pattern", "still_size"]


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Places between samples; NaN where the pattern is not there."""

    toe_off: Floats  # (m,)
    contact: Floats  # (m,)


def still_size(settings: FootSettings, track: Track, start: Ints, end: Ints) -> Floats:
    """Size of the acceleration (m,) about the quiet points of movements: the median over both."""
    near = np.arange(-settings.count(settings.quiet_s), settings.count(settings.quiet_s) + 1)
    places = np.concatenate([start[:, np.newaxis] + near, end[:, np.newaxis] + near], axis=1)
    ordered = np.sort(track.at(SIZE, places), axis=1)
    half = places.shape[1] // 2  # of an even count
    return np.asarray(0.5 * (ordered[:, half - 1] + ordered[:, half]))


def heel_rise(settings: FootSettings, track: Track, start: Ints, peak: Ints, quiet: Floats) -> Floats:
    """Places (m,) of heel rise, from quiet points ``start`` to peaks; ``quiet`` is the sensor's |acc| at rest."""
    window = _Windows(start, start, peak)
    deviation = _rise(window, _deviation(settings, track, window, quiet), settings.on_level)
    return np.asarray(0.5 * (deviation + _rise(window, window.of(track, JERK), settings.on_level)))


def foot_flat(settings: FootSettings, track: Track, peak: Ints, end: Ints) -> tuple[Floats, Bools]:
    """Places (m,) of foot flat, from peaks to quiet points ``end``, and whether the foot has landed by then.

    Where it has not, the place is that of the smallest change.
    """
    window = _Windows(peak, peak, end)
    change = window.of(track, JERK)
    landing = np.where(window.inside, change, -np.inf).max(axis=1)
    loud = window.inside & (change > settings.land_level * landing[:, np.newaxis])
    flat, landed = _ahead(window, change, _last(loud), settings.off_level * landing)
    return flat + settings.off_bias_s * settings.rate_hz, landed


def pattern(settings: FootSettings, track: Track, start: Ints, peak: Ints, end: Ints, axis: Floats) -> Pattern:
    """Toe-off and heel contact of the same movements, ``axis`` (m, 3) being that of toe-up rotation."""
    window = _Windows(start, start, end)
    x, y, z = (window.of(track, row) for row in FINE)
    rate = x * axis[:, :1] + y * axis[:, 1:2] + z * axis[:, 2:]
    centre, reach = (peak - start)[:, np.newaxis], settings.count(settings.top_reach_s)
    near = window.inside & (window.column >= centre - reach) & (window.column < centre + reach)
    top = np.where(near, rate, -np.inf).argmax(axis=1)
    push = window.inside & (window.column <= top[:, np.newaxis])
    push &= window.column >= top[:, np.newaxis] - settings.count(settings.push_s)
    trough = np.where(push, rate, np.inf).argmin(axis=1)
    lowest = _pick(rate, trough)
    walked = (_pick(rate, top) > 0.0) & (lowest < 0.0)
    off = _back(window, rate, trough, top, settings.tc_level * lowest)
    falls = window.inside & (window.column >= top[:, np.newaxis]) & (rate < 0.0)
    zero = falls.argmax(axis=1)
    contact = _slap(settings, window, rate, zero)
    off, contact = off + settings.tc_bias_s * settings.rate_hz, contact + settings.ic_bias_s * settings.rate_hz
    return Pattern(np.where(walked, off, np.nan), np.where(walked & falls.any(axis=1), contact, np.nan))


class _Windows:
    """Rows of samples from ``first`` on, one a movement; those from ``low`` to ``high`` are its own."""

    __slots__ = ("column", "first", "inside", "samples")

    def __init__(self, first: Ints, low: Ints, high: Ints) -> None:
        self.first = first
        self.column = np.arange(int((high - first).max()) + 1)[np.newaxis]
        self.samples = first[:, np.newaxis] + self.column
        self.inside = (self.samples >= low[:, np.newaxis]) & (self.samples <= high[:, np.newaxis])

    def of(self, track: Track, row: int) -> Floats:
        return track.at(row, self.samples)


def _deviation(settings: FootSettings, track: Track, window: _Windows, quiet: Floats) -> Floats:
    """Smoothed distance of |acc| from its quiet size, in the windows."""
    taps = settings.taps(settings.motion_s)
    radius, (rows, width) = taps.size // 2, window.samples.shape
    wide = window.first[:, np.newaxis] + np.arange(-radius, width + radius)
    values = np.abs(track.at(SIZE, wide) - quiet[:, np.newaxis])
    # All rows end to end in one convolution; what runs over from one row into the next is cut off again.
    smooth = np.correlate(np.concatenate([values.ravel(), np.zeros(2 * radius)]), taps, "valid")
    return smooth.reshape(rows, width + 2 * radius)[:, :width]


def _rise(window: _Windows, values: Floats, level: float) -> Floats:
    """Where values, on their way to half of their peak, last rose through ``level`` of that peak."""
    top = np.where(window.inside, values, -np.inf).max(axis=1)
    half = (window.inside & (values > 0.5 * top[:, np.newaxis])).argmax(axis=1)
    low = np.zeros_like(half)
    return _back(window, values, low, half, level * top)


def _back(window: _Windows, values: Floats, low: Ints, high: Ints, level: Floats) -> Floats:
    """Place of the last rise through ``level`` before column ``high``, not before column ``low``."""
    span = (window.column >= low[:, np.newaxis]) & (window.column <= high[:, np.newaxis])
    below = span & (values < level[:, np.newaxis])
    found = np.asarray(below.any(axis=1))
    at = np.minimum(_last(below), values.shape[1] - 2)
    here, there = _pick(values, at), _pick(values, at + 1)
    crossing = at + _share(level - here, there - here, found)
    lowest = np.where(span, values, np.inf).argmin(axis=1)
    return np.asarray(window.first + np.where(found, np.minimum(crossing, high), lowest))


def _ahead(window: _Windows, values: Floats, low: Ints, level: Floats) -> tuple[Floats, Bools]:
    """Place of the first fall through ``level`` from column ``low`` on, and whether there is one."""
    span = window.inside & (window.column >= low[:, np.newaxis])
    below = span & (values < level[:, np.newaxis])
    found = np.asarray(below.any(axis=1))
    at = np.maximum(below.argmax(axis=1), 1)
    here, before = _pick(values, at), _pick(values, at - 1)
    crossing = at - _share(level - here, before - here, found)
    lowest = np.where(span, values, np.inf).argmin(axis=1)
    return np.asarray(window.first + np.where(found, np.maximum(crossing, low), lowest)), found


def _slap(settings: FootSettings, window: _Windows, rate: Floats, zero: Ints) -> Floats:
    """Place where the smoothed rate, about column ``zero``, first falls through a share of the slap's minimum."""
    taps = settings.taps(settings.slap_s)
    radius = taps.size // 2
    begin = np.maximum(zero - settings.count(settings.slap_before_s), 0)
    width = settings.count(settings.slap_before_s) + settings.count(settings.slap_after_s)
    last = (window.inside.sum(axis=1) - 1)[:, np.newaxis]
    after = np.minimum(zero + settings.count(settings.slap_after_s) - 1, last[:, 0])
    columns = begin[:, np.newaxis] + np.arange(width + 2 * radius) - radius
    values = rate[np.arange(len(zero))[:, np.newaxis], np.clip(columns, 0, last)]
    soft = np.zeros((len(zero), width))
    for place, tap in enumerate(taps.tolist()):
        soft += tap * values[:, place : place + width]
    about = _Windows(begin, begin, after)
    soft = soft[:, : about.inside.shape[1]]
    slap = np.where(about.inside, soft, np.inf).argmin(axis=1)
    level = settings.ic_level * _pick(soft, slap)
    inside = about.column <= np.maximum(slap, 1)[:, np.newaxis]
    below = about.inside & inside & (soft < level[:, np.newaxis])
    found = np.asarray(below.any(axis=1))
    at = np.maximum(below.argmax(axis=1), 1)
    here, before = _pick(soft, at), _pick(soft, at - 1)
    crossing = np.where(below[:, 0], 0.0, at - _share(level - here, before - here, found & ~below[:, 0]))
    lowest = np.where(about.inside & inside, soft, np.inf).argmin(axis=1)
    return np.asarray(window.first + begin + np.where(found, crossing, lowest))


def _pick(values: Floats, column: Ints) -> Floats:
    return np.asarray(values[np.arange(len(column)), column])


def _last(marks: Bools) -> Ints:
    """Last marked column of each row; the last column where none is."""
    return np.asarray(marks.shape[1] - 1 - marks[:, ::-1].argmax(axis=1))


def _share(part: Floats, whole: Floats, found: Bools) -> Floats:
    """part / whole where a crossing was found, which makes it 0 to 1; else 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=found & (whole != 0.0))
