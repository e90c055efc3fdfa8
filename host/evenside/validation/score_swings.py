"""Toe-off and heel contact against marks of the same: by hand, or from motion capture.

::

    marked swings      |TC --- IC|        |TC --- IC|
    stance                       |--------|
    step of the other foot       IC of this foot to the next IC of the other one

Straight walking leaves out what is marked as a turn and a second around it, the first and the last swing of each foot,
and what the detector itself takes for a turn. Asymmetries compare the very same strides: a span counts where both of
its ends are marked, found, and straight.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from evenside.validation.following import FootFound, Found
from evenside.validation.marks import SIDES, Foot, Swings, Trial
from evenside.validation.matching import matched
from evenside.validation.score_motions import matched_movements, movements
from evenside.validation.scores import EventScore, SpanScore, TrialScore, event_score
from evenside_analysis.strides import StrideSettings
from evenside_analysis.types import Bools, Event, Flag, Floats

__all__ = ["SWING_KINDS", "score_swings"]

SWING_KINDS = (("toe_off", Event.TC), ("contact", Event.IC))

_COUNTS = ("marked", "found", "missed", "extra", "outside", "matched", "guessed", "level", "stairs")
_REACH_S = 0.25  # of one event: half the shortest time to the other event of the same foot
_TURN_S = 1.0  # around a marked turn: the strides into and out of it
_OUTSIDE_S = 0.5  # beyond the part that was looked at
_REST_S = StrideSettings().rest_s
_STRAIGHT_METRICS = ("swing_time", "stance_time", "step_time")


def score_swings(trial: Trial, marks: Swings, found: Found) -> TrialScore:
    """Swings, events, and the spans between events of the same strides."""
    counts = dict.fromkeys(_COUNTS, 0)
    events: dict[tuple[str, str], EventScore] = {}
    straight: dict[tuple[str, str], Floats] = {}
    every: dict[tuple[str, str], Floats] = {}
    for side in SIDES:
        foot, marked_s = found.feet.get(side), getattr(marks, side) / found.rate_hz
        _count(counts, marks, found.rate_hz, marked_s, foot)
        clear = _clear(marks, found.rate_hz, marked_s)
        for column, (kind, event) in enumerate(SWING_KINDS):
            time_s, on = _events(foot, event)
            events[side, kind] = event_score(marked_s[:, column], time_s, _REACH_S, clear[:, column], on)
            straight[side, kind] = _both_s(marked_s[:, column], time_s, clear[:, column], on)
            every[side, kind] = _both_s(marked_s[:, column], time_s, np.ones_like(clear[:, column]), np.ones_like(on))
        counts[f"strides_{side}"] = len(_whole(np.stack([marked_s[1:, 0] - marked_s[:-1, 1]] * 2, axis=1)))
    spans = {
        "swing": SpanScore(*(_swings(straight, side) for side in SIDES)),
        "stance": SpanScore(*(_stances(straight, side) for side in SIDES)),
        "stance_all": SpanScore(*(_stances(every, side) for side in SIDES)),
        "step": SpanScore(*(_steps(marks, found.rate_hz, straight, side) for side in SIDES)),
    }
    for side in SIDES:
        counts[f"found_{side}"] = len(getattr(spans["stance_all"], side))
    figures = {figure.metric: figure.ai for figure in found.summary.figures if figure.metric in _STRAIGHT_METRICS}
    return TrialScore(trial, counts, events, spans, figures)


def _count(counts: dict[str, int], marks: Swings, rate_hz: float, marked_s: Floats, foot: FootFound | None) -> None:
    """Movements by their middles. What lies outside the part that was looked at is counted apart."""
    found_s, turned = movements(foot, Event.TC, Event.IC)
    whole = np.isfinite(marked_s).all(axis=1)
    at, there = matched_movements(marked_s[whole], found_s)
    extra = np.ones(len(found_s), np.bool_)
    extra[there] = False
    outside = np.ones(len(found_s), np.bool_)
    if marks.within is not None:
        first_s, last_s = marks.within[0] / rate_hz - _OUTSIDE_S, marks.within[1] / rate_hz + _OUTSIDE_S
        outside = (found_s[:, 1] < first_s) | (found_s[:, 0] > last_s)
    counts["marked"] += int(whole.sum())
    counts["missed"] += int(whole.sum()) - at.size
    counts["found"] += int((~(extra & outside)).sum())
    counts["extra"] += int((extra & ~outside).sum())
    counts["outside"] += int((extra & outside).sum())
    if foot is not None and there.size:
        flags = np.stack([foot.flags[event] for _, event in SWING_KINDS], axis=1)[there]
        counts["guessed"] += int(((flags & int(Flag.GUESSED)) != 0).any(axis=1).sum())
        counts["matched"] += there.size
        counts["level"] += int((~turned[there]).sum())
        counts["stairs"] += int(((flags & int(Flag.STAIRS)) != 0).any(axis=1)[~turned[there]].sum())


def _clear(marks: Swings, rate_hz: float, marked_s: Floats) -> Bools:
    """(n, 2) whether each marked event belongs to straight walking."""
    place = np.arange(len(marked_s))
    clear = np.repeat(((place > 0) & (place < len(marked_s) - 1))[:, np.newaxis], 2, axis=1)
    for start_s, end_s in (marks.turns / rate_hz).tolist():
        clear &= (marked_s < start_s - _TURN_S) | (marked_s > end_s + _TURN_S)
    return clear


def _events(foot: FootFound | None, event: Event) -> tuple[Floats, Bools]:
    """Times of a kind of event, and which of them are straight on."""
    if foot is None:
        return np.empty(0), np.empty(0, np.bool_)
    return foot.time_s[event], (foot.flags[event] & int(Flag.TURN)) == 0


def _both_s(marked_s: Floats, found_s: Floats, clear: Bools, on: Bools) -> Floats:
    """(n, 2): each marked event and the found one, NaN where it was not found or is not ``clear``, or ``on``."""
    both = np.full((marked_s.size, 2), np.nan)
    at, there = matched(marked_s, found_s, _REACH_S)
    both[at] = np.stack([marked_s[at], found_s[there]], axis=1)
    both[at[~(clear[at] & on[there])]] = np.nan
    return both


def _swings(straight: dict[tuple[str, str], Floats], side: Foot) -> Floats:
    return _whole(straight[side, "contact"] - straight[side, "toe_off"])


def _stances(straight: dict[tuple[str, str], Floats], side: Foot) -> Floats:
    """From each contact to the next toe-off of the same foot."""
    return _whole(straight[side, "toe_off"][1:] - straight[side, "contact"][:-1])


def _steps(marks: Swings, rate_hz: float, straight: dict[tuple[str, str], Floats], side: Foot) -> Floats:
    """From each contact of the other foot to the next one of this foot, where none of any foot lies between."""
    contacts = [(time, foot, place) for foot in SIDES for place, time in enumerate(getattr(marks, foot)[:, 1].tolist())]
    contacts.sort()
    steps = [
        straight[side, "contact"][place] - straight[before, "contact"][at]
        for (_, before, at), (_, foot, place) in pairwise(contacts)
        if foot == side != before
    ]
    return _whole(np.array(steps).reshape(-1, 2))


def _whole(spans_s: Floats) -> Floats:
    """Those with both ends, in one go: a marked span of more than a rest is none of walking."""
    with np.errstate(invalid="ignore"):
        good = np.isfinite(spans_s).all(axis=1) & (spans_s[:, 0] > 0.0) & (spans_s[:, 0] <= _REST_S)
    return spans_s[good]
