"""A habit that goes on for long: when a timer starts, what does not stop it, and that no cut of the stream matters."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.nudge import Nudge, NudgeSettings, NudgeState, watch_habit

BAG = NudgeSettings("bag", "carrying", 1800.0, "either")
ON_S, OFF_S = 10.0, 5.0  # of the detector


def bout(start_s: float, end_s: float, side: HabitSide = "left", place: str = "strap") -> list[HabitEvent]:
    """What a detector says of a bout: that it has begun, and that it is over."""
    return [
        HabitEvent("carrying", place, start_s, math.inf, side, 1.0, start_s + ON_S),
        HabitEvent("carrying", place, start_s, end_s, side, 1.0, end_s + OFF_S),
    ]


def nudged(rule: NudgeSettings, *bouts: list[HabitEvent], passed_s: float = 1e5) -> list[Nudge]:
    events = sorted((event for one in bouts for event in one), key=lambda event: event.known_s)
    return list(watch_habit(rule, NudgeState(), tuple(events), passed_s)[1])


def moments(found: list[Nudge]) -> list[tuple[float, bool]]:
    return [(one.time_s, one.active) for one in found]


def test_it_is_raised_when_it_has_gone_on_for_so_long_and_cleared_after_a_pause() -> None:
    found = nudged(BAG, bout(100.0, 2500.0))
    assert moments(found) == [(1900.0, True), (2530.0, False)]
    assert [(one.side, one.start_s, one.after_s) for one in found] == [("left", 100.0, 1800.0)] * 2


def test_it_is_not_raised_where_it_ended_before() -> None:
    assert nudged(BAG, bout(100.0, 1880.0)) == []


def test_it_waits_for_the_moment_to_have_passed() -> None:
    begun = bout(100.0, math.inf)[:1]
    assert nudged(BAG, begun, passed_s=1899.999) == []
    assert moments(nudged(BAG, begun, passed_s=1900.0)) == [(1900.0, True)]


def test_what_is_over_at_the_very_moment_is_not_raised() -> None:
    assert nudged(BAG, bout(100.0, 1895.0), passed_s=1900.0) == []


def test_a_short_pause_does_not_stop_the_timer() -> None:
    assert moments(nudged(BAG, bout(0.0, 900.0), bout(925.0, 3000.0))) == [(1800.0, True), (3030.0, False)]


def test_a_longer_pause_does() -> None:
    assert moments(nudged(BAG, bout(0.0, 900.0), bout(931.0, 2700.0))) == []


def test_nobody_is_told_in_a_pause() -> None:
    found = nudged(BAG, bout(0.0, 1790.0), bout(1815.0, 3000.0))
    assert moments(found)[0] == (1825.0, True)  # when it is known to go on


def test_short_bouts_do_not_add_up_to_a_timer() -> None:
    assert nudged(BAG, *(bout(start, start + 50.0) for start in range(0, 4000, 70))) == []


def test_the_other_shoulder_has_a_timer_of_its_own() -> None:
    bouts = [bout(float(at), at + 899.0, "left" if at % 1800 == 0 else "right") for at in range(0, 9000, 900)]
    assert nudged(BAG, *bouts) == []
    whatever = NudgeSettings("bag", "carrying", 1800.0, "any")
    assert moments(nudged(whatever, *bouts))[0] == (1800.0, True)


def test_one_side_can_be_watched_alone() -> None:
    right = NudgeSettings("bag", "carrying", 1800.0, "right")
    assert nudged(right, bout(0.0, 4000.0, "left")) == []
    assert nudged(right, bout(0.0, 4000.0, "unknown")) == []
    assert len(nudged(right, bout(0.0, 4000.0, "right"))) == 2


def test_two_detectors_that_see_the_same_tell_once() -> None:
    found = nudged(BAG, bout(0.0, 2500.0), bout(20.0, 2600.0, place="pelvis+sternum"))
    assert moments(found) == [(1800.0, True), (2630.0, False)]


def test_the_same_rule_is_silent_for_its_cooldown() -> None:
    found = nudged(BAG, bout(0.0, 2000.0), bout(2100.0, 9000.0))
    assert moments(found) == [(1800.0, True), (2030.0, False), (5400.0, True), (9030.0, False)]


def test_other_habits_pass_by() -> None:
    sitting = NudgeSettings("sitting", "sitting", 60.0)
    assert nudged(sitting, bout(0.0, 4000.0)) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "flying"}, "is none of carrying"),
        ({"side": "up"}, "is none of left"),
        ({"after_s": 30.0}, "must not lie below on_s"),
        ({"off_s": math.nan}, "must be finite"),
        ({"cooldown_s": -1.0}, "must be finite"),
    ],
)
def test_rules_that_cannot_work_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NudgeSettings(**{"rule": "r", "kind": "carrying", "after_s": 1800.0, **changed})  # type: ignore[arg-type]


@st.composite
def streams(draw: st.DrawFn) -> list[HabitEvent]:
    """Bouts of both sides and of two detectors, in whole seconds so that moments coincide often."""
    found: list[HabitEvent] = []
    for place in ("strap", "wrist"):
        lengths = draw(st.lists(st.integers(1, 60), max_size=8))
        at = 0
        for pause, length in pairwise(lengths):
            start, at = at + pause, at + pause + length
            side: HabitSide = draw(st.sampled_from(("left", "right", "unknown")))
            found += [
                HabitEvent("carrying", place, float(start), math.inf, side, 1.0, float(start + min(length, 3))),
                HabitEvent("carrying", place, float(start), float(at), side, 1.0, float(at + 2)),
            ]
    return sorted(found, key=lambda event: event.known_s)


@settings(max_examples=150)
@given(streams(), st.lists(st.integers(0, 500), max_size=12), st.sampled_from(("either", "any", "left")))
def test_any_cut_of_the_stream_gives_the_same(events: list[HabitEvent], cuts: list[int], side: str) -> None:
    rule = NudgeSettings("bag", "carrying", 40.0, side, 10.0, 5.0, 30.0)  # type: ignore[arg-type]
    whole = nudged(rule, events, passed_s=1000.0)
    state, parts = NudgeState(), list[Nudge]()
    bounds = [-math.inf, *sorted(map(float, cuts)), 1000.0]
    for before, until in pairwise(bounds):
        new = tuple(event for event in events if before < event.known_s <= until)
        state, found = watch_habit(rule, state, new, until)
        parts += found
    assert parts == whole
    assert [one.time_s for one in whole] == sorted(one.time_s for one in whole)
    for one in whole:
        assert not one.active or one.time_s - one.start_s >= rule.after_s


@settings(max_examples=100)
@given(streams())
def test_raised_and_cleared_take_turns_on_each_side(events: list[HabitEvent]) -> None:
    rule = NudgeSettings("bag", "carrying", 30.0, "either", 10.0, 5.0, 0.0)
    found = nudged(rule, events, passed_s=1e4)
    for side in ("left", "right"):
        turns = [one.active for one in found if one.side == side]
        assert turns == [at % 2 == 0 for at in range(len(turns))]
