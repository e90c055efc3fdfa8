"""Which of several sensors was moved while the others were left alone: how a person shows which side is which.

A reading's standard deviations are put over what a sensor at rest has, so that accelerometers, gyroscopes and load
cells can be compared, each with the most telling of its channels. One sensor must move clearly, and clearly more than
any other: a floor that shakes, or both feet that move, give no answer. What this never does: choose between two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evenside_analysis.calibration_readings import Reading
from evenside_analysis.types import ACC, FORCE, GYR, POWER

__all__ = ["MOVED", "Moved", "movement", "who_moved"]

MOVED = 5.0  # times the quiet level
CLEARLY = 3.0  # times the next one
# SD of somebody who stands or sits at ease, over some seconds.
_QUIET = {**dict.fromkeys(ACC, 0.15), **dict.fromkeys(GYR, 0.06), FORCE: 8.0, POWER: 5.0}
_QUIET_OTHER_N = 8.0


@dataclass(frozen=True, slots=True)
class Moved:
    """``node``: the one that moved; "" with a reason: nothing was ``still``, ``several`` moved, one was ``unheard``.

    ``nodes``: whom the reason concerns, the most moved first.
    """

    node: str
    why: Literal["", "still", "several", "unheard"] = ""
    nodes: tuple[str, ...] = ()


def movement(reading: Reading) -> float:
    """How many times the level of rest; NaN where too little was heard. A 3-axis sensor counts by all its axes."""
    if reading.n < 4:
        return math.nan
    sd = dict(zip(reading.node.channels, reading.sd.tolist(), strict=True))
    scores = [math.hypot(*(sd[channel] for channel in axes if channel in sd)) / _QUIET[axes[0]] for axes in (ACC, GYR)]
    scores += [sd[name] / _QUIET.get(name, _QUIET_OTHER_N) for name in sd if name not in (*ACC, *GYR)]
    return max(scores)


def who_moved(readings: Mapping[str, Reading]) -> Moved:
    """The sensor that moved; ``readings`` of the same seconds, by node."""
    scores = {node: movement(reading) for node, reading in readings.items()}
    unheard = tuple(node for node, score in scores.items() if math.isnan(score))
    if unheard or not scores:
        return Moved("", "unheard", unheard)
    ranked = sorted(scores, key=lambda node: -scores[node])
    best = scores[ranked[0]]
    if best < MOVED:
        return Moved("", "still", (ranked[0],))
    close = tuple(node for node in ranked if scores[node] * CLEARLY > best)
    return Moved(ranked[0]) if len(close) == 1 else Moved("", "several", close)
