"""Forces that repeat themselves: a sensor or a link that goes on saying the last value.

A foot that bears weight never presses with exactly the same force for long; what does so for more than ``HELD_S`` under
load was held. Only counted, and told: a held sample is one that somebody said was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.types import Floats

__all__ = ["HELD_S", "HeldState", "watch_held"]

HELD_S = 0.1
"""Clean recordings repeat a value for one sample or two, 20 ms at 100 Hz."""


@dataclass(frozen=True, slots=True)
class HeldState:
    """The value that the last sample had, since when, and whether it is counted; ``count`` of values held so far."""

    force_n: float = np.nan
    since_s: float = np.nan
    last_s: float = -np.inf
    counted: bool = False
    count: int = 0


def watch_held(settings: ForceSettings, state: HeldState, time_s: Floats, force_n: Floats) -> HeldState:
    """Feed samples of one foot, as they were heard. A silence of more than ``hole_s`` parts two values, equal or not.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        force_n: (n,); NaN was not heard.
    """
    heard = np.isfinite(force_n)
    if not heard.all():
        time_s, force_n = time_s[heard], force_n[heard]
    if not time_s.size:
        return state
    before_s = np.concatenate(([state.last_s], time_s[:-1]))
    fresh = force_n != np.concatenate(([state.force_n], force_n[:-1]))
    fresh |= time_s - before_s > settings.hole_s
    first = fresh.nonzero()[0]
    since_s, value_n = np.append(state.since_s, time_s[first]), np.append(state.force_n, force_n[first])
    last_s = np.append(before_s[first], time_s[-1])
    held = (last_s - since_s > HELD_S) & (value_n >= settings.loaded_n)
    count = state.count + int(np.count_nonzero(held)) - int(state.counted)
    return HeldState(float(value_n[-1]), float(since_s[-1]), float(time_s[-1]), bool(held[-1]), count)
