"""What one side bore so far: its impulse, the time under load, and a dose that forgets.

The sides of a session are compared by their cumulative impulse, ``J = Σ F dt`` over loaded samples. That alone hides
how it came about (a light load for long, a heavy one for short), so the time under load always stands beside it.

The dose that forgets goes by whole seconds of session time, ``D = D exp(-1 s / tau) + J of the second``, and stands
still while the sensor is not worn: while nothing is heard, and where no load came for longer than a quarter of an hour;
such a pause forgets nothing, a shorter one all of its seconds. Its unit is that of an impulse; only the ratio of both
sides says anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.sums import accumulated
from evenside_analysis.types import Floats

__all__ = ["TAU_S", "DoseState", "add_load"]

TAU_S = 600.0
_HOP_S = 1.0
_HOLE_PERIODS = 2.5  # over a longer silence nobody knows what was borne
_IDLE_HOPS = 900  # a longer pause is no rest: nobody wears it
_KEEP = math.exp(-_HOP_S / TAU_S)


@dataclass(frozen=True, slots=True, eq=False)
class DoseState:
    """``sums``: impulse (N s), seconds under load, seconds heard. ``loaded_n_s``: the dose that forgets, up to the last
    whole second with a load; ``hop`` and ``open_n_s``: the second at hand.
    """

    last_s: float = -np.inf
    sums: Floats = field(default_factory=lambda: np.zeros(3))
    loaded_n_s: float = 0.0
    hop: int | None = None
    open_n_s: float = 0.0
    idle: int = 0  # whole seconds without a load since then, not yet forgotten

    @property
    def impulse_n_s(self) -> float:
        return float(self.sums[0])

    @property
    def loaded_s(self) -> float:
        return float(self.sums[1])

    @property
    def recent_n_s(self) -> float:
        """The dose that forgets, up to the last whole second heard; as it was put down where nobody wears it."""
        return _rested(self.loaded_n_s, self.idle)

    @property
    def heard_s(self) -> float:
        return float(self.sums[2])


def add_load(rate_hz: float, loaded_n: float, state: DoseState, time_s: Floats, force_n: Floats) -> DoseState:
    """Feed samples of one side.

    Args:
        loaded_n: a force of this or more is a load.
        time_s: (n,) strictly increasing, also across calls.
        force_n: (n,); NaN was not heard.
    """
    heard = np.isfinite(force_n)
    if not heard.all():
        time_s, force_n = time_s[heard], force_n[heard]
    if not time_s.size:
        return state
    spans_s = time_s - np.concatenate(([state.last_s], time_s[:-1]))
    spans_s = np.where(spans_s > _HOLE_PERIODS / rate_hz, 0.0, spans_s)
    loaded_s = np.where(force_n >= loaded_n, spans_s, 0.0)
    impulse = loaded_s * force_n
    sums = accumulated(state.sums, np.stack([impulse, loaded_s, spans_s], axis=1))
    hop = np.floor(time_s / _HOP_S).astype(np.int64)
    if state.hop is not None:
        hop, impulse = np.append(state.hop, hop), np.append(state.open_n_s, impulse)
    number = np.concatenate(([0], np.cumsum(np.diff(hop) != 0)))
    # bincount adds in the order of the samples, starting from the carried sum
    *over, open_n_s = np.bincount(number, impulse).tolist()
    recent_n_s, idle = state.loaded_n_s, state.idle
    for second in over:
        if second == 0.0:
            idle += 1
            continue
        recent_n_s, idle = _rested(recent_n_s, idle) * _KEEP + second, 0
    return DoseState(float(time_s[-1]), sums, recent_n_s, int(hop[-1]), open_n_s, idle)


def _rested(dose_n_s: float, idle: int) -> float:
    """What is left of a dose after whole seconds without a load."""
    return dose_n_s * _KEEP**idle if idle <= _IDLE_HOPS else dose_n_s
