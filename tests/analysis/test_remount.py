"""A node that is turned on its foot while worn: found, told, and its mounting learnt anew; the law across it."""

from __future__ import annotations

import pickle
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside.simulator import Device, Sensor, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.remount import Remount, RemountSettings, follow_mounting
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.stride_motion import MotionSettings, MotionState, StrideMotions, follow_strides, imu_rows
from evenside_analysis.types import Block, Bools, Contacts, Event, Flag, Floats, Node

TURNED_S = 28.0
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@cache
def walked(rate_hz: float = 100.0) -> tuple[tuple[Node, ...], tuple[tuple[Floats, Floats], ...], Contacts]:
    """Nodes, samples of both feet, aligned with them, and the true contacts of the left one."""
    wearer = Wearer((Stand(3.0), Walk(50.0), Stand(3.0)), seed=6)
    nodes = tuple(node for node in default_nodes(rate_hz) if node.site == "foot")
    devices = tuple(Device(node, Sensor(mounting=False)) for node in nodes)
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    samples = tuple((np.rint(one.true_s * 1e6) / 1e6, one.values) for one in piece.samples)
    return nodes, samples, piece.contacts[0]


def slipped(axis: tuple[float, float, float], angle_deg: float, side: int = 0) -> tuple[Floats, Floats]:
    """The samples of a foot whose node is turned at a moment."""
    time_s, values = walked()[1][side]
    turn = Rotation.from_rotvec(np.radians(angle_deg) * np.array(axis)).as_matrix()
    late = time_s >= TURNED_S
    out = values.copy()
    out[late] = np.concatenate([values[late, :3] @ turn.T, values[late, 3:] @ turn.T], axis=1)
    return time_s, out


def found_in(samples: tuple[Floats, Floats], cuts: tuple[int, ...] = ()) -> tuple[Contacts, StrideMotions]:
    time_s, values = samples
    time_s, values = np.append(time_s, time_s[-1] + 15.0), np.vstack([values, np.full((1, 6), np.nan)])
    contact_state, motion_state = FootState.start(FootSettings(100.0)), MotionState()
    contacts, motions = Contacts.none(-np.inf), StrideMotions.none()
    for first, end in pairwise([0, *cuts, time_s.size]):
        at, acc, gyr = time_s[first:end], values[first:end, :3], values[first:end, 3:]
        contact_state, new = detect_foot_contacts(FootSettings(100.0), contact_state, at, acc, gyr)
        motion_state, more = follow_strides(MotionSettings(100.0), motion_state, imu_rows(at, acc, gyr), new)
        contacts, motions = contacts.followed_by(new), motions.followed_by(more)
        contact_state, motion_state = pickle.loads(pickle.dumps((contact_state, motion_state)))
    return contacts, motions


def faults_of(samples: tuple[Floats, Floats]) -> set[str]:
    """Of the left node, with the right foot as it is."""
    nodes, both, _ = walked()
    config = MonitorSettings(nodes)
    state = monitor.start(config)
    for node, (time_s, values) in zip(nodes, (samples, both[1]), strict=True):
        state, _ = monitor.step(config, state, Block(node.id, time_s, values))
    state, _ = monitor.finish(config, state)
    return set(monitor.summary(config, state).nodes[0].faults)


@pytest.mark.parametrize(("axis", "angle_deg"), [(X, 90.0), (X, 180.0), (Y, 90.0), (Y, 180.0), (Z, 90.0), (Z, 180.0)])
def test_from_the_sixth_movement_on_contacts_are_those_of_a_node_that_was_never_turned(
    axis: tuple[float, float, float], angle_deg: float
) -> None:
    plain, turned = found_in(walked()[1][0])[0], found_in(slipped(axis, angle_deg))[0]
    for event in (Event.TC, Event.IC):
        want_s, found_s = plain.time_s[plain.kind == event], turned.time_s[turned.kind == event]
        assert want_s.size == found_s.size
        later = want_s > TURNED_S + 6 * 1.1
        assert np.count_nonzero(later) > 10
        np.testing.assert_allclose(found_s[later], want_s[later], atol=0.012)
        assert not np.any(turned.flags[turned.kind == event][later] & int(Flag.GUESSED))


@pytest.mark.parametrize("axis", [X, Y])
@pytest.mark.parametrize("angle_deg", [40.0, 120.0])
def test_the_frame_of_the_foot_is_the_right_one_again(axis: tuple[float, float, float], angle_deg: float) -> None:
    plain, turned = found_in(walked()[1][0])[1], found_in(slipped(axis, angle_deg))[1]
    assert np.count_nonzero(turned.anew) == 1
    later = turned.start_s > turned.end_s[turned.anew]
    np.testing.assert_allclose(turned.up_m[later], plain.up_m[later], atol=0.04)
    np.testing.assert_allclose(turned.forward_m[later], plain.forward_m[later], atol=0.04)


@pytest.mark.parametrize(("axis", "angle_deg"), [(X, 40.0), (X, 90.0), (Y, 40.0), (Y, 180.0), (Z, 60.0), (Z, 180.0)])
def test_it_is_told_as_a_fault_of_the_node(axis: tuple[float, float, float], angle_deg: float) -> None:
    assert "turned" in faults_of(slipped(axis, angle_deg))


def test_a_node_that_is_not_turned_is_none_that_is() -> None:
    assert not found_in(walked()[1][0])[1].anew.any()
    assert not faults_of(walked()[1][0])
    assert "turned" not in faults_of(slipped(X, 8.0))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 5500), max_size=6, unique=True))
def test_any_cut_gives_the_same_bits_across_the_moment(cuts: list[int]) -> None:
    samples = slipped(Y, 150.0)
    whole, parts = found_in(samples), found_in(samples, tuple(sorted(cuts)))
    assert whole[0].time_s.tobytes() == parts[0].time_s.tobytes()
    assert whole[0].flags.tobytes() == parts[0].flags.tobytes()
    assert whole[1].numbers.tobytes() == parts[1].numbers.tobytes()
    assert whole[1].frame.tobytes() == parts[1].frame.tobytes()


# --- the rule ---------------------------------------------------------------------------------------------------------

RULE = RemountSettings((40.0,))


def axes_at(*angles_deg: float) -> Floats:
    angle = np.radians(np.array(angles_deg))
    return np.stack([np.cos(angle), np.sin(angle), np.zeros(angle.size)], axis=1)


def completed(shown: Floats, counts: Bools | None = None, known: Floats | None = None) -> int | None:
    n = len(shown)
    known = axes_at(*[0.0] * n) if known is None else known
    counts = np.ones(n, np.bool_) if counts is None else counts
    return follow_mounting(RULE, Remount(), known, shown, np.zeros((n, 2)), counts)[1]


def test_five_in_a_row_that_agree_are_another_mounting() -> None:
    assert completed(axes_at(0.0, 60.0, 62.0, 58.0, 60.0, 61.0, 60.0)) == 5
    assert completed(axes_at(60.0, 60.0, 60.0, 60.0)) is None
    assert completed(axes_at(60.0, 60.0, 60.0, 5.0, 60.0, 60.0)) is None
    assert completed(axes_at(*[39.0] * 9)) is None


def test_those_that_wander_prove_nothing() -> None:
    assert completed(axes_at(60.0, 120.0, 60.0, 120.0, 60.0, 120.0, 60.0)) is None


def test_an_axis_that_is_not_known_is_not_left() -> None:
    assert completed(axes_at(*[90.0] * 9), known=np.full((9, 3), np.nan)) is None


def test_what_does_not_count_is_passed_over() -> None:
    counts = np.array([True, True, False, True, True, True])
    assert completed(axes_at(60.0, 60.0, 0.0, 60.0, 60.0, 60.0), counts) == 5


def test_a_run_is_judged_by_what_was_known_before_it() -> None:
    # Meanwhile the known axis is dragged along.
    assert completed(axes_at(*[60.0] * 5), known=axes_at(0.0, 10.0, 19.0, 28.0, 35.0)) == 4


@given(st.lists(st.sampled_from([0.0, 55.0, 60.0, 110.0]), min_size=1, max_size=30), st.data())
@settings(max_examples=60, deadline=None)
def test_any_cut_finds_the_same_run(angles: list[float], data: st.DataObject) -> None:
    shown, counts = axes_at(*angles), np.array(data.draw(st.lists(st.booleans(), min_size=30, max_size=30)))
    counts = counts[: len(angles)]
    cut = data.draw(st.integers(0, len(angles)))
    known, rows = axes_at(*[0.0] * len(angles)), shown
    whole, at = follow_mounting(RULE, Remount(), known, shown, rows, counts)
    state, first = follow_mounting(RULE, Remount(), known[:cut], shown[:cut], rows[:cut], counts[:cut])
    if first is None:
        state, later = follow_mounting(RULE, state, known[cut:], shown[cut:], rows[cut:], counts[cut:])
        first = None if later is None else later + cut
    assert (state, first) == (whole, at)
