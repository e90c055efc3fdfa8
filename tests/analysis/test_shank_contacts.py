"""Contacts of a synthetic shank with known times: the law, what changes nothing, what is flagged, what is silent."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.shank_contacts import ShankSettings, ShankState, detect_shank_contacts
from evenside_analysis.strides import StrideSettings, StrideState, find_strides
from evenside_analysis.types import Contacts, Event, Flag, Floats

SETTINGS = ShankSettings(rate_hz=100.0)
PLAIN = np.eye(3)  # rows: where the leg's mediolateral, frontal and long axes lie in the sensor frame


@dataclass(frozen=True)
class Shank:
    """What a shank gyroscope says: n rows."""

    time_s: Floats
    gyr: Floats

    def part(self, rows: slice) -> Shank:
        return Shank(self.time_s[rows], self.gyr[rows])

    def without(self, *spans_s: tuple[float, float]) -> Shank:
        """NaN rows where nothing was heard."""
        lost = np.zeros(self.time_s.size, np.bool_)
        for first_s, last_s in spans_s:
            lost |= (self.time_s > first_s) & (self.time_s < last_s)
        return Shank(self.time_s, np.where(lost[:, np.newaxis], np.nan, self.gyr))

    def silent_until(self, time_s: float) -> Shank:
        """The recording is over: a row of NaN says so."""
        return Shank(np.append(self.time_s, time_s), np.append(self.gyr, np.full((1, 3), np.nan), axis=0))


def bump(time_s: Floats, at_s: float, width_s: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((time_s - at_s) / width_s) ** 2))


# The angle of a shank, as its rate: heel-off, forward swing, the dip at the landing, about mid-swing. What the leg has
# gained by then it gives back while it tilts over the standing foot.
LOBES = ((-3.2, -0.17, 0.06), (5.5, 0.0, 0.09), (-2.2, 0.2, 0.025))  # rad/s, s, s
GAINED = sum(peak * width_s for peak, _, width_s in LOBES)


def swing_rate(time_s: Floats, smoothing_s: float = 0.0) -> Floats:
    """One swing about time 0, as a Gaussian of ``smoothing_s`` would leave it."""
    rate = np.zeros(time_s.size)
    for peak, at_s, width_s in LOBES:
        wide_s = np.hypot(width_s, smoothing_s)
        rate += peak * width_s / wide_s * bump(time_s, at_s, wide_s)
    return rate


def known_times() -> tuple[float, float]:
    """The minima on both sides of the swing, on a grid of 10 microseconds."""
    time_s = np.arange(-0.4, 0.4, 1e-5)
    fine = swing_rate(time_s, SETTINGS.fine_s)
    half = time_s.size // 2
    return float(time_s[fine[:half].argmin()]), float(time_s[half + fine[half:].argmin()])


TOE_OFF_S, CONTACT_S = known_times()


def shank(
    swings_s: list[float],
    duration_s: float,
    rate_hz: float = 100.0,
    *,
    mounting: Floats = PLAIN,
    heading_rad: dict[int, float] | None = None,
    start_s: float = 0.0,
    noise: float = 0.02,
    seed: int = 0,
) -> Shank:
    """A leg that swings about each of ``swings_s`` and stands between, with the noise of a usual sensor."""
    rng = np.random.default_rng(seed)
    time_s = start_s + np.rint(np.arange(round(duration_s * rate_hz)) / rate_hz * 1e6) / 1e6
    gyr = rng.normal(0.0, noise, (time_s.size, 3))
    for swing, at_s in enumerate(swings_s):
        following_s = swings_s[swing + 1] if swing + 1 < len(swings_s) else at_s + 1.1
        tilt_s = (min(following_s, at_s + 1.5) - at_s - 0.45) / 4.0
        gyr[:, 0] += swing_rate(time_s - at_s)
        gyr[:, 0] -= GAINED / tilt_s * bump(time_s, at_s + 0.24 + 2.0 * tilt_s, tilt_s)
        gyr[:, 1] += 0.6 * np.sin(2.0 * np.pi * (time_s - at_s)) * bump(time_s, at_s, 0.2)
        gyr[:, 2] += (heading_rad or {}).get(swing, 0.0) * bump(time_s, at_s, 0.1) / (0.1 * np.sqrt(2.0 * np.pi))
    return Shank(time_s, gyr @ mounting)


def stride_times(count: int, first_s: float = 1.5, seed: int = 3) -> list[float]:
    """Swings at no multiple of a sample."""
    return [float(at_s) for at_s in first_s + np.cumsum(np.random.default_rng(seed).uniform(0.95, 1.25, count))]


def feed(
    settings: ShankSettings, walked: Shank, cuts: list[int] | None = None, state: ShankState | None = None
) -> tuple[ShankState, Contacts]:
    """All contacts of a recording that comes in blocks. Every promise of ``settled_s`` is checked on the way."""
    state = state or ShankState()
    n = walked.time_s.size
    found, promised_s = Contacts.none(-np.inf), state.settled_s
    for first, end in pairwise([0, *sorted(min(cut, n) for cut in cuts or []), n]):
        block = walked.part(slice(first, end))
        state, contacts = detect_shank_contacts(settings, state, block.time_s, block.gyr)
        if cuts:
            state = pickle.loads(pickle.dumps(state))
        assert not contacts.time_s.size or contacts.time_s[0] >= promised_s, "an event before what was settled"
        assert contacts.settled_s >= promised_s, "settled_s ran backwards"
        promised_s = contacts.settled_s
        found = found.followed_by(contacts)
    assert (np.diff(found.time_s) >= 0.0).all(), "events out of order"
    assert np.isnan(found.peak_force_n).all()
    return state, found


def times(contacts: Contacts, event: Event) -> Floats:
    return np.asarray(contacts.time_s[contacts.kind == event])


def flags(contacts: Contacts, event: Event) -> list[Flag]:
    return [Flag(flag) for flag in contacts.flags[contacts.kind == event].tolist()]


def bits(contacts: Contacts) -> tuple[bytes, bytes, bytes]:
    return contacts.time_s.tobytes(), contacts.kind.tobytes(), contacts.flags.tobytes()


SWINGS = stride_times(10)
WALK = shank(SWINGS, SWINGS[-1] + 4.0).silent_until(SWINGS[-1] + 6.0)
# Steps with pauses, turns, a wriggle, holes, a break, and a rate slightly off: 21 s at 50 Hz.
ROUGH_SETTINGS = ShankSettings(rate_hz=50.0, gyr_range_rad_s=5.0)


def rough() -> Shank:
    whole = shank(
        [1.0, 2.1, 3.2, 4.2, 7.9, 9.0, 10.1, 14.6, 15.7, 16.7, 17.9], 21.0, 50.0, heading_rad={3: 1.0, 8: 0.7}
    )
    wriggle = bump(whole.time_s, 6.3, 0.3) * np.sin(40.0 * whole.time_s)
    size = np.where(whole.time_s > 12.0, 0.8, 1.0)
    gyr = np.clip(whole.gyr * size[:, np.newaxis] + wriggle[:, np.newaxis] * [0.3, 0.5, 0.9], -5.0, 5.0)
    gapped = Shank(whole.time_s * 1.0007, gyr).without((2.0, 2.07), (9.05, 9.35), (11.9, 14.0), (16.0, 16.02))
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
    assert ROUGH_WHOLE.time_s.size == 2 * 11


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.001, 24.9), max_size=30), st.lists(st.integers(0, 1100), max_size=10), st.booleans())
def test_only_heard_samples_and_their_times_count(silences_s: list[float], cuts: list[int], drop: bool) -> None:
    heard = np.asarray(np.isfinite(ROUGH.gyr).all(axis=1))
    heard[-1] = True  # time has passed up to here
    told = Shank(ROUGH.time_s[heard], ROUGH.gyr[heard]) if drop else ROUGH
    new_s = np.setdiff1d(np.rint(np.array(silences_s) * 1e6) / 1e6, told.time_s)
    at = np.searchsorted(told.time_s, new_s)
    told = Shank(np.insert(told.time_s, at, new_s), np.insert(told.gyr, at, np.full((1, 3), np.nan), axis=0))
    _, contacts = feed(ROUGH_SETTINGS, told, cuts)
    assert bits(contacts) == bits(ROUGH_WHOLE)
    assert contacts.settled_s == ROUGH_WHOLE.settled_s


def test_the_rough_walk_has_every_flag_and_none_everywhere() -> None:
    marked = [Flag(flag) for flag in ROUGH_WHOLE.flags.tolist()]
    for flag in (Flag.TURN, Flag.GAP, Flag.CLIPPED):
        assert 0 < sum(flag in flags for flags in marked) < len(marked), flag


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 128.0, 204.8, 250.0])
def test_known_times_are_found_at_any_rate(rate_hz: float) -> None:
    walk = shank(SWINGS, SWINGS[-1] + 4.0, rate_hz).silent_until(SWINGS[-1] + 6.0)
    _, contacts = feed(ShankSettings(rate_hz=rate_hz), walk)
    assert contacts.kind.tolist() == [Event.TC, Event.IC] * len(SWINGS)
    assert not contacts.flags.any()
    for event, want_s in ((Event.TC, TOE_OFF_S), (Event.IC, CONTACT_S)):
        error_s = times(contacts, event) - SWINGS - want_s
        assert abs(error_s.mean()) < 0.003
        assert error_s.std() < (0.0015 if rate_hz >= 100.0 else 0.004)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_mounting_and_handedness_change_nothing(seed: int, mirrored: bool) -> None:
    mounting = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    mounting *= np.sign(np.linalg.det(mounting)) * (-1.0 if mirrored else 1.0)
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, Shank(WALK.time_s, WALK.gyr @ mounting))
    np.testing.assert_array_equal(contacts.kind, plain.kind)
    np.testing.assert_array_equal(contacts.flags, plain.flags)
    np.testing.assert_allclose(contacts.time_s, plain.time_s, rtol=0, atol=2e-6)


@pytest.mark.parametrize("slower", [0.45, 1.0, 1.5])
def test_a_slow_and_a_fast_leg_are_found_alike(slower: float) -> None:
    walk = Shank(np.rint(WALK.time_s / slower * 1e6) / 1e6, WALK.gyr * slower)
    _, contacts = feed(ShankSettings(rate_hz=100.0 * slower), walk)
    assert contacts.kind.tolist() == [Event.TC, Event.IC] * len(SWINGS)
    assert not (contacts.flags & Flag.GUESSED).any()


def test_strides_of_a_leg_have_its_stance_and_swing() -> None:
    _, contacts = feed(SETTINGS, WALK)
    _, strides = find_strides(StrideSettings(), StrideState(), contacts)
    assert strides.start_s.size == len(SWINGS) - 1
    np.testing.assert_allclose(strides.end_s - strides.start_s, np.diff(SWINGS), rtol=0, atol=0.006)
    np.testing.assert_allclose(strides.end_s - strides.toe_off_s, CONTACT_S - TOE_OFF_S, rtol=0, atol=0.006)


@pytest.mark.parametrize("degrees", [8.0, 30.0, 90.0])
def test_a_turning_swing_is_flagged_and_no_other(degrees: float) -> None:
    _, contacts = feed(SETTINGS, shank(SWINGS, SWINGS[-1] + 4.0, heading_rad={4: np.radians(degrees)}))
    for event in (Event.TC, Event.IC):
        turned = [Flag.TURN in flag for flag in flags(contacts, event)]
        assert turned[:9] == [degrees > 20.0 and swing == 4 for swing in range(9)]


def test_how_far_the_leg_is_tilted_is_no_turn() -> None:
    # Every second step is twice as far, so the leg is at another tilt half way to the next swing.
    uneven = [1.5, 2.3, 3.8, 4.6, 6.1, 6.9, 8.4, 9.2]
    _, contacts = feed(SETTINGS, shank(uneven, 12.0))
    assert contacts.time_s.size >= 14
    assert not (contacts.flags & Flag.TURN).any()


def test_a_short_hole_is_bridged_without_a_word() -> None:
    holes = [(SWINGS[3] - 0.05, SWINGS[3] - 0.015), (SWINGS[5] + 0.5, SWINGS[5] + 0.565)]
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, WALK.without(*holes))
    np.testing.assert_array_equal(contacts.kind, plain.kind)
    np.testing.assert_allclose(contacts.time_s, plain.time_s, rtol=0, atol=0.01)
    assert not (contacts.flags & Flag.GAP).any()


def test_a_gap_in_a_swing_is_flagged_on_both_its_events() -> None:
    _, contacts = feed(SETTINGS, WALK.without((SWINGS[4] - 0.1, SWINGS[4] + 0.1)))
    for event in (Event.TC, Event.IC):
        assert [Flag.GAP in flag for flag in flags(contacts, event)] == [swing == 4 for swing in range(10)]


def test_a_gap_in_stance_could_have_hidden_a_step() -> None:
    _, contacts = feed(SETTINGS, WALK.without((SWINGS[4] + 0.4, SWINGS[4] + 0.56)))
    assert [Flag.GAP in flag for flag in flags(contacts, Event.TC)] == [swing == 5 for swing in range(10)]
    assert not any(Flag.GAP in flag for flag in flags(contacts, Event.IC))


def test_a_break_ends_a_run_but_not_what_is_known_of_the_leg() -> None:
    first = WALK.part(slice(0, -1))
    later = shank([1001.5, 1002.6], 6.0, start_s=1000.0, seed=5)
    both = Shank(np.concatenate([first.time_s, later.time_s]), np.concatenate([first.gyr, later.gyr]))
    _, contacts = feed(SETTINGS, both.silent_until(1010.0))
    assert times(contacts, Event.IC).size == 12
    assert flags(contacts, Event.TC)[10:] == [Flag.GAP, Flag.NONE]
    assert not (contacts.flags & Flag.GUESSED).any()
    # A swing that the break cut off has no contact.
    cut = int(np.searchsorted(WALK.time_s, SWINGS[6] + 0.1))
    _, contacts = feed(SETTINGS, WALK.part(slice(0, cut)).silent_until(100.0))
    assert times(contacts, Event.IC).size == times(contacts, Event.TC).size == 6
    assert contacts.settled_s == 100.0


def test_clipping_is_told_only_where_it_happened() -> None:
    fast = shank(SWINGS, SWINGS[-1] + 4.0)
    near = np.abs(fast.time_s - SWINGS[4]) < 0.3
    gyr = np.clip(np.where(near[:, np.newaxis], 1.5 * fast.gyr, fast.gyr), -6.5, 6.5)
    _, contacts = feed(replace(SETTINGS, gyr_range_rad_s=6.5), Shank(fast.time_s, gyr))
    assert [Flag.CLIPPED in flag for flag in flags(contacts, Event.TC)][:9] == [swing == 4 for swing in range(9)]
    _, untold = feed(SETTINGS, Shank(fast.time_s, gyr))
    assert not (untold.flags & Flag.CLIPPED).any()


def test_a_landing_that_leaves_no_trace_gets_the_usual_time_and_says_so() -> None:
    soft = WALK.part(slice(0, -1))
    near = (soft.time_s > SWINGS[5] + 0.08) & (soft.time_s < SWINGS[5] + 0.55)
    gyr = soft.gyr.copy()
    gyr[near] = 0.05
    _, plain = feed(SETTINGS, WALK)
    _, contacts = feed(SETTINGS, Shank(soft.time_s, gyr).silent_until(30.0))
    assert contacts.kind.size == plain.kind.size
    assert [Flag.GUESSED in flag for flag in flags(contacts, Event.IC)] == [swing == 5 for swing in range(10)]
    assert not any(Flag.GUESSED in flag for flag in flags(contacts, Event.TC))
    assert abs(times(contacts, Event.IC)[5] - times(plain, Event.IC)[5]) < 0.01


def test_the_first_steps_wait_for_the_axis_and_are_then_certain() -> None:
    before = WALK.part(slice(0, int(np.searchsorted(WALK.time_s, SWINGS[1]))))
    state, contacts = feed(SETTINGS, before)
    assert contacts.time_s.size == 0
    assert contacts.settled_s < SWINGS[0]
    _, contacts = feed(SETTINGS, WALK.part(slice(before.time_s.size, None)), state=state)
    assert contacts.kind.size == 20
    assert not contacts.flags.any()


def test_a_single_step_of_an_unknown_leg_is_a_guess_and_holds_nothing_up() -> None:
    _, contacts = feed(SETTINGS, shank([2.0], 20.0), [100, 400, 900])
    assert all(Flag.GUESSED in Flag(flag) for flag in contacts.flags.tolist())
    assert contacts.time_s.size <= 4
    assert contacts.settled_s > 16.0


def test_a_leg_that_is_known_waits_for_no_axis() -> None:
    state, _ = feed(SETTINGS, WALK)
    state = pickle.loads(pickle.dumps(state))
    _, contacts = feed(SETTINGS, shank([2002.0], 5.5, start_s=2000.0), state=state)
    assert contacts.kind.tolist() == [Event.TC, Event.IC]
    assert not (contacts.flags & Flag.GUESSED).any()


@pytest.mark.parametrize("sway", [0.0, 0.1, 0.25])
def test_a_standing_leg_is_silent_and_time_is_settled_soon(sway: float) -> None:
    still = shank([], 120.0)
    gyr = still.gyr + sway * np.sin(2 * np.pi * 0.4 * still.time_s)[:, np.newaxis] * [1.0, 0.5, 0.2]
    _, contacts = feed(SETTINGS, Shank(still.time_s, gyr), [1000, 5000])
    assert contacts.time_s.size == 0
    assert 0.0 <= 120.0 - contacts.settled_s < 4.0


def test_fidgeting_without_a_forward_is_never_taken_for_certain_steps() -> None:
    still = shank([], 120.0)
    gyr = still.gyr + 2.0 * np.sin(2 * np.pi * 1.1 * still.time_s)[:, np.newaxis] * [1.0, 0.3, 0.1]
    state, contacts = feed(SETTINGS, Shank(still.time_s, gyr), list(range(0, 12000, 500)))
    assert (contacts.flags & Flag.GUESSED).all()
    assert len(pickle.dumps(state)) < 120_000


def test_a_dead_sensor_is_silent() -> None:
    _, contacts = feed(SETTINGS, Shank(WALK.time_s, np.zeros_like(WALK.gyr)), [100, 700])
    assert contacts.time_s.size == 0


def test_nothing_is_heard_for_long_and_then_nothing_is_wrong() -> None:
    state, contacts = feed(SETTINGS, Shank(np.arange(1.0, 50.0), np.full((49, 3), np.nan)))
    assert (contacts.time_s.size, contacts.settled_s) == (0, 49.0)
    late = Shank(WALK.time_s + 60.0, WALK.gyr)
    assert times(feed(SETTINGS, late, state=state)[1], Event.IC).size == 10


def test_the_state_stays_small_however_long_the_walk() -> None:
    walk = shank(stride_times(120), 140.0)
    sizes = []
    for end in range(1000, 14000, 2000):
        state, _ = feed(SETTINGS, walk.part(slice(0, end)), [end - 10])
        sizes.append(len(pickle.dumps(state)))
    assert max(sizes) < 120_000


def test_shapes_times_and_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="three columns"):
        detect_shank_contacts(SETTINGS, ShankState(), np.zeros(2), np.zeros((2, 2)))
    state, _ = detect_shank_contacts(SETTINGS, ShankState(), np.array([1.0]), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="increase"):
        detect_shank_contacts(SETTINGS, state, np.array([1.0]), np.zeros((1, 3)))
    after, contacts = detect_shank_contacts(SETTINGS, state, np.empty(0), np.empty((0, 3)))
    assert contacts.time_s.size == 0
    assert after.settled_s == contacts.settled_s == state.settled_s
    with pytest.raises(ValueError, match="rate_hz"):
        ShankSettings(rate_hz=5.0)
    with pytest.raises(ValueError, match="gyr_range_rad_s"):
        ShankSettings(rate_hz=100.0, gyr_range_rad_s=0.0)
