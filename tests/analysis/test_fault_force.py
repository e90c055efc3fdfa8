"""Force sensors: repeated samples under load, a base in the air, steps of one side only."""

from __future__ import annotations

import math
import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside_analysis.fault_force import ForceWatch, ForceWatchSettings, watch_force
from evenside_analysis.fault_steps import StepWatch, StepWatchSettings, watch_steps
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.types import Contacts, Event, Floats, Side

RATE_HZ = 100.0
NODE = ForceWatchSettings.of("left_insole", RATE_HZ)


def walking(seconds: float = 40.0) -> tuple[Floats, Floats]:
    """Steps of 0.65 s in a stride of 1.1 s, with noise, and nothing in the air."""
    rng = np.random.default_rng(0)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = time_s % 1.1
    force = np.where(phase < 0.65, 800.0 * np.sin(np.pi * np.minimum(phase / 0.65, 1.0)), 0.0)
    return time_s, np.where(force > 0.0, force + rng.normal(size=time_s.size) * 5.0, 0.0)


def watched(time_s: Floats, force: Floats, cuts: tuple[int, ...] = ()) -> list[FaultEvent]:
    state, events = ForceWatch(), list[FaultEvent]()
    for first, end in pairwise([0, *cuts, time_s.size]):
        state, more = watch_force(NODE, state, time_s[first:end], force[first:end])
        events += more
        state = pickle.loads(pickle.dumps(state))
    return events


def test_a_good_sole_has_no_fault() -> None:
    assert watched(*walking()) == []


def test_a_force_that_repeats_itself_under_load_is_held() -> None:
    time_s, force = walking()
    force[670:690] = force[670]
    found = watched(time_s, force)
    assert [(event.kind, event.start_s, event.end_s) for event in found] == [
        ("held", 6.7, math.inf),
        ("held", 6.7, pytest.approx(6.89)),
    ]


@pytest.mark.parametrize(("base_n", "want"), [(3.0, set()), (15.0, {"base"}), (40.0, {"base"}), (-20.0, {"base"})])
def test_a_sole_that_feels_the_air_is_told(base_n: float, want: set[str]) -> None:
    time_s, force = walking()
    assert {event.kind for event in watched(time_s, force + base_n)} == want


def test_who_stands_is_not_judged_by_what_the_sole_feels() -> None:
    time_s = np.arange(4000) / RATE_HZ
    assert watched(time_s, 350.0 + np.random.default_rng(1).normal(size=4000) * 10.0) == []


def test_who_jumps_or_shifts_weight_has_no_level_in_the_air_to_be_judged() -> None:
    time_s = np.arange(4000) / RATE_HZ
    jumping = np.where(time_s % 4.0 < 0.3, 0.0, 500.0 + 250.0 * np.sin(time_s))  # in the air for a fourteenth
    shifting = 400.0 + 250.0 * np.sin(2.0 * np.pi * time_s / 3.0)
    assert watched(time_s, jumping) == []
    assert watched(time_s, shifting) == []


@settings(max_examples=20)
@given(cuts=st.sets(st.integers(1, 3999), max_size=30))
def test_any_cut_gives_the_same_events(cuts: set[int]) -> None:
    time_s, force = walking()
    force = force + 15.0
    force[670:690] = force[670]
    force[1500:1560] = np.nan
    found = watched(time_s, force)
    assert {event.kind for event in found} == {"held", "base", "gap"}
    assert watched(time_s, force, tuple(sorted(cuts))) == found


def steps(times_s: Floats, settled_s: float) -> Contacts:
    unknown = np.full(times_s.size, np.nan)
    none = np.zeros(times_s.size, np.int64)
    return Contacts(times_s, np.full(times_s.size, int(Event.IC)), none, unknown, unknown, settled_s)


def told(left: Floats, right: Floats, pieces: int = 1) -> list[FaultEvent]:
    state, events = StepWatch(), list[FaultEvent]()
    sides: tuple[tuple[Side, Floats], ...] = (("left", left), ("right", right))
    for until_s in np.linspace(0.0, 120.0, pieces + 1)[1:]:
        for side, times_s in sides:
            part = times_s[(times_s >= until_s - 120.0 / pieces) & (times_s < until_s)]
            state, more = watch_steps(StepWatchSettings("insole"), state, side, steps(part, float(until_s)))
            events += more
    return events


@pytest.mark.parametrize("pieces", [1, 7, 50])
def test_a_side_without_any_step_does_not_feel_its_foot_and_one_with_few_says_too_little(pieces: int) -> None:
    left = np.arange(0.5, 100.0, 1.1)
    right = left + 0.55
    assert told(left, right, pieces) == []
    still = told(left, right[right < 50.0], pieces)
    assert ("still", 60.0, math.inf) in [(event.kind, event.start_s, event.end_s) for event in still]
    few = told(left, right[::2], pieces)
    assert {event.kind for event in few} == {"strides"}
    assert told(left, right[right < 50.0]) == still


def test_who_takes_hardly_any_step_is_not_judged() -> None:
    assert told(np.array([3.0, 40.0, 41.0, 80.0]), np.empty(0)) == []
