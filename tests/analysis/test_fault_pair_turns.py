"""Both feet of one person turn by the same: strides of feet whose headings are known, whole turns and others."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.fault_pair_settings import PairWatchSettings
from evenside_analysis.fault_pair_turns import TurnWatch, turned_apart, with_strides
from evenside_analysis.stride_motion_types import NUMBERS, StrideMotions
from evenside_analysis.types import Flag, Floats

SETTINGS = PairWatchSettings("foot", gravity=True)
TURN_DEG = (0.0, 0.0, 0.0, 0.0, 40.0, 70.0, 60.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0)
Found = list[tuple[float, float, float]]


def strides(
    turns_deg: Floats, first_s: float = 0.0, stride_s: float = 1.1, unsound: int | None = None
) -> StrideMotions:
    count = turns_deg.size
    numbers = np.zeros((count, NUMBERS))
    numbers[:, 1] = first_s + stride_s * np.arange(count)  # toe-off
    numbers[:, 7] = np.radians(turns_deg)
    sound = np.ones(count, np.bool_)
    if unsound is not None:
        sound[unsound] = False
    flags = np.where(np.abs(turns_deg) > 15.0, int(Flag.TURN), 0)
    return StrideMotions(numbers, np.zeros((count, 9)), np.zeros((count, 12)), flags, sound, np.inf)


def told(left: StrideMotions, right: StrideMotions) -> tuple[TurnWatch, Found]:
    state = with_strides(with_strides(TurnWatch(), 0, left), 1, right)
    return turned_apart(SETTINGS, state, 1e4)


def test_feet_that_turn_alike_say_nothing_and_a_gain_does() -> None:
    turn = np.array(TURN_DEG)
    assert told(strides(turn), strides(np.roll(turn, 1), 0.5))[1] == []
    for gain in (0.8, 1.2):
        state, found = told(strides(turn), strides(gain * turn, 0.55))
        assert len(found) == 1
        assert state.whole[0][1] == pytest.approx(2.0 * (gain - 1.0) / (gain + 1.0))


def test_turns_to_either_side_count_alike() -> None:
    turn = np.array(TURN_DEG)
    both = np.concatenate([turn, np.zeros(4), -turn])
    state, _ = told(strides(both), strides(1.05 * both, 0.55))
    assert [share > 0.0 for _, share in state.whole] == [True, True]


def test_one_turn_among_good_ones_is_forgiven() -> None:
    turn = np.array([*TURN_DEG, 0.0, 0.0])
    gains = np.repeat([1.0, 1.0, 1.2], turn.size)
    assert told(strides(np.tile(turn, 3)), strides(gains * np.tile(turn, 3), 0.55))[1] == []


def test_a_half_turn_in_one_stride_is_not_taken_for_one_the_other_way_round() -> None:
    left = np.array([0.0, 0.0, 0.0, 0.0, 90.0, 90.0, 2.0, 0.0, 0.0, 0.0])
    right = np.array([0.0, 0.0, 0.0, 0.0, -176.0, 2.0, 0.0, 0.0, 0.0, 0.0])  # 184
    state, found = told(strides(left), strides(right, 0.55))
    assert len(state.whole) == 1
    assert found == []


@pytest.mark.parametrize(
    "right",
    [
        strides(1.2 * np.array(TURN_DEG), 0.55, unsound=5),
        strides(1.2 * np.array(TURN_DEG[5:]), 0.55 + 5.5),  # begins in the turn
        strides(1.2 * np.array(TURN_DEG[:7]), 0.55),  # ends in it
        strides(1.2 * np.array(TURN_DEG), 0.55, stride_s=2.4),  # halts
        strides(-1.2 * np.array(TURN_DEG), 0.55),  # a mirrored foot, which is no gain
    ],
    ids=["unsound", "begins", "ends", "halts", "mirrored"],
)
def test_a_turn_that_is_not_whole_says_nothing(right: StrideMotions) -> None:
    state, found = told(strides(np.array(TURN_DEG)), right)
    assert (state.whole, found) == ((), [])


def test_a_small_turn_is_no_scale() -> None:
    turn = 0.3 * np.array(TURN_DEG)
    assert told(strides(turn), strides(1.3 * turn, 0.55))[1] == []


def test_who_walks_in_circles_for_an_hour_fills_no_memory() -> None:
    turn = np.full(100, 20.0)
    state = TurnWatch()
    for piece in range(30):
        first_s = 110.0 * piece
        state = with_strides(with_strides(state, 0, strides(turn, first_s)), 1, strides(1.2 * turn, first_s + 0.55))
        state, found = turned_apart(SETTINGS, state, first_s + 105.0)
        assert found == []
        assert all(times.size < 40 for times in state.off_s)
        assert len(state.turning) < 20
    assert state.first_s == 0.0


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 104), max_size=8), late=st.integers(0, 6))
def test_any_cut_and_any_lag_between_the_feet_tells_the_same(cuts: list[int], late: int) -> None:
    turn = np.concatenate([TURN_DEG, np.zeros(3), -np.array(TURN_DEG), np.full(20, 20.0), np.zeros(5), TURN_DEG])
    left, right = strides(turn, 0.0), strides(1.2 * turn, 0.55)
    want, want_found = told(left, right)
    assert len(want_found) == 3
    state, found = TurnWatch(), list[tuple[float, float, float]]()
    edges = [0, *sorted(min(cut, turn.size) for cut in cuts), turn.size + late]
    for first, end in pairwise(edges):
        state = with_strides(state, 0, left.select(slice(first, end)))
        behind = slice(max(first - late, 0), max(end - late, 0))
        state = with_strides(state, 1, right.select(behind))
        known_s = min(1.1 * end, 0.55 + 1.1 * max(end - late, 0))
        state, more = turned_apart(SETTINGS, state, known_s)
        found += more
    state, more = turned_apart(SETTINGS, state, 1e4)
    assert found + more == want_found
    assert state.whole == want.whole
