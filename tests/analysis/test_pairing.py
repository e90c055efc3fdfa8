"""Windows of two sides become rows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.pairing import PairingState, pair_windows
from evenside_analysis.rows import Rows
from evenside_analysis.types import Side
from evenside_analysis.windows import WindowMeans


def means(told: dict[int, float], settled: int, weight: float = 100.0) -> WindowMeans:
    index = np.array(sorted(told), np.int64)
    values = np.array([told[place] for place in sorted(told)], np.float64)
    return WindowMeans(index, values, np.full(index.size, weight), settled)


def rows_of(rows: Rows) -> list[tuple[float, float | None, float | None]]:
    columns = (rows.end_s.tolist(), rows.left[:, 0].tolist(), rows.right[:, 0].tolist())
    return [
        (end, None if math.isnan(left) else left, None if math.isnan(right) else right)
        for end, left, right in zip(*columns, strict=True)
    ]


def test_windows_of_one_index_are_one_row_and_a_side_alone_is_one_too() -> None:
    state, rows = pair_windows(1.0, 50, PairingState.start(), "left", means({0: 300.0, 1: 310.0, 3: 330.0}, 5))
    assert rows_of(rows) == []
    assert rows.settled_s == -math.inf
    _, rows = pair_windows(1.0, 50, state, "right", means({1: 400.0, 2: 410.0, 3: 420.0}, 4))
    assert rows_of(rows) == [(2.0, 300.0, None), (3.0, 310.0, 400.0), (4.0, None, 410.0), (5.0, 330.0, 420.0)]
    assert rows.settled_s == 5.0  # the end of the last window that both have passed


def test_a_side_that_lags_holds_up_only_what_it_has_not_passed() -> None:
    state, _ = pair_windows(1.0, 50, PairingState.start(), "left", means({0: 1.0, 1: 2.0, 2: 3.0}, 3))
    state, rows = pair_windows(1.0, 50, state, "right", means({0: 1.0}, 1))
    assert rows_of(rows) == [(2.0, 1.0, 1.0)]
    state, rows = pair_windows(1.0, 50, state, "right", means({}, 3))  # time passes on a silent side
    assert rows_of(rows) == [(3.0, 2.0, None), (4.0, 3.0, None)]
    assert state.left.index.size == state.right.index.size == 0


def test_a_window_that_was_hardly_heard_does_not_count() -> None:
    state, _ = pair_windows(1.0, 50, PairingState.start(), "left", means({0: 1.0}, 1, weight=49.9))
    assert rows_of(pair_windows(1.0, 50, state, "right", means({0: 2.0}, 1, weight=50.0))[1]) == [(2.0, None, 2.0)]


TOLD = st.dictionaries(st.integers(-3, 20), st.floats(0.0, 1e3), max_size=15)


@given(TOLD, TOLD, st.lists(st.tuples(st.booleans(), st.integers(-4, 22)), max_size=12))
def test_any_interleaving_gives_the_same_rows_each_once(
    left: dict[int, float], right: dict[int, float], pieces: list[tuple[bool, int]]
) -> None:
    told: dict[Side, dict[int, float]] = {"left": left, "right": right}
    state, _ = pair_windows(1.0, 1, PairingState.start(), "left", means(left, 30))
    _, whole = pair_windows(1.0, 1, state, "right", means(right, 30))
    state, rows, passed = PairingState.start(), Rows.none(1), {"left": -9, "right": -9}
    for is_left, until in [*pieces, (True, 30), (False, 30)]:
        side: Side = "left" if is_left else "right"
        until = max(until, passed[side])
        new = {index: value for index, value in told[side].items() if passed[side] <= index < until}
        passed[side] = until
        state, more = pair_windows(1.0, 1, state, side, means(new, until))
        rows = rows.followed_by(more)
    assert rows.end_s.tobytes() == whole.end_s.tobytes()
    assert rows.left.tobytes() == whole.left.tobytes()
    assert rows.right.tobytes() == whole.right.tobytes()
    assert sorted(left.keys() | right.keys()) == [round(end) - 2 for end in rows.end_s]
