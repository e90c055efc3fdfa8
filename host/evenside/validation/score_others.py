"""Recordings whose truth is something else: stretches of one stride, stairs, a maker's own report, or none at all."""

from __future__ import annotations

import math

import numpy as np

from evenside.validation.following import Found
from evenside.validation.marks import SIDES, Borders, Steps, Trial
from evenside.validation.matching import matched, paired_up
from evenside.validation.score_motions import movements
from evenside.validation.scores import EventScore, SpanScore, TrialScore, event_score
from evenside_analysis.indices import asymmetry_index
from evenside_analysis.types import Event, Flag, Floats

__all__ = ["score_borders", "score_levels", "score_loads", "score_stairs", "score_steps"]

_STEP_REACH_S = 0.1
_LEVELS = ("stance_low", "stance_high")


def score_borders(trial: Trial, marks: Borders, found: Found) -> TrialScore:
    """How many stretches hold the middle of exactly one swing."""
    counts = {"borders": 0, "borders_found": 0}
    for side in SIDES:
        spans_s = getattr(marks, side) / found.rate_hz
        middle_s = movements(found.feet.get(side), Event.TC, Event.IC)[0].mean(axis=1)
        inside = np.searchsorted(middle_s, spans_s[:, 1]) - np.searchsorted(middle_s, spans_s[:, 0])
        counts["borders"] += len(spans_s)
        counts["borders_found"] += int((inside == 1).sum())
    return TrialScore(trial, counts)


def score_stairs(trial: Trial, found: Found) -> TrialScore:
    """Swings of each foot, and how many of them are told as stairs; the name of the recording says which way they go.

    Which of them are is marked nowhere: a flight lies between the first and the last that are told. What is not told
    in there is a landing, or missed.
    """
    names = ("swings", "flagged", "left", "right", "within", "wrong")
    counts = {f"stair_{name}": 0 for name in names}
    way = 1 if "up" in trial.name else -1
    for side in SIDES:
        foot = found.feet.get(side)
        if foot is not None:
            told = np.flatnonzero(foot.stairs)
            counts[f"stair_{side}"] = foot.stairs.size
            counts["stair_swings"] += foot.stairs.size
            counts["stair_flagged"] += told.size
            counts["stair_within"] += int(told[-1] - told[0]) + 1 if told.size else 0
            counts["stair_wrong"] += int((foot.stairs == -way).sum())
    return TrialScore(trial, counts)


def score_steps(trial: Trial, marks: Steps, found: Found) -> TrialScore:
    """Contacts of insoles, and the stances between them, against the maker's report of the same steps."""
    counts = {"marked": 0, "missed": 0}
    events: dict[tuple[str, str], EventScore] = {}
    stances = [np.empty((0, 2)), np.empty((0, 2))]
    for place, side in enumerate(SIDES):
        steps_s, foot = getattr(marks, side), found.feet.get(side)
        contact_s = np.empty(0) if foot is None else foot.time_s[Event.IC]
        toe_off_s = np.empty(0) if foot is None else foot.time_s[Event.TC]
        for column, (kind, time_s) in enumerate((("contact", contact_s), ("toe_off", toe_off_s))):
            every, all_found = np.ones(len(steps_s), np.bool_), np.ones(time_s.size, np.bool_)
            events[side, kind] = event_score(steps_s[:, column], time_s, _STEP_REACH_S, every, all_found)
        own_s = paired_up(contact_s, toe_off_s)
        at, there = matched(steps_s[:, 0], own_s[:, 0], _STEP_REACH_S)
        counts["marked"] += len(steps_s)
        counts["missed"] += len(steps_s) - at.size
        stances[place] = np.stack([np.diff(steps_s[at])[:, 0], np.diff(own_s[there])[:, 0]], axis=1)
    return TrialScore(trial, counts, events, {"stance": SpanScore(*stances)})


def score_levels(trial: Trial, found: Found) -> TrialScore:
    """By how much the asymmetry of stance times moves with the force that counts as contact, and if that is said."""
    metrics = next((names for names in found.rows if set(_LEVELS) <= set(names)), None)
    if metrics is None:
        return TrialScore(trial, {"strides": 0})
    rows = found.rows[metrics]
    straight = (rows.flags & ~int(Flag.CLIPPED)) == 0
    ais: list[float] = []
    for level in _LEVELS:
        left, right = rows.left[straight, metrics.index(level)], rows.right[straight, metrics.index(level)]
        ais.append(_ai(left, right))
    said = any("level of force" in words for words in found.summary.checks.words)
    figures = {
        "stance_time": next((one.ai for one in found.summary.figures if one.metric == "stance_time"), math.nan),
        "level_moves": abs(ais[1] - ais[0]),
    }
    counts = {"strides": int(straight.sum()), "level_said": int(said), "level_due": int(figures["level_moves"] > 1.0)}
    return TrialScore(trial, counts, figures=figures)


def score_loads(trial: Trial, found: Found) -> TrialScore:
    """Which sides were heard, how completely, and which share they bore: there is nothing to compare it with."""
    heard = {node.node: node for node in found.summary.nodes}
    sides = {node.side for node in found.nodes if heard[node.id].samples}
    figures = {
        "load_share": next((one.ai for one in found.summary.figures if one.metric == "load_share"), math.nan),
        "completeness": min(heard[node.id].completeness for node in found.nodes),
        "rate_hz": found.rate_hz,
    }
    counts = {"both_sides": int(sides >= set(SIDES)), "rate_doubted": int("rate" in found.notes)}
    return TrialScore(trial, counts, figures=figures)


def _ai(left: Floats, right: Floats) -> float:
    both = np.isfinite(left) & np.isfinite(right)
    if not both.any():
        return math.nan
    return float(asymmetry_index(float(left[both].mean()), float(right[both].mean())))
