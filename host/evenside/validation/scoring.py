"""One trial and what was found in it: everything that can be scored, in one score."""

from __future__ import annotations

from evenside.validation.following import Found
from evenside.validation.marks import Borders, Motions, Steps, Swings, Trial
from evenside.validation.score_motions import score_motions
from evenside.validation.score_others import score_borders, score_levels, score_loads, score_stairs, score_steps
from evenside.validation.score_swings import score_swings
from evenside.validation.scores import TrialScore

__all__ = ["score_trial"]


def score_trial(trial: Trial, found: Found) -> TrialScore:
    """The score of a trial by all its marks, or by none where its set has none."""
    sides = found.summary.checks.sides
    score = TrialScore(trial, {"recordings": 1, "exchanged": int(sides == "swapped"), "sides_ok": int(sides == "ok")})
    for marks in trial.marks:
        if isinstance(marks, Motions):
            score = score.with_more(score_motions(trial, marks, found))
        elif isinstance(marks, Swings):
            score = score.with_more(score_swings(trial, marks, found))
        elif isinstance(marks, Borders):
            score = score.with_more(score_borders(trial, marks, found))
        elif isinstance(marks, Steps):
            score = score.with_more(score_steps(trial, marks, found))
    if trial.stairs:
        score = score.with_more(score_stairs(trial, found))
    if trial.set == "gaitpdb":
        score = score.with_more(score_levels(trial, found))
    if trial.set == "loads":
        score = score.with_more(score_loads(trial, found))
    return score
