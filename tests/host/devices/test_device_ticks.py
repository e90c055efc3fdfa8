"""The counter of a device: wraps are undone, a new beginning is another clock, a hole is a loss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenside.devices.ticks import U32, Ticks, reopened, runs_of

PERIOD_US = 12_500


def test_readings_in_order_are_one_run() -> None:
    ticks, runs = runs_of(Ticks(), [0, 12_500, 25_000], 0.1, PERIOD_US, U32)
    assert [(run.rows, run.us, run.clock, run.lost) for run in runs] == [([0, 1, 2], [0, 12_500, 25_000], 0, False)]
    assert runs_of(ticks, [37_500], 0.2, PERIOD_US, U32)[1][0].lost is False


def test_a_missing_reading_begins_a_run_that_is_told_as_a_loss() -> None:
    _, runs = runs_of(Ticks(), [0, 12_500, 37_500, 50_000], 0.1, PERIOD_US, U32)
    assert [(run.rows, run.lost) for run in runs] == [([0, 1], False), ([2, 3], True)]


def test_the_same_reading_again_is_left_out() -> None:
    ticks, _ = runs_of(Ticks(), [0, 12_500], 0.1, PERIOD_US, U32)
    assert runs_of(ticks, [12_500], 0.2, PERIOD_US, U32)[1] == []


def test_a_device_slower_than_told_is_not_one_long_loss() -> None:
    _, runs = runs_of(Ticks(), [0, 100_000, 200_000, 300_000], 0.1, PERIOD_US, U32)
    assert [run.lost for run in runs] == [False, True]


def test_a_counter_that_steps_back_is_another_clock() -> None:
    _, runs = runs_of(Ticks(), [50_000, 62_500, 0, 12_500], 0.1, PERIOD_US)
    assert [(run.us, run.clock, run.lost) for run in runs] == [([50_000, 62_500], 0, False), ([0, 12_500], 1, True)]


def test_a_counter_that_runs_ahead_of_the_time_that_passed_is_another_clock() -> None:
    """Not far below its wrap a counter that began anew seems to have gone on by half an hour."""
    ticks, _ = runs_of(Ticks(), [U32 - 2_000_000_000], 0.0, PERIOD_US, U32)
    assert runs_of(ticks, [0], 1.0, PERIOD_US, U32)[1][0].clock == 1
    assert runs_of(ticks, [0], 2000.0, PERIOD_US, U32)[1][0].clock == 0


def test_a_new_connection_begins_a_clock_and_is_no_loss_of_its_own() -> None:
    ticks, _ = runs_of(Ticks(), [0, 12_500], 0.1, PERIOD_US, U32)
    (run,) = runs_of(reopened(ticks), [25_000], 0.2, PERIOD_US, U32)[1]
    assert (run.clock, run.lost) == (1, False)


@given(
    st.integers(0, U32 - 1),
    st.lists(st.integers(1, 10_000_000), min_size=1, max_size=40),
    st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_wraps_change_nothing_and_no_cut_does(first: int, steps: list[int], cuts: list[bool]) -> None:
    us = [first]
    for step in steps:
        us.append(us[-1] + step)
    ticks, found, piece = Ticks(), [], []
    for at, (reading, cut) in enumerate(zip(us, [*cuts, True], strict=False)):
        piece.append(reading % U32)
        if cut or at == len(us) - 1:
            ticks, runs = runs_of(ticks, piece, (reading - first) / 1e6, PERIOD_US, U32)
            found += [time for run in runs for time in run.us]
            piece = []
    assert found == us
    assert ticks.clock == 0
