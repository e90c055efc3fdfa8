"""The zero of a force sensor under a foot, found anew in every swing, and taken off.

::

    ____                  ______   loaded_n
        \\                /
         ‾\\__·__··_·____/          the swing: what it comes to rest at is the zero

A swing is a span below ``loaded_n`` between two loads, short enough to be one and at rest: half of its samples lie
close above its lowest ones. A foot that only shifts its weight dips without coming to rest. The zero of one swing is
the middle of its samples but for the highest quarter (falling, still pressed by a bent shoe, rising); the zero in force
is the median of those of the last swings, this one among them. So the samples of a swing are handed on when it is over,
and every contact is judged by the zero of its own swing.

What is at rest within ``still_n`` has a MAD below 8 N, and five of them stay below ``on_n``: the levels of contact need
not rise with the noise of a swing. What this never does: take off more than ``zero_max_n``, or guess a zero where there
was no swing; until the first one, and for a sensor that never comes to rest, the force is as it was heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.types import Bools, Floats, Ints

__all__ = ["ZeroState", "rezeroed"]

_SWINGS = 5  # an odd number, so that one swing that was none moves nothing
_SAMPLES_MIN = 8


@dataclass(frozen=True, slots=True, eq=False)
class ZeroState:
    """``zeros_n`` of the last swings; the samples held, all of a span that may yet prove to be a swing.

    ``loaded``: whether the last sample heard was. ``still`` and ``restless`` count swings with and without a zero.
    """

    last_s: float = -np.inf
    loaded: bool = False
    held_s: Floats = field(default_factory=lambda: np.empty(0))
    held_n: Floats = field(default_factory=lambda: np.empty(0))
    zeros_n: tuple[float, ...] = ()
    still: int = 0
    restless: int = 0

    @property
    def zero_n(self) -> float:
        """The zero in force; 0 before the first swing."""
        return sorted(self.zeros_n)[len(self.zeros_n) // 2] if self.zeros_n else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Swings:
    """Spans [first, end) of samples between two loads, and the zero of each."""

    first: Ints
    zero_n: Floats


def rezeroed(
    settings: ForceSettings, state: ZeroState, time_s: Floats, force_n: Floats
) -> tuple[ZeroState, Floats, Floats]:
    """Feed samples of one foot; return times and forces less their zero, of all samples that need not wait.

    A row of NaN at the end says that nothing more was heard up to there.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        force_n: (n,) vertical force; NaN says "nothing heard up to here" and lets time pass.
    """
    if not time_s.size:
        return state, time_s, force_n
    passed_s = float(time_s[-1])
    heard = np.isfinite(force_n)
    if not heard.all():
        time_s, force_n = time_s[heard], force_n[heard]
    first_new = state.held_s.size
    if first_new:
        time_s, force_n = np.concatenate((state.held_s, time_s)), np.concatenate((state.held_n, force_n))
    last_s = float(time_s[-1]) if time_s.size > first_new else state.last_s
    loaded = force_n >= settings.loaded_n
    before = np.concatenate(([bool(first_new) or state.loaded], loaded[:-1]))
    unbroken = np.diff(time_s, prepend=-np.inf if first_new else state.last_s) <= settings.hole_s
    if first_new:
        unbroken[0] = True  # the load before it was heard when it was fed
    falls = (before & ~loaded & unbroken).nonzero()[0]
    end = _ends(loaded, unbroken, falls)
    over = end < time_s.size
    swings, restless = _swings(settings, time_s, force_n, loaded & unbroken, falls[over], end[over])
    waits = bool(falls.size and not over[-1]) and passed_s - last_s <= settings.hole_s
    waits = waits and passed_s - float(time_s[falls[-1]]) <= settings.swing_max_s
    held = int(falls[-1]) if waits else time_s.size
    zeros, steps = _medians(state.zeros_n, swings.zero_n.tolist())
    zero_n = np.array([state.zero_n])
    if steps:
        zero_n = np.concatenate((zero_n, steps))[swings.first.searchsorted(np.arange(held), "right")]
    after = ZeroState(
        last_s,
        bool(loaded[-1]) if loaded.size else state.loaded,
        time_s[held:].copy(),
        force_n[held:].copy(),
        zeros,
        state.still + swings.first.size,
        state.restless + restless,
    )
    out_s, out_n = time_s[:held], force_n[:held] - zero_n
    if passed_s > last_s and not waits:
        return after, np.append(out_s, passed_s), np.append(out_n, np.nan)
    return after, out_s, out_n


def _ends(loaded: Bools, unbroken: Bools, falls: Ints) -> Ints:
    """The first sample after each fall that is loaded, or that comes after a hole; the number of samples if none."""
    stops = (loaded | ~unbroken).nonzero()[0]
    return np.append(stops, loaded.size)[stops.searchsorted(falls, "right")]


def _swings(
    settings: ForceSettings, time_s: Floats, force_n: Floats, rises: Bools, first: Ints, end: Ints
) -> tuple[_Swings, int]:
    """The swings among the spans [first, end), and how many would be some if they came to rest."""
    lasted_s = time_s[end] - time_s[first]
    fit = rises[end] & (lasted_s >= settings.swing_min_s) & (lasted_s <= settings.swing_max_s)
    fit &= end - first >= _SAMPLES_MIN
    first, count = first[fit], (end - first)[fit]
    if not first.size:
        return _Swings(first, np.empty(0)), 0
    place = np.arange(int(count.max()))
    inside = place < count[:, np.newaxis]
    at = np.where(inside, first[:, np.newaxis] + place, 0)
    ranked = np.sort(np.where(inside, force_n[at], np.inf), axis=1)
    spans = np.arange(first.size)
    low, half = ranked[spans, count // 10], ranked[spans, count // 2]
    zero_n = ranked[spans, 3 * count // 8]
    still = (half - low <= settings.still_n) & (np.abs(zero_n) <= settings.zero_max_n)
    return _Swings(first[still], zero_n[still]), int(first.size - np.count_nonzero(still))


def _medians(before: tuple[float, ...], zeros_n: list[float]) -> tuple[tuple[float, ...], list[float]]:
    """The zeros of the last swings, and the zero in force from each swing on."""
    steps = []
    for zero in zeros_n:
        before = (*before, zero)[-_SWINGS:]
        steps.append(sorted(before)[len(before) // 2])
    return before, steps
