"""Contacts of a synthetic foot with known times: the law, what changes nothing, what is flagged, what is silent."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.types import Contacts, Event, Flag, Floats

SETTINGS = FootSettings(rate_hz=100.0)
FLAT_NODE = np.eye(3)  # rows: where the foot's pitch, roll and yaw axes lie in the sensor frame


@dataclass(frozen=True)
class Foot:
    """What a foot IMU says: n rows."""

    time_s: Floats
    acc: Floats
    gyr: Floats

    def part(self, rows: slice) -> Foot:
        return Foot(self.time_s[rows], self.acc[rows], self.gyr[rows])

    def without(self, *spans_s: tuple[float, float]) -> Foot:
        """NaN rows where nothing was heard."""
        lost = np.zeros(self.time_s.size, np.bool_)
        for first_s, last_s in spans_s:
            lost |= (self.time_s > first_s) & (self.time_s < last_s)
        acc, gyr = self.acc.copy(), self.gyr.copy()
        acc[lost], gyr[lost] = np.nan, np.nan
        return Foot(self.time_s, acc, gyr)

    def silent_until(self, time_s: float) -> Foot:
        """The recording is over: a row of NaN says so."""
        row = np.full((1, 3), np.nan)
        return Foot(np.append(self.time_s, time_s), np.append(self.acc, row, axis=0), np.append(self.gyr, row, axis=0))


def bump(time_s: Floats, at_s: float, width_s: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((time_s - at_s) / width_s) ** 2))


# A swing about its zero: push-off, toe-up rotation and slap of the pitch rate; the areas cancel, so the foot ends flat.
PUSH_S, UP_S, SLAP_S = (-0.22, 0.06), (0.0, 0.08), (0.21, 0.02)
PUSH, SLAP = -7.0, -3.0  # rad/s
UP = -(PUSH * PUSH_S[1] + SLAP * SLAP_S[1]) / UP_S[1]


def pitch_rate(time_s: Floats, smoothing_s: float = 0.0) -> Floats:
    """One swing about time 0, as a Gaussian of ``smoothing_s`` would leave it."""
    rate = np.zeros(time_s.size)
    for peak, (at_s, width_s) in ((PUSH, PUSH_S), (UP, UP_S), (SLAP, SLAP_S)):
        wide_s = np.hypot(width_s, smoothing_s)
        rate += peak * width_s / wide_s * bump(time_s, at_s, wide_s)
    return rate


def known_times() -> tuple[float, float]:
    """Toe-off at .55 of the push-off, contact at half of the slap, on a grid of 10 microseconds."""
    time_s = np.arange(-0.5, 0.5, 1e-5)
    fine, soft = pitch_rate(time_s, 0.01), pitch_rate(time_s, np.hypot(0.01, 0.02))
    top, trough = int(fine.argmax()), int(fine.argmin())
    off = np.flatnonzero(fine[:top] < 0.55 * fine[trough])[-1]
    contact = top + np.flatnonzero(soft[top:] < 0.5 * soft[top:].min())[0]
    return float(time_s[off]), float(time_s[contact])


TOE_OFF_S, CONTACT_S = known_times()


def foot(
    swings_s: list[float],
    duration_s: float,
    rate_hz: float = 100.0,
    *,
    mounting: Floats = FLAT_NODE,
    gravity: float = 9.81,
    heading_rad: dict[int, float] | None = None,
    start_s: float = 0.0,
    seed: int = 0,
) -> Foot:
    """A foot that swings about each of ``swings_s`` and rests between, with the noise of a usual sensor."""
    rng = np.random.default_rng(seed)
    time_s = start_s + np.rint(np.arange(round(duration_s * rate_hz)) / rate_hz * 1e6) / 1e6
    gyr, acc = rng.normal(0.0, 0.01, (2, time_s.size, 3))
    acc[:, 2] += gravity
    for swing, at_s in enumerate(swings_s):
        near = np.abs(time_s - at_s) < 1.0
        t = time_s[near] - at_s
        gyr[near, 0] += pitch_rate(t)
        gyr[near, 2] += (heading_rad or {}).get(swing, 0.0) * bump(t, 0.0, 0.1) / (0.1 * np.sqrt(2 * np.pi))
        acc[near, 1] += 12.0 * bump(t, -0.2, 0.05) - 9.0 * bump(t, 0.1, 0.07) + 25.0 * bump(t, 0.22, 0.012)
        acc[near, 2] += 6.0 * bump(t, -0.22, 0.06) + 15.0 * bump(t, 0.23, 0.012)
    return Foot(time_s, acc @ mounting, gyr @ mounting)


def stride_times(count: int, first_s: float = 1.5, seed: int = 3) -> list[float]:
    """Swings at no multiple of a sample."""
    return [float(at_s) for at_s in first_s + np.cumsum(np.random.default_rng(seed).uniform(0.95, 1.25, count))]


def feed(
    settings: FootSettings, walked: Foot, cuts: list[int] | None = None, state: FootState | None = None
) -> tuple[FootState, Contacts]:
    """All contacts of a recording that comes in blocks. Every promise of ``settled_s`` is checked on the way."""
    state = state or FootState.start(settings)
    n = walked.time_s.size
    found, promised_s = [Contacts.none(-np.inf)], state.settled_s
    edges = [0, *sorted(min(cut, n) for cut in cuts or []), n]
    for first, end in pairwise(edges):
        block = walked.part(slice(first, end))
        state, contacts = detect_foot_contacts(settings, state, block.time_s, block.acc, block.gyr)
        if cuts:
            state = pickle.loads(pickle.dumps(state))
        assert not contacts.time_s.size or contacts.time_s[0] >= promised_s, "an event before what was settled"
        assert contacts.settled_s >= promised_s, "settled_s ran backwards"
        promised_s = contacts.settled_s
        found.append(contacts)
    times, kinds, flags, unknown = (
        np.concatenate([getattr(contacts, name) for contacts in found])
        for name in ("time_s", "kind", "flags", "peak_force_n")
    )
    assert (np.diff(times) >= 0.0).all(), "events out of order"
    assert np.isnan(unknown).all()
    return state, Contacts(times, kinds, flags, unknown, unknown, promised_s)


def times(contacts: Contacts, event: Event) -> Floats:
    return np.asarray(contacts.time_s[contacts.kind == event])


def flags(contacts: Contacts, event: Event) -> list[Flag]:
    return [Flag(flag) for flag in contacts.flags[contacts.kind == event].tolist()]


def bits(contacts: Contacts) -> tuple[bytes, bytes, bytes]:
    return contacts.time_s.tobytes(), contacts.kind.tobytes(), contacts.flags.tobytes()


SWINGS = stride_times(8)
WALK = foot(SWINGS, 14.0)
# Steps with pauses, a turn, a wriggle, holes, a break, and a rate slightly off: 21 s at 50 Hz.
ROUGH_SETTINGS = FootSettings(rate_hz=50.0, acc_range_m_s2=30.0, gyr_range_rad_s=5.0)


def rough() -> Foot:
    whole = foot([1.0, 2.1, 3.2, 4.2, 7.9, 9.0, 10.1, 14.6, 15.7, 16.7, 17.9], 21.0, 50.0, heading_rad={3: 1.0, 8: 0.5})
    wriggle = bump(whole.time_s, 6.3, 0.3) * np.sin(40.0 * whole.time_s)
    gyr = np.clip(whole.gyr + wriggle[:, np.newaxis] * [0.3, 0.5, 0.9], -5.0, 5.0)
    gapped = Foot(whole.time_s * 1.0007, whole.acc, gyr).without((2.0, 2.07), (9.05, 9.35), (11.9, 14.0), (16.0, 16.02))
    return gapped.silent_until(25.0)


ROUGH = rough()
_, ROUGH_WHOLE = feed(ROUGH_SETTINGS, ROUGH)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1100), max_size=40))
def test_any_cut_and_resumption_give_the_same_bits(cuts: list[int]) -> None:
    _, pieces = feed(ROUGH_SETTINGS, ROUGH, cuts)
    assert bits(pieces) == bits(ROUGH_WHOLE)
    assert pieces.settled_s == ROUGH_WHOLE.settled_s


def test_sample_by_sample_gives_the_same_bits() -> None:
    _, pieces = feed(ROUGH_SETTINGS, ROUGH, list(range(1, ROUGH.time_s.size)))
    assert bits(pieces) == bits(ROUGH_WHOLE)
    assert ROUGH_WHOLE.time_s.size == 4 * 12  # the wriggle is a movement too


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.001, 24.9), max_size=30), st.lists(st.integers(0, 1100), max_size=10), st.booleans())
def test_only_heard_samples_and_their_times_count(silences_s: list[float], cuts: list[int], drop: bool) -> None:
    heard = np.asarray(np.isfinite(ROUGH.acc).all(axis=1))
    heard[-1] = True  # time has passed up to here
    told = ROUGH.part(slice(None))
    if drop:
        told = Foot(ROUGH.time_s[heard], ROUGH.acc[heard], ROUGH.gyr[heard])
    new_s = np.setdiff1d(np.rint(np.array(silences_s) * 1e6) / 1e6, told.time_s)
    at = np.searchsorted(told.time_s, new_s)
    nothing = np.full((1, 3), np.nan)
    told = Foot(
        np.insert(told.time_s, at, new_s),
        np.insert(told.acc, at, nothing, axis=0),
        np.insert(told.gyr, at, nothing, axis=0),
    )
    _, contacts = feed(ROUGH_SETTINGS, told, cuts)
    assert bits(contacts) == bits(ROUGH_WHOLE)
    assert contacts.settled_s == ROUGH_WHOLE.settled_s


def test_the_rough_walk_has_every_flag_and_none_everywhere() -> None:
    marked = [Flag(flag) for flag in ROUGH_WHOLE.flags.tolist()]
    for flag in (Flag.TURN, Flag.GAP, Flag.CLIPPED):
        assert 0 < sum(flag in flags for flags in marked) < len(marked)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 128.0, 204.8, 250.0])
def test_known_times_are_found_at_any_rate(rate_hz: float) -> None:
    _, contacts = feed(FootSettings(rate_hz=rate_hz), foot(SWINGS, 14.0, rate_hz))
    assert contacts.kind.tolist() == [Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT] * 8
    assert not contacts.flags.any()
    for event, want_s in ((Event.TC, TOE_OFF_S - 0.008), (Event.IC, CONTACT_S + 0.003)):
        error_s = times(contacts, event) - SWINGS - want_s
        assert np.abs(error_s.mean()) < 0.002
        # The same foot repeats itself far below the length of a sample.
        assert error_s.std() < (0.001 if rate_hz >= 100.0 else 0.004)
    for event, low_s, high_s in ((Event.HEEL_RISE, -0.40, -0.25), (Event.FOOT_FLAT, 0.24, 0.36)):
        assert ((times(contacts, event) - SWINGS > low_s) & (times(contacts, event) - SWINGS < high_s)).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_mounting_and_handedness_change_nothing(seed: int, mirrored: bool) -> None:
    mounting = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    mounting *= np.sign(np.linalg.det(mounting)) * (-1.0 if mirrored else 1.0)
    _, straight = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, Foot(WALK.time_s, WALK.acc @ mounting, WALK.gyr @ mounting))
    np.testing.assert_array_equal(contacts.kind, straight.kind)
    np.testing.assert_allclose(contacts.time_s, straight.time_s, rtol=0, atol=2e-6)


@pytest.mark.parametrize("gravity", [0.0, 9.81, 10.28])
def test_gravity_and_a_wrong_gain_change_nothing_that_the_rotation_tells(gravity: float) -> None:
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, foot(SWINGS, 14.0, gravity=gravity))
    for event, within_s in ((Event.TC, 1e-6), (Event.IC, 1e-6), (Event.FOOT_FLAT, 1e-6), (Event.HEEL_RISE, 0.03)):
        np.testing.assert_allclose(times(contacts, event), times(plain, event), rtol=0, atol=within_s)


def test_sixteen_bits_of_a_small_range_change_little_and_are_told() -> None:
    gyr = np.clip(np.rint(WALK.gyr / 6.5 * 32768), -32768, 32767) / 32768 * 6.5
    acc = np.clip(np.rint(WALK.acc / 20.0 * 32768), -32768, 32767) / 32768 * 20.0
    node = replace(SETTINGS, gyr_range_rad_s=6.5, acc_range_m_s2=20.0)
    _, plain = feed(SETTINGS, WALK)
    _, both = feed(node, Foot(WALK.time_s, acc, gyr))
    np.testing.assert_allclose(both.time_s, plain.time_s, rtol=0, atol=0.01)
    assert both.flags.tolist() == [Flag.CLIPPED] * 32
    _, only_acc = feed(node, Foot(WALK.time_s, acc, WALK.gyr * 0.7))
    for event in Event:
        clipped = Flag.CLIPPED if event in (Event.HEEL_RISE, Event.FOOT_FLAT) else Flag.NONE
        assert flags(only_acc, event) == [clipped] * 8
    _, untold = feed(SETTINGS, Foot(WALK.time_s, acc, gyr))
    assert not untold.flags.any()


def test_times_are_those_of_the_samples_not_of_a_count() -> None:
    slow = Foot(np.rint((WALK.time_s * 1.001 + 1e4) * 1e6) / 1e6, WALK.acc, WALK.gyr)
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, slow)
    np.testing.assert_allclose(contacts.time_s, plain.time_s * 1.001 + 1e4, rtol=0, atol=2e-6)
    np.testing.assert_array_equal(contacts.time_s, np.rint(contacts.time_s * 1e6) / 1e6)


@pytest.mark.parametrize("degrees", [8.0, 30.0, 90.0])
def test_a_turning_step_is_flagged_and_no_other(degrees: float) -> None:
    _, contacts = feed(SETTINGS, foot(SWINGS, 14.0, heading_rad={4: np.radians(degrees)}))
    turned = [Flag.TURN in flag for flag in flags(contacts, Event.IC)]
    assert turned == [degrees > 20.0 and swing == 4 for swing in range(8)]


def test_a_short_hole_is_bridged_without_a_word() -> None:
    # Three samples in the push-off, two at the slap, six in stance.
    holes = [
        (SWINGS[3] - 0.26, SWINGS[3] - 0.225),
        (SWINGS[4] + 0.19, SWINGS[4] + 0.215),
        (SWINGS[5] + 0.5, SWINGS[5] + 0.565),
    ]
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, WALK.without(*holes))
    np.testing.assert_array_equal(contacts.kind, plain.kind)
    np.testing.assert_allclose(contacts.time_s, plain.time_s, rtol=0, atol=0.02)
    assert not (contacts.flags & Flag.GAP).any()


def test_a_gap_in_a_swing_is_flagged_on_its_events_and_the_foot_is_known_as_before() -> None:
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, WALK.without((SWINGS[4] - 0.2, SWINGS[4] + 0.05)))
    assert contacts.kind.size == plain.kind.size
    gaps = np.array([[Flag.GAP in flag for flag in flags(contacts, event)] for event in Event])
    assert gaps[:, 4].all()
    assert gaps.sum() == 4
    np.testing.assert_allclose(contacts.time_s[5 * 4 :], plain.time_s[5 * 4 :], rtol=0, atol=0.002)


def test_a_gap_in_stance_could_have_hidden_a_step() -> None:
    _, contacts = feed(SETTINGS, WALK.without((SWINGS[4] + 0.45, SWINGS[4] + 0.6)))
    gaps = {event: [Flag.GAP in flag for flag in flags(contacts, event)] for event in Event}
    assert gaps[Event.TC] == gaps[Event.HEEL_RISE] == [swing == 5 for swing in range(8)]
    assert not any(gaps[Event.IC] + gaps[Event.FOOT_FLAT])


def test_a_break_ends_a_run_but_not_what_is_known_of_the_foot() -> None:
    later = foot([1001.5, 1002.6], 6.0, start_s=1000.0, seed=5)
    both = Foot(*(np.concatenate([getattr(WALK, n), getattr(later, n)]) for n in ("time_s", "acc", "gyr")))
    _, contacts = feed(SETTINGS, both)
    assert times(contacts, Event.IC).size == 10
    assert flags(contacts, Event.TC)[8:] == [Flag.GAP, Flag.NONE]
    assert not any(Flag.GUESSED in flag for event in Event for flag in flags(contacts, event))
    # A swing that the break cut off is no movement.
    cut = int(np.searchsorted(WALK.time_s, SWINGS[6] + 0.05))
    _, contacts = feed(SETTINGS, WALK.part(slice(0, cut)).silent_until(100.0))
    assert times(contacts, Event.IC).size == 6
    assert contacts.settled_s == 100.0


def test_silence_settles_what_has_landed() -> None:
    cut = int(np.searchsorted(WALK.time_s, SWINGS[6] + 0.7))
    short = WALK.part(slice(0, cut))
    assert times(feed(SETTINGS, short)[1], Event.IC).size == 6
    _, contacts = feed(SETTINGS, short.silent_until(short.time_s[-1] + 1.6))
    np.testing.assert_allclose(
        times(contacts, Event.IC), times(feed(SETTINGS, WALK)[1], Event.IC)[:7], rtol=0, atol=1e-3
    )


def test_nothing_is_heard_for_long_and_then_nothing_is_wrong() -> None:
    nothing = Foot(np.arange(1.0, 50.0), np.full((49, 3), np.nan), np.full((49, 3), np.nan))
    state, contacts = feed(SETTINGS, nothing)
    assert (contacts.time_s.size, contacts.settled_s) == (0, 49.0)
    late = Foot(WALK.time_s + 60.0, WALK.acc, WALK.gyr)
    assert times(feed(SETTINGS, late, state=state)[1], Event.IC).size == 8


@pytest.mark.parametrize("sway", [0.0, 0.05, 0.2])
def test_a_standing_foot_is_silent_and_time_is_settled_soon(sway: float) -> None:
    still = foot([], 120.0)
    gyr = still.gyr + sway * np.sin(2 * np.pi * 0.4 * still.time_s)[:, np.newaxis] * [1.0, 0.5, 0.2]
    _, contacts = feed(SETTINGS, Foot(still.time_s, still.acc, gyr), [1000, 5000])
    assert contacts.time_s.size == 0
    assert 0.0 <= 120.0 - contacts.settled_s < 2.0


def test_a_dead_sensor_is_silent() -> None:
    dead = Foot(WALK.time_s, np.zeros_like(WALK.acc), np.zeros_like(WALK.gyr))
    _, contacts = feed(SETTINGS, dead, [100, 700])
    assert contacts.time_s.size == 0


def test_a_foot_that_never_rests_makes_no_contacts_and_no_memory() -> None:
    shaken = foot([], 200.0)
    gyr = shaken.gyr + 3.0 * np.sin(2 * np.pi * 3.0 * shaken.time_s)[:, np.newaxis]
    state, contacts = feed(SETTINGS, Foot(shaken.time_s, shaken.acc, gyr), list(range(0, 20000, 500)))
    assert contacts.time_s.size == 0
    assert len(pickle.dumps(state)) < 60_000


def test_the_state_stays_small_however_long_the_walk() -> None:
    walk = foot(stride_times(120), 140.0)
    sizes = []
    for end in range(1000, 14000, 1000):
        state, _ = feed(SETTINGS, walk.part(slice(0, end)), [end - 10])
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes) < 90_000


def test_the_first_steps_wait_for_the_third() -> None:
    before = WALK.part(slice(0, int(np.searchsorted(WALK.time_s, SWINGS[2] + 0.2))))
    state, contacts = feed(SETTINGS, before)
    assert contacts.time_s.size == 0
    assert contacts.settled_s < SWINGS[0]
    _, contacts = feed(SETTINGS, WALK.part(slice(before.time_s.size, None)), state=state)
    assert contacts.kind.size == 32
    assert not contacts.flags.any()


def test_a_single_first_step_is_reported_without_a_direction_and_holds_nothing_up() -> None:
    _, contacts = feed(SETTINGS, foot([2.0], 12.0), [100, 400, 900])
    assert contacts.kind.tolist() == [Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT]
    assert flags(contacts, Event.TC) == flags(contacts, Event.IC) == [Flag.GUESSED]
    assert flags(contacts, Event.HEEL_RISE) == flags(contacts, Event.FOOT_FLAT) == [Flag.NONE]
    assert contacts.settled_s > 9.0


def test_a_foot_that_is_known_waits_for_nothing() -> None:
    state, _ = feed(SETTINGS, WALK)
    state = pickle.loads(pickle.dumps(state))
    step = foot([2002.0], 5.0, start_s=2000.0)
    _, contacts = feed(SETTINGS, step, state=state)
    assert contacts.kind[-4:].tolist() == [Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT]
    assert not any(Flag.GUESSED in flag for event in Event for flag in flags(contacts, event))


def test_a_foot_without_heel_pattern_gets_its_usual_times_and_they_are_flagged() -> None:
    time_s, lifted = WALK.time_s, WALK.gyr.copy()
    near = np.abs(time_s - SWINGS[5]) < 0.5
    lifted[near] = 0.01
    lifted[near, 0] += 3.0 * bump(time_s[near], SWINGS[5], 0.12)
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, Foot(time_s, WALK.acc, lifted))
    assert contacts.kind.size == 32
    for event in (Event.TC, Event.IC):
        assert [Flag.GUESSED in flag for flag in flags(contacts, event)] == [swing == 5 for swing in range(8)]
        assert abs(times(contacts, event)[5] - times(plain, event)[5]) < 0.05


def test_shapes_and_times_are_checked() -> None:
    state = FootState.start(SETTINGS)
    with pytest.raises(ValueError, match="three columns"):
        detect_foot_contacts(SETTINGS, state, np.zeros(2), np.zeros((2, 3)), np.zeros((2, 2)))
    state, _ = detect_foot_contacts(SETTINGS, state, np.array([1.0]), np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="increase"):
        detect_foot_contacts(SETTINGS, state, np.array([1.0]), np.zeros((1, 3)), np.zeros((1, 3)))
    after, contacts = detect_foot_contacts(SETTINGS, state, np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
    assert contacts.time_s.size == 0
    assert after.settled_s == contacts.settled_s == state.settled_s
