"""Contacts from vertical force: exact crossings, what is joined, what a silence ends, and what is certain when."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.force_contacts import ForceSettings, ForceState, detect_force_contacts
from evenside_analysis.types import Contacts, Event, Flag, Floats

RATE_HZ = 100.0
SETTINGS = ForceSettings(RATE_HZ, toe_off_n=100.0)
# (time, force) of the corners of two steps, all slopes 2000 N/s.
STEPS = [(0.0, 0.0), (1.0, 0.0), (1.4, 800.0), (1.5, 800.0), (1.9, 0.0), (2.4, 0.0), (2.8, 800.0), (3.2, 0.0), (4.0, 0)]


def sampled(corners: list[tuple[float, float]], times: Floats | None = None) -> tuple[Floats, Floats]:
    at, force = np.array(corners).T
    if times is None:
        times = np.arange(round(at[0] * RATE_HZ), round(at[-1] * RATE_HZ) + 1) / RATE_HZ
    return times, np.interp(times, at, force)


def found(time_s: Floats, force_n: Floats, with_: ForceSettings = SETTINGS) -> Contacts:
    return detect_force_contacts(with_, ForceState(), time_s, force_n)[1]


def pulses(*spans: tuple[float, float], force_n: float = 500.0, until: float = 6.0) -> tuple[Floats, Floats]:
    """Force that jumps within one sample: [from, to) of each span."""
    time_s = np.arange(0.0, until, 1.0 / RATE_HZ)
    loaded = np.zeros(time_s.size, bool)
    for low, high in spans:
        loaded |= (time_s >= low - 1e-9) & (time_s < high - 1e-9)
    return time_s, np.where(loaded, force_n, 0.0)


def kinds(contacts: Contacts) -> list[str]:
    return [Event(kind).name for kind in contacts.kind]


@pytest.mark.parametrize("offset", [0.0, 0.0013, 0.0087])
def test_crossings_of_a_ramp_are_exact_between_samples(offset: float) -> None:
    rng = np.random.default_rng(7)
    times = np.arange(0.0, 3.9, 0.01) + offset + rng.uniform(0.0, 0.004, 390)
    contacts = found(*sampled(STEPS, times))
    assert kinds(contacts) == ["IC", "TC", "IC", "TC"]
    # 50 N on the way up, 100 N on the way down
    assert contacts.time_s == pytest.approx([1.025, 1.85, 2.425, 3.15], abs=1e-12)


def test_a_stance_carries_its_peak_its_impulse_and_its_time_at_two_levels() -> None:
    contacts = found(*sampled(STEPS))
    assert contacts.stance_low_s is not None
    assert contacts.stance_high_s is not None
    ends = contacts.kind == Event.TC
    assert contacts.peak_force_n[ends] == pytest.approx([800.0, 800.0])
    # the whole shape less the triangles below 50 N on the way up and below 30 N on the way down
    below = 0.5 * 0.025 * 50.0 + 0.5 * 0.015 * 30.0
    assert contacts.impulse_n_s[ends] == pytest.approx([400.0 - below, 320.0 - below], rel=1e-12)
    assert contacts.stance_low_s[ends] == pytest.approx([1.875 - 1.025, 3.175 - 2.425], abs=1e-12)
    assert contacts.stance_high_s[ends] == pytest.approx([1.85 - 1.05, 3.15 - 2.45], abs=1e-12)
    for column in (contacts.peak_force_n, contacts.impulse_n_s, contacts.stance_low_s, contacts.stance_high_s):
        assert np.isnan(column[~ends]).all()


def test_a_force_between_the_levels_changes_nothing() -> None:
    time_s, force_n = pulses((1.0, 2.0), (3.0, 4.0))
    between = found(time_s, np.where(force_n == 0.0, 31.0, force_n))  # never falls below off_n
    assert kinds(between) == []
    between = found(time_s, np.where(force_n > 0.0, 49.0, force_n))  # never reaches on_n
    assert kinds(between) == []


def test_the_toe_off_is_where_the_push_ends_and_not_where_the_shoe_lets_go() -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (1.1, 800.0), (1.5, 800.0), (1.6, 0.0), (3.0, 0.0)]
    pressing = [(0.0, 0.0), (1.0, 0.0), (1.1, 800.0), (1.5, 800.0), (1.59, 80.0), (1.65, 60.0), (1.66, 0.0), (3.0, 0.0)]
    assert found(*sampled(corners)).time_s[1] == pytest.approx(1.5875)
    assert found(*sampled(pressing)).time_s[1] == pytest.approx(1.5 + 0.09 * 700.0 / 720.0)


def test_who_goes_on_standing_with_little_weight_has_not_lifted_the_foot() -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (1.1, 800.0), (1.5, 800.0), (1.6, 80.0), (2.4, 80.0), (2.48, 0.0), (4.0, 0.0)]
    assert found(*sampled(corners)).time_s[1] == pytest.approx(2.43 + 0.02, abs=1e-9)


def test_a_swing_that_is_too_short_belongs_to_the_stance_around_it() -> None:
    contacts = found(*pulses((1.0, 1.3), (1.4, 1.7)))
    assert kinds(contacts) == ["IC", "TC"]
    assert contacts.time_s == pytest.approx([0.991, 1.698], abs=1e-9)
    assert contacts.impulse_n_s[1] == pytest.approx(2 * 500.0 * 0.3, rel=0.01)


def test_a_stance_that_is_too_short_belongs_to_the_swing_around_it() -> None:
    contacts = found(*pulses((1.0, 1.4), (1.7, 1.8), (2.0, 2.4)))
    assert kinds(contacts) == ["IC", "TC", "IC", "TC"]
    assert contacts.time_s == pytest.approx([0.991, 1.398, 1.991, 2.398], abs=1e-9)
    assert contacts.impulse_n_s[3] == pytest.approx(500.0 * 0.4, rel=0.01)


def test_a_chatter_at_the_edge_is_one_contact() -> None:
    contacts = found(*pulses((1.0, 1.02), (1.05, 1.09), (1.12, 1.8)))
    assert kinds(contacts) == ["IC", "TC"]
    assert contacts.time_s[0] == pytest.approx(1.111, abs=1e-9)  # what comes before is too short to be a stance


def test_nothing_is_said_of_a_foot_that_is_on_the_ground_all_the_time() -> None:
    time_s = np.arange(0.0, 20.0, 0.01)
    assert kinds(found(time_s, np.full(time_s.size, 400.0))) == []


@pytest.mark.parametrize("told", ["absent", "one row", "a row a sample"])
@pytest.mark.parametrize(("lost_from", "lost_to"), [(1.2, 1.5), (1.9, 2.2), (1.2, 3.2)])
def test_a_silence_is_never_bridged(told: str, lost_from: float, lost_to: float) -> None:
    time_s, force_n = pulses((1.0, 1.6), (2.4, 3.0), (3.8, 4.4))
    lost = (time_s > lost_from - 1e-9) & (time_s < lost_to - 1e-9)
    if told == "absent":
        time_s, force_n = time_s[~lost], force_n[~lost]
    else:
        force_n = np.where(lost, np.nan, force_n)
        keep = ~lost | (np.cumsum(lost) == 5) if told == "one row" else np.ones(time_s.size, bool)
        time_s, force_n = time_s[keep], force_n[keep]
    contacts = found(time_s, force_n)
    after = int(np.searchsorted(contacts.time_s, lost_from))
    assert contacts.flags[after] == Flag.GAP
    assert not contacts.flags[1:after].any()
    assert not contacts.flags[after + 1 :].any()
    assert not ((contacts.time_s > lost_from) & (contacts.time_s < lost_to - 0.02)).any()
    assert math.isnan(contacts.peak_force_n[after])
    assert math.isnan(contacts.impulse_n_s[after])


def test_a_lost_sample_is_interpolated_and_two_at_an_edge_are_a_gap() -> None:
    time_s, force_n = pulses((1.0, 1.6), (2.4, 3.0))
    clean = found(time_s, force_n)
    assert clean.flags.tolist() == [Flag.GAP, 0, 0, 0]  # nobody heard how the first span began
    one = np.abs(time_s - 2.395) > 0.004
    assert found(time_s[one], force_n[one]).flags.tolist() == clean.flags.tolist()
    two = np.abs(time_s - 2.395) > 0.006  # the last sample of the swing and the first of the stance
    contacts = found(time_s[two], force_n[two])
    assert [Flag(flag) for flag in contacts.flags] == [Flag.GAP, Flag.NONE, Flag.GAP, Flag.GAP]


def test_a_stance_with_lost_samples_inside_keeps_its_times_and_has_no_force() -> None:
    time_s, force_n = pulses((1.0, 1.6), (2.4, 3.0))
    heard = np.abs(time_s - 1.3) > 0.035
    clean, contacts = found(time_s, force_n), found(time_s[heard], force_n[heard])
    assert contacts.time_s.tobytes() == clean.time_s.tobytes()
    assert contacts.flags.tobytes() == clean.flags.tobytes()
    assert np.isnan(contacts.peak_force_n).tolist() == [True, True, True, False]
    assert np.isnan(contacts.impulse_n_s).tolist() == [True, True, True, False]


def test_a_peak_that_only_touches_the_high_level_has_no_time_there() -> None:
    time_s, force_n = pulses((1.0, 1.6), force_n=90.0)
    force_n[time_s.searchsorted(1.3)] = SETTINGS.high_n
    contacts = found(time_s, force_n)
    assert contacts.stance_high_s is not None
    assert kinds(contacts) == ["IC", "TC"]
    assert np.isnan(contacts.stance_high_s).all()


@pytest.mark.parametrize("stuck_n", [70.0, 300.0])
def test_time_goes_on_settling_on_a_force_that_is_stuck(stuck_n: float) -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (1.1, 800.0), (1.5, 800.0), (1.6, 60.0), (1.7, stuck_n), (600.0, stuck_n)]
    contacts = found(*sampled(corners))
    assert contacts.settled_s > 599.0


# One value stands for a stretch of constant force: nothing, below, between the levels, loaded, much; NaN is a loss.
STRETCHES = st.lists(
    st.tuples(st.sampled_from([0.0, 20.0, 40.0, 70.0, 100.0, 600.0, math.nan]), st.integers(1, 30)),
    min_size=1,
    max_size=24,
)


def stream(stretches: list[tuple[float, int]]) -> tuple[Floats, Floats]:
    force_n = np.concatenate([np.full(count, force) for force, count in stretches])
    rng = np.random.default_rng(force_n.size)
    time_s = np.round((np.arange(force_n.size) + rng.uniform(0.0, 0.4, force_n.size)) * 1e4) / 1e6
    return time_s, force_n + rng.uniform(-5.0, 5.0, force_n.size).round(1)


def columns(contacts: list[Contacts]) -> list[bytes]:
    whole = contacts[0]
    for later in contacts[1:]:
        whole = whole.followed_by(later)
    assert whole.stance_low_s is not None
    assert whole.stance_high_s is not None
    parts = (whole.time_s, whole.kind, whole.flags, whole.peak_force_n, whole.impulse_n_s)
    return [column.tobytes() for column in (*parts, whole.stance_low_s, whole.stance_high_s)]


@given(STRETCHES, st.lists(st.integers(0, 700), max_size=8), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_cut_and_any_telling_of_losses_give_the_same_bits(
    stretches: list[tuple[float, int]], cuts: list[int], rows_of_losses: bool
) -> None:
    time_s, force_n = stream(stretches)
    last = time_s[-1] + 0.5
    whole = found(np.append(time_s, last), np.append(force_n, np.nan))
    if not rows_of_losses:
        heard = np.isfinite(force_n)
        time_s, force_n = time_s[heard], force_n[heard]
    time_s, force_n = np.append(time_s, last), np.append(force_n, np.nan)
    state, parts = ForceState(), []
    for first, end in pairwise([0, *sorted(min(cut, time_s.size) for cut in cuts), time_s.size]):
        state = pickle.loads(pickle.dumps(state))
        state, contacts = detect_force_contacts(SETTINGS, state, time_s[first:end], force_n[first:end])
        parts.append(contacts)
    assert columns(parts) == columns([whole])
    assert parts[-1].settled_s == whole.settled_s


@given(STRETCHES)
@settings(max_examples=100, deadline=None)
def test_what_is_settled_stays_settled(stretches: list[tuple[float, int]]) -> None:
    time_s, force_n = stream(stretches)
    state, settled_s, last_s = ForceState(), -math.inf, -math.inf
    for at in range(time_s.size):
        state, contacts = detect_force_contacts(SETTINGS, state, time_s[at : at + 1], force_n[at : at + 1])
        assert contacts.settled_s >= settled_s
        assert (contacts.time_s >= settled_s).all()
        assert (contacts.time_s < time_s[at]).all()
        if contacts.time_s.size:
            assert contacts.time_s[0] > last_s
            last_s = float(contacts.time_s[-1])
        settled_s = contacts.settled_s
        assert settled_s >= time_s[at] - 0.5  # swing_min_s, press_max_s and hole_s are all that it may wait for


def expected_times(time_s: Floats, force_n: Floats) -> list[float]:
    """The rule read out sample by sample, for unbroken runs and a toe-off at the level of ``off_n``."""
    spans: list[tuple[bool, float]] = []  # (loaded, start)
    for at, force in enumerate(force_n):
        loaded = spans[-1][0] if spans else None
        now = True if force >= SETTINGS.on_n else False if force < SETTINGS.off_n else loaded
        if now is None or now == loaded:
            continue
        level = SETTINGS.on_n if now else SETTINGS.off_n
        start = time_s[0]
        if spans:
            start = np.interp(
                level, force_n[at - 1 : at + 1][:: 1 if now else -1], time_s[at - 1 : at + 1][:: 1 if now else -1]
            )
        spans.append((now, float(start)))
    out, place = [], 1
    while place < len(spans):
        end = spans[place + 1][1] if place + 1 < len(spans) else float(time_s[-1])
        shortest = SETTINGS.stance_min_s if spans[place][0] else SETTINGS.swing_min_s
        if end - spans[place][1] >= shortest:
            out.append(spans[place][1])
            place += 1
        else:
            place += 2
    return out


@given(STRETCHES)
@settings(max_examples=150, deadline=None)
def test_the_contacts_are_those_of_the_rule(stretches: list[tuple[float, int]]) -> None:
    time_s, force_n = stream([(0.0 if math.isnan(force) else force, count) for force, count in stretches])
    contacts = found(time_s, force_n, ForceSettings(RATE_HZ, toe_off_n=SETTINGS.off_n))
    assert contacts.time_s == pytest.approx(expected_times(time_s, force_n), abs=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_n": 20.0},
        {"off_n": 0.0},
        {"high_n": 50.0},
        {"toe_off_n": 29.0},
        {"stance_min_s": 0.0},
        {"swing_min_s": math.nan},
        {"hole_s": -1.0},
        {"press_max_s": 0.0},
        {"swing_max_s": 0.0},
        {"still_n": -1.0},
        {"zero_max_n": 150.0},
    ],
)
def test_levels_and_spans_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ForceSettings(RATE_HZ, **wrong)
