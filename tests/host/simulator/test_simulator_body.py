"""Thighs, trunk and arms feel what their postures and movements would make them feel, by definition."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest

from evenside.simulator import (
    Arms,
    Asymmetry,
    Build,
    Chore,
    Cycle,
    Device,
    Escalator,
    Gym,
    Lie,
    Lift,
    Script,
    Segment,
    Sensor,
    Sit,
    Stairs,
    Stand,
    Walk,
    Wear,
    Wearer,
    advance,
    body_nodes,
    default_nodes,
    habit_truth,
    start,
)
from evenside_analysis.types import GRAVITY_M_S2, Floats

RATE_HZ = 200.0
NODES = {node.id: node for node in (*default_nodes(RATE_HZ), *body_nodes(RATE_HZ))}
ALIGNED = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0, force_noise_n=0.0, mounting=False)
MOUNTED = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0, force_noise_n=0.0)
CALM = Build(restless=0.0, lean_deg=0.0, stoop_deg=0.0)
IMUS = tuple(name for name, node in NODES.items() if len(node.channels) == 6)


def felt(
    script: Script, *names: str, sensor: Sensor = ALIGNED, build: Build = CALM, seed: int = 1
) -> tuple[Floats, list[Floats]]:
    """Times and the values of these nodes."""
    wearer = Wearer(script, seed, build=build)
    devices = tuple(Device(NODES[name], sensor) for name in names)
    piece = advance(wearer, devices, start(wearer, devices), math.inf)[1]
    return piece.samples[0].true_s, [samples.values for samples in piece.samples]


def middle(segment: Segment, *names: str, build: Build = CALM, seed: int = 1) -> list[Floats]:
    """What these nodes feel in the steady part of a segment, after standing."""
    before = Stand(5.0)
    time_s, values = felt((before, segment, Stand(5.0)), *names, build=build, seed=seed)
    chosen = (time_s > 10.0) & (time_s < 4.0 + segment.duration_s)
    return [imu[chosen] for imu in values]


def up_of(values: Floats) -> Floats:
    """Unit vector (3,) of the mean specific force: where up is."""
    mean = values[:, :3].mean(axis=0)
    unit: Floats = mean / np.linalg.norm(mean)
    return unit


def forward_deg(values: Floats) -> float:
    """How far the long axis is tipped forward."""
    up = up_of(values)
    return math.degrees(math.atan2(-up[0], up[2]))


def right_deg(values: Floats) -> float:
    """How far the long axis leans to the right."""
    up = up_of(values)
    return math.degrees(math.atan2(up[1], up[2]))


# --- rest and movement agree ------------------------------------------------------------------------------------------

BUSY: Script = (
    *(Stand(5.0), Sit(15.0, crossed="left", hunched_deg=30.0), Sit(12.0), Lie(15.0, "left", 20.0), Lie(15.0, "right")),
    *(
        Lie(12.0, "front"),
        Sit(8.0),
        Stand(8.0, stoop="left_shoe"),
        Gym(20.0, "both", 4),
        Chore(15.0, "hammer", "right"),
    ),
    *(Walk(10.0, arms=Arms("phone", "free")), Stand(5.0)),
)


def rotation(vector: Floats) -> Floats:
    angle = float(np.linalg.norm(vector)) + 1e-15
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turned: Floats = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * (cross @ cross)
    return turned


@cache
def busy() -> tuple[Floats, dict[str, Floats]]:
    time_s, values = felt(BUSY, *IMUS, sensor=MOUNTED, build=Build(restless=1.0))
    return time_s, dict(zip(IMUS, values, strict=True))


@pytest.mark.parametrize("name", [name for name in IMUS if "foot" not in name])
def test_the_gyroscope_takes_gravity_from_one_rest_to_the_next(name: str) -> None:
    time_s, values = busy()
    imu = values[name]
    edges = np.cumsum([segment.duration_s for segment in BUSY])
    rests = [4.0, *(edges - 0.05)]
    for first_s, end_s in pairwise(rests):
        first, end = np.searchsorted(time_s, (first_s, end_s))
        turn = np.eye(3)
        for row in 0.5 * (imu[first:end, 3:] + imu[first + 1 : end + 1, 3:]):
            turn = turn @ rotation(row / RATE_HZ)
        assert turn.T @ up_of(imu[first : first + 1]) == pytest.approx(up_of(imu[end : end + 1]), abs=0.02)


@pytest.mark.parametrize("name", IMUS)
def test_between_movements_gravity_alone_is_felt(name: str) -> None:
    time_s, values = busy()
    for at_s in (4.5, 19.5, 46.5, 61.5, 81.5):
        row = values[name][np.searchsorted(time_s, at_s)]
        assert np.linalg.norm(row[:3]) == pytest.approx(GRAVITY_M_S2, abs=0.15)


# --- postures ---------------------------------------------------------------------------------------------------------


def test_the_thighs_of_a_sitter_lie_and_those_of_a_stander_stand() -> None:
    for seed in range(5):
        for imu in middle(Sit(20.0), "left_thigh", "right_thigh", build=Build(), seed=seed):
            assert 78.0 < -forward_deg(imu) < 97.0
        for imu in middle(Stand(20.0), "left_thigh", "right_thigh", build=Build(), seed=seed):
            assert abs(forward_deg(imu)) < 1.0


@pytest.mark.parametrize("four", [False, True])
@pytest.mark.parametrize(("side", "top", "below"), [("left", 0, 1), ("right", 1, 0)])
def test_the_knee_of_the_leg_on_top_is_higher_and_its_foot_bears_nothing(
    side: str, top: int, below: int, four: bool
) -> None:
    segment = Sit(20.0, crossed="left" if side == "left" else "right", figure_four=four)
    values = middle(segment, "left_thigh", "right_thigh", "left_insole", "right_insole", build=Build())
    # Gravity along the thigh does not see its turn about itself.
    level_deg = [math.degrees(math.acos(up_of(imu)[2])) for imu in values[:2]]
    assert 9.0 < level_deg[top] - level_deg[below] < 26.0
    assert values[2 + top].mean() < 0.12 * values[2 + below].mean()
    assert values[2].mean() + values[3].mean() == pytest.approx(140.0, rel=0.01)


def test_a_leg_put_out_straight_lowers_its_thigh_and_lifts_its_toes() -> None:
    left, right, foot = middle(Sit(20.0, stretched="right"), "left_thigh", "right_thigh", "right_foot", build=Build())
    assert 4.0 < forward_deg(right) - forward_deg(left) < 12.0
    assert forward_deg(foot) == pytest.approx(-25.0, abs=0.1)


@pytest.mark.parametrize("deg", [20.0, 40.0])
def test_a_rounded_back_is_bent_against_the_pelvis_as_far_as_set(deg: float) -> None:
    pelvis, chest, back = middle(Sit(20.0, hunched_deg=deg, recline_deg=5.0), "pelvis", "sternum", "upper_back")
    assert forward_deg(back) - forward_deg(pelvis) == pytest.approx(deg, abs=0.5)
    assert forward_deg(chest) - forward_deg(pelvis) == pytest.approx(deg, abs=1.0)


def test_a_chair_that_tips_back_tips_the_pelvis_back() -> None:
    (upright,), (reclined,) = middle(Sit(20.0), "pelvis"), middle(Sit(20.0, recline_deg=25.0), "pelvis")
    assert forward_deg(reclined) - forward_deg(upright) == pytest.approx(-25.0, abs=0.1)


@pytest.mark.parametrize(
    ("on", "axis", "sign"), [("back", 0, 1.0), ("front", 0, -1.0), ("left", 1, -1.0), ("right", 1, 1.0)]
)
@pytest.mark.parametrize("name", ["sternum", "upper_back", "pelvis", "left_thigh"])
def test_the_side_slept_on_is_down(on: str, axis: int, sign: float, name: str) -> None:
    word = {"back": "back", "front": "front", "left": "left", "right": "right"}[on]
    (imu,) = middle(Lie(20.0, word, pillow_deg=3.0), name)  # type: ignore[arg-type]
    assert sign * up_of(imu)[axis] > 0.95


def test_a_pillow_props_the_trunk_up() -> None:
    (flat,), (propped,) = (middle(Lie(20.0, "back", deg), "sternum") for deg in (0.0, 30.0))
    assert forward_deg(propped) - forward_deg(flat) == pytest.approx(30.0, abs=0.1)


def test_bending_for_a_shoe_takes_the_trunk_down_and_back_up() -> None:
    time_s, (back, thigh) = felt((Stand(5.0), Stand(10.0, stoop="left_shoe"), Stand(5.0)), "upper_back", "left_thigh")
    down = (time_s > 10.0) & (time_s < 12.0)
    assert forward_deg(back[down]) > 60.0
    assert forward_deg(thigh[down]) < -50.0
    assert abs(forward_deg(back[time_s > 16.0])) < 1.0


# --- what is carried --------------------------------------------------------------------------------------------------


def carried(strap: float, arms: Arms, build: Build = CALM) -> tuple[Floats, ...]:
    segment = Walk(60.0, Asymmetry(strap=strap), bag_n=70.0, arms=arms)
    return tuple(middle(segment, "upper_back", "left_strap", "right_strap", "left_wrist", "right_wrist", build=build))


def test_the_trunk_leans_away_from_the_load_by_its_share_of_the_weight() -> None:
    expected_deg = 30.0 * 70.0 / 700.0
    for strap, arms in ((100.0, Arms()), (0.0, Arms(right="bag"))):
        assert right_deg(carried(strap, arms)[0]) == pytest.approx(-expected_deg, abs=0.2)
    for strap, arms in ((-100.0, Arms()), (0.0, Arms(left="bag"))):
        assert right_deg(carried(strap, arms)[0]) == pytest.approx(expected_deg, abs=0.2)
    assert right_deg(carried(0.0, Arms())[0]) == pytest.approx(0.0, abs=0.2)
    assert right_deg(carried(0.0, Arms(), Build(restless=0.0, lean_deg=2.0))[0]) == pytest.approx(2.0, abs=0.2)


def test_straps_bear_what_hangs_on_them_and_nothing_of_what_hangs_from_a_hand() -> None:
    for strap, arms, left_n, right_n in (
        (100.0, Arms(), 0.0, 70.0),
        (-100.0, Arms(), 70.0, 0.0),
        (0.0, Arms(), 35.0, 35.0),
        (0.0, Arms(left="bag"), 0.0, 0.0),
    ):
        _, left, right, _, _ = carried(strap, arms)
        assert left.mean() == pytest.approx(left_n, rel=0.02, abs=0.1)
        assert right.mean() == pytest.approx(right_n, rel=0.02, abs=0.1)


@pytest.mark.parametrize("use", ["bag", "phone", "rail", "pocket", "strap"])
def test_an_arm_that_is_busy_swings_less_than_the_other_one(use: str) -> None:
    _, _, _, left, right = carried(0.0, Arms(left=use))  # type: ignore[arg-type]
    swing = [float(np.sqrt((imu[:, 3:] ** 2).sum(axis=1).mean())) for imu in (left, right)]
    assert swing[0] < 0.5 * swing[1]


def test_a_bag_on_the_shoulder_leaves_its_arm_two_thirds_of_the_swing() -> None:
    _, _, _, left, right = carried(-100.0, Arms(left="shoulder"))
    assert np.std(left[:, 4]) / np.std(right[:, 4]) == pytest.approx(0.65, abs=0.01)


# --- gait -------------------------------------------------------------------------------------------------------------


def test_thighs_swing_against_each_other_by_what_the_hip_does() -> None:
    left, right = (np.cumsum(-imu[:, 4]) / RATE_HZ for imu in middle(Walk(40.0), "left_thigh", "right_thigh"))
    assert np.corrcoef(left, right)[0, 1] < -0.4
    for angle in (left, right):
        within = angle - np.convolve(angle, np.ones(220) / 220.0, "same")
        swing_deg = np.degrees(np.quantile(within, 0.97) - np.quantile(within, 0.03))
        assert 30.0 < swing_deg < 42.0  # 25 forward, and nearly half of it back


def test_the_trunk_of_a_walker_stays_within_three_degrees() -> None:
    for imu in middle(Walk(40.0), "pelvis", "sternum", "upper_back"):
        angle = np.cumsum(imu[:, 3]) / RATE_HZ
        angle -= np.convolve(angle, np.ones(220) / 220.0, "same")
        assert 0.5 < np.degrees(np.abs(angle[300:-300])).max() < 4.0


@pytest.mark.parametrize("height_cm", [0.0, 3.0, 7.0])
def test_a_heel_tips_the_standing_foot(height_cm: float) -> None:
    time_s, (foot,) = felt((Wear(20.0, shoes_cm=height_cm), Stand(5.0), Walk(20.0), Stand(5.0)), "left_foot")
    still = (np.abs(foot[:, 3:]).max(axis=1) < 0.02) & (time_s > 22.0)
    assert still.sum() > 1000
    assert forward_deg(foot[still]) == pytest.approx(math.degrees(math.asin(height_cm / 18.2)), abs=0.3)
    walking = still & (time_s > 30.0) & (time_s < 42.0)
    assert walking.sum() > 200
    assert forward_deg(foot[walking]) == pytest.approx(math.degrees(math.asin(height_cm / 18.2)), abs=0.5)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("lead", "side"), [("left", 0), ("right", 1)])
def test_the_leg_that_is_to_lead_makes_the_first_step_on_the_stairs(up: bool, lead: str, side: int) -> None:
    word: Literal["left", "right"] = "right" if lead == "right" else "left"
    script: Script = (Stand(3.0), Walk(9.3), Stairs(8.0, up, word), Walk(8.0), Stand(3.0))
    wearer = Wearer(script, 7)
    contacts = advance(wearer, (), start(wearer, ()), math.inf)[1].contacts
    begun_s = wearer.start_of(2)
    first_s = [
        float(foot.time_s[(foot.flags & 32 > 0) & (foot.kind == 0) & (foot.time_s > begun_s)][0]) for foot in contacts
    ]
    assert int(np.argmin(first_s)) == side
    (truth,) = (truth for truth in habit_truth(wearer) if truth.kind == "stairs")
    assert (truth.side, truth.value("up")) == (lead, float(up))
    assert truth.start_s < min(first_s) < truth.start_s + 3.0


# --- riding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("segment", [Lift(24.0, 9.0), Lift(20.0, -6.0), Escalator(20.0, 4.0)])
@pytest.mark.parametrize("name", ["left_foot", "pelvis", "left_thigh"])
def test_who_rides_rises_by_what_was_set(segment: Lift | Escalator, name: str) -> None:
    _, (imu,) = felt((segment, Stand(5.0)), name)
    climb = np.cumsum(np.cumsum(imu[:, 2] - GRAVITY_M_S2)) / RATE_HZ**2
    at = int(RATE_HZ * segment.duration_s)
    assert climb[at] == pytest.approx(segment.rise_m, abs=0.25)
    assert np.abs(imu[:, 3:]).max() < 0.02


def test_a_lift_presses_on_the_feet_as_it_sets_off_and_relieves_them_as_it_stops() -> None:
    time_s, (left, right) = felt((Lift(24.0, 12.0), Stand(5.0)), "left_insole", "right_insole")
    both = (left + right)[:, 0]
    assert both[(time_s > 2.0) & (time_s < 3.5)].max() > 740.0
    assert both[(time_s > 21.5) & (time_s < 23.0)].min() < 660.0
    assert np.trapezoid(both - 700.0, time_s) == pytest.approx(0.0, abs=2.0)


def test_pedalling_feet_go_in_circles_and_thighs_up_and_down() -> None:
    time_s, (left, right, thigh) = felt((Stand(5.0), Cycle(60.0, 75.0)), "left_foot", "right_foot", "left_thigh")
    even = (time_s > 10.0) & (time_s < 26.0)  # one pace
    crossings_s = time_s[even][1:][np.diff((thigh[even, 4] > 0.0).astype(int)) > 0]
    hz = 1.0 / np.diff(crossings_s).mean()
    assert hz == pytest.approx(75.0 / 60.0, rel=0.2)
    felt_m_s2 = np.linalg.norm(left[even, :3], axis=1)
    assert felt_m_s2.max() - GRAVITY_M_S2 == pytest.approx(0.17 * (2.0 * math.pi * hz) ** 2, rel=0.03)
    assert np.corrcoef(left[even, 4], right[even, 4])[0, 1] < -0.98


# --- arms at work -----------------------------------------------------------------------------------------------------


def strokes_counted(values: Floats) -> int:
    """Times at which the arm comes forward, from the gyroscope alone."""
    rate = -values[:, 4]
    fast = 0.4
    state, count = -1, 0
    for value in rate:
        if state < 0 and value > fast:
            state, count = 1, count + 1
        elif state > 0 and value < -fast:
            state = -1
    return count


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_curls_are_as_many_as_set_on_the_arms_that_do_them(side: str) -> None:
    word = {"left": "left", "right": "right", "both": "both"}[side]
    script: Script = (Stand(5.0), Gym(45.0, word, 12, 3.0), Stand(5.0))  # type: ignore[arg-type]
    _, values = felt(script, "left_wrist", "right_wrist")
    counted = [strokes_counted(imu) for imu in values]
    assert counted == [12 if side in (name, "both") else 0 for name in ("left", "right")]
    (truth,) = (truth for truth in habit_truth(Wearer(script, 1, build=CALM)) if truth.kind == "arm_use")
    assert (truth.side, truth.value("repetitions")) == (side, 12.0)


@pytest.mark.parametrize("work", ["hammer", "stir", "wipe"])
def test_the_strokes_of_housework_are_counted_in_the_truth(work: str) -> None:
    chore = Chore(120.0, work, "left", 0.6)  # type: ignore[arg-type]
    script: Script = (Stand(5.0), chore, Stand(5.0))
    time_s, (left, right) = felt(script, "left_wrist", "right_wrist")
    runs = [truth for truth in habit_truth(Wearer(script, 1, build=CALM)) if truth.kind == "arm_use"]
    assert len(runs) == 6
    assert sum(run.end_s - run.start_s for run in runs) == pytest.approx(0.6 * 117.0)
    for run in runs:
        within = (time_s > run.start_s - 0.05) & (time_s < run.end_s + 0.05)
        assert strokes_counted(left[within]) == pytest.approx(run.value("repetitions"), abs=1)
    assert strokes_counted(right[(time_s > 8.0) & (time_s < 122.0)]) == 0


# --- worn or not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["left_foot", "sternum", "left_insole", "right_strap"])
def test_what_is_taken_off_feels_nothing_of_its_wearer(name: str) -> None:
    off = Wear(20.0, ("foot", "sternum", "insole", "strap"))
    script: Script = (Stand(5.0, bag_n=40.0), off, Sit(30.0, fidget=2.0), Wear(20.0), Stand(5.0, bag_n=40.0))
    time_s, (values,) = felt(script, name, build=Build())
    away = (time_s > 18.0) & (time_s < 62.0)
    if values.shape[1] == 1:
        np.testing.assert_array_equal(values[away], 0.0)
        assert values[time_s > 78.0].mean() > 15.0
        return
    np.testing.assert_array_equal(values[away], values[away][:1].repeat(away.sum(), axis=0))
    assert np.linalg.norm(values[away][0, :3]) == pytest.approx(GRAVITY_M_S2, abs=0.01)
    assert np.abs(values[(time_s > 13.0) & (time_s < 17.0), 3:]).max() > 0.2  # turned in a hand
    assert up_of(values[time_s > 78.0])[2] > 0.99
    worn = [truth for truth in habit_truth(Wearer(script)) if truth.kind == "worn" and truth.place in name]
    assert [(truth.start_s, truth.end_s) for truth in worn] == [(0.0, 15.0), (65.0, 80.0)]


def test_who_sits_still_still_breathes() -> None:
    (chest,), (pelvis,) = (middle(Sit(60.0), name) for name in ("sternum", "pelvis"))
    assert 0.003 < np.abs(chest[:, 4]).max() < 0.05
    assert np.abs(pelvis[:, 3:]).max() < 1e-3
