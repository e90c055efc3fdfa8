"""Stairs told by the height that strides gain: of every height that is built, and never on the level; the law."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import Device, Script, Sensor, Stairs, Stand, Turn, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.stairs import Climbs, StairSettings, StairState, find_stairs
from evenside_analysis.stride_motion_types import NUMBERS, StrideMotions
from evenside_analysis.stride_stairs import TerrainState, with_stairs
from evenside_analysis.strides import Strides, StrideSettings
from evenside_analysis.types import Block, Event, Flag, Floats, Ints

LEVEL: Script = (
    Stand(3.0),
    Walk(12.0),
    Turn(3.0),
    Walk(10.0, speed_m_s=0.5, stride_s=1.4),
    Turn(4.0, 360.0),
    Walk(9.0),
)


@dataclass(frozen=True)
class Told:
    """Of both feet in turn: strides, and which of their swings the simulated wearer made on stairs."""

    strides: Strides
    truth: Ints
    summary: Summary


@cache
def worn(script: Script, rate_hz: float = 100.0, gravity: bool = True, seed: int = 4) -> Told:
    wearer = Wearer(script, seed=seed)
    nodes = tuple(replace(node, gravity=gravity) for node in default_nodes(rate_hz) if node.site == "foot")
    devices = tuple(Device(node, Sensor()) for node in nodes)
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    config = MonitorSettings(nodes)
    state, found = monitor.start(config), dict[str, Strides]()
    reports = []
    for node, samples in zip(nodes, piece.samples, strict=True):
        state, report = monitor.step(config, state, Block(node.id, np.rint(samples.true_s * 1e6) / 1e6, samples.values))
        reports.append(report)
    state, report = monitor.finish(config, state)
    for one in (told for every in (*reports, report) for told in every.strides):
        found[one.node] = found[one.node].followed_by(one.strides) if one.node in found else one.strides
    truths = []
    for node, contacts in zip(nodes, piece.contacts, strict=True):
        lands = contacts.kind == Event.IC
        at = np.abs(contacts.time_s[lands] - found[node.id].end_s[:, np.newaxis]).argmin(axis=1)
        truths.append((contacts.flags[lands][at] & int(Flag.STAIRS)) != 0)
    left, right = (found[node.id] for node in nodes)
    both = replace(left, settled_s=-np.inf).followed_by(right)
    return Told(both, np.concatenate(truths), monitor.summary(config, state))


def flight(up: bool, riser_m: float, step_to: bool = False, tread_m: float = 0.29) -> Script:
    stairs = Stairs(14.0, up=up, riser_m=riser_m, step_to=step_to, tread_m=tread_m)
    return (Stand(3.0), Walk(8.0), stairs, Walk(8.0), Stand(3.0))


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("riser_m", "tread_m"), [(0.10, 0.38), (0.13, 0.35), (0.17, 0.29), (0.20, 0.25), (0.22, 0.22)])
def test_stairs_of_every_height_are_told_with_their_direction(up: bool, riser_m: float, tread_m: float) -> None:
    told = worn(flight(up, riser_m, tread_m=tread_m))
    way = 1 if up else -1
    assert np.count_nonzero(told.truth) >= 20
    assert np.mean(told.strides.stairs[told.truth] == way) >= 0.9
    assert np.count_nonzero(told.strides.stairs[~told.truth]) <= 1
    assert not np.any(told.strides.stairs == -way)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0, 250.0])
def test_the_rate_of_the_sensors_plays_no_part(rate_hz: float) -> None:
    told = worn(flight(True, 0.17), rate_hz)
    assert np.mean(told.strides.stairs[told.truth] == 1) >= 0.9
    assert np.count_nonzero(told.strides.stairs[~told.truth]) <= 1


@pytest.mark.parametrize("up", [True, False])
def test_a_leg_that_joins_the_other_on_every_step_climbs_one_riser(up: bool) -> None:
    told = worn(flight(up, 0.17, step_to=True))
    assert np.mean(told.strides.stairs[told.truth] == (1 if up else -1)) >= 0.85
    assert np.count_nonzero(told.strides.stairs[~told.truth]) <= 1


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
def test_level_walking_shuffling_and_turning_are_no_stairs(rate_hz: float) -> None:
    told = worn(LEVEL, rate_hz)
    assert told.strides.stairs.size > 40
    assert not np.any(told.strides.stairs)
    assert not np.any(told.strides.flags & int(Flag.STAIRS))


def test_without_gravity_nothing_is_said_of_heights() -> None:
    strides = worn(flight(True, 0.17), gravity=False).strides
    assert np.isnan(strides.climb_m).all()
    assert not np.any(strides.stairs)


def test_stairs_are_counted_apart_and_not_compared() -> None:
    there = worn((Stand(3.0), Walk(20.0), Stairs(14.0), Walk(20.0), Stand(3.0)))
    number = {one.id: one for one in there.summary.numbers}["stairs_up_strides"]
    assert number.value == np.count_nonzero(there.strides.stairs == 1)
    assert "of the left foot" in number.words
    assert "stairs_down_strides" not in {one.id for one in there.summary.numbers}
    stride = next(one for one in there.summary.figures if one.metric == "stride_time")
    flagged = np.count_nonzero(there.strides.flags & int(Flag.STAIRS))
    assert flagged >= number.value
    assert stride.n <= (there.strides.start_s.size - flagged) // 2 + 1


# --- one rule at a time -----------------------------------------------------------------------------------------------


def motions(
    climbs_m: Sequence[float], ways_m: Sequence[float], starts_s: Sequence[float] | None = None, turn_rad: float = 0.0
) -> StrideMotions:
    """Strides of a second each."""
    n = len(climbs_m)
    numbers = np.zeros((n, NUMBERS))
    numbers[:, 0] = np.arange(n) if starts_s is None else starts_s
    numbers[:, 1], numbers[:, 2], numbers[:, 3] = numbers[:, 0] + 0.3, numbers[:, 0] + 0.7, numbers[:, 0] + 1.0
    numbers[:, 4], numbers[:, 6], numbers[:, 7], numbers[:, 12] = ways_m, climbs_m, turn_rad, 3.0
    return StrideMotions(
        numbers, np.zeros((n, 9)), np.zeros((n, 12)), np.zeros(n, np.int64), np.ones(n, np.bool_), float(numbers[-1, 3])
    )


def silence(settled_s: float) -> StrideMotions:
    return StrideMotions.none(settled_s)


def stairs_of(found: StrideMotions) -> list[int]:
    state, first = find_stairs(StairSettings(), StairState(), found)
    _, last = find_stairs(StairSettings(), state, silence(found.settled_s + 10.0))
    told = first.followed_by(last).stairs.tolist()
    assert len(told) == found.flags.size
    return list(map(int, told))


def test_two_steep_strides_in_a_row_are_stairs_and_one_alone_is_none() -> None:
    assert stairs_of(motions([0.0, 0.34, 0.0], [1.3, 0.6, 1.3])) == [0, 0, 0]
    assert stairs_of(motions([0.0, 0.34, 0.33, 0.0], [1.3, 0.6, 0.6, 1.3])) == [0, 1, 1, 0]
    assert stairs_of(motions([0.34, -0.34], [0.6, 0.6])) == [0, 0]


def test_the_strides_onto_and_off_a_flight_need_not_be_as_steep() -> None:
    assert stairs_of(motions([-0.16, -0.32, -0.15], [1.0, 0.6, 0.9])) == [-1, -1, -1]
    assert stairs_of(motions([0.16, 0.16, 0.16], [1.0, 1.0, 1.0])) == [0, 0, 0]


def test_a_ramp_is_no_stairs() -> None:
    assert stairs_of(motions([0.16] * 6, [1.3] * 6)) == [0] * 6
    assert stairs_of(motions([0.075] * 6, [0.6] * 6)) == [0] * 6


def test_a_stride_that_turns_or_that_was_not_sound_is_unknown() -> None:
    assert stairs_of(motions([0.34] * 3, [0.6] * 3, turn_rad=0.8)) == [0, 0, 0]
    unsound = replace(motions([0.34] * 3, [0.6] * 3), sound=np.array([True, False, True]))
    assert stairs_of(unsound) == [0, 0, 0]


def test_strides_with_a_rest_between_are_not_in_a_row() -> None:
    assert stairs_of(motions([0.34, 0.34], [0.6, 0.6], [0.0, 2.4])) == [1, 1]
    assert stairs_of(motions([0.34, 0.34], [0.6, 0.6], [0.0, 2.6])) == [0, 0]


def test_the_last_stride_is_decided_once_none_can_follow() -> None:
    state, found = find_stairs(StairSettings(), StairState(), motions([0.34, 0.34], [0.6, 0.6]))
    assert found.contact_s.tolist() == [0.7]
    state, found = find_stairs(StairSettings(), state, silence(2.0 + StairSettings().wait_s))
    assert not found.contact_s.size
    _, found = find_stairs(StairSettings(), state, silence(2.1 + StairSettings().wait_s))
    assert found.contact_s.tolist() == [1.7]


def strides_of(ends_s: Floats, flags: int = 0, stance_s: float = 0.6) -> Strides:
    n = ends_s.size
    unknown = np.full(n, np.nan)
    return Strides(
        *(ends_s - 1.0, ends_s - 1.0 + stance_s, ends_s, np.full(n, flags, np.int64), *(unknown,) * 7),
        np.zeros(n, np.int64),
        float(ends_s[-1]) + 0.1,
    )


def climbs_of(contacts_s: Floats, stairs: Sequence[int], rate_rad_s: float = 3.0) -> Climbs:
    n = contacts_s.size
    return Climbs(contacts_s, 0.3 * np.array(stairs), np.full(n, rate_rad_s), np.array(stairs, np.int64))


def test_a_stride_waits_for_its_movement_and_is_told_once() -> None:
    contacts_s = np.arange(1.0, 5.0)
    state, ready = with_stairs(StrideSettings(), TerrainState(), strides_of(contacts_s[1:]), Climbs.none())
    assert not ready.start_s.size
    assert ready.settled_s == 2.0
    state, ready = with_stairs(StrideSettings(), state, Strides.none(5.0), climbs_of(contacts_s[:3], [0, 1, 0]))
    assert ready.end_s.tolist() == [2.0, 3.0]
    assert ready.stairs.tolist() == [1, 0]
    assert ready.flags.tolist() == [Flag.STAIRS, Flag.STAIRS]  # the second one stands on the step
    assert ready.settled_s == 4.0
    _, ready = with_stairs(StrideSettings(), state, Strides.none(6.0), climbs_of(contacts_s[3:], [0]))
    assert (ready.end_s.tolist(), ready.flags.tolist(), ready.settled_s) == ([4.0], [0], 6.0)


@pytest.mark.parametrize(
    ("rate_rad_s", "stairs", "stance_s", "runs"),
    [(7.0, 0, 0.4, True), (7.0, 0, 0.55, True), (7.0, 0, 0.62, False), (5.0, 0, 0.4, False), (7.0, -1, 0.4, False)],
)
def test_a_foot_runs_where_it_turns_fast_and_stands_shortly_and_not_on_stairs(
    rate_rad_s: float, stairs: int, stance_s: float, runs: bool
) -> None:
    strides = strides_of(np.array([2.0]), int(Flag.RUNNING), stance_s)
    climbs = climbs_of(np.array([1.0, 2.0]), [0, stairs], rate_rad_s)
    _, ready = with_stairs(StrideSettings(), TerrainState(), strides, climbs)
    assert bool(ready.flags[0] & Flag.RUNNING) == runs


# --- the law ----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.16, 0.3, -0.3, np.nan]), st.sampled_from([0.3, 0.6, 1.1])), min_size=1
    ),
    st.data(),
)
def test_any_cut_gives_the_same_climbs(strides: list[tuple[float, float]], data: st.DataObject) -> None:
    climbs, ways = zip(*strides, strict=True)
    pauses = data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0]), min_size=len(climbs), max_size=len(climbs)))
    whole = motions(climbs, ways, np.arange(len(climbs)) + np.cumsum(pauses))
    end_s = whole.settled_s + 10.0
    cuts = sorted(data.draw(st.sets(st.integers(1, len(climbs)), max_size=5)))
    parts = [whole.select(slice(a, b)) for a, b in pairwise([0, *cuts, len(climbs)])]
    state, found = StairState(), Climbs.none()
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        # Time has passed up to the next stride, at most.
        until_s = end_s if following is None or not following.flags.size else float(following.end_s[0])
        state, more = find_stairs(StairSettings(), state, replace(part, settled_s=until_s))
        found = found.followed_by(more)
        state = pickle.loads(pickle.dumps(state))
    assert found.stairs.tolist() == stairs_of(whole)
    assert found.contact_s.tobytes() == whole.contact_s.tobytes()
