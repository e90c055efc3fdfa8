"""The order of the feet in time: two strides such as nobody makes say that the times of the sides do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from evenside_analysis.fault_pair_judged import out_of_order
from evenside_analysis.fault_pair_rows import PairRows
from evenside_analysis.fault_pair_settings import PairWatchSettings
from evenside_analysis.types import Floats

SETTINGS = PairWatchSettings("foot", gravity=False)


def rows(*phases: float, stride_s: float = 1.1) -> PairRows:
    start_s: Floats = np.arange(0.0, stride_s * (len(phases) - 0.5), stride_s)
    two = np.full((len(phases), 2), stride_s)
    return PairRows(start_s, start_s + stride_s, np.array(phases), two, two, two, two)


@pytest.mark.parametrize("odd", [(0.95, 0.9), (0.05, 0.1), (0.95, 0.05)])
@pytest.mark.parametrize("between", [0, 1, 4])
def test_two_strides_out_of_order_are_found_wherever_they_begin(odd: tuple[float, float], between: int) -> None:
    walked = rows(odd[0], *[0.5] * between, odd[1], 0.5)
    found = out_of_order(SETTINGS, walked, walked.end_s.size)
    end_s = 1.1 * (between + 2)
    assert len(found) == 1
    assert found[0] == pytest.approx((0.0, end_s, end_s))


@pytest.mark.parametrize("phases", [(0.5, 0.95, 0.5, 0.5), (0.95, 0.5, 0.5, 0.5, 0.5, 0.5, 0.95), (0.3, 0.7) * 4])
def test_a_single_odd_stride_and_a_heavy_limp_are_nothing(phases: tuple[float, ...]) -> None:
    assert out_of_order(SETTINGS, rows(*phases), len(phases)) == []


def test_odd_strides_of_two_walks_have_nothing_to_do_with_each_other() -> None:
    assert out_of_order(SETTINGS, rows(0.95, 0.95, stride_s=10.0), 2) == []


def test_row_by_row_finds_what_all_at_once_finds() -> None:
    walked = rows(0.5, 0.9, 0.5, 0.95, 0.5, 0.5, 0.5, 0.5, 0.1, 0.5, 0.1, 0.5)
    one_by_one = [
        extent for end in range(1, walked.end_s.size + 1) for extent in out_of_order(SETTINGS, _until(walked, end), 1)
    ]
    assert one_by_one == out_of_order(SETTINGS, walked, walked.end_s.size)
    assert len(one_by_one) == 3


def _until(walked: PairRows, end: int) -> PairRows:
    """The last eight rows of the first ``end``."""
    chosen = slice(max(end - 8, 0), end)
    return PairRows(
        walked.start_s[chosen],
        walked.end_s[chosen],
        walked.phase[chosen],
        walked.stride_s[chosen],
        walked.way_m[chosen],
        walked.step_s[chosen],
        walked.swing_s[chosen],
    )
