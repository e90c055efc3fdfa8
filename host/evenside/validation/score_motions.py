"""Heel rise and foot flat against the marked activity of each foot: every movement has both, marked and found."""

from __future__ import annotations

import numpy as np

from evenside.validation.following import FootFound, Found
from evenside.validation.marks import SIDES, Motions, Trial
from evenside.validation.matching import matched
from evenside.validation.scores import EventScore, SpanScore, TrialScore, event_score
from evenside_analysis.types import Bools, Event, Flag, Floats, Ints

__all__ = ["REACH_S", "movements", "score_motions"]

REACH_S = 0.3  # of the middles of movements, and of their ends: a swing lasts 0.4 s, a stride rarely under 0.9 s

_NONE: Floats = np.empty(0)


def score_motions(trial: Trial, marks: Motions, found: Found) -> TrialScore:
    """Movements, events, and the time that a foot is in motion: of the same movements, and of all on each side."""
    counts = {"marked": 0, "found": 0, "missed": 0, "extra": 0}
    events: dict[tuple[str, str], EventScore] = {}
    same, straight, own = ([np.empty((0, 2)), np.empty((0, 2))] for _ in range(3))
    for place, side in enumerate(SIDES):
        marked_s = getattr(marks, side) / found.rate_hz
        found_s, turned = movements(found.feet.get(side), Event.HEEL_RISE, Event.FOOT_FLAT)
        at, there = matched_movements(marked_s, found_s)
        counts["marked"] += len(marked_s)
        counts["found"] += len(found_s)
        counts["missed"] += len(marked_s) - at.size
        counts["extra"] += len(found_s) - at.size
        inner = _inner(len(marked_s))
        for column, kind in enumerate(("heel_rise", "foot_flat")):
            events[side, kind] = event_score(marked_s[:, column], found_s[:, column], REACH_S, inner, ~turned)
        spans_s = np.stack([np.diff(marked_s[at])[:, 0], np.diff(found_s[there])[:, 0]], axis=1)
        same[place] = spans_s
        straight[place] = spans_s[inner[at] & ~turned[there]]
        own[place] = _each_its_own(marked_s, found_s)
    spans = {"motion": SpanScore(*same), "motion_straight": SpanScore(*straight), "motion_own": SpanScore(*own)}
    return TrialScore(trial, counts, events, spans)


def movements(foot: FootFound | None, start: Event, end: Event) -> tuple[Floats, Bools]:
    """(n, 2) start and end of each movement of a foot, and whether it turned; a movement always has both events."""
    if foot is None:
        return np.empty((0, 2)), np.empty(0, np.bool_)
    both = np.stack([foot.time_s[start], foot.time_s[end]], axis=1)
    return both, ((foot.flags[start] | foot.flags[end]) & int(Flag.TURN)) != 0


def matched_movements(marked_s: Floats, found_s: Floats) -> tuple[Ints, Ints]:
    """Places of what belongs together, by the middles."""
    return matched(marked_s.mean(axis=1), found_s.mean(axis=1), REACH_S)


def _inner(count: int) -> Bools:
    """All but the first and the last."""
    place = np.arange(count)
    return (place > 0) & (place < count - 1)


def _each_its_own(marked_s: Floats, found_s: Floats) -> Floats:
    """(1, 2): means of all that is marked and of all that is found, whether they belong together or not."""
    if not (len(marked_s) and len(found_s)):
        return np.empty((0, 2))
    return np.array([[np.diff(marked_s).mean(), np.diff(found_s).mean()]])
