"""Which found event is which marked one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.validation.matching import f1, matched, paired_up
from evenside_analysis.types import Floats


def places(marked_s: list[float], found_s: list[float], within_s: float) -> list[tuple[int, int]]:
    at, there = matched(np.array(marked_s), np.array(found_s), within_s)
    return list(zip(at.tolist(), there.tolist(), strict=True))


def test_the_nearest_pair_is_taken_first_and_nobody_twice() -> None:
    # 1.0 is nearest to 1.04, which leaves 0.9 to 1.1; in the order of time 0.9 would have taken 1.04.
    assert places([1.0, 1.1], [0.9, 1.04], 0.3) == [(0, 1), (1, 0)]


def test_what_is_further_apart_belongs_to_nothing() -> None:
    assert places([1.0, 2.0, 3.0], [1.1, 2.11, 9.0], 0.1) == [(0, 0)]


def test_exactly_as_far_apart_as_allowed_counts_on_a_raster() -> None:
    assert places([0.3], [0.4], 0.1) == [(0, 0)]  # 0.4 - 0.3 is more than 0.1 in floats
    assert places([0.3], [0.4001], 0.1) == []


def test_two_found_events_for_one_mark_leave_one_over() -> None:
    assert places([1.0], [0.98, 1.01], 0.1) == [(0, 1)]
    assert places([1.0, 1.02], [1.01], 0.1) == [(0, 0)]


def test_marks_that_are_not_there_belong_to_nothing() -> None:
    assert places([math.nan, 1.0], [1.0], 0.1) == [(1, 0)]
    assert places([], [1.0], 0.1) == places([1.0], [], 0.1) == []


times = st.lists(st.integers(0, 60), max_size=12, unique=True).map(lambda all_: np.sort(np.array(all_, np.float64)))


@settings(max_examples=150)
@given(times, times, st.integers(0, 9))
def test_it_is_the_greedy_matching_by_brute_force(marked: Floats, found: Floats, within: int) -> None:
    marked = marked + 0.013 * np.arange(marked.size)  # no two distances are equal
    apart = np.abs(marked[:, np.newaxis] - found)
    expected: list[tuple[int, int]] = []
    while apart.size and apart.min() <= within + 1e-9:
        row, column = (int(place) for place in np.unravel_index(int(apart.argmin()), apart.shape))
        expected.append((row, column))
        apart[row], apart[:, column] = math.inf, math.inf
    at, there = matched(marked, found, float(within))
    assert list(zip(at.tolist(), there.tolist(), strict=True)) == sorted(expected)


@pytest.mark.parametrize(
    ("hits", "marked", "found", "value"), [(8, 10, 10, 0.8), (8, 8, 12, 0.8), (0, 4, 0, 0.0), (5, 5, 5, 1.0)]
)
def test_f1_is_the_harmonic_mean_of_both_shares(hits: int, marked: int, found: int, value: float) -> None:
    assert f1(hits, marked, found) == pytest.approx(value)
    if hits:
        precision, recall = hits / found, hits / marked
        assert value == pytest.approx(2 * precision * recall / (precision + recall))


def test_f1_of_nothing_is_none() -> None:
    assert math.isnan(f1(0, 0, 0))


def test_a_start_takes_the_end_before_the_next_start() -> None:
    starts, ends = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.6, 3.4, 3.9])
    assert paired_up(starts, ends).tolist() == [[1.0, 1.6], [3.0, 3.4]]
    assert paired_up(starts, np.empty(0)).shape == paired_up(np.empty(0), ends).shape == (0, 2)
