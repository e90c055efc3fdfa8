"""Foot contacts from the vertical force under one foot: insole or force plate.

::

           /‾‾\\__/‾‾\\         on_n       IC where the rising force crosses it
    ______/          \\____    toe_off_n  TC where the falling force last crossed it
         IC          TC       off_n      below it the foot is in the air

Hysteresis between ``on_n`` and ``off_n`` decides between stance and swing, crossings are interpolated between samples.
A stance or swing that is too short to be one belongs to what surrounds it. Contact times depend on the level: a zero
that is off on one side alone shifts them and looks like an asymmetry. So each stance also carries how long it was above
``on_n`` and above ``high_n``, and whoever makes figures compares both. Its impulse is that between the crossings of
``on_n`` and ``off_n``.

A silence of more than ``hole_s`` is never bridged: what was under way is dropped, and the first contact after it is
flagged. Within a shorter one the force is unknown: contacts on both sides of it stand, but a stance that holds one has
no peak and no impulse. What this never does: guess a contact that was not heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.force_spans import Run, Spans
from evenside_analysis.types import Contacts, Event, Flag, Floats, Ints

__all__ = ["ForceSettings", "ForceState", "detect_force_contacts"]


@dataclass(frozen=True, slots=True, eq=False)
class ForceState:
    """The last sample heard, the time passed, and the spans: the first is certain, a second may still be too short.

    There is none after a silence, until a sample lies outside of the two levels. ``total_n_s``: impulse so far.
    """

    last_s: float = -np.inf
    last_n: float = np.nan
    passed_s: float = -np.inf
    total_n_s: float = 0.0
    spans: Spans = field(default_factory=Spans.none)


def detect_force_contacts(
    settings: ForceSettings, state: ForceState, time_s: Floats, force_n: Floats
) -> tuple[ForceState, Contacts]:
    """Feed samples of one foot; return the contacts that no later sample can change.

    Args:
        time_s: (n,) strictly increasing, also across calls.
        force_n: (n,) vertical force; NaN says "nothing heard up to here" and lets time pass.
    """
    if not time_s.size:
        return state, Contacts.none(_settled_s(settings, state))
    passed_s = float(time_s[-1])
    heard = np.isfinite(force_n)
    if not heard.all():
        time_s, force_n = time_s[heard], force_n[heard]
    told: list[Contacts] = []
    steps_s = time_s - np.concatenate(([state.last_s], time_s[:-1]))
    breaks = (steps_s > settings.hole_s).nonzero()[0].tolist()
    for place, (first, end) in enumerate(pairwise([0, *breaks, time_s.size])):
        if place:
            state = replace(state, spans=Spans.none())
        if end > first:
            state, contacts = _extended(settings, state, time_s[first:end], force_n[first:end])
            told += [contacts] if contacts.time_s.size else []
    silent = passed_s - state.last_s > settings.hole_s
    spans = Spans.none() if silent else state.spans
    state = ForceState(state.last_s, state.last_n, passed_s, state.total_n_s, spans)
    if not told:
        return state, Contacts.none(_settled_s(settings, state))
    found = told[0]
    for contacts in told[1:]:
        found = found.followed_by(contacts)
    return state, replace(found, settled_s=_settled_s(settings, state))


def _extended(
    settings: ForceSettings, state: ForceState, time_s: Floats, force_n: Floats
) -> tuple[ForceState, Contacts]:
    """The state with the samples (n,) of one unbroken run, and what they made certain."""
    last_s, last_n = float(time_s[-1]), float(force_n[-1])
    spans, before_s, before_n = state.spans, state.last_s, state.last_n
    loaded = _loaded(settings, spans.ends_loaded if spans.count else None, force_n)
    if not spans.count:
        first = int(np.searchsorted(loaded >= 0, True))
        if first == time_s.size:
            return ForceState(last_s, last_n, state.passed_s, state.total_n_s, spans), Contacts.none(-np.inf)
        time_s, force_n, loaded = time_s[first:], force_n[first:], loaded[first:]
        before_s, before_n = float(time_s[0]), float(force_n[0])
        spans = Spans.unheard(bool(loaded[0]), before_s, state.total_n_s)
    edges = (loaded != np.concatenate(([int(spans.ends_loaded)], loaded[:-1]))).nonzero()[0] + 1
    run = Run(np.concatenate(([before_s], time_s)), np.concatenate(([before_n], force_n)), edges)
    total_n_s = run.totals(state.total_n_s)
    spans, contacts = _confirmed(settings, spans.followed_by(run, settings, total_n_s), last_s)
    return ForceState(last_s, last_n, state.passed_s, float(total_n_s[-1]), spans), contacts


def _loaded(settings: ForceSettings, loaded: bool | None, force_n: Floats) -> Ints:
    """1 loaded, 0 not, -1 before the first force outside of the two levels."""
    decided = np.where(force_n >= settings.on_n, 1, np.where(force_n < settings.off_n, 0, -1))
    carried = np.concatenate(([-1 if loaded is None else int(loaded)], decided))
    last = np.maximum.accumulate(np.where(carried >= 0, np.arange(carried.size), 0))
    return carried[last][1:]


def _confirmed(settings: ForceSettings, spans: Spans, last_s: float) -> tuple[Spans, Contacts]:
    """Tell the starts of the spans that have lasted long enough; join those that are over and were too short.

    The first span is certain. One that is too short is joined with the one before and the one after it, however short
    that one is. ``settled_s`` of these contacts is for the caller to state.
    """
    if spans.count == 1:
        return spans, Contacts.none(-np.inf)
    lasted_s = np.concatenate((spans.start_s[1:], [last_s])) - spans.start_s
    odd = np.arange(spans.count) % 2 == 1
    short = lasted_s < np.where(odd != spans.loaded, settings.stance_min_s, settings.swing_min_s)
    kept = np.ones(spans.count, bool)
    for place in (short[1:-1].nonzero()[0] + 1).tolist():
        if kept[place]:
            kept[place : place + 2] = False
    first = kept.nonzero()[0]
    whole = spans.joined(first)
    sure = first.size - int(kept[-1] and bool(short[-1]))
    after, at = first[1:sure], np.arange(sure - 1)
    return whole.since(sure - 1), _contacts(settings, spans, after, whole, at)


def _contacts(settings: ForceSettings, spans: Spans, after: Ints, whole: Spans, before: Ints) -> Contacts:
    """The contacts with which the spans ``after`` begin, each at the end of one of the joined spans ``before``."""
    start_s, begins_loaded = spans.start_s[after], (before % 2 == 1) == whole.loaded
    gap = whole.gap[before] | spans.gap[after]
    no_force = begins_loaded | whole.lost[before] | gap
    peak_n = np.where(no_force, np.nan, whole.peak_n[before])
    impulse_n_s = np.where(no_force, np.nan, spans.before_n_s[after] - whole.before_n_s[before])
    low_s, high_s = (np.where(begins_loaded, np.nan, span_s[before]) for span_s in (whole.low_s, whole.high_s))
    toe_off_s = whole.toe_off_s[before]
    pressed = ~begins_loaded & (start_s - toe_off_s <= settings.press_max_s)
    return Contacts(
        np.where(pressed, toe_off_s, start_s),
        np.where(begins_loaded, int(Event.IC), int(Event.TC)).astype(np.int64),
        np.where(gap, int(Flag.GAP), 0).astype(np.int64),
        peak_n,
        impulse_n_s,
        -np.inf,
        low_s,
        high_s,
    )


def _settled_s(settings: ForceSettings, state: ForceState) -> float:
    """Every contact before this time was told: the next one is a candidate's start, or follows the last sample."""
    spans = state.spans
    if not spans.count:
        return state.passed_s if state.passed_s - state.last_s > settings.hole_s else state.last_s
    settled_s = float(spans.start_s[1]) if spans.count > 1 else state.last_s
    toe_off_s = float(spans.toe_off_s[0])
    return toe_off_s if spans.loaded and settled_s - toe_off_s <= settings.press_max_s else settled_s
