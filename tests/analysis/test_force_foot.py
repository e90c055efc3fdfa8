"""One foot on a force sensor: held values counted, loading rates of stances, and what a reader is told of it."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evenside_analysis.force_foot import ForceFootState, force_foot_step, force_words
from evenside_analysis.force_held import HeldState, watch_held
from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.types import Contacts, Event, Floats

RATE_HZ = 1000.0
SETTINGS = ForceSettings(RATE_HZ)


def stances(count: int, corners: list[tuple[float, float]], every_s: float = 1.1) -> tuple[Floats, Floats]:
    """Corners of one stance (time after its start, force), again and again, and a stance before them."""
    points = [(0.0, 600.0), (0.2, 600.0), (0.25, 0.0)]
    points += [(0.7 + number * every_s + at, force) for number in range(count) for at, force in corners]
    end_s = 0.7 + count * every_s
    time_s = np.round(np.arange(0.0, end_s, 1.0 / RATE_HZ) * 1e6) / 1e6
    return time_s, np.interp(time_s, *np.array([*points, (end_s, 0.0)]).T)


# Up to a first peak of 900 N within 90 ms, straight; down to 600 N, a second peak, and off.
WALK = [(0.0, 0.0), (0.09, 900.0), (0.3, 600.0), (0.5, 850.0), (0.62, 0.0)]
# A heel strike of 1200 N within 24 ms, and an active peak after it.
RUN = [(0.0, 0.0), (0.024, 1200.0), (0.04, 1000.0), (0.11, 1800.0), (0.23, 0.0)]


def stepped(time_s: Floats, force_n: Floats, with_: ForceSettings = SETTINGS) -> tuple[ForceFootState, Contacts]:
    state, contacts, _, _ = force_foot_step(
        with_, ForceFootState.start(with_.rate_hz), np.append(time_s, time_s[-1] + 9.0), np.append(force_n, math.nan)
    )
    return state, contacts


def rates(contacts: Contacts) -> Floats:
    ends = contacts.kind == Event.TC
    told = contacts.or_nan(contacts.loading_n_per_s)
    assert np.isnan(told[~ends]).all()
    return np.asarray(told[ends])


@pytest.mark.parametrize(("corners", "rate"), [(WALK, 900.0 / 0.09), (RUN, 1200.0 / 0.024)])
def test_a_loading_rate_is_the_slope_up_to_the_first_peak(corners: list[tuple[float, float]], rate: float) -> None:
    _, contacts = stepped(*stances(4, corners))
    found = rates(contacts)
    assert found.size == 5
    assert math.isnan(found[0])  # nobody heard how it began
    assert found[1:] == pytest.approx(rate, rel=1e-3)


def test_only_the_middle_of_the_rise_counts() -> None:
    slow_ends = [(0.0, 0.0), (0.02, 60.0), (0.08, 840.0), (0.1, 900.0), *WALK[2:]]
    _, contacts = stepped(*stances(3, slow_ends))
    # From contact, at 50 N, to the peak: its time runs from 16.7 ms to 100 ms.
    first, last = (1.0 / 60.0 + part * (0.1 - 1.0 / 60.0) for part in (0.2, 0.8))
    force = np.interp([first, last], *np.array(slow_ends).T)
    assert rates(contacts)[1:] == pytest.approx((force[1] - force[0]) / (last - first), rel=2e-3)


def test_a_load_that_comes_on_for_too_long_has_no_rate_and_a_touch_before_it_none_either() -> None:
    slow = [(0.0, 0.0), (0.5, 900.0), (0.6, 0.0)]
    assert np.isnan(rates(stepped(*stances(3, slow))[1])).all()
    touching = [(0.0, 0.0), (0.005, 70.0), (0.01, 40.0), (0.09, 900.0), *WALK[2:]]
    found = rates(stepped(*stances(3, touching))[1])
    assert found.size == 4
    assert found[1:] == pytest.approx((900.0 - 40.0) / 0.08, rel=0.02)


def test_lost_samples_in_the_rise_leave_it_without_a_rate() -> None:
    time_s, force_n = stances(4, WALK)
    lost = (time_s > 0.7 + 1.1 + 0.03) & (time_s < 0.7 + 1.1 + 0.16)
    found = rates(stepped(time_s[~lost], force_n[~lost])[1])
    assert np.isfinite(found).tolist() == [False, True, False, True, True]
    some = lost & (time_s < 0.7 + 1.1 + 0.05)  # too few to part the stance
    assert np.isfinite(rates(stepped(time_s[~some], force_n[~some])[1])).tolist() == [False, True, False, True, True]


def test_a_slow_sensor_is_not_asked() -> None:
    time_s, force_n = stances(3, WALK)
    slow = slice(None, None, 10)
    state, contacts = stepped(time_s[slow], force_n[slow], ForceSettings(100.0))
    assert state.rise is None
    assert np.isnan(rates(contacts)).all()


def columns(contacts: Contacts) -> list[bytes]:
    parts = (contacts.time_s, contacts.kind, contacts.flags, contacts.peak_force_n, contacts.impulse_n_s)
    return [column.tobytes() for column in (*parts, contacts.or_nan(contacts.loading_n_per_s))]


CORNERS = st.lists(
    st.tuples(st.sampled_from([0.004, 0.02, 0.09, 0.3]), st.sampled_from([0.0, 40.0, 120.0, 400.0, 900.0])),
    min_size=2,
    max_size=14,
)


# A force that hovers around the level of contact rises through it twice before it peaks.
HOVERS = [*[(0.004, 0.0)] * 5, (0.3, 400.0), *[(0.004, 0.0)] * 5, (0.3, 0.0)]


@example(HOVERS, [359], [])
@given(CORNERS, st.lists(st.integers(0, 5000), max_size=8), st.lists(st.integers(0, 4000), max_size=2))
@settings(max_examples=150, deadline=None)
def test_any_cut_gives_the_same_bits(pieces: list[tuple[float, float]], cuts: list[int], holes: list[int]) -> None:
    at = np.cumsum([0.3, *(span for span, _ in pieces)])
    time_s = np.round(np.arange(0.0, at[-1], 1.0 / RATE_HZ) * 1e6) / 1e6
    rng = np.random.default_rng(len(pieces))
    force_n = np.interp(time_s, at, [0.0, *(force for _, force in pieces)]) + rng.normal(0.0, 3.0, time_s.size)
    for hole in holes:
        force_n[hole : hole + 4 + 60 * (hole % 3)] = math.nan
    time_s, force_n = np.append(time_s, time_s[-1] + 9.0), np.append(force_n, math.nan)
    whole, expected, whole_s, whole_n = force_foot_step(SETTINGS, ForceFootState.start(RATE_HZ), time_s, force_n)
    state, told, passed = ForceFootState.start(RATE_HZ), Contacts.none(-math.inf), [np.empty(0)]
    for first, end in pairwise([0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]):
        state = pickle.loads(pickle.dumps(state))
        state, contacts, _, zeroed_n = force_foot_step(SETTINGS, state, time_s[first:end], force_n[first:end])
        told = told.followed_by(contacts)
        passed.append(zeroed_n[np.isfinite(zeroed_n)])
    assert columns(told) == columns(expected)
    assert np.concatenate(passed).tobytes() == whole_n[np.isfinite(whole_n)].tobytes()
    assert force_words("n", state) == force_words("n", whole)
    assert whole_s.size


def held(force_n: Floats, time_s: Floats | None = None) -> int:
    times = np.arange(force_n.size) / 100.0 if time_s is None else time_s
    return watch_held(ForceSettings(100.0), HeldState(), times, force_n).count


def test_a_value_that_repeats_under_load_is_counted_once() -> None:
    moving = np.arange(300) % 7 + np.full(300, 500.0)
    assert held(moving) == 0
    for samples, count in ((11, 0), (12, 1), (100, 1)):
        stuck = moving.copy()
        stuck[50 : 50 + samples] = 555.0
        assert held(stuck) == count, samples
    twice = moving.copy()
    twice[50:80], twice[120:150] = 555.0, 555.0
    assert held(twice) == 2


def test_no_load_may_repeat_and_so_may_values_on_both_sides_of_a_silence() -> None:
    assert held(np.zeros(300)) == held(np.full(300, 149.0)) == 0
    time_s = np.linspace(0.0, 4.29, 40)
    assert held(np.full(40, 555.0), time_s) == 0


@given(st.lists(st.tuples(st.sampled_from([0.0, 300.0, 301.0, math.nan]), st.integers(1, 30)), max_size=12), st.data())
@settings(max_examples=100, deadline=None)
def test_the_count_does_not_depend_on_the_cut(pieces: list[tuple[float, int]], data: st.DataObject) -> None:
    force_n = np.concatenate([np.empty(0), *(np.full(count, force) for force, count in pieces)])
    cuts = data.draw(st.lists(st.integers(0, force_n.size), max_size=6), "cuts")
    state, times = HeldState(), np.arange(force_n.size) / 100.0
    for first, end in pairwise([0, *sorted(cuts), force_n.size]):
        state = watch_held(ForceSettings(100.0), state, times[first:end], force_n[first:end])
    assert state.count == held(force_n)


def test_words_tell_of_a_zero_that_is_off_of_a_restless_swing_and_of_held_values() -> None:
    time_s, force_n = stances(8, WALK)
    force_n += np.arange(time_s.size) % 3
    assert force_words("left", stepped(time_s, force_n)[0]) == ()
    assert force_words("left", stepped(time_s, force_n + 4.0)[0]) == ()
    (told,) = force_words("left", stepped(time_s, force_n - 12.0)[0])
    assert told == "left: reads -11 N while the foot is in the air; that is taken off every force of it"
    (told,) = force_words("left", stepped(time_s, force_n + 95.0)[0])
    assert told == "left: does not come to rest near zero while the foot is in the air, so its zero is not known"
    stuck = np.where((time_s > 1.0) & (time_s < 1.2), 640.0, force_n)
    (told,) = force_words("left", stepped(time_s, stuck)[0])
    assert told == "left: repeats the same force under load, once for more than 0.1 s"
