"""What is worth saying of a single trial: the columns of the table of recordings, set by set."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from evenside.validation.agreement import bias
from evenside.validation.marks import SIDES
from evenside.validation.matching import f1
from evenside.validation.row_parts import apart
from evenside.validation.scores import TrialScore
from evenside_analysis.types import Floats

__all__ = ["Fact", "trial_facts"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a trial."""

    id: str
    name: str
    unit: str
    value: float


def trial_facts(score: TrialScore) -> tuple[Fact, ...]:
    """In the order of the columns."""
    return tuple(_FACTS[score.trial.set](score))


def _motions(score: TrialScore) -> list[Fact]:
    facts = [*_counts(score, ("marked", "missed", "extra")), *_f1(score, "heel_rise"), *_f1(score, "foot_flat")]
    facts += [
        Fact(f"{kind}_apart", f"{_spoken(kind)} L−R", "ms", 1000.0 * apart(score, kind, straight=False))
        for kind in ("heel_rise", "foot_flat")
    ]
    return [*facts, *_ai(score, "motion", "mean")]


def _swings(score: TrialScore) -> list[Fact]:
    facts = _counts(score, ("marked", "missed", "extra"))
    for kind in ("toe_off", "contact"):
        for side in SIDES:
            one = score.events[side, kind]
            name = f"{_spoken(kind)} {side[0].upper()}"
            facts.append(Fact(f"{kind}_{side}", name, "ms", _mean_ms(one.errors_s[one.straight])))
    for span in ("swing", "stance", "step"):
        facts += _ai(score, span, "median")
    return facts


def _gaitmap(score: TrialScore) -> list[Fact]:
    strides = ("strides_left", "found_left", "strides_right", "found_right", "borders", "borders_found")
    return _counts(score, (*strides, "stair_left", "stair_right", "stair_flagged"))


def _steps(score: TrialScore) -> list[Fact]:
    facts = _counts(score, ("marked", "missed"))
    span = score.spans.get("stance")
    for side in SIDES if span is not None else ():
        spans_s: Floats = getattr(span, side)
        facts.append(Fact(f"stance_{side}", f"stance {side[0].upper()}", "ms", _mean_ms(spans_s[:, 1] - spans_s[:, 0])))
    return [*facts, *_ai(score, "stance", "mean")]


def _levels(score: TrialScore) -> list[Fact]:
    return [
        *_counts(score, ("strides",)),
        Fact("stance_time", "stance AI", "AI", score.figures.get("stance_time", math.nan)),
        Fact("level_moves", "moves by level", "AI", score.figures.get("level_moves", math.nan)),
        *_counts(score, ("level_said",)),
    ]


def _loads(score: TrialScore) -> list[Fact]:
    return [
        Fact("rate_hz", "rate", "Hz", score.figures["rate_hz"]),
        *_counts(score, ("both_sides",)),
        Fact("completeness", "completeness", "%", 100.0 * score.figures["completeness"]),
        Fact("load_share", "load AI", "AI", score.figures["load_share"]),
    ]


_FACTS: dict[str, Callable[[TrialScore], list[Fact]]] = {
    "ipol-265": _motions,
    "ipol-497": _swings,
    "gaitmap": _gaitmap,
    "moticon": _steps,
    "gaitpdb": _levels,
    "loads": _loads,
}


def _counts(score: TrialScore, names: tuple[str, ...]) -> list[Fact]:
    return [Fact(name, _spoken(name), "count", score.counts.get(name, math.nan)) for name in names]


def _f1(score: TrialScore, kind: str) -> list[Fact]:
    both = [score.events[side, kind] for side in SIDES]
    value = f1(sum(one.hits[0] for one in both), sum(one.marked for one in both), sum(one.found for one in both))
    return [Fact(f"{kind}_f1", f"{_spoken(kind)} F1", "", value)]


def _ai(score: TrialScore, span: str, middle: str) -> list[Fact]:
    if span not in score.spans:
        return []
    annotated, found = (score.spans[span].ai(column, middle) for column in (0, 1))
    return [
        Fact(f"{span}_annotated", f"{span} AI, annotated", "AI", annotated),
        Fact(f"{span}_found", "found", "AI", found),
    ]


def _mean_ms(errors_s: Floats) -> float:
    return 1000.0 * float(bias(errors_s))


def _spoken(name: str) -> str:
    return name.replace("_", " ")
