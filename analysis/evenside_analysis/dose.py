"""What one side bore so far: its impulse, the time under load, and a dose that forgets.

The sides of a session are compared by their cumulative impulse, ``J = Σ F dt`` over loaded samples. That alone hides
how it came about (a light load for long, a heavy one for short), so the time under load always stands beside it.

The dose that forgets goes by whole seconds of session time, ``D = D exp(-1 s / tau) + J of the second``, and stands
still while nothing is heard: a sensor that is not worn bears nothing and forgets nothing. Its unit is that of an
impulse; only the ratio of both sides says anything.
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
_KEEP = math.exp(-_HOP_S / TAU_S)


@dataclass(frozen=True, slots=True, eq=False)
class DoseState:
    """``sums``: impulse (N s), seconds under load, seconds heard. ``recent_n_s``: the dose that forgets, up to the last
    whole second that was heard; ``hop`` and ``open_n_s``: the second at hand.
    """

    last_s: float = -np.inf
    sums: Floats = field(default_factory=lambda: np.zeros(3))
    recent_n_s: float = 0.0
    hop: int | None = None
    open_n_s: float = 0.0

    @property
    def impulse_n_s(self) -> float:
        return float(self.sums[0])

    @property
    def loaded_s(self) -> float:
        return float(self.sums[1])

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
    recent_n_s = state.recent_n_s
    for second in over:
        recent_n_s = recent_n_s * _KEEP + second
    return DoseState(float(time_s[-1]), sums, recent_n_s, int(hop[-1]), open_n_s)
