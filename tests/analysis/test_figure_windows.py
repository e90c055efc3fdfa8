"""Rows gathered into windows at absolute places, each once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.figure_windows import Closed, FigureWindows, close_windows
from evenside_analysis.rows import Rows
from evenside_analysis.types import Floats


def rows_of(end_s: list[float] | Floats, settled_s: float) -> Rows:
    end = np.array(end_s, np.float64)
    return Rows(end, np.zeros(end.size, np.int64), end[:, np.newaxis], end[:, np.newaxis], settled_s)


def told(closed: Closed) -> list[tuple[int, list[float]]]:
    return [
        (int(index), closed.rows.end_s[first:end].tolist())
        for index, first, end in zip(closed.index, closed.first, closed.end, strict=True)
    ]


def test_a_window_holds_the_rows_that_end_in_its_last_length() -> None:
    _, closed = close_windows(10.0, 3, FigureWindows.start(1), rows_of([4.0, 10.0, 10.5, 25.0, 39.0], 50.5))
    assert told(closed) == [
        (1, [4.0, 10.0]),
        (2, [4.0, 10.0, 10.5]),
        (3, [4.0, 10.0, 10.5, 25.0]),
        (4, [10.5, 25.0, 39.0]),
        (5, [25.0, 39.0]),
    ]


def test_a_window_is_over_when_a_row_at_its_very_end_could_not_come_any_more() -> None:
    state, closed = close_windows(10.0, 3, FigureWindows.start(1), rows_of([4.0], 10.0))
    assert told(closed) == []  # a row that ends at 10.0 may follow
    _, closed = close_windows(10.0, 3, state, rows_of([10.0], 10.001))
    assert told(closed) == [(1, [4.0, 10.0])]


@pytest.mark.parametrize("hop_s", [0.1, 0.3, 0.7, 1.0 / 3.0])
def test_no_rounding_ends_a_window_before_its_time(hop_s: float) -> None:
    for k in range(1, 200):  # 3 * 0.1 / 0.1 is more than 3
        end_s = k * hop_s
        state, closed = close_windows(hop_s, 1, FigureWindows.start(1), rows_of([end_s - 0.4 * hop_s], end_s))
        assert told(closed) == []
        _, closed = close_windows(hop_s, 1, state, rows_of([end_s], end_s + 0.1 * hop_s))
        assert told(closed) == [(k, [end_s - 0.4 * hop_s, end_s])]


def test_a_window_without_rows_is_passed_over() -> None:
    _, closed = close_windows(10.0, 2, FigureWindows.start(1), rows_of([4.0, 94.0], 200.0))
    assert told(closed) == [(1, [4.0]), (2, [4.0]), (10, [94.0]), (11, [94.0])]


def test_a_pause_of_years_costs_nothing() -> None:
    state, closed = close_windows(10.0, 2, FigureWindows.start(1), rows_of([4.0, 1e12], 1e12 + 1.0))
    assert told(closed) == [(1, [4.0]), (2, [4.0]), (10**11, [1e12])]
    state, closed = close_windows(10.0, 2, state, rows_of([], 1e15))
    assert told(closed) == [(10**11 + 1, [1e12])]
    assert state.rows.end_s.size == 0


def test_nothing_is_over_before_anything_is_settled() -> None:
    state, closed = close_windows(10.0, 2, FigureWindows.start(1), rows_of([], -math.inf))
    assert (told(closed), state.next) == ([], None)


def test_rows_are_kept_as_long_as_a_window_may_need_them() -> None:
    state, _ = close_windows(10.0, 3, FigureWindows.start(1), rows_of([4.0, 10.0, 10.5, 25.0], 30.5))
    assert state.next == 4
    assert state.rows.end_s.tolist() == [10.5, 25.0]


# Hops that are no binary fractions: a quotient of two times is then rounded either way.
HOPS = st.sampled_from([0.1, 0.3, 0.7, 2.5, 10.0, 1.0 / 3.0])


@given(HOPS, st.integers(1, 5), st.data())
def test_any_cut_gives_every_window_once_with_all_of_its_rows(hop_s: float, hops: int, data: st.DataObject) -> None:
    places = st.one_of(st.integers(0, 60).map(lambda k: k * hop_s), st.floats(0.0, 60.0 * hop_s))
    ends = sorted(data.draw(st.lists(places, max_size=20), "rows"))
    over = 100.0 * hop_s
    # Every row that ends before settled_s was told: it may settle up to the next row, that one's very end included.
    cuts = sorted(data.draw(st.lists(st.integers(0, len(ends)), max_size=6), "cuts"))
    state, found, index = FigureWindows.start(1), list[tuple[int, list[float]]](), -1
    for first, end in pairwise([0, *cuts, len(ends)]):
        settled_s = ends[end] if end < len(ends) else over
        state, closed = close_windows(hop_s, hops, state, rows_of(ends[first:end], settled_s))
        for one in told(closed):
            assert one[0] > index
            index = one[0]
            found.append(one)
    expected = []
    for k in range(-1, 101):
        inside = [end for end in ends if (k - hops) * hop_s < end <= k * hop_s]
        if inside and k * hop_s < over:
            expected.append((k, inside))
    assert found == expected


@pytest.mark.parametrize("hop_s", [0.1, 0.7, 10.0])
def test_the_first_windows_are_the_same_whenever_time_begins_to_settle(hop_s: float) -> None:
    at = 43 * hop_s
    early, _ = close_windows(hop_s, 2, FigureWindows.start(1), rows_of([], at))
    _, one = close_windows(hop_s, 2, early, rows_of([at], at + 10 * hop_s))
    _, other = close_windows(hop_s, 2, FigureWindows.start(1), rows_of([at], at + 10 * hop_s))
    assert told(one) == told(other) == [(43, [at]), (44, [at])]
