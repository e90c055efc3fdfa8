"""Groups of rows that several sets share, and how they are read from the score of a trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from evenside.validation.agreement import bias, robust_sd, spread
from evenside.validation.marks import SIDES
from evenside.validation.matching import f1
from evenside.validation.rows import Maker, Pair, Row
from evenside.validation.scores import WITHIN_S, EventScore, TrialScore
from evenside_analysis.types import Floats

__all__ = [
    "apart",
    "counted",
    "error_rows",
    "f1_rows",
    "mean_of",
    "missed_row",
    "of_span",
    "percent",
    "spans",
    "told",
    "total",
]

Scores = Sequence[TrialScore]
Count = Callable[[TrialScore], int]


def counted(name: str) -> Count:
    """The count of that name."""
    return lambda score: score.counts.get(name, 0)


def of_span(name: str) -> Count:
    """How many spans of that name there are."""
    return lambda score: score.spans[name].count if name in score.spans else 0


def total(scores: Scores, name: str) -> int:
    """The sum of a count."""
    return sum(score.counts.get(name, 0) for score in scores)


def percent(part: str, whole: str) -> Callable[[Scores], float]:
    """One count as a share of another."""

    def figure(scores: Scores) -> float:
        of = total(scores, whole)
        return 100.0 * total(scores, part) / of if of else math.nan

    return figure


def mean_of(name: str) -> Callable[[Scores], float]:
    """Mean of a figure over trials."""

    def figure(scores: Scores) -> float:
        values = [score.figures.get(name, math.nan) for score in scores]
        values = [value for value in values if math.isfinite(value)]
        return float(np.mean(values)) if values else math.nan

    return figure


def spans(name: str, middle: str) -> Pair:
    """The asymmetry of a span, annotated and found, of the ``mean`` or the ``median``."""

    def pair(score: TrialScore) -> tuple[float, float]:
        span = score.spans.get(name)
        return (math.nan, math.nan) if span is None else (span.ai(0, middle), span.ai(1, middle))

    return pair


def told(name: str) -> Pair:
    """The annotated asymmetry of the same strides, and the one that the product tells of the whole recording."""
    annotated = spans(name, "mean")
    return lambda score: (annotated(score)[0], score.figures.get(f"{name}_time", math.nan))


def f1_rows(make: Maker, kind: str, name: str) -> list[Row]:
    """F1 of a kind of event for each of WITHIN_S."""

    def count(score: TrialScore) -> int:
        return _marked(score, kind)

    rows = []
    for place, within_s in enumerate(WITHIN_S):

        def figure(scores: Scores, place: int = place) -> float:
            of = _of_kind(scores, kind)
            return f1(sum(one.hits[place] for one in of), sum(one.marked for one in of), sum(one.found for one in of))

        row = f"{kind}.f1_{1000 * within_s:.0f}"
        rows.append(make.pooled(row, f"{name}: F1 within {within_s:g} s", "", figure, count))
    return rows


def missed_row(make: Maker, kind: str, name: str) -> Row:
    """Events without a found one in reach."""

    def figure(scores: Scores) -> float:
        of = _of_kind(scores, kind)
        marked = sum(one.marked for one in of)
        return 100.0 * (marked - sum(one.errors_s.size for one in of)) / marked if marked else math.nan

    return make.pooled(f"{kind}.missed", f"{name}: missed", "%", figure, lambda score: _marked(score, kind))


def error_rows(make: Maker, kind: str, name: str, straight: bool) -> list[Row]:
    """Bias, SD, robust SD, and left minus right, of events in ``straight`` walking or of all."""

    def errors_s(scores: Scores) -> Floats:
        return np.concatenate([np.empty(0), *(_errors_s(one, straight) for one in _of_kind(scores, kind))])

    def count(score: TrialScore) -> int:
        return errors_s((score,)).size

    def apart_s(scores: Scores) -> Floats:
        values = np.array([apart(score, kind, straight) for score in scores], np.float64)
        found: Floats = values[np.isfinite(values)]
        return found

    def both(score: TrialScore) -> int:
        return count(score) if apart_s((score,)).size else 0

    name = f"{name}, straight" if straight else name
    sides = f"{name}: left minus right"
    return [
        make.pooled(f"{kind}.bias", f"{name}: bias", "ms", lambda of: _ms(bias(errors_s(of))), count),
        make.pooled(f"{kind}.sd", f"{name}: SD", "ms", lambda of: _ms(spread(errors_s(of))), count),
        make.pooled(f"{kind}.robust_sd", f"{name}: robust SD", "ms", lambda of: _ms(robust_sd(errors_s(of))), count),
        make.pooled(f"{kind}.left_minus_right", sides, "ms", lambda of: _ms(bias(apart_s(of))), both),
        make.pooled(f"{kind}.left_minus_right_sd", f"{sides}, SD", "ms", lambda of: _ms(spread(apart_s(of))), both),
    ]


def apart(score: TrialScore, kind: str, straight: bool) -> float:
    """Mean error of the left foot minus that of the right one, in s; NaN without one of them."""
    means = [
        float(bias(_errors_s(score.events[side, kind], straight))) if (side, kind) in score.events else math.nan
        for side in SIDES
    ]
    return means[0] - means[1]


def _errors_s(score: EventScore, straight: bool) -> Floats:
    return score.errors_s[score.straight] if straight else score.errors_s


def _of_kind(scores: Scores, kind: str) -> list[EventScore]:
    return [score.events[side, kind] for score in scores for side in SIDES if (side, kind) in score.events]


def _marked(score: TrialScore, kind: str) -> int:
    return sum(one.marked for one in _of_kind((score,), kind))


def _ms(seconds: float | Floats) -> float:
    return 1000.0 * float(seconds)
