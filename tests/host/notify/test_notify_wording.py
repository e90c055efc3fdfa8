"""Every sentence that can be sent says what was measured or what to try; it judges, warns and promises nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from evenside.notify.changes import change_words
from evenside.notify.habit_words import IF_PAIN, habit_words, minutes_words, nudge_words, suggestion
from evenside.notify.words import alert_words
from evenside.store import ChangedDay
from evenside_analysis.habit_types import HabitEvent, HabitKind, HabitSide
from evenside_analysis.metrics import METRICS
from evenside_analysis.nudge import Nudge
from evenside_analysis.proportion import proportion
from evenside_analysis.types import Alert, Figure

FORBIDDEN = re.compile(
    r"imbalance|\brisk|abnormal|injur|diagnos|danger|\bhealth|unhealthy|\bwrong\b|\bbad\b|poor|posture problem|prevent|"
    r"\bcorrect|\bcure|\bheal\b|treat|therapy\b|clinical|medical|disease|disorder|compensat|patholog|weak|damage|"
    r"\bmust\b|\bshould\b|warning|symptom|\bnormal",
    re.IGNORECASE,
)
KINDS: tuple[HabitKind, ...] = get_args(HabitKind)
SIDES: tuple[HabitSide, ...] = get_args(HabitSide)


def nudge_sentences() -> Iterator[str]:
    for kind in KINDS:
        for side in SIDES:
            event = HabitEvent(kind, "strap", 0.0, math.inf, side, 1.0, 10.0)
            for active in (True, False):
                yield nudge_words(Nudge("rule", kind, side, 1900.0, active, 100.0, 1800.0, event))


def habit_sentences() -> Iterator[str]:
    for kind in KINDS:
        for left, right in ((20, 1), (1, 20), (6, 6)):
            yield f"{habit_words(kind, proportion(left, right, 2, 5), 'up')}; {IF_PAIN}"


def figure(metric: str, ai: float) -> Figure:
    side = "left" if ai < 0 else "right"
    ends = (ai - 1.0, ai + 1.0)
    return Figure(
        *(metric, "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, ai, *ends, 1.0, 4.5, 2, side),  # type: ignore[arg-type]
        *("", 1.0, 0.98, 0.001),
    )


def limit_sentences() -> Iterator[str]:
    for row in METRICS:
        for ai in (-6.0, 6.0):
            for claim in (0, 1, 2, 3, 4):
                found = replace(figure(row.id, ai), claim=claim)
                for active in (True, False):
                    yield alert_words(
                        Alert("rule", row.id, "foot", 60.0, active, "left" if ai < 0 else "right", 5.0, found)
                    )


def change_sentences() -> Iterator[str]:
    for row in METRICS:
        for chart in (-8.0, 8.0):
            for raised in (True, False):
                day = (
                    "ann",
                    row.id,
                    "foot",
                    "2026-03-02",
                    0,
                    1,
                    raised,
                    9.0,
                    7.0,
                    11.0,
                    1.0,
                    chart,
                    4.5,
                    30,
                    1.0,
                    1.0,
                    "",
                )
                yield change_words(ChangedDay(*day))


@pytest.mark.parametrize("sentences", [nudge_sentences, habit_sentences, limit_sentences, change_sentences])
def test_no_sentence_judges_warns_or_promises(sentences: object) -> None:
    assert callable(sentences)
    said = list(sentences())
    assert len(said) > 10
    for words in said:
        found = FORBIDDEN.search(words)
        assert found is None, f"{found and found[0]!r} in {words!r}"
        assert "{" not in words
        assert "nan" not in words.split()


def test_the_forbidden_words_would_be_found() -> None:
    for words in (
        "muscle imbalance detected",
        "a higher Risk",
        "this is abnormal",
        "prevents injury",
        "unhealthy",
        "weak leg",
    ):
        assert FORBIDDEN.search(words)


def test_a_suggestion_names_the_other_side() -> None:
    assert suggestion("carrying", "right") == "put the bag on the left shoulder"
    assert suggestion("stairs", "left") == "start the next stairs with the right leg"
    assert suggestion("sitting", "none") == "stand up for two minutes"
    for kind in KINDS:
        for side in ("left", "right"):
            assert side not in suggestion(kind, side).split()


def test_a_nudge_tells_how_long() -> None:
    event = HabitEvent("carrying", "strap", 100.0, math.inf, "left", 1.0, 110.0)
    assert nudge_words(Nudge("same shoulder", "carrying", "left", 1900.0, True, 100.0, 1800.0, event)) == (
        "same shoulder: the bag has been on the left side for 30 min: put the bag on the right shoulder"
    )


@pytest.mark.parametrize(
    ("span_s", "words"), [(5.0, "5 s"), (59.9, "60 s"), (60.0, "1 min"), (1800.0, "30 min"), (3720.0, "1 h 2 min")]
)
def test_spans_are_said_in_minutes(span_s: float, words: str) -> None:
    assert minutes_words(span_s) == words
