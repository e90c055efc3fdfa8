"""Which rows each set gets, and which pair of events it compares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from evenside.validation.agreement import bias, spread
from evenside.validation.marks import SIDES, SetName
from evenside.validation.row_parts import (
    counted,
    error_rows,
    f1_rows,
    mean_of,
    missed_row,
    of_span,
    percent,
    spans,
    told,
    total,
)
from evenside.validation.rows import Maker, Row
from evenside.validation.scores import TrialScore
from evenside_analysis.types import Floats

__all__ = ["COMPARED", "rows_of"]

COMPARED: Mapping[SetName, str] = MappingProxyType(
    {
        "ipol-265": "heel rise and foot flat with the marked start and end of each foot's activity",
        "ipol-497": "toe-off and heel contact with the marked toe-off and heel strike",
        "gaitmap": "toe-off and heel contact with those of motion capture; swings with hand-labelled strides",
        "moticon": "contact and toe-off by force with the steps of the maker's report",
        "gaitpdb": "nothing is marked: stance times by a low with those by a high level of force",
        "loads": "nothing is marked: which sides were heard, how completely, at which rate",
    }
)

Scores = Sequence[TrialScore]
_TIMES = ("swing", "stance", "step")


def rows_of(make: Maker) -> tuple[Row, ...]:
    """The rows of a set, without those of which its trials say nothing."""
    return tuple(row for row in _MAKERS[make.set](make) if row.n)


def _motions(make: Maker) -> list[Row]:
    rows = _movements(make)
    for kind, name in (("heel_rise", "heel rise"), ("foot_flat", "foot flat")):
        rows += [*f1_rows(make, kind, name), *error_rows(make, kind, name, straight=False)]
    for span, name in (
        ("motion", "motion time AI, same movements"),
        ("motion_own", "motion time AI, all movements"),
        ("motion_straight", "motion time AI, straight"),
    ):
        found = make.relations(span, name, spans(span, "mean"), of_span(span))
        rows += found[:2] if span == "motion_own" else found
    return [*rows, *_repeats(make, "motion_straight", "motion time AI, straight", "mean")]


def _swings(make: Maker) -> list[Row]:
    rows = _movements(make)
    outside = "movements found beyond what was marked"
    rows.append(
        make.pooled("outside", outside, "count", lambda scores: float(total(scores, "outside")), counted("marked"))
    )
    for kind, name in (("toe_off", "toe-off"), ("contact", "contact")):
        rows += [missed_row(make, kind, name), *f1_rows(make, kind, name), *error_rows(make, kind, name, straight=True)]
    for span in _TIMES:
        rows += make.relations(span, f"{span} time AI, medians", spans(span, "median"), of_span(span))
    for span in _TIMES:
        rows += make.relations(f"{span}_told", f"{span} time AI, as told", told(span), of_span(span))[1:]
    for span in _TIMES:
        rows += _repeats(make, span, f"{span} time AI, medians", "median")
    return [*rows, *_flags(make)]


def _gaitmap(make: Maker) -> list[Row]:
    rows = []
    for side in SIDES:
        row = f"strides_{side}"
        rows.append(make.pooled(row, f"strides found, {side}", "%", percent(f"found_{side}", row), counted(row)))
    for kind, name in (("toe_off", "toe-off"), ("contact", "contact")):
        rows += error_rows(make, kind, name, straight=False)
    rows += _stances(make, "stance_all")[:-1]
    one = percent("borders_found", "borders")
    rows.append(make.pooled("borders", "labelled strides with one swing", "%", one, counted("borders")))
    rows += _flags(make)
    uneven = "stairs: swings left minus right, largest"
    rows.append(make.pooled("stair_sides", uneven, "count", _stair_sides, counted("stair_swings")))
    flagged = percent("stair_flagged", "stair_swings")
    within, inside = percent("stair_flagged", "stair_within"), counted("stair_within")
    return [
        *rows,
        make.pooled("stair_flagged", "stairs: swings flagged", "%", flagged, counted("stair_swings")),
        make.pooled("stair_within", "stairs: flagged from the first to the last", "%", within, inside),
        make.pooled("stair_wrong", "stairs: told up for down, or down for up", "count", _sum("stair_wrong"), inside),
    ]


def _steps(make: Maker) -> list[Row]:
    rows = [make.pooled("missed", "steps missed", "%", percent("missed", "marked"), counted("marked"))]
    for kind, name in (("contact", "contact"), ("toe_off", "toe-off")):
        rows += error_rows(make, kind, name, straight=False)[:3]
    rows += _stances(make, "stance")
    return [*rows, *make.relations("stance", "stance time AI", spans("stance", "mean"), of_span("stance"))]


def _levels(make: Maker) -> list[Row]:
    moves, due = "stance time AI, by level: mean move", "recordings where it moves by more than 1 AI"
    strides = counted("strides")
    return [
        make.pooled("stance", "stance time AI, as told: mean", "AI", mean_of("stance_time"), strides),
        make.pooled("level_moves", moves, "AI", mean_of("level_moves"), strides),
        make.pooled("level_due", due, "count", _sum("level_due"), strides),
        make.pooled("level_told", "recordings where that is told rightly", "%", _level_told, strides),
    ]


def _loads(make: Maker) -> list[Row]:
    def complete(scores: Scores) -> float:
        return 100.0 * mean_of("completeness")(scores)

    heard = counted("recordings")
    return [
        make.pooled("both_sides", "recordings with both sides", "%", percent("both_sides", "recordings"), heard),
        make.pooled("rate_doubted", "recordings with a doubtful rate", "count", _sum("rate_doubted"), heard),
        make.pooled("completeness", "completeness of the poorer side: mean", "%", complete, heard),
    ]


_MAKERS: Mapping[SetName, Callable[[Maker], list[Row]]] = MappingProxyType(
    {
        "ipol-265": _motions,
        "ipol-497": _swings,
        "gaitmap": _gaitmap,
        "moticon": _steps,
        "gaitpdb": _levels,
        "loads": _loads,
    }
)


def _movements(make: Maker) -> list[Row]:
    return [
        make.pooled(part, f"movements {part}", "%", percent(part, "marked"), counted("marked"))
        for part in ("missed", "extra")
    ]


def _repeats(make: Maker, span: str, name: str, middle: str) -> list[Row]:
    """How far the trials of one person scatter, as found and as annotated."""
    pair = spans(span, middle)
    return [
        make.repeats(f"{span}.repeat", f"{name}: SD of a person's trials", lambda score: pair(score)[1]),
        make.repeats(f"{span}.repeat_marked", f"{name}: the same, annotated", lambda score: pair(score)[0]),
    ]


def _flags(make: Maker) -> list[Row]:
    """Level walking that is called stairs, feet that are called exchanged, and contacts that were guessed."""
    return [
        make.pooled("guessed", "swings with a guessed event", "%", percent("guessed", "matched"), counted("matched")),
        make.pooled("stairs", "level swings called stairs", "%", percent("stairs", "level"), counted("level")),
        make.pooled("exchanged", "recordings called exchanged", "count", _sum("exchanged"), counted("recordings")),
        make.pooled("sides_ok", "recordings whose sides are confirmed", "%", _sides_ok, counted("recordings")),
    ]


def _stances(make: Maker, span: str) -> list[Row]:
    """Errors of stance times: of all, between the feet, and the largest mean of a recording and foot."""

    def errors_s(score: TrialScore) -> list[Floats]:
        return [np.diff(getattr(score.spans[span], side))[:, 0] for side in SIDES] if span in score.spans else []

    def all_s(scores: Scores) -> Floats:
        return np.concatenate([np.empty(0), *(of_foot for score in scores for of_foot in errors_s(score))])

    def apart_ms(scores: Scores) -> float:
        both = [[float(bias(of_foot)) for of_foot in errors_s(score)] for score in scores]
        values = [1000.0 * (one[0] - one[1]) for one in both if len(one) == 2 and math.isfinite(sum(one))]
        return float(np.mean(values)) if values else math.nan

    def worst_ms(scores: Scores) -> float:
        means = [abs(float(bias(of_foot))) for score in scores for of_foot in errors_s(score) if of_foot.size]
        return 1000.0 * max(means, default=math.nan)

    name, count = "stance time", of_span(span)
    return [
        make.pooled(f"{span}.mean", f"{name}: bias", "ms", lambda of: 1000.0 * float(bias(all_s(of))), count),
        make.pooled(f"{span}.sd", f"{name}: SD", "ms", lambda of: 1000.0 * float(spread(all_s(of))), count),
        make.pooled(f"{span}.left_minus_right", f"{name}: left minus right", "ms", apart_ms, count),
        make.pooled(f"{span}.worst_mean", f"{name}: largest bias of a recording and foot", "ms", worst_ms, count),
    ]


def _sum(name: str) -> Callable[[Scores], float]:
    return lambda scores: float(total(scores, name))


def _sides_ok(scores: Scores) -> float:
    return percent("sides_ok", "recordings")(scores)


def _stair_sides(scores: Scores) -> float:
    return float(max(abs(score.counts["stair_left"] - score.counts["stair_right"]) for score in scores))


def _level_told(scores: Scores) -> float:
    right = [score.counts["level_said"] == score.counts["level_due"] for score in scores]
    return 100.0 * float(np.mean(right))
