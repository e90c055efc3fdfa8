"""Faults put into simulated feet: caught by what a person cannot do, while people who walk unevenly raise nothing."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import (
    Asymmetry,
    Device,
    Script,
    Sensor,
    Stairs,
    Stand,
    Turn,
    Walk,
    Wearer,
    advance,
    default_nodes,
    start,
)
from evenside_analysis.fault_imu import ImuWatch, ImuWatchSettings, watch_imu
from evenside_analysis.fault_pair import PairWatch, PairWatchSettings, watch_pair
from evenside_analysis.fault_types import FAULTS, FaultEvent
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.stride_motion import MotionSettings, MotionState, follow_strides, imu_rows
from evenside_analysis.types import ACC, GYR, Floats, Node, Side

RATE_HZ = 100.0
BOTH: tuple[Side, Side] = ("left", "right")
SCRIPT: Script = (Stand(4.0), Walk(25.0), Turn(3.0), Walk(25.0), Stand(4.0))


@dataclass(frozen=True)
class Foot:
    """Rows of a foot IMU: acceleration, then rates of rotation."""

    node: Node
    time_s: Floats
    values: Floats

    def with_values(self, values: Floats) -> Foot:
        return Foot(self.node, self.time_s, values)

    def second_half(self, change: Callable[[Floats], Floats]) -> Foot:
        half = self.time_s.size // 2
        return self.with_values(np.vstack([self.values[:half], change(self.values[half:].copy())]))


@cache
def feet(script: Script = SCRIPT, seed: int = 2) -> tuple[Foot, Foot]:
    wearer = Wearer(script, seed=seed)
    devices = tuple(Device(node, Sensor()) for node in default_nodes(RATE_HZ)[:2])
    piece = advance(wearer, devices, start(wearer, devices), wearer.duration_s)[1]
    found = []
    for device, samples in zip(devices, piece.samples, strict=True):
        columns = device.node.columns((*ACC, *GYR))
        assert columns is not None
        found.append(Foot(device.node, np.rint(samples.true_s * 1e6) / 1e6, samples.values[:, columns]))
    return found[0], found[1]


def watched(
    left: Foot, right: Foot, cuts: tuple[float, ...] = (), order: int = 0, pickled: bool = False
) -> dict[str, list[FaultEvent]]:
    """All events by place; time passes for 60 s at the end, of which only what began before is told."""
    pair = PairWatchSettings("foot", gravity=True)
    pair_state = PairWatch()
    events: dict[str, list[FaultEvent]] = {left.node.id: [], right.node.id: [], "foot": []}
    states = [(FootState(), MotionState(), ImuWatch()) for _ in BOTH]
    end_s = float(left.time_s[-1])
    for piece, (from_s, to_s) in enumerate(pairwise([-np.inf, *cuts, np.inf])):
        for place in (0, 1) if (piece + order) % 2 == 0 else (1, 0):
            foot = (left, right)[place]
            chosen = (foot.time_s >= from_s) & (foot.time_s < to_s)
            time_s, values = foot.time_s[chosen], foot.values[chosen]
            if to_s == np.inf:
                time_s = np.append(time_s, foot.time_s[-1] + 60.0)
                values = np.vstack([values, np.full((1, 6), np.nan)])
            if not time_s.size:
                continue
            contact_state, motion_state, watch = states[place]
            acc, gyr = values[:, :3], values[:, 3:]
            contact_state, contacts = detect_foot_contacts(FootSettings(RATE_HZ), contact_state, time_s, acc, gyr)
            rows = imu_rows(time_s, acc, gyr)
            motion_state, motions = follow_strides(MotionSettings(RATE_HZ), motion_state, rows, contacts)
            watch, found = watch_imu(ImuWatchSettings.of(foot.node), watch, rows, motions)
            pair_state, more = watch_pair(pair, pair_state, BOTH[place], motions, found.rests, rows.latest_s)
            events[foot.node.id] += found.events
            events["foot"] += more
            states[place] = (contact_state, motion_state, watch)
            if pickled:
                states, pair_state = pickle.loads(pickle.dumps((states, pair_state)))
    return {place: [one for one in told if one.start_s < end_s - 0.02] for place, told in events.items()}


def kinds(events: dict[str, list[FaultEvent]], *places: str) -> set[str]:
    return {event.kind for place in places or events for event in events[place]}


@pytest.mark.parametrize(
    "script",
    [
        SCRIPT,
        (Stand(4.0), Walk(30.0, Asymmetry(stance_time=8.0, step_time=6.0)), Stand(4.0)),
        (Stand(4.0), Walk(30.0, Asymmetry(swing_time=-15.0)), Turn(4.0, -180.0), Walk(10.0), Stand(4.0)),
        (Stand(4.0), Walk(8.0), Stairs(12.0), Walk(8.0), Turn(3.0), Walk(6.0), Stairs(10.0, up=False), Walk(6.0)),
        (Stand(4.0), Walk(8.0), Stairs(14.0, step_to=True), Walk(8.0), Stand(30.0)),
        (Walk(40.0, speed_m_s=0.5, stride_s=1.5),),
    ],
)
def test_how_people_walk_is_no_fault_of_a_sensor(script: Script) -> None:
    for seed in (1, 2):
        found = kinds(watched(*feet(script, seed)))
        assert {kind for kind in found if FAULTS[kind].source == "sensor"} == set()


def test_a_leg_that_lingers_is_at_most_a_word() -> None:
    found = kinds(watched(*feet((Stand(4.0), Walk(30.0, Asymmetry(step_time=8.0)), Stand(4.0)))))
    assert found <= {"delay"}


def scaled(first: int, factor: float) -> Callable[[Foot], Foot]:
    def change(foot: Foot) -> Foot:
        values = foot.values.copy()
        values[:, first : first + 3] *= factor
        return foot.with_values(values)

    return change


def shifted(column: int, by: float) -> Callable[[Foot], Foot]:
    def change(foot: Foot) -> Foot:
        values = foot.values.copy()
        values[:, column] += by
        return foot.with_values(values)

    return change


def turned(foot: Foot) -> Foot:
    quarter = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return foot.second_half(lambda values: np.hstack([values[:, :3] @ quarter.T, values[:, 3:] @ quarter.T]))


def held_axis(column: int) -> Callable[[Foot], Foot]:
    def hold(values: Floats) -> Floats:
        values[:, column] = values[0, column]
        return values

    return lambda foot: foot.second_half(hold)


def late_acceleration(foot: Foot) -> Foot:
    return foot.with_values(np.hstack([np.roll(foot.values[:, :3], 6, axis=0), foot.values[:, 3:]]))


def slower_clock(foot: Foot) -> Foot:
    count = round(foot.time_s.size / 1.05)
    at = np.arange(count) * 1.05
    values = [np.interp(at, np.arange(foot.time_s.size), column) for column in foot.values.T]
    return Foot(foot.node, foot.time_s[:count], np.stack(values, axis=1))


def clipped(foot: Foot) -> Foot:
    rail = 0.6 * float(np.abs(foot.values[:, 3:]).max())
    return foot.with_values(np.hstack([foot.values[:, :3], np.clip(foot.values[:, 3:], -rail, rail)]))


def joined(foot: Foot) -> Foot:
    """Half a second is missing, and nobody counted it."""
    kept = (foot.time_s < 20.0) | (foot.time_s >= 20.5)
    return Foot(foot.node, foot.time_s[: np.count_nonzero(kept)], foot.values[kept])


def fallen_off(foot: Foot) -> Foot:
    rng = np.random.default_rng(0)

    def lie(values: Floats) -> Floats:
        noise = rng.normal(size=values.shape) * np.repeat([0.03, 0.004], 3)
        return np.asarray(foot.values[:200].mean(axis=0) + noise)

    return foot.second_half(lie)


@pytest.mark.parametrize(
    ("fault", "by"),
    [
        (held_axis(0), {"stuck"}),
        (held_axis(4), {"stuck"}),
        (scaled(0, 1.2), {"gain", "rest_pair", "stride_length"}),
        (shifted(4, np.radians(5.0)), {"bias"}),
        (turned, {"turned"}),
        (late_acceleration, {"late"}),
        (slower_clock, {"stride_time", "phase"}),
        (clipped, {"clip"}),
        (joined, {"phase"}),
        (fallen_off, {"still"}),
        (scaled(3, -1.0), {"closure"}),
        (scaled(3, 1.2), {"turn_pair"}),
    ],
    ids=[
        "acc axis",
        "gyr axis",
        "gain",
        "bias",
        "turned",
        "late",
        "clock",
        "clip",
        "joined",
        "fallen off",
        "negated",
        "gyr gain",
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_a_faulty_foot_is_caught_by_what_it_does(fault: Callable[[Foot], Foot], by: set[str], side: int) -> None:
    pair = list(feet())
    pair[side] = fault(pair[side])
    found = watched(pair[0], pair[1])
    assert by <= kinds(found, pair[side].node.id, "foot")
    assert kinds(found, pair[1 - side].node.id) == set()


def test_a_swing_that_is_really_shorter_is_not_taken_for_a_late_sensor() -> None:
    found = kinds(watched(*feet((Stand(4.0), Walk(40.0, Asymmetry(swing_time=12.0, step_time=9.0)), Stand(4.0)))))
    assert "delay" not in found


@settings(max_examples=10)
@given(cuts=st.lists(st.floats(0.0, 62.0), max_size=15), order=st.integers(0, 1), pickled=st.booleans())
def test_any_cut_and_interleaving_gives_the_same_events(cuts: list[float], order: int, pickled: bool) -> None:
    left, right = feet()
    left = fallen_off(clipped(shifted(4, np.radians(5.0))(left)))
    want = watched(left, right)
    assert {"clip", "bias", "still"} <= kinds(want)
    assert watched(left, right, tuple(sorted(cuts)), order, pickled) == want
