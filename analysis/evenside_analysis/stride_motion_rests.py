"""Mid-stance: where a foot is quietest between two swings, and what the accelerometer says there.

The foot lies flat from the end of one movement to the beginning of the next; within that span, and not too far from the
stride in question, mid-stance is the middle of the span of given length in which the foot turns least.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.stride_motion_rows import ACC, SPEED, TIME, HeldRows
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.types import Floats, Ints

__all__ = ["Rests", "gravity_at", "rests"]


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """Mid-stances (m,): rows held, and the mean rate of rotation (rad/s) about them."""

    row: Ints
    speed: Floats
    low: Ints  # rows that may be read about it: [low, end)
    end: Ints


def rests(settings: MotionSettings, held: HeldRows, low_s: Floats, high_s: Floats) -> Rests:
    """Of the spans from ``low_s`` to ``high_s`` (m,), at least one; rows up to ``rest_window_s`` outside are read too.

    Where no row lies inside, the nearest one behind stands for it; its stride does not stand the other tests.
    """
    time_s, margin_s = held.columns[TIME], settings.rest_window_s
    width = max(2, round(settings.rest_window_s * settings.rate_hz))
    first = np.minimum(time_s.searchsorted(low_s), time_s.size - 1)
    after = np.maximum(time_s.searchsorted(high_s, side="right"), first + 1)
    low = np.minimum(time_s.searchsorted(low_s - margin_s), first)
    end = np.maximum(time_s.searchsorted(high_s + margin_s, side="right"), first + 1)
    span = int((after - first).max())
    at = first + np.arange(-(width // 2), span - width // 2 + width)[:, np.newaxis]
    speed = held.columns[SPEED].take(np.clip(at, low, end - 1), mode="clip")
    mean = np.zeros((span, first.size))
    for place in range(width):
        mean += speed[place : place + span]
    mean /= width
    mean[np.arange(span)[:, np.newaxis] >= after - first] = np.inf
    quiet = mean.argmin(axis=0)
    return Rests(first + quiet, mean[quiet, np.arange(first.size)], low, end)


def gravity_at(settings: MotionSettings, held: HeldRows, rest: Rests) -> Floats:
    """(3, m) mean acceleration about mid-stances."""
    half = round(settings.up_half_s * settings.rate_hz)
    at = np.clip(rest.row + np.arange(-half, half + 1)[:, np.newaxis], rest.low, rest.end - 1)
    values = np.empty((2 * half + 1, 3, rest.row.size))
    for place, channel in enumerate(held.columns[ACC]):
        values[:, place] = channel.take(at, mode="clip")
    return np.asarray(np.add.reduce(values, axis=0)) / (2 * half + 1)
