"""Humps of the envelope: the loop over turning points finds what a walk over every sample finds, however it is cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside_analysis.filters import DelayLine
from evenside_analysis.foot_movements import HumpState, find_humps, first_quiet, quiet_between
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import ENVELOPE, Counts, Track, forget
from evenside_analysis.types import Floats

SETTINGS = FootSettings(rate_hz=20.0)  # a reach of 30 samples
FACTOR, FLOOR, LEAST = math.exp(SETTINGS.prominence), SETTINGS.floor_rad_s, SETTINGS.min_peak_rad_s
FAST = math.exp(SETTINGS.fast_prominence)


def track_of(envelope: Floats) -> Track:
    columns = np.zeros((13, envelope.size))
    columns[ENVELOPE] = envelope
    return Track(0, columns, DelayLine.start(np.zeros(10), 1), np.zeros(3), Counts())


def walk(envelope: Floats) -> tuple[list[int], bool, float, int]:
    """The rule, sample by sample."""
    peaks, rising, low, low_at, top, top_at = [], False, math.inf, 0, 0.0, 0
    for sample, value in enumerate(envelope.tolist()):
        if not rising:
            if value < low:
                low, low_at = value, sample
            elif value > LEAST and value + FLOOR >= (FAST if low > SETTINGS.fast_valley_rad_s else FACTOR) * (
                low + FLOOR
            ):
                rising, top, top_at = True, value, sample
        elif value > top:
            top, top_at = value, sample
        elif top + FLOOR >= (FAST if top > SETTINGS.fast_peak_rad_s else FACTOR) * (value + FLOOR):
            peaks.append(top_at)
            rising, low, low_at = False, value, sample
        elif sample == top_at + SETTINGS.reach:
            rising, low, low_at = False, value, sample
    return peaks, rising, low, low_at


@st.composite
def envelopes(draw: st.DrawFn) -> Floats:
    """Polylines with plateaus, steep and slow slopes, long humps and long rests."""
    corners = draw(
        st.lists(st.tuples(st.integers(1, 45), st.sampled_from([0.0, 0.05, 0.3, 0.6, 1.0, 3.0, 4.0, 4.0, 5.5, 9.0])))
    )
    values, level = [draw(st.sampled_from([0.0, 5.0]))], 0.0
    for length, level in corners:
        values.extend(np.linspace(values[-1], level, length + 1)[1:].tolist())
    return np.array(values)


@given(envelopes(), st.lists(st.integers(1, 400), max_size=6))
def test_turning_points_alone_decide_what_every_sample_decides(envelope: Floats, cuts: list[int]) -> None:
    for edges in ([envelope.size], sorted({*cuts, envelope.size}), list(range(1, envelope.size + 1))):
        state, peaks = HumpState(), []
        for edge in edges:
            track = forget(track_of(envelope[:edge]), min(state.seen, edge) - 2 * SETTINGS.reach)
            state, new = find_humps(SETTINGS, state, track)
            peaks.extend(new)
        assert (peaks, state.rising, state.low, state.low_at) == walk(envelope)


def test_a_low_hump_and_a_long_one_are_no_swings() -> None:
    rest = np.full(20, 0.02)
    low = np.concatenate([rest, [0.2, 0.49, 0.2], rest])
    long = np.concatenate([rest, np.full(2 * SETTINGS.reach, 3.0), rest])
    swing = np.concatenate([rest, np.full(SETTINGS.reach - 1, 3.0), rest])
    assert [find_humps(SETTINGS, HumpState(), track_of(e))[1] for e in (low, long, swing)] == [[], [], [20]]


def test_a_runner_whose_foot_hardly_rests_makes_humps_and_a_walker_who_wobbles_none() -> None:
    time = np.arange(200) / SETTINGS.rate_hz
    ran, wobbled = (mean + size * np.sin(2.0 * np.pi * 1.4 * time) for mean, size in ((8.0, 1.5), (4.0, 0.75)))
    rest = np.full(20, 0.02)
    assert len(find_humps(SETTINGS, HumpState(), track_of(np.concatenate([rest, ran, rest])))[1]) >= 13
    assert len(find_humps(SETTINGS, HumpState(), track_of(np.concatenate([rest, wobbled, rest])))[1]) <= 1


def test_a_walk_that_began_before_the_recording_starts_with_its_first_rest() -> None:
    envelope = np.concatenate([np.linspace(5.0, 0.1, 10), np.linspace(0.1, 4.0, 10), np.linspace(4.0, 0.1, 10)])
    assert find_humps(SETTINGS, HumpState(), track_of(envelope))[1] == [19]


def test_the_quiet_point_is_the_first_lowest_one_of_the_span() -> None:
    track = track_of(np.array([3.0, 1.0, 0.5, 0.5, 2.0, 0.1]))
    low, high = np.array([0, 3]), np.array([4, 5])
    np.testing.assert_array_equal(quiet_between(track, low, high), [2, 5])
    assert quiet_between(track, low[:0], high[:0]).size == 0
    assert first_quiet(SETTINGS, track, previous=3, peak=4) == 3
    assert first_quiet(SETTINGS, track, previous=-1, peak=4) == 2


@pytest.mark.parametrize("rate_hz", [0.0, 10.0, math.nan, math.inf])
def test_a_rate_that_cannot_tell_contacts_is_refused(rate_hz: float) -> None:
    with pytest.raises(ValueError, match="rate_hz"):
        FootSettings(rate_hz=rate_hz)


def test_a_range_must_be_a_range() -> None:
    with pytest.raises(ValueError, match="gyr_range"):
        FootSettings(rate_hz=100.0, gyr_range_rad_s=0.0)


def test_a_hump_is_given_up_at_its_reach_even_where_the_samples_end_there() -> None:
    envelope = np.concatenate([[0.0, 0.6], np.full(SETTINGS.reach, 0.3)])
    state, peaks = find_humps(SETTINGS, HumpState(), track_of(envelope))
    assert (peaks, state.rising, state.low_at) == ([], False, envelope.size - 1)
