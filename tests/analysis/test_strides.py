"""Contacts to strides: each once, first and last ones flagged, nothing made of contacts that do not fit."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.strides import Strides, StrideSettings, StrideState, find_strides
from evenside_analysis.types import Contacts, Event, Flag

SETTINGS = StrideSettings()
IC, TC = Event.IC, Event.TC
CLEAN, FIRST, LAST = Flag.NONE, Flag.FIRST, Flag.LAST
Told = tuple[float, Event]


def contacts_of(told: list[Told], settled_s: float, flags: dict[int, Flag] | None = None) -> Contacts:
    """Contacts with a force for each TC that tells which one it is."""
    time_s = np.array([time for time, _ in told], np.float64)
    kind = np.array([kind for _, kind in told], np.int64)
    flag = np.array([int((flags or {}).get(place, 0)) for place in range(len(told))], np.int64)
    force = np.where(kind == TC, time_s * 100.0, np.nan)
    return Contacts(time_s, kind, flag, force, force + 1.0, settled_s, force + 2.0, force + 3.0)


def strides_of(told: list[Told], settled_s: float | None = None, flags: dict[int, Flag] | None = None) -> Strides:
    end_s = told[-1][0] + 10.0 if settled_s is None else settled_s
    return find_strides(SETTINGS, StrideState(), contacts_of(told, end_s, flags))[1]


def walk(start_s: float, steps: int, stance_s: float = 0.7, swing_s: float = 0.4) -> list[Told]:
    """The contacts of one foot: steps stances, and a swing after each."""
    begins = [start_s + step * (stance_s + swing_s) for step in range(steps)]
    return [told for at in begins for told in ((at, IC), (at + stance_s, TC))]


def rows(strides: Strides) -> list[tuple[float, float, float, Flag]]:
    columns = (strides.start_s, strides.toe_off_s, strides.end_s, strides.flags)
    return [
        (round(float(start), 6), round(float(off), 6), round(float(end), 6), Flag(int(flag)))
        for start, off, end, flag in zip(*columns, strict=True)
    ]


def test_a_stride_runs_from_contact_to_contact_with_what_its_stance_carried() -> None:
    strides = strides_of(walk(1.0, 4))
    assert rows(strides) == [
        (1.0, 1.7, 2.1, FIRST),
        (2.1, 2.8, 3.2, CLEAN),
        (3.2, 3.9, 4.3, CLEAN),
        (4.3, 5.0, 5.0, LAST),  # no swing was seen to its end
    ]
    assert strides.peak_force_n == pytest.approx([170.0, 280.0, 390.0, 500.0])
    assert strides.impulse_n_s == pytest.approx(strides.peak_force_n + 1.0)
    assert strides.stance_low_s == pytest.approx(strides.peak_force_n + 2.0)
    assert strides.stance_high_s == pytest.approx(strides.peak_force_n + 3.0)


def test_standing_parts_two_bouts_and_its_stance_is_no_stride() -> None:
    told = [*walk(1.0, 3), (4.3, IC), (9.0, TC), *walk(9.4, 3)]
    assert rows(strides_of(told)) == [
        (1.0, 1.7, 2.1, FIRST),
        (2.1, 2.8, 3.2, CLEAN),
        (3.2, 3.9, 4.3, LAST),
        (9.4, 10.1, 10.5, FIRST),
        (10.5, 11.2, 11.6, CLEAN),
        (11.6, 12.3, 12.3, LAST),
    ]


def test_a_foot_in_the_air_parts_two_bouts_too() -> None:
    assert rows(strides_of([*walk(1.0, 2), *walk(20.0, 2)])) == [
        (1.0, 1.7, 2.1, FIRST),
        (2.1, 2.8, 2.8, LAST),
        (20.0, 20.7, 21.1, FIRST),
        (21.1, 21.8, 21.8, LAST),
    ]


def test_a_single_stance_is_first_and_last() -> None:
    assert rows(strides_of(walk(1.0, 1))) == [(1.0, 1.7, 1.7, FIRST | LAST)]


@pytest.mark.parametrize(
    ("stance_s", "swing_s", "count"),
    [(0.079, 0.5, 0), (0.081, 0.5, 2), (1.499, 0.4, 2), (1.501, 0.4, 0), (0.7, 0.101, 2), (0.7, 1.499, 2)],
)
def test_what_is_too_short_or_too_long_is_no_stride(stance_s: float, swing_s: float, count: int) -> None:
    assert strides_of(walk(1.0, 2, stance_s, swing_s)).start_s.size == count


@pytest.mark.parametrize("swing_s", [0.099, 1.501])
def test_a_stance_without_a_swing_ends_with_its_toe_off(swing_s: float) -> None:
    assert rows(strides_of(walk(1.0, 1) + walk(1.7 + swing_s, 1)))[0] == (1.0, 1.7, 1.7, FIRST | LAST)


@pytest.mark.parametrize("place", [2, 3, 4])
def test_a_stride_takes_on_the_flags_of_its_three_contacts(place: int) -> None:
    strides = strides_of(walk(1.0, 5), flags={place: Flag.TURN})
    turned = [Flag.TURN in flag for *_, flag in rows(strides)]
    assert turned == [place == 2, True, place == 4, False, False]


@pytest.mark.parametrize(
    ("stance_s", "swing_s", "runs"), [(0.25, 0.45, True), (0.33, 0.40, True), (0.6, 0.4, False), (0.5, 0.6, False)]
)
def test_who_stands_for_less_than_half_of_a_short_stride_runs(stance_s: float, swing_s: float, runs: bool) -> None:
    flags = [flag for *_, flag in rows(strides_of(walk(1.0, 6, stance_s, swing_s)))]
    assert [Flag.RUNNING in flag for flag in flags[:-1]] == [runs] * 5
    assert Flag.RUNNING not in flags[-1]  # without a swing there is nothing to tell it by


def test_who_limps_slowly_does_not_run() -> None:
    assert not any(Flag.RUNNING in flag for *_, flag in rows(strides_of(walk(1.0, 6, 0.45, 0.65))))


def test_two_contacts_of_one_kind_in_a_row_make_no_stride() -> None:
    assert rows(strides_of([(1.0, IC), (1.2, IC), (1.9, TC), (2.3, IC), (3.0, TC)])) == [
        (1.2, 1.9, 2.3, FIRST),
        (2.3, 3.0, 3.0, LAST),
    ]
    assert rows(strides_of([(1.0, IC), (1.7, TC), (1.9, TC), (2.3, IC), (3.0, TC)])) == [
        (1.0, 1.7, 1.7, FIRST | LAST),
        (2.3, 3.0, 3.0, FIRST | LAST),
    ]
    assert rows(strides_of([(1.0, TC), (1.4, TC), (1.8, TC)])) == []
    assert rows(strides_of([(1.0, IC), (1.4, IC), (1.8, IC)])) == []


def test_other_events_are_passed_over() -> None:
    told = [(1.0, IC), (1.1, Event.FOOT_FLAT), (1.5, Event.HEEL_RISE), (1.7, TC), (2.1, IC), (2.8, TC)]
    assert rows(strides_of(told)) == rows(strides_of([one for one in told if one[1] in (IC, TC)]))


def test_a_stride_waits_until_it_is_known_whether_it_was_the_last() -> None:
    told = walk(1.0, 2)[:3]  # IC TC IC
    assert rows(strides_of(told, settled_s=2.1 + 1.49)) == []
    assert rows(strides_of(told, settled_s=2.1 + 1.51)) == [(1.0, 1.7, 2.1, FIRST | LAST)]
    assert rows(strides_of([*told, (2.8, TC)], settled_s=2.8)) == [(1.0, 1.7, 2.1, FIRST)]


def test_a_stance_waits_for_its_swing_to_end() -> None:
    told = walk(1.0, 1)
    assert rows(strides_of(told, settled_s=1.7 + 1.49)) == []
    assert rows(strides_of(told, settled_s=1.7 + 1.51)) == [(1.0, 1.7, 1.7, FIRST | LAST)]


SPANS = st.lists(
    st.tuples(st.sampled_from([IC, TC]), st.sampled_from([0.03, 0.09, 0.3, 0.7, 1.2, 1.5, 1.6, 3.0, 8.0])), max_size=25
)
# Mostly alternating, so that there are strides.
ORDERS = st.one_of(SPANS, SPANS.map(lambda spans: [((IC, TC)[i % 2], span) for i, (_, span) in enumerate(spans)]))


def told_of(order: list[tuple[Event, float]]) -> list[Told]:
    times = np.cumsum([span for _, span in order])
    return [(float(time), kind) for time, (kind, _) in zip(times, order, strict=True)]


def expected(told: list[Told]) -> list[tuple[float, float, float, Flag]]:
    """The rule read out contact by contact."""

    def stance(i: int) -> bool:
        return i >= 0 and i + 1 < len(told) and (told[i][1], told[i + 1][1]) == (IC, TC)

    def lasts(i: int) -> float:
        return told[i + 1][0] - told[i][0]

    def swing(i: int) -> bool:
        """After the toe-off i + 1 of a stance."""
        return stance(i) and i + 2 < len(told) and told[i + 2][1] == IC and 0.1 <= lasts(i + 1) <= 1.5

    out = []
    for i in range(len(told)):
        if not stance(i) or not 0.08 <= lasts(i) <= 1.5:
            continue
        first = not (swing(i - 2) and lasts(i - 2) <= 1.5)
        last = not (swing(i) and stance(i + 2) and lasts(i + 2) <= 1.5)
        end_s = told[i + 2][0] if swing(i) else told[i + 1][0]
        flag = (FIRST if first else CLEAN) | (LAST if last else CLEAN)
        stride_s = told[i + 2][0] - told[i][0] if swing(i) else math.inf
        flag |= Flag.RUNNING if stride_s <= 1.0 and lasts(i) < 0.47 * stride_s else CLEAN
        out.append((round(told[i][0], 6), round(told[i + 1][0], 6), round(end_s, 6), flag))
    return out


@given(ORDERS)
@settings(max_examples=200, deadline=None)
def test_the_strides_are_those_of_the_rule(order: list[tuple[Event, float]]) -> None:
    told = told_of(order)
    assert rows(strides_of(told, settled_s=1000.0)) == expected(told)


@given(ORDERS, st.data())
@settings(max_examples=150, deadline=None)
def test_any_cut_gives_the_same_bits_and_keeps_its_word(order: list[tuple[Event, float]], data: st.DataObject) -> None:
    told = told_of(order)
    whole = find_strides(SETTINGS, StrideState(), contacts_of(told, 1000.0))[1]
    cuts = data.draw(st.lists(st.integers(0, len(told)), max_size=8), "cuts")
    state, parts, settled_s = StrideState(), Strides.none(), -math.inf
    for first, end in pairwise([0, *sorted(cuts), len(told)]):
        # As far as it could be settled without contradicting the next contact, or less far.
        next_s = told[end][0] if end < len(told) else 1000.0
        last_s = told[end - 1][0] if end else 0.0
        passed_s = last_s + data.draw(st.sampled_from([0.0, 0.5, 1.0]), "passed") * (next_s - last_s)
        state = pickle.loads(pickle.dumps(state))
        state, strides = find_strides(SETTINGS, state, contacts_of(told[first:end], passed_s))
        assert strides.settled_s >= settled_s
        assert (strides.end_s >= settled_s).all()
        settled_s = strides.settled_s
        parts = parts.followed_by(strides)
    state, strides = find_strides(SETTINGS, state, Contacts.none(1000.0))
    parts = parts.followed_by(strides)
    for name in ("start_s", "toe_off_s", "end_s", "flags", "peak_force_n", "impulse_n_s", "stance_low_s"):
        assert getattr(parts, name).tobytes() == getattr(whole, name).tobytes(), name
    assert strides.settled_s == whole.settled_s == 1000.0


@pytest.mark.parametrize("kind", [IC, TC, None])
def test_the_state_stays_small(kind: Event | None) -> None:
    state = StrideState()
    for at in range(300):
        told = (IC, TC)[at % 2] if kind is None else kind
        state, _ = find_strides(SETTINGS, state, contacts_of([(at * 0.5, told)], at * 0.5))
        assert state.pending.time_s.size <= 5
