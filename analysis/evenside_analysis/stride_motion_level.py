"""Where up is at the mid-stances of a stride, and by how much it does not come back over it.

Up is learnt over many strides, from feet that lie flat. A foot that rolls, or turns on the spot, is not level where it
is quietest: there the accelerometer tells up anew. What both channels explain together is no fault of either, so such a
stride is judged by the direction that explains more of it.
"""

from __future__ import annotations

import numpy as np

from evenside_analysis.stride_motion_path import Paths
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_vectors import dot, length, unit
from evenside_analysis.types import Floats

__all__ = ["leveled"]


def leveled(
    settings: MotionSettings, path: Paths, learnt: Floats, before: Floats, behind: Floats | None
) -> tuple[Floats, Floats]:
    """Up at the beginning of each stride (3, m), and the angle between up before and after (rad).

    Args:
        learnt: (3, m) up, in the sensor's axes; NaN where it is not known yet.
        before: (3, m) acceleration about the mid-stance before.
        behind: (3, m) the same about the one behind, in the sensor's axes there; None where gravity was taken away.
    """
    tilt = _between(_rotated(path.rotation, learnt), learnt)
    if behind is None:
        return learnt, tilt
    before, behind = unit(before), unit(behind)
    oblique = np.maximum(_between(before, learnt), _between(behind, learnt)) > np.radians(settings.oblique_deg)
    behind = _rotated(path.rotation, behind)
    seen = unit(before + behind)
    kinder = oblique & (_across(path.left_m_s, seen) < _across(path.left_m_s, learnt))
    return np.where(kinder, seen, learnt), np.where(oblique, np.minimum(tilt, _between(behind, before)), tilt)


def _rotated(rotation: Floats, vectors: Floats) -> Floats:
    return np.stack([dot(rotation[row], vectors) for row in range(3)])


def _between(one: Floats, other: Floats) -> Floats:
    """Angles (m,) between vectors of length 1."""
    return np.arctan2(length(one - other), length(one + other)) * 2.0


def _across(vectors: Floats, axis: Floats) -> Floats:
    """Lengths (m,) of what lies across an axis of length 1."""
    return length(vectors - dot(vectors, axis) * axis)
