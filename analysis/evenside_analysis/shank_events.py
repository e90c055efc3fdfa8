"""Terminal and initial contact about mid-swings, and how far the leg turned meanwhile.

Initial contact is the first minimum of the rate after it has fallen below zero, terminal contact the last one before it
rises above zero; shallow ripples do not count. All movements of a call are worked on together, as rows of windows about
their mid-swings; no value of one row depends on another row or on the width of the windows.
"""

from __future__ import annotations

import numpy as np

from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.shank_signed import AXIS, GYR
from evenside_analysis.shank_track import FINE, Track
from evenside_analysis.types import Floats, Ints

__all__ = ["contact_after", "toe_off_before", "turned"]


def contact_after(settings: ShankSettings, track: Track, swing: Ints, high: Ints) -> Floats:
    """Places (m,) of initial contact between mid-swings and samples ``high``; NaN where there is none."""
    return _minimum(track, swing, high - swing, 1, settings.count(settings.contact_s), settings.contact_share)


def toe_off_before(settings: ShankSettings, track: Track, low: Ints, swing: Ints) -> Floats:
    """Places (m,) of terminal contact between samples ``low`` and mid-swings; NaN where there is none."""
    return _minimum(track, swing, swing - low, -1, settings.count(settings.toe_off_s), settings.toe_off_share)


def _minimum(track: Track, swing: Ints, reach: Ints, step: int, span: int, share: float) -> Floats:
    """Going from mid-swings by ``step``, no further than ``reach``: where the rate has crossed zero, the first of its
    minima within ``span`` samples that has ``share`` of the depth of the deepest."""
    width = int(reach.max()) + 1
    away = np.arange(width + 1)
    values = track.at(FINE, swing[:, np.newaxis] + step * away)
    inside = away[np.newaxis] <= reach[:, np.newaxis]
    below = inside & (values < 0.0)
    zero = below.argmax(axis=1)
    near = inside & (away >= zero[:, np.newaxis]) & (away < (zero + span)[:, np.newaxis])
    lowest = np.zeros_like(near)
    lowest[:, 1:-1] = near[:, 1:-1] & (values[:, 1:-1] < values[:, :-2]) & (values[:, 1:-1] <= values[:, 2:])
    lowest &= values < 0.0
    deepest = np.where(lowest, values, 0.0).min(axis=1)
    deep = lowest & (values <= share * deepest[:, np.newaxis])
    place = np.clip(deep.argmax(axis=1), 1, width - 1)
    rows = np.arange(len(swing))
    before, here, after = (values[rows, place + beside] for beside in (-1, 0, 1))
    found = deep.any(axis=1)
    curve = before - 2.0 * here + after
    # The minimum of the parabola through three samples.
    beside = np.divide(0.5 * (before - after), curve, out=np.zeros_like(here), where=found & (curve > 0.0))
    return np.asarray(np.where(found, swing + step * (place + beside), np.nan))


def turned(settings: ShankSettings, track: Track, low: Ints, swing: Ints, high: Ints) -> Floats:
    """Angle (m,) in rad between the mediolateral axis at sample ``low`` and at sample ``high``, 0 to pi.

    The axis lies level, so that is the change of heading; how far the leg is tilted about the axis does not matter.
    """
    size = settings.count(settings.turn_block_s)
    first, after = low // size, high // size
    blocks = first[:, np.newaxis] + np.arange(max(int((after - first).max()), 1))
    inside = blocks < after[:, np.newaxis]
    m, k = inside.shape
    w = np.ones((m, 1 << max(k - 1, 0).bit_length()))  # no rotation fills up the rest
    vector = np.zeros((3, *w.shape))
    for row, part in zip(GYR, vector, strict=True):
        total = np.zeros((m, k))
        for place in range(size):  # in the order of time
            total += track.at(row, blocks * size + place)
        part[:, :k] = np.where(inside, 0.5 * total / settings.rate_hz, 0.0)
    x, y, z = vector
    while w.shape[1] > 1:  # product of the small turns, pair by pair
        parts = (w, x, y, z)
        w, x, y, z = _product(tuple(part[:, ::2] for part in parts), tuple(part[:, 1::2] for part in parts))
    a, b, c = (track.at(row, swing)[:, np.newaxis] for row in AXIS)
    across = np.sqrt((y * c - z * b) ** 2 + (z * a - x * c) ** 2 + (x * b - y * a) ** 2)
    size_of = np.sqrt(w * w + x * x + y * y + z * z)
    return np.asarray(2.0 * np.arcsin(np.minimum(across / size_of, 1.0)))[:, 0]


def _product(left: tuple[Floats, ...], right: tuple[Floats, ...]) -> tuple[Floats, Floats, Floats, Floats]:
    """Of quaternions (w, x, y, z), not scaled."""
    w, x, y, z = left
    a, b, c, d = right
    return (
        w * a - x * b - y * c - z * d,
        w * b + x * a + y * d - z * c,
        w * c - x * d + y * a + z * b,
        w * d + x * c - y * b + z * a,
    )
