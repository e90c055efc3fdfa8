"""Vertical, anteroposterior and mediolateral acceleration of a bout, however the sensor sits on the trunk.

Vertical is where the mean acceleration points: over whole strides a walker's own accelerations cancel, and gravity
remains. The direction of walking is the main direction of what the horizontal acceleration has in common with itself
one step later (the main axis of its autocovariance there): fore and aft it repeats with every step, sideways it
reverses. That makes the anteroposterior ad1 the largest of all horizontal directions.
"""

from __future__ import annotations

import math

import numpy as np

from evenside_analysis.trunk_settings import TrunkSettings
from evenside_analysis.types import Floats

__all__ = ["along_walking", "levelled"]


def levelled(settings: TrunkSettings, acc: Floats) -> Floats | None:
    """Vertical and two level accelerations (3, n) of acc (3, n), mean removed; None where gravity is not in it."""
    mean = np.cumsum(acc, axis=1)[:, -1] / acc.shape[1]
    x, y, z = mean.tolist()
    size = math.sqrt(x * x + y * y + z * z)
    if not settings.gravity_m_s2[0] <= size <= settings.gravity_m_s2[1]:
        return None
    up = (x / size, y / size, z / size)
    # Any level direction will do: the one nearest to the axis that is least upright.
    least = min(range(3), key=lambda axis: abs(up[axis]))
    level = [(1.0 if axis == least else 0.0) - up[least] * up[axis] for axis in range(3)]
    length = math.sqrt(sum(part * part for part in level))
    a, b, c = (part / length for part in level)
    across = (up[1] * c - up[2] * b, up[2] * a - up[0] * c, up[0] * b - up[1] * a)
    moving = acc - mean[:, np.newaxis]
    return np.stack([moving[0] * p + moving[1] * q + moving[2] * r for p, q, r in (up, (a, b, c), across)])


def along_walking(signals: Floats, step: int) -> Floats:
    """Vertical, anteroposterior and mediolateral (3, n) of what ``levelled`` gives; a step takes ``step`` samples."""
    level, across = signals[1], signals[2]
    now, then = slice(None, -step), slice(step, None)
    same = (level[now] * level[then]).sum() - (across[now] * across[then]).sum()
    mixed = (level[now] * across[then]).sum() + (across[now] * level[then]).sum()
    angle = 0.5 * math.atan2(float(mixed), float(same))
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.stack([signals[0], cosine * level + sine * across, cosine * across - sine * level])
