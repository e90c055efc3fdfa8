"""Postures of thighs and trunk, however the sensors were strapped on: what is told, when, and the same for any cut."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from evenside_analysis.epochs import EpochState, find_epochs
from evenside_analysis.habit_postures import PostureState, find_postures, posture_plan
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import ACC, Floats, Node, Side, Site

RATE_HZ = 25.0


def node(site: Site, side: Side) -> Node:
    return Node(f"{side}_{site}", site, side, ACC, RATE_HZ, right_handed=True)


@dataclass(frozen=True)
class Hold:
    """For some seconds: flexion forward and turn to the left side of each segment, in degrees; ``stir`` in m/s²."""

    seconds: float
    left_thigh: tuple[float, float] = (0.0, 0.0)
    right_thigh: tuple[float, float] = (0.0, 0.0)
    back: tuple[float, float] = (0.0, 0.0)
    pelvis: tuple[float, float] = (0.0, 0.0)
    stir: float = 0.05


WALK = Hold(60.0, stir=2.0)
SIT = Hold(120.0, left_thigh=(88.0, 0.0), right_thigh=(88.0, 0.0))
TIE_SHOES = Hold(15.0, back=(50.0, 0.0), pelvis=(35.0, 0.0), stir=0.4)


def up_in(segment: str, pose: tuple[float, float]) -> Floats:
    """Up, in axes forward, left, along the segment; ``pose`` is flexion, then turn about the long axis."""
    flexion, turn = np.radians(pose)
    forwards = 1.0 if segment.endswith("thigh") else -1.0
    ahead = forwards * np.sin(flexion)
    return np.array([ahead * np.cos(turn), ahead * np.sin(turn), np.cos(flexion)])


def lying(turn_deg: float) -> tuple[float, float]:
    """On the back at 0, on the right side at 90."""
    return -90.0, turn_deg


def felt(holds: list[Hold], nodes: tuple[Node, ...], seed: int = 0) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    found = {}
    for one in nodes:
        segment = (
            f"{one.side}_thigh"
            if one.site == "thigh"
            else {"upper_back": "back", "sternum": "back"}.get(one.site, one.site)
        )
        mounting = Rotation.random(random_state=rng).as_matrix()
        parts = []
        for hold in holds:
            count = round(hold.seconds * RATE_HZ)
            up = up_in(segment, getattr(hold, segment))
            shaken = 9.81 * up + hold.stir * rng.normal(size=(count, 1)) * up + 0.03 * rng.normal(size=(count, 3))
            parts.append(shaken @ mounting.T)
        found[one.id] = np.concatenate(parts)
    return found


def told(holds: list[Hold], nodes: tuple[Node, ...], cuts: tuple[int, ...] = (), seed: int = 0) -> list[HabitEvent]:
    samples = felt(holds, nodes, seed)
    plan = posture_plan(nodes)
    state, events = PostureState.start(plan), list[HabitEvent]()
    open_s = {one.id: EpochState() for one in nodes}
    count = next(iter(samples.values())).shape[0]
    time_s = np.round(np.arange(count) / RATE_HZ * 1e6) / 1e6
    for part in np.split(np.arange(count), sorted(cuts)):
        for one in nodes:
            open_s[one.id], epochs = find_epochs(one, open_s[one.id], time_s[part], samples[one.id][part])
            state, new = find_postures(plan, state, one.id, epochs)
            events += new
    for one in nodes:
        _, epochs = find_epochs(one, open_s[one.id], time_s[-1:] + 600.0, np.full((1, 3), np.nan))
        state, new = find_postures(plan, state, one.id, epochs)
        events += new
    return events


def bouts(events: list[HabitEvent], kind: str) -> list[tuple[str, float, float]]:
    return [(event.side, event.start_s, event.end_s) for event in events if event.kind == kind and event.over]


THIGHS = (node("thigh", "left"), node("thigh", "right"))
TRUNK = (node("upper_back", "centre"), node("pelvis", "centre"))
STERNUM = (node("sternum", "centre"),)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("nodes", [THIGHS, THIGHS[:1]], ids=["both", "one"])
def test_sitting_is_told_from_any_thigh(nodes: tuple[Node, ...], seed: int) -> None:
    events = told([WALK, SIT, WALK], nodes, seed=seed)
    assert bouts(events, "sitting") == [("none", 60.0, 180.0)]


def test_pedalling_is_not_sitting() -> None:
    assert bouts(told([WALK, replace(SIT, stir=1.8), WALK], THIGHS), "sitting") == []


def test_before_anybody_walked_nothing_is_known() -> None:
    assert told([SIT], THIGHS) == []


def test_lying_is_not_sitting_where_the_trunk_tells() -> None:
    lies = replace(SIT, seconds=300.0, back=lying(0.0))
    assert bouts(told([WALK, TIE_SHOES, WALK, lies, WALK], (*THIGHS, *STERNUM)), "sitting") == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("side", "left", "right"), [("left", 102.0, 88.0), ("right", 88.0, 103.0)])
def test_the_leg_on_top_is_the_one_crossed(side: str, left: float, right: float, seed: int) -> None:
    over = Hold(90.0, left_thigh=(left, 0.0), right_thigh=(right, 0.0))
    events = told([WALK, SIT, over, replace(SIT, seconds=60.0), WALK], THIGHS, seed=seed)
    assert bouts(events, "crossing") == [(side, 180.0, 270.0)]


def test_a_knee_that_is_usually_higher_is_not_crossed() -> None:
    uneven = Hold(1800.0, left_thigh=(92.0, 0.0), right_thigh=(87.0, 0.0))
    more = Hold(90.0, left_thigh=(98.0, 0.0), right_thigh=(87.0, 0.0))
    assert bouts(told([WALK, uneven, more, WALK], THIGHS), "crossing") == []


@pytest.mark.parametrize(("turn", "side"), [(0.0, "none"), (90.0, "right"), (-90.0, "left"), (180.0, "none")])
def test_lying_is_told_by_the_side_that_is_down(turn: float, side: str) -> None:
    events = told([WALK, TIE_SHOES, WALK, Hold(600.0, back=lying(turn)), WALK], STERNUM)
    assert bouts(events, "sleeping") == [(side, 135.0, 735.0)]
    assert [event.value("angle_deg") for event in events if event.over] == [-turn if turn < 180.0 else turn]


def test_half_a_turn_stays_with_the_quarter_it_came_from() -> None:
    holds = [WALK, TIE_SHOES, WALK, Hold(300.0, back=lying(90.0)), Hold(300.0, back=lying(40.0)), WALK]
    assert bouts(told(holds, STERNUM), "sleeping") == [("right", 135.0, 735.0)]


def test_a_mirrored_sensor_tells_lying_but_no_side() -> None:
    nodes = (Node("sternum", "sternum", "centre", ACC, RATE_HZ),)
    assert bouts(told([WALK, TIE_SHOES, WALK, Hold(600.0, back=lying(90.0)), WALK], nodes), "sleeping") == []


def test_a_rounded_back_is_bent_against_the_pelvis() -> None:
    leaning = Hold(300.0, back=(30.0, 0.0), pelvis=(28.0, 0.0))
    rounded = Hold(300.0, back=(34.0, 0.0), pelvis=(4.0, 0.0))
    events = told([WALK, TIE_SHOES, WALK, leaning, WALK, rounded, WALK], TRUNK)
    (bout,) = bouts(events, "hunching")
    assert bout == ("none", 495.0, 795.0)
    angle = next(event.value("angle_deg") for event in events if event.kind == "hunching" and event.over)
    assert angle == pytest.approx(30.0, abs=5.0)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 9000), max_size=10))
def test_any_cut_tells_the_same(cuts: list[int]) -> None:
    nodes = (*THIGHS, *STERNUM)
    holds = [
        WALK,
        TIE_SHOES,
        WALK,
        replace(SIT, seconds=90.0),
        Hold(60.0, left_thigh=(104.0, 0.0), right_thigh=(88.0, 0.0)),
    ]
    holds += [WALK, Hold(100.0, back=lying(90.0))]
    found, whole = told(holds, nodes, tuple(cuts)), told(holds, nodes)
    for kind in ("sitting", "crossing", "sleeping"):
        assert [one for one in found if one.kind == kind] == [one for one in whole if one.kind == kind]


def test_a_night_before_the_first_walk_is_told_once_the_walk_has_shown_how_the_sensor_sits() -> None:
    night = [Hold(300.0, back=lying(90.0)), Hold(300.0, back=lying(0.0))]
    events = told([*night, WALK, TIE_SHOES, WALK], STERNUM)
    assert bouts(events, "sleeping") == [("right", 0.0, 300.0), ("none", 300.0, 600.0)]


def test_a_chair_that_reclines_teaches_nothing_of_the_front() -> None:
    recline = Hold(300.0, back=(-30.0, 0.0), stir=0.3)
    events = told([WALK, TIE_SHOES, WALK, recline, WALK, Hold(300.0, back=lying(90.0)), WALK], STERNUM)
    assert [side for side, _, _ in bouts(events, "sleeping")] == ["right"]
