"""Seconds of a node: right by the definition, and the same for any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.epochs import Epochs, EpochState, find_epochs, joined
from evenside_analysis.types import ACC, FORCE, GYR, Floats, Node

IMU = Node("n", "thigh", "left", (*ACC, *GYR), 50.0)
STRAP = Node("s", "strap", "left", (FORCE,), 20.0)


def samples(node: Node, seconds: float, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    time_s = np.round(np.arange(0.0, seconds, 1.0 / node.rate_hz) * 1e6) / 1e6
    values = rng.normal(3.0, 2.0, (time_s.size, len(node.channels)))
    values[rng.random(time_s.size) < 0.1] = np.nan
    return time_s, values


def folded(node: Node, time_s: Floats, values: Floats, cuts: list[int]) -> Epochs:
    state, found = EpochState(), Epochs.none(-1)
    for part in np.split(np.arange(time_s.size), sorted(cuts)):
        state, new = find_epochs(node, state, time_s[part], values[part])
        found = found.followed_by(new)
    return found


def bits(epochs: Epochs) -> tuple[bytes, ...]:
    names = ("second", "heard", "acc_m_s2", "acc_sd_m_s2", "gyr_rms_rad_s", "force_n", "force_sd_n")
    return tuple(getattr(epochs, name).tobytes() for name in names)


@settings(max_examples=40)
@given(st.integers(0, 5), st.lists(st.integers(0, 400), max_size=12))
def test_any_cut_gives_the_same_bits(seed: int, cuts: list[int]) -> None:
    time_s, values = samples(IMU, 8.5, seed)
    assert bits(folded(IMU, time_s, values, cuts)) == bits(folded(IMU, time_s, values, []))


def test_a_row_of_nan_lets_time_pass_and_changes_nothing() -> None:
    time_s, values = samples(IMU, 5.0, 1)
    whole = folded(IMU, time_s, values, [])
    later_s = np.append(time_s, 60.0)
    later = folded(IMU, later_s, np.append(values, np.full((1, 6), np.nan), axis=0), [])
    assert bits(whole) == bits(later.part(slice(0, 4)))
    assert (later.second.tolist(), later.settled) == ([0, 1, 2, 3, 4], 60)


def test_the_numbers_are_what_they_are_called() -> None:
    time_s = np.arange(40) / 20.0
    force = np.where(time_s < 1.0, 10.0, 30.0) + np.tile([1.0, -1.0], 20)
    found = folded(STRAP, np.append(time_s, 2.0), np.append(force, 0.0)[:, np.newaxis], [])
    assert found.force_n.tolist() == pytest.approx([10.0, 30.0])
    assert found.force_sd_n.tolist() == pytest.approx([1.0, 1.0])
    assert found.heard.tolist() == [1.0, 1.0]
    assert np.isnan(found.acc_m_s2).all()


def test_epochs_of_two_nodes_stand_side_by_side() -> None:
    time_s, values = samples(IMU, 6.0, 2)
    first, second = folded(IMU, time_s, values, []), folded(IMU, time_s[100:], values[100:], [])
    common, left, right = joined(first, second)
    assert common.tolist() == [2, 3, 4]
    assert first.second[left].tolist() == second.second[right].tolist() == common.tolist()
