"""Bouts of seconds: dwell, pauses, means, and the same for any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_types import HabitEvent

SITTING = BoutSettings("sitting", "thigh", "none", 10, 5, ("confidence", "angle_deg"))


def told(seconds: list[int], settled: list[int]) -> list[HabitEvent]:
    """Fed in pieces: each ``settled`` ends one."""
    state, events, before = BoutState(), list[HabitEvent](), 0
    every = np.array(sorted(seconds), np.int64)
    for until in sorted(settled):
        part = every[(every >= before) & (every < until)]
        columns = np.stack([np.ones(part.size), part.astype(np.float64)], axis=1)
        state, new = find_bouts(SITTING, state, part, columns, until)
        events += new
        before = max(before, until)
    return events


def test_a_bout_is_told_when_it_is_certain_and_again_when_it_is_over() -> None:
    begun, over = told(list(range(100, 130)), [1000])
    assert (begun.start_s, begun.end_s, begun.known_s) == (100.0, np.inf, 110.0)
    assert (over.start_s, over.end_s, over.known_s) == (100.0, 130.0, 135.0)
    assert over.value("angle_deg") == pytest.approx(114.5)
    assert over.value("seconds") == 30.0


def test_what_is_shorter_than_the_dwell_is_no_bout() -> None:
    assert told(list(range(9)), [100]) == []


def test_a_pause_of_four_seconds_does_not_end_it_and_one_of_five_does() -> None:
    first = list(range(20))
    assert [event.end_s for event in told([*first, *range(24, 44)], [200])] == [np.inf, 44.0]
    assert [event.end_s for event in told([*first, *range(25, 45)], [200])] == [np.inf, 20.0, np.inf, 45.0]


@settings(max_examples=80)
@given(st.sets(st.integers(0, 120)), st.lists(st.integers(0, 130), max_size=8))
def test_any_cut_tells_the_same(seconds: set[int], cuts: list[int]) -> None:
    assert told(list(seconds), [*cuts, 131]) == told(list(seconds), [131])


def test_a_dwell_below_one_second_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        BoutSettings("sitting", "thigh", "none", 0, 5)
