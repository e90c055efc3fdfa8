"""The phase coordination index: its vector, what it ignores, and its streaming form."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.coordination import PhaseSums, add_phases, phase_coordination, phases_deg, value
from evenside_analysis.indices import asymmetry_index

LEFT_S = np.arange(21) * 1.1


def test_a_constant_phase_gives_the_published_sum_and_the_asymmetry_of_the_step() -> None:
    right_s = LEFT_S[:-1] + 1.1 * 187.2 / 360.0
    found = phase_coordination(LEFT_S, right_s)
    assert found.n == 20
    assert found.pci == pytest.approx(4.0, abs=1e-9)
    assert found.phase_mean_deg == pytest.approx(187.2, abs=1e-9)
    assert found.phase_sd_deg == pytest.approx(0.0, abs=1e-9)
    right_step_s, left_step_s = right_s - LEFT_S[:-1], LEFT_S[1:] - right_s
    assert float(asymmetry_index(left_step_s.mean(), right_step_s.mean())) == pytest.approx(4.0, abs=1e-9)


def test_scatter_and_distance_add_up() -> None:
    phases = np.array([170.0, 190.0, 175.0, 185.0])
    right_s = LEFT_S[:4] + 1.1 * phases / 360.0
    found = phase_coordination(LEFT_S[:5], right_s)
    assert found.away_deg == pytest.approx(7.5, abs=1e-9)
    assert found.pci == pytest.approx(100.0 * phases.std(ddof=1) / 180.0 + 100.0 * 7.5 / 180.0, abs=1e-9)


def test_strides_with_a_missed_or_an_extra_contact_and_rests_are_left_out() -> None:
    right_s = LEFT_S[:-1] + 0.55
    without_one = np.delete(right_s, 5)
    assert phases_deg(LEFT_S, without_one).size == 19
    with_another = np.sort(np.append(right_s, right_s[7] + 0.2))
    assert phases_deg(LEFT_S, with_another).size == 19
    paused = LEFT_S + np.where(np.arange(21) > 10, 5.0, 0.0)
    np.testing.assert_allclose(phases_deg(paused, np.append(right_s[:10], right_s[11:] + 5.0)), 180.0, atol=1e-9)


def test_nothing_to_say_of_too_little() -> None:
    for left_s, right_s in (([], []), ([1.0], [1.5]), ([1.0, 2.0], [])):
        found = phase_coordination(left_s, right_s)
        assert found.n == 0
        assert math.isnan(found.pci)
    assert math.isnan(phase_coordination([1.0, 2.0], [1.5]).pci)


def test_times_that_run_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="right_ic_s"):
        phase_coordination([1.0, 2.0], [1.5, 1.4])


@given(st.lists(st.floats(90.0, 270.0), min_size=2, max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_gives_the_same_bits_and_the_sums_those_of_the_formula(values: list[float], cuts: list[int]) -> None:
    phases, state = np.array(values), PhaseSums()
    for first, end in pairwise([0, *sorted(cuts), len(values)]):
        state = add_phases(state, phases[first:end])
    found, whole = value(state), value(add_phases(PhaseSums(), phases))
    assert found == whole
    expected = 100.0 * phases.std(ddof=1) / phases.mean() + 100.0 * np.abs(phases - 180.0).mean() / 180.0
    assert found.pci == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.floats(0.2, 5.0), st.floats(-1e4, 1e4))
def test_neither_speed_nor_the_zero_of_time_matters(speed: float, zero_s: float) -> None:
    rng = np.random.default_rng(0)
    right_s = LEFT_S[:-1] + rng.uniform(0.45, 0.65, 20)
    plain = phase_coordination(LEFT_S, right_s)
    moved = value(
        add_phases(PhaseSums(), phases_deg(speed * LEFT_S + zero_s, speed * right_s + zero_s, stride_max_s=9))
    )
    assert moved.pci == pytest.approx(plain.pci, rel=1e-6)
