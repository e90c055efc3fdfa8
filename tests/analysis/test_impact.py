"""How hard a foot lands: the peak around each contact less what is read at rest, none where it was cut off or lost."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.impact import ImpactState, with_impacts
from evenside_analysis.types import GRAVITY_M_S2, Contacts, Event, Floats

RATE_HZ = 100.0
SETTINGS = FootSettings(RATE_HZ, acc_range_m_s2=160.0)
CONTACTS_S = 1.0 + 1.1 * np.arange(8)
PEAKS_M_S2 = 40.0 + 3.0 * np.arange(8)


def recorded(rest_m_s2: float = 10.2, late_s: float = 0.03) -> tuple[Floats, Floats]:
    """A shock about each contact, rest after the foot is flat, and a swing that is harder than most landings."""
    time_s = np.arange(0.0, 10.5, 1.0 / RATE_HZ)
    size = np.full(time_s.size, rest_m_s2)
    for at, peak in zip(CONTACTS_S, PEAKS_M_S2, strict=True):
        size[np.abs(time_s - at - late_s) < 0.006] = peak
        size[(time_s > at - 0.4) & (time_s < at - 0.06)] = 60.0
    direction = np.array([0.48, -0.6, 0.64])
    return time_s, size[:, np.newaxis] * direction


def contacts_of(settled_s: float, first: int = 0, end: int = 8) -> Contacts:
    """Contact, and flat 0.15 s later."""
    time_s = np.stack([CONTACTS_S, CONTACTS_S + 0.15], axis=1).ravel()[2 * first : 2 * end]
    kind = np.tile([int(Event.IC), int(Event.FOOT_FLAT)], end - first).astype(np.int64)
    unknown = np.full(time_s.size, np.nan)
    return Contacts(time_s, kind, np.zeros(time_s.size, np.int64), unknown, unknown, settled_s)


def impacts(time_s: Floats, acc: Floats, *, gravity: bool = True, with_: FootSettings = SETTINGS) -> Floats:
    _, contacts = with_impacts(with_, gravity, ImpactState(), time_s, acc, contacts_of(10.0))
    assert contacts.impact_m_s2 is not None
    assert np.isnan(contacts.impact_m_s2[contacts.kind != Event.IC]).all()
    return np.asarray(contacts.impact_m_s2[contacts.kind == Event.IC])


@pytest.mark.parametrize("late_s", [-0.04, 0.0, 0.06, 0.09])
def test_an_impact_is_the_peak_about_the_contact_less_what_is_read_at_rest(late_s: float) -> None:
    found = impacts(*recorded(late_s=late_s))
    assert found[0] == pytest.approx(PEAKS_M_S2[0] - GRAVITY_M_S2)  # before the foot was ever flat
    assert found[1:] == pytest.approx(PEAKS_M_S2[1:] - 10.2)


def test_without_gravity_nothing_is_taken_off_but_what_is_read() -> None:
    found = impacts(*recorded(rest_m_s2=0.7), gravity=False)
    assert found == pytest.approx(PEAKS_M_S2 - np.array([0.0, *[0.7] * 7]))


def test_a_sensor_whose_zero_is_off_does_not_land_harder() -> None:
    time_s, acc = recorded(10.2)
    direction = acc[0] / 10.2
    assert impacts(time_s, acc + 0.5 * direction)[1:] == pytest.approx(impacts(time_s, acc)[1:])


def test_a_peak_that_was_cut_off_is_none() -> None:
    time_s, acc = recorded()
    hit = np.abs(time_s - CONTACTS_S[3] - 0.03) < 0.006
    acc[hit] = [12.0, 159.9, 0.0]
    assert np.isnan(impacts(time_s, acc)).tolist() == [place == 3 for place in range(8)]
    assert impacts(time_s, acc, with_=FootSettings(RATE_HZ))[3] > 140.0  # nobody said where the range ends


@pytest.mark.parametrize(("count", "missing"), [(1, False), (4, True)])
def test_samples_lost_about_a_contact_leave_it_without_an_impact(count: int, missing: bool) -> None:
    time_s, acc = recorded()
    first = int(time_s.searchsorted(CONTACTS_S[2] + 0.05))
    acc[first : first + count] = math.nan
    assert math.isnan(impacts(time_s, acc)[2]) == missing
    assert np.isfinite(np.delete(impacts(time_s, acc), 2)).all()


@given(st.lists(st.integers(0, 1050), max_size=8), st.lists(st.integers(0, 1040), max_size=3), st.data())
@settings(max_examples=100, deadline=None)
def test_any_cut_gives_the_same_bits(cuts: list[int], holes: list[int], data: st.DataObject) -> None:
    time_s, acc = recorded()
    acc += np.random.default_rng(5).normal(0.0, 0.3, acc.shape)
    for hole in holes:
        acc[hole : hole + 5] = math.nan
    _, whole = with_impacts(SETTINGS, True, ImpactState(), time_s, acc, contacts_of(10.0))
    state, told, done = ImpactState(), Contacts.none(-math.inf), 0
    for first, end in pairwise([0, *sorted(cuts), time_s.size]):
        now_s = float(time_s[end - 1]) if end else -math.inf
        # A contact may be told once 0.25 s are known behind it, or later.
        known = int(CONTACTS_S.searchsorted(now_s - 0.25 - 0.15))
        told_to = 8 if end == time_s.size else data.draw(st.integers(done, max(known, done)), "told")
        settled_s = float(CONTACTS_S[told_to]) if told_to < 8 else 10.0
        new = contacts_of(min(settled_s, max(now_s - 0.3, 0.0)), done, told_to)
        state, contacts = with_impacts(
            SETTINGS, True, pickle.loads(pickle.dumps(state)), time_s[first:end], acc[first:end], new
        )
        told, done = told.followed_by(contacts), told_to
    assert told.or_nan(told.impact_m_s2).tobytes() == whole.or_nan(whole.impact_m_s2).tobytes()
    assert state.time_s.size < 150
