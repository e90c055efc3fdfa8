"""Ways and turns of simulated feet, whose truth is known, strapped on at any angle; the law; what is flagged."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Device, Script, Sensor, Stairs, Stand, Turn, Walk, Wearer, advance, default_nodes, start
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.stride_motion import MotionSettings, MotionState, StrideMotions, follow_strides, imu_rows
from evenside_analysis.types import ACC, GYR, Contacts, Event, Flag, Floats

RATE_HZ = 100.0
SCRIPT = (Stand(3.0), Walk(14.0), Turn(3.0, 180.0), Walk(8.0), Stairs(8.0), Stand(3.0))


@dataclass(frozen=True)
class Foot:
    """What a foot IMU says: n rows."""

    time_s: Floats
    acc: Floats
    gyr: Floats

    def part(self, rows: slice) -> Foot:
        return Foot(self.time_s[rows], self.acc[rows], self.gyr[rows])

    def over(self) -> Foot:
        """The recording is over: a row of NaN says so."""
        row = np.full((1, 3), np.nan)
        return Foot(
            np.append(self.time_s, self.time_s[-1] + 15.0), np.vstack([self.acc, row]), np.vstack([self.gyr, row])
        )


@cache
def walked(script: Script = SCRIPT, side: int = 0, rate_hz: float = RATE_HZ, seed: int = 3) -> Foot:
    wearer = Wearer(script, seed=seed)
    node = default_nodes(rate_hz)[side]
    acc, gyr = node.columns(ACC), node.columns(GYR)
    assert acc is not None
    assert gyr is not None
    devices = (Device(node, Sensor()),)
    samples = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1].samples[0]
    time_s = np.rint(samples.true_s * 1e6) / 1e6
    return Foot(time_s, samples.values[:, acc], samples.values[:, gyr])


def followed(
    foot: Foot, cuts: tuple[int, ...] = (), rate_hz: float = RATE_HZ, gravity: bool = True, pickled: bool = False
) -> StrideMotions:
    whole = foot.over()
    detector, motion = FootSettings(rate_hz), MotionSettings(rate_hz, gravity)
    contact_state, state, found = FootState.start(detector), MotionState(), StrideMotions.none()
    for first, end in pairwise([0, *cuts, whole.time_s.size]):
        part = whole.part(slice(first, end))
        contact_state, contacts = detect_foot_contacts(detector, contact_state, part.time_s, part.acc, part.gyr)
        state, more = follow_strides(motion, state, imu_rows(part.time_s, part.acc, part.gyr), contacts)
        found = found.followed_by(more)
        if pickled:
            contact_state, state = pickle.loads(pickle.dumps((contact_state, state)))
    return found


def same_bits(one: StrideMotions, other: StrideMotions) -> bool:
    columns = [field.name for field in fields(one) if field.name != "settled_s"]
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in columns)


def level(found: StrideMotions) -> StrideMotions:
    """Straight strides on the flat, without the half ones at the beginning and end of a walk."""
    return found.select(found.straight & (np.abs(found.up_m) < 0.2) & (found.forward_m > 1.0))


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 204.8])
def test_a_stride_is_as_long_as_the_speed_makes_it(side: int, rate_hz: float) -> None:
    found = level(followed(walked(side=side, rate_hz=rate_hz), rate_hz=rate_hz))
    assert found.flags.size >= 14
    assert abs(float(np.mean(np.hypot(found.forward_m, found.left_m))) - 1.3 * 1.1) < 0.04
    assert float(np.abs(found.left_m / found.forward_m).max()) < 0.3  # a foot points where it goes
    assert float(np.median(found.closure_m_s2)) < 0.4
    assert float(np.degrees(found.tilt_rad).max()) < 1.0


@pytest.mark.parametrize("angle_deg", [180.0, -180.0, 90.0])
def test_the_turns_of_all_strides_add_up_to_the_turn(angle_deg: float) -> None:
    found = followed(walked((Stand(3.0), Walk(8.0), Turn(3.0, angle_deg), Walk(6.0), Stand(3.0))))
    assert abs(float(np.degrees(found.turn_rad[found.sound].sum())) - angle_deg) < 4.0
    assert np.any((found.flags & Flag.TURN) != 0)


@pytest.mark.parametrize(("up", "rise_m"), [(True, 0.32), (False, -0.32)])
def test_a_stride_on_stairs_climbs_two_risers(up: bool, rise_m: float) -> None:
    found = followed(walked((Stand(3.0), Walk(6.0), Stairs(10.0, up=up), Walk(5.0), Stand(3.0))))
    climbed = found.up_m[found.sound & (np.abs(found.up_m) > 0.25)]
    assert climbed.size >= 6
    np.testing.assert_allclose(climbed, rise_m, atol=0.05)


def test_how_the_node_is_strapped_on_changes_nothing() -> None:
    foot = walked()
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    one, other = followed(foot), followed(Foot(foot.time_s, foot.acc @ turn.T, foot.gyr @ turn.T))
    np.testing.assert_allclose(one.numbers[:, :13], other.numbers[:, :13], atol=1e-5)
    np.testing.assert_allclose(one.features, other.features, atol=1e-5)


def test_a_mirrored_foot_makes_the_mirrored_stride() -> None:
    foot = walked()
    mirror = np.array([1.0, -1.0, 1.0])
    one, other = followed(foot), followed(Foot(foot.time_s, foot.acc * mirror, -foot.gyr * mirror))
    np.testing.assert_allclose(one.features, -other.features, atol=1e-5)
    np.testing.assert_allclose(one.turn_rad, -other.turn_rad, atol=1e-5)
    np.testing.assert_allclose(one.forward_m, other.forward_m, atol=1e-5)


def test_an_accelerometer_that_reports_late_is_seen_to() -> None:
    foot = walked()
    late = Foot(foot.time_s, np.roll(foot.acc, 5, axis=0), foot.gyr)
    assert abs(float(followed(foot).acc_lag_s[-1])) < 0.02
    assert abs(float(followed(late).acc_lag_s[-1] - followed(foot).acc_lag_s[-1]) - 0.05) < 0.01


def test_a_stride_over_a_gap_is_flagged_and_not_sound_and_every_other_one_is_sound() -> None:
    foot = walked()
    lost = (foot.time_s > 8.0) & (foot.time_s < 8.2)
    acc, gyr = foot.acc.copy(), foot.gyr.copy()
    acc[lost], gyr[lost] = np.nan, np.nan
    found = followed(Foot(foot.time_s, acc, gyr))
    over = (found.start_s < 8.2) & (found.end_s > 8.0)
    assert np.any(over)
    assert np.all((found.flags[over] & Flag.GAP) != 0)
    assert not np.any(found.sound[over])
    assert np.count_nonzero(~found.sound) == np.count_nonzero(over)


def test_single_lost_samples_hardly_matter() -> None:
    foot = walked()
    kept = np.random.default_rng(2).random(foot.time_s.size) > 0.02
    whole, thinned = followed(foot), followed(Foot(foot.time_s[kept], foot.acc[kept], foot.gyr[kept]))
    assert thinned.flags.size == whole.flags.size
    both = whole.sound & thinned.sound
    assert np.count_nonzero(both) > 0.9 * np.count_nonzero(whole.sound)
    assert float(np.abs(whole.forward_m - thinned.forward_m)[both].max()) < 0.15


@settings(max_examples=12)
@given(cuts=st.sets(st.integers(1, walked().time_s.size - 1), max_size=40), pickled=st.booleans())
def test_any_cut_gives_the_same_bits(cuts: set[int], pickled: bool) -> None:
    foot = walked()
    assert same_bits(followed(foot), followed(foot, tuple(sorted(cuts)), pickled=pickled))


def test_rows_one_by_one_give_the_same_bits() -> None:
    foot = walked((Stand(1.0), Walk(6.0), Stand(2.0)))
    assert same_bits(followed(foot), followed(foot, tuple(range(1, foot.time_s.size))))


def test_a_hole_told_by_one_row_or_by_many_gives_the_same_bits() -> None:
    foot = walked()
    lost = (foot.time_s > 8.0) & (foot.time_s < 8.6)
    acc, gyr = foot.acc.copy(), foot.gyr.copy()
    acc[lost], gyr[lost] = np.nan, np.nan
    many, none = Foot(foot.time_s, acc, gyr), Foot(foot.time_s[~lost], foot.acc[~lost], foot.gyr[~lost])
    assert same_bits(followed(many), followed(none))


def test_every_stride_that_ends_before_the_settled_time_has_been_told() -> None:
    whole = walked().over()
    detector, motion = FootSettings(RATE_HZ), MotionSettings(RATE_HZ)
    contact_state, state = FootState.start(detector), MotionState()
    ends: list[float] = []
    for first in range(0, whole.time_s.size, 30):
        part = whole.part(slice(first, first + 30))
        settled_s = state.settled_s
        contact_state, contacts = detect_foot_contacts(detector, contact_state, part.time_s, part.acc, part.gyr)
        state, more = follow_strides(motion, state, imu_rows(part.time_s, part.acc, part.gyr), contacts)
        assert np.all(more.end_s >= settled_s)
        ends += more.end_s.tolist()
    assert ends == sorted(ends)
    assert state.settled_s > whole.time_s[-2]


def test_the_state_does_not_grow_while_the_foot_rests() -> None:
    detector, motion = FootSettings(RATE_HZ), MotionSettings(RATE_HZ)
    contact_state, state = FootState.start(detector), MotionState()
    rng = np.random.default_rng(1)
    sizes = []
    for block in range(60):
        time_s = np.rint((block * 500 + np.arange(500)) / RATE_HZ * 1e6) / 1e6
        acc, gyr = rng.normal(size=(500, 3)) * 0.02 + [0.0, 0.0, 9.8], rng.normal(size=(500, 3)) * 0.003
        contact_state, contacts = detect_foot_contacts(detector, contact_state, time_s, acc, gyr)
        state, _ = follow_strides(motion, state, imu_rows(time_s, acc, gyr), contacts)
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes[10:]) <= max(sizes[:10])


def test_less_than_three_strides_wait_no_longer_than_they_must() -> None:
    foot = walked()
    foot = foot.part(slice(int(np.searchsorted(foot.time_s, 6.5))))
    found = followed(foot, tuple(range(50, foot.time_s.size, 50)))
    assert 0 < found.flags.size < 3
    assert not np.isfinite(found.forward_m).any()
    assert np.isfinite(found.rate_rms_rad_s).all()


def test_input_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        MotionSettings(10.0)
    with pytest.raises(ValueError, match="three columns"):
        imu_rows(np.arange(3.0), np.zeros((3, 3)), np.zeros((3, 2)))
    nothing = np.full(1, np.nan)
    lone = Contacts(np.ones(1), np.full(1, int(Event.TC)), np.zeros(1, np.int64), nothing, nothing, 2.0)
    rows = imu_rows(np.arange(3.0), np.zeros((3, 3)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="four events"):
        follow_strides(MotionSettings(RATE_HZ), MotionState(), rows, lone)
