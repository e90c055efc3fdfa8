"""Foot contacts from the vertical force under one foot: insole or force plate.

::

           /‾‾\\__/‾‾\\         on_n       IC where the rising force crosses it
    ______/          \\____    toe_off_n  TC where the falling force last crossed it
         IC          TC       off_n      below it the foot is in the air

Hysteresis between ``on_n`` and ``off_n`` decides between stance and swing, crossings are interpolated between samples.
A stance or swing that is too short to be one belongs to what surrounds it. Contact times depend on the level: a zero
that is off on one side alone shifts them and looks like an asymmetry. So each stance also carries how long it was above
``on_n`` and above ``high_n``, and whoever makes figures compares both.

A silence of more than ``hole_s`` is never bridged: what was under way is dropped, and the first contact after it is
flagged. What this never does: guess a contact that was not heard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from evenside_analysis.types import Bools, Contacts, Event, Flag, Floats, Ints

__all__ = ["ForceSettings", "ForceState", "detect_force_contacts"]

_LOST_PERIODS = 2.5  # around an edge: one lost sample is interpolated, two are a gap


@dataclass(frozen=True, slots=True)
class ForceSettings:
    """Levels and spans. Raises ValueError unless 0 < off_n < on_n < high_n and the rest is positive.

    Laboratories use 20 N on plates; insoles with a zero error of some newtons need 50. After toe-off a bent shoe goes
    on pressing on an insole with up to 100 N for 30 to 60 ms, hence ``toe_off_n``. ``stance_min_s`` lies below the
    shortest running stance, ``swing_min_s`` below the shortest swing.
    """

    rate_hz: float
    on_n: float = 50.0
    off_n: float = 30.0
    toe_off_n: float = 100.0
    high_n: float = 100.0
    stance_min_s: float = 0.15
    swing_min_s: float = 0.15
    hole_s: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 < self.off_n < self.on_n < self.high_n or self.toe_off_n < self.off_n:
            raise ValueError(
                f"0 < off_n {self.off_n} < on_n {self.on_n} < high_n {self.high_n} must hold, and toe_off_n "
                f"{self.toe_off_n} not lie below off_n"
            )
        if not min(self.rate_hz, self.stance_min_s, self.swing_min_s, self.hole_s) > 0.0:
            raise ValueError("rate_hz, stance_min_s, swing_min_s and hole_s must be positive")


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive samples that are all loaded, or all not, and what they came to so far."""

    loaded: bool
    start_s: float
    gap: bool  # nobody heard how it began, or samples are missing around the edge where it did
    before_n_s: float  # impulse of everything before it
    peak_n: float = -np.inf
    high_from_s: float = np.nan  # first rise through high_n
    high_to_s: float = np.nan  # last falls through high_n, on_n and toe_off_n
    low_to_s: float = np.nan
    toe_off_s: float = np.nan

    def with_later(self, later: Span) -> Span:
        """This span and what follows it as one of this kind."""
        return replace(
            self,
            gap=self.gap or later.gap,
            peak_n=max(self.peak_n, later.peak_n),
            high_from_s=later.high_from_s if np.isnan(self.high_from_s) else self.high_from_s,
            high_to_s=_later(self.high_to_s, later.high_to_s),
            low_to_s=_later(self.low_to_s, later.low_to_s),
            toe_off_s=_later(self.toe_off_s, later.toe_off_s),
        )


@dataclass(frozen=True, slots=True)
class ForceState:
    """The last sample heard, the time passed, and the spans: the first is certain, the others may still be too short.

    ``spans`` is empty after a silence, until a sample lies outside of the two levels. ``total_n_s``: impulse so far.
    """

    last_s: float = -np.inf
    last_n: float = np.nan
    passed_s: float = -np.inf
    total_n_s: float = 0.0
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    """One contact."""

    time_s: float
    kind: Event
    flags: Flag
    peak_n: float = np.nan
    impulse_n_s: float = np.nan
    low_s: float = np.nan
    high_s: float = np.nan


def detect_force_contacts(
    settings: ForceSettings, state: ForceState, time_s: Floats, force_n: Floats
) -> tuple[ForceState, Contacts]:
    """Feed samples of one foot; return the contacts that no later sample can change.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        force_n: (n,) vertical force; NaN says "nothing heard up to here" and lets time pass.
    """
    told: list[_Told] = []
    if time_s.size:
        heard = np.isfinite(force_n)
        passed_s, time_s, force_n = float(time_s[-1]), time_s[heard], force_n[heard]
        breaks = np.flatnonzero(np.diff(time_s, prepend=state.last_s) > settings.hole_s).tolist()
        for place, (first, end) in enumerate(pairwise([0, *breaks, time_s.size])):
            state = replace(state, spans=()) if place else state
            if end > first:
                state = _confirmed(settings, _extended(settings, state, time_s[first:end], force_n[first:end]), told)
        if passed_s - state.last_s > settings.hole_s:
            state = replace(state, spans=())
        state = replace(state, passed_s=passed_s)
    return state, _contacts(told, _settled_s(settings, state))


def _extended(settings: ForceSettings, state: ForceState, time_s: Floats, force_n: Floats) -> ForceState:
    """The state with the samples (n,) of one unbroken run."""
    after = replace(state, last_s=float(time_s[-1]), last_n=float(force_n[-1]))
    loaded = _loaded(settings, state.spans[-1].loaded if state.spans else None, force_n)
    first = int(np.searchsorted(loaded >= 0, True))
    if first == time_s.size:
        return after
    if state.spans:
        spans, before_s, before_n = state.spans, state.last_s, state.last_n
    else:
        time_s, force_n, loaded = time_s[first:], force_n[first:], loaded[first:]
        before_s, before_n = float(time_s[0]), float(force_n[0])
        spans = (Span(bool(loaded[0]), before_s, gap=True, before_n_s=state.total_n_s),)
    run = _Run(
        time_s,
        force_n,
        np.append(before_s, time_s[:-1]),
        np.append(before_n, force_n[:-1]),
        np.diff(loaded, prepend=int(spans[-1].loaded)) != 0,
    )
    total_n_s = run.totals(state.total_n_s)
    pieces = run.pieces(settings, spans[-1].loaded, total_n_s)
    spans = (*spans[:-1], spans[-1].with_later(pieces[0]), *pieces[1:])
    return replace(after, total_n_s=float(total_n_s[-1]), spans=spans)


def _loaded(settings: ForceSettings, loaded: bool | None, force_n: Floats) -> Ints:
    """1 loaded, 0 not, -1 before the first force outside of the two levels."""
    decided = np.where(force_n >= settings.on_n, 1, np.where(force_n < settings.off_n, 0, -1))
    carried = np.append(-1 if loaded is None else int(loaded), decided)
    last = np.maximum.accumulate(np.where(carried >= 0, np.arange(carried.size), 0))
    return carried[last][1:]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Samples of an unbroken run with the one before each, and whether a new span begins at it."""

    time_s: Floats
    force_n: Floats
    before_s: Floats
    before_n: Floats
    begins: Bools

    def crossing_s(self, at: Ints, level: Floats) -> Floats:
        """When the force crossed ``level`` on its way to the samples ``at``."""
        share = (level - self.before_n[at]) / (self.force_n[at] - self.before_n[at])
        return self.before_s[at] + share * (self.time_s[at] - self.before_s[at])

    def totals(self, before_n_s: float) -> Floats:
        """(n + 1,) impulse up to the sample before each, and at the end. The carry goes first: no cut changes a bit."""
        areas = 0.5 * (self.force_n + self.before_n) * (self.time_s - self.before_s)
        return np.cumsum(np.append(before_n_s, areas))

    def pieces(self, settings: ForceSettings, loaded: bool, total_n_s: Floats) -> list[Span]:
        """What the samples add to the span at hand, which is ``loaded`` or not, and the spans that begin in them."""
        part = np.cumsum(self.begins, dtype=np.int64)
        count = int(part[-1]) + 1
        edges = np.flatnonzero(self.begins)
        kinds = np.logical_xor(loaded, np.arange(count) % 2 == 1)
        level = np.where(kinds[1:], settings.on_n, settings.off_n)
        start_s = self.crossing_s(edges, level)
        before_n_s = total_n_s[edges] + 0.5 * (self.before_n[edges] + level) * (start_s - self.before_s[edges])
        gap = self.time_s[edges] - self.before_s[edges] > _LOST_PERIODS / settings.rate_hz
        peak = np.full(count, -np.inf)
        np.maximum.at(peak, part, self.force_n)
        columns = (
            kinds,
            np.append(np.nan, start_s),
            np.append(False, gap),
            np.append(np.nan, before_n_s),
            peak,
            self._first_rise(settings.high_n, part, count),
            *(self._last_fall(level, part, count) for level in (settings.high_n, settings.on_n, settings.toe_off_n)),
        )
        return [Span(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def _first_rise(self, level: float, part: Ints, count: int) -> Floats:
        """Of each span the first rise through ``level``; NaN where there is none."""
        rises = np.flatnonzero((self.before_n < level) & (self.force_n >= level))
        first = np.full(count, np.nan)
        first[part[rises][::-1]] = self.crossing_s(rises, np.full(rises.size, level))[::-1]
        return first

    def _last_fall(self, level: float, part: Ints, count: int) -> Floats:
        """Of each span the last fall through ``level``; the fall that ends a span still belongs to it."""
        falls = np.flatnonzero((self.before_n >= level) & (self.force_n < level))
        last = np.full(count, np.nan)
        last[part[falls] - self.begins[falls]] = self.crossing_s(falls, np.full(falls.size, level))
        return last


def _confirmed(settings: ForceSettings, state: ForceState, told: list[_Told]) -> ForceState:
    """Tell the starts of spans that have lasted long enough; join those that are over and were too short."""
    spans = state.spans
    while len(spans) > 1:
        sure, candidate = spans[:2]
        end_s = spans[2].start_s if len(spans) > 2 else state.last_s
        if end_s - candidate.start_s >= (settings.stance_min_s if candidate.loaded else settings.swing_min_s):
            told.append(_contact(sure, candidate))
            spans = spans[1:]
        elif len(spans) > 2:
            spans = (sure.with_later(candidate).with_later(spans[2]), *spans[3:])
        else:
            break
    return replace(state, spans=spans)


def _contact(before: Span, after: Span) -> _Told:
    flags = Flag.GAP if before.gap or after.gap else Flag.NONE
    if after.loaded:
        return _Told(after.start_s, Event.IC, flags)
    return _Told(
        _later(after.start_s, before.toe_off_s),
        Event.TC,
        flags,
        before.peak_n,
        after.before_n_s - before.before_n_s,
        before.low_to_s - before.start_s,
        before.high_to_s - before.high_from_s,
    )


def _later(earlier: float, later: float) -> float:
    """The later one, if there is one."""
    return earlier if np.isnan(later) else later


def _settled_s(settings: ForceSettings, state: ForceState) -> float:
    """Every contact before this time was told: the next one is a candidate's start, or follows the last sample."""
    if not state.spans:
        return state.passed_s if state.passed_s - state.last_s > settings.hole_s else state.last_s
    sure, *candidates = state.spans
    settled_s = candidates[0].start_s if candidates else state.last_s
    return min(settled_s, sure.toe_off_s) if sure.loaded and not np.isnan(sure.toe_off_s) else settled_s


def _contacts(told: list[_Told], settled_s: float) -> Contacts:
    if not told:
        return Contacts.none(settled_s)
    return Contacts(
        np.array([contact.time_s for contact in told]),
        np.array([contact.kind for contact in told], np.int64),
        np.array([contact.flags for contact in told], np.int64),
        np.array([contact.peak_n for contact in told]),
        np.array([contact.impulse_n_s for contact in told]),
        settled_s,
        np.array([contact.low_s for contact in told]),
        np.array([contact.high_s for contact in told]),
    )
