"""Strides of both feet side by side: what a step and a double support are, and that every stride is told once."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.rows import Rows
from evenside_analysis.stride_pairs import FOOT_METRICS, FORCE_METRICS, TIME_METRICS, StridePairState, pair_strides
from evenside_analysis.strides import Strides
from evenside_analysis.types import Flag, Floats, Side

MAX_S = 3.0
Stride = tuple[float, float, float]  # contact, toe-off, next contact


def strides_of(told: list[Stride], settled_s: float, flags: list[int] | None = None) -> Strides:
    start, toe_off, end = np.array(told, np.float64).reshape(-1, 3).T
    number = np.arange(start.size, dtype=np.float64)
    return Strides(
        start,
        toe_off,
        end,
        np.zeros(start.size, np.int64) if flags is None else np.array(flags, np.int64),
        500.0 + number,
        300.0 + number,
        toe_off - start + 0.01,
        toe_off - start - 0.01,
        9000.0 + number,
        40.0 + number,
        np.zeros(start.size),
        np.zeros(start.size, np.int64),
        settled_s,
    )


def walk(start_s: float, steps: int, stance_s: float, stride_s: float) -> list[Stride]:
    begins = [start_s + step * stride_s for step in range(steps + 1)]
    return [(at, at + stance_s, end) for at, end in pairwise(begins)]


def rows_of(
    left: list[Stride],
    right: list[Stride],
    left_flags: list[int] | None = None,
    right_flags: list[int] | None = None,
    metrics: tuple[str, ...] = FORCE_METRICS,
) -> Rows:
    state, none = pair_strides(metrics, MAX_S, StridePairState(), "left", strides_of(left, 100.0, left_flags))
    assert not none.end_s.size
    return pair_strides(metrics, MAX_S, state, "right", strides_of(right, 100.0, right_flags))[1]


def of(rows: Rows, metric: str) -> tuple[Floats, Floats]:
    at = FORCE_METRICS.index(metric)
    return rows.left[:, at], rows.right[:, at]


# Left contact at 0, right contact 0.5 later; the left foot stands for 0.70 s, the right one for 0.66 s of 1.1 s.
LEFT, RIGHT = walk(10.0, 4, 0.70, 1.1), walk(10.5, 4, 0.66, 1.1)


def test_a_step_runs_from_the_contact_of_the_other_foot_to_the_own() -> None:
    left, right = of(rows_of(LEFT, RIGHT), "step_time")
    assert right[:4] == pytest.approx([0.5] * 4)  # right contact after the left one
    assert left[:4] == pytest.approx([0.6] * 4)  # the next left contact after the right one


def test_double_support_is_named_after_the_foot_that_takes_the_load() -> None:
    left, right = of(rows_of(LEFT, RIGHT), "double_support")
    assert right[:4] == pytest.approx([0.2] * 4)  # left toe-off 10.70, right contact 10.50
    # right toe-off 11.16, left contact 11.10; before the first left contact no right stride was seen
    assert left[:4] == pytest.approx([math.nan, 0.06, 0.06, 0.06], nan_ok=True)


def test_each_foot_has_its_own_stride_stance_and_swing_and_force() -> None:
    rows = rows_of(LEFT, RIGHT)
    for metric, own, other in (("stride_time", 1.1, 1.1), ("stance_time", 0.70, 0.66), ("swing_time", 0.4, 0.44)):
        left, right = of(rows, metric)
        assert left[:4] == pytest.approx([own] * 4)
        assert right[:4] == pytest.approx([other] * 4)
    assert of(rows, "peak_force")[1] == pytest.approx([500.0, 501.0, 502.0, 503.0])
    assert of(rows, "impulse")[0] == pytest.approx([300.0, 301.0, 302.0, 303.0])
    assert of(rows, "loading_rate")[1] == pytest.approx([9000.0, 9001.0, 9002.0, 9003.0])
    assert of(rows, "stance_low")[0] == pytest.approx([0.71] * 4)
    assert of(rows, "stance_high")[1] == pytest.approx([0.65] * 4)
    assert rows_of(LEFT, RIGHT, metrics=TIME_METRICS).left.tobytes() == rows.left[:, :5].tobytes()
    feet = rows_of(LEFT, RIGHT, metrics=FOOT_METRICS)
    assert feet.right[:, FOOT_METRICS.index("impact")] == pytest.approx([40.0, 41.0, 42.0, 43.0])


def test_running_has_no_double_support() -> None:
    rows = rows_of(walk(10.0, 3, 0.25, 0.7), walk(10.35, 3, 0.25, 0.7))
    left, right = of(rows, "double_support")
    assert np.isnan(left).all()
    assert np.isnan(right).all()
    assert of(rows, "step_time")[1][:3] == pytest.approx([0.35] * 3)


def test_a_stride_without_a_partner_is_a_row_of_one_side() -> None:
    missed = [RIGHT[0], RIGHT[2], RIGHT[3]]
    rows = rows_of(LEFT, missed)
    left, right = of(rows, "stance_time")
    assert np.isnan(right).tolist() == [False, True, False, False]
    assert left == pytest.approx([0.7] * 4)
    assert np.isnan(of(rows, "step_time")[0]).tolist() == [False, True, False, False]
    # nor is a toe-off taken from the stride before the one that was missed
    assert np.isnan(of(rows, "double_support")[0]).tolist() == [True, True, True, False]


def test_a_toe_off_gives_a_double_support_only_if_its_swing_led_to_the_contact() -> None:
    rows = rows_of([(11.0, 11.7, 12.2)], [(10.2, 11.3, 11.3), (11.35, 12.0, 12.5)])
    left, right = of(rows, "double_support")
    assert np.isnan(left).all()
    assert right[np.isfinite(right)] == pytest.approx([0.35])


def test_a_long_stride_is_remembered_as_a_partner_until_it_is_over() -> None:
    state, rows = pair_strides(TIME_METRICS, MAX_S, StridePairState(), "left", strides_of([(10.0, 10.7, 11.0)], 90.0))
    right = strides_of([(10.5, 11.9, 13.3)], 15.5)
    state, rows = pair_strides(TIME_METRICS, MAX_S, state, "right", right)
    assert rows.end_s.tolist() == [11.0]
    _, rows = pair_strides(TIME_METRICS, MAX_S, state, "right", Strides.none(90.0))
    assert rows.end_s.tolist() == []


def test_a_second_stride_that_comes_late_leaves_the_first_one_alone() -> None:
    state, _ = pair_strides(TIME_METRICS, MAX_S, StridePairState(), "left", strides_of([(11.4, 11.7, 13.1)], 100.0))
    right = strides_of([(12.1, 12.4, 12.4), (12.8, 14.2, 15.6)], 15.6)
    state, rows = pair_strides(TIME_METRICS, MAX_S, state, "right", right.select(slice(0, 1)))
    assert rows.end_s.tolist() == []
    _, rows = pair_strides(TIME_METRICS, MAX_S, state, "right", strides_of([(12.8, 14.2, 15.6)], 90.0))
    assert rows.end_s.tolist() == [13.1, 13.1, 15.6]


def test_two_strides_of_one_side_in_one_of_the_other_are_no_pair() -> None:
    rows = rows_of([(10.0, 11.3, 12.2)], [(10.2, 10.8, 11.2), (11.2, 11.8, 12.4)])
    left, right = of(rows, "stance_time")
    assert rows.end_s.tolist() == [12.2, 12.2, 12.4]  # before the left one is over, who knows that there are two?
    assert np.isnan(left).tolist() == [False, True, True]
    assert np.isnan(right).tolist() == [True, False, False]
    assert np.isnan(np.stack(of(rows, "step_time"))).all()


def test_a_stance_without_a_swing_has_neither_stride_nor_swing_nor_partner() -> None:
    rows = rows_of([(10.0, 10.7, 10.7)], [(10.5, 11.2, 11.2)])
    assert rows.end_s.tolist() == [10.7, 11.2]
    for metric in ("step_time", "stride_time", "swing_time", "double_support"):
        assert np.isnan(np.stack(of(rows, metric))).all(), metric
    assert np.nansum(np.stack(of(rows, "stance_time"))) == pytest.approx(1.4)


def test_a_row_takes_on_the_flags_of_both_strides() -> None:
    rows = rows_of(LEFT, RIGHT, [0, Flag.TURN, 0, 0], [0, Flag.GAP, Flag.FIRST, 0])
    assert rows.flags.tolist() == [0, Flag.TURN | Flag.GAP, Flag.FIRST, 0]


def test_a_stride_over_lost_samples_tells_nothing_of_its_own_foot() -> None:
    rows = rows_of(LEFT, RIGHT, None, [0, Flag.GAP, 0, 0])
    left, right = of(rows, "stance_time")
    assert np.isnan(left).tolist() == [False, False, False, False]
    assert np.isnan(right).tolist() == [False, True, False, False]
    for metric in ("step_time", "double_support"):
        assert np.isnan(of(rows, metric)[1]).tolist() == [False, True, False, False]
    # nor does its toe-off give a double support to the row after it
    assert np.isnan(of(rows, "double_support")[0]).tolist() == [True, True, True, False]


def test_a_side_that_stops_walking_leaves_the_other_alone() -> None:
    rows = rows_of(walk(10.0, 9, 0.7, 1.1), walk(10.5, 3, 0.66, 1.1))
    assert rows.end_s.size == 9
    assert np.isfinite(of(rows, "stance_time")[1]).sum() == 3


def test_a_row_waits_for_both_sides_and_for_no_stride_that_may_still_come() -> None:
    state, rows = pair_strides(TIME_METRICS, MAX_S, StridePairState(), "left", strides_of(LEFT, 100.0))
    assert not rows.end_s.size
    for settled_s, count in ((14.05, 0), (14.15, 1), (15.25, 2), (90.0, 4)):
        _, rows = pair_strides(TIME_METRICS, MAX_S, state, "right", strides_of(RIGHT, settled_s))
        assert (rows.end_s.size, rows.settled_s) == (count, settled_s - MAX_S)


STANCES = st.lists(
    st.tuples(
        st.sampled_from([0.3, 0.6, 0.7, 1.4]), st.sampled_from([0.0, 0.35, 0.45, 1.4]), st.sampled_from([0.0, 5])
    ),
    max_size=14,
)


def foot_of(stances: list[tuple[float, float, float]], at_s: float) -> list[Stride]:
    out = []
    for stance_s, swing_s, pause_s in stances:
        out.append((at_s, at_s + stance_s, at_s + stance_s + swing_s))
        at_s += stance_s + swing_s + pause_s + (0.4 if swing_s == 0.0 else 0.0)
    return out


@given(STANCES, STANCES, st.sampled_from([0.0, 0.21, 0.5]), st.data())
@settings(max_examples=250, deadline=None)
def test_any_interleaving_gives_the_same_rows_in_order_and_every_stride_once(
    left: list[tuple[float, float, float]], right: list[tuple[float, float, float]], later_s: float, data: st.DataObject
) -> None:
    feet: dict[Side, list[Stride]] = {"left": foot_of(left, 10.0), "right": foot_of(right, 10.0 + later_s)}
    whole = rows_of(feet["left"], feet["right"])
    state, rows, emitted_s = StridePairState(), Rows.none(len(FORCE_METRICS)), -math.inf
    waiting: dict[Side, list[Stride]] = {side: list(told) for side, told in feet.items()}
    cuts = data.draw(
        st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=20), "pieces of the left side or not"
    )
    for is_left, count in [*cuts, (True, 99), (False, 99)]:
        side: Side = "left" if is_left else "right"
        piece, waiting[side] = waiting[side][:count], waiting[side][count:]
        settled_s = waiting[side][0][2] if waiting[side] else 100.0
        place = len(feet[side]) - len(waiting[side]) - len(piece)
        strides = strides_of(feet[side], settled_s).select(slice(place, place + len(piece)))
        state, new = pair_strides(FORCE_METRICS, MAX_S, state, side, strides)
        assert (new.end_s >= emitted_s).all()
        assert (new.end_s < new.settled_s).all()
        emitted_s = new.settled_s
        rows = rows.followed_by(new)
    assert rows.end_s.tobytes() == whole.end_s.tobytes()
    assert rows.left.tobytes() == whole.left.tobytes()
    assert rows.right.tobytes() == whole.right.tobytes()
    assert (np.diff(rows.end_s) >= 0.0).all()
    for told, column in ((feet["left"], rows.left), (feet["right"], rows.right)):
        stances = sorted(off - start for start, off, _ in told)
        assert sorted(column[np.isfinite(column[:, 2]), 2]) == pytest.approx(stances)


def test_the_state_does_not_grow_while_both_sides_walk() -> None:
    state, sizes = StridePairState(), []
    for step in range(200):
        at_s = step * 1.1
        state, _ = pair_strides(TIME_METRICS, MAX_S, state, "left", strides_of(walk(at_s, 1, 0.7, 1.1), at_s + 1.2))
        state, _ = pair_strides(
            TIME_METRICS, MAX_S, state, "right", strides_of(walk(at_s + 0.5, 1, 0.7, 1.1), at_s + 1.7)
        )
        sizes.append(state.left.start_s.size + state.right.start_s.size)
    assert max(sizes) < 30
