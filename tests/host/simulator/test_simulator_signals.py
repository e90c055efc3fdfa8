"""What the sensors feel is what moving bodies would make them feel: gravity, rotations, ways, weights and sides."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from evenside.simulator import (
    EVEN,
    PAGE_S,
    Asymmetry,
    Device,
    Piece,
    Script,
    Segment,
    Sensor,
    Sit,
    Stairs,
    Stand,
    Turn,
    Variability,
    Walk,
    Wearer,
    advance,
    default_nodes,
    start,
)
from evenside_analysis.types import ACC, GRAVITY_M_S2, GYR, Bools, Event, Floats, Node

RATE_HZ = 1000.0
USUAL, NONE = Variability(), Variability(0.0, 0.0, 0.0, 0.0)
EXACT = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0, force_noise_n=0.0, mounting=False)
MOUNTED = Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0, force_noise_n=0.0)
NODES = {node.id: node for node in default_nodes(RATE_HZ)}


def worn(
    script: Script, *names: str, sensor: Sensor = EXACT, seed: int = 1, variability: Variability = USUAL
) -> tuple[Piece, list[Floats], Floats]:
    """The piece, the values of these nodes, and the times that they share."""
    wearer = Wearer(script, seed, variability=variability)
    # A thousandth of a count: the physics is looked at, not the rounding.
    devices = tuple(
        Device(
            Node(name, NODES[name].site, NODES[name].side, NODES[name].channels, RATE_HZ, scale=_fine(NODES[name])),
            sensor,
        )
        for name in names
    )
    piece = advance(wearer, devices, start(wearer, devices), math.inf)[1]
    return piece, [samples.values for samples in piece.samples], piece.samples[0].true_s


def _fine(node: Node) -> tuple[float, ...]:
    assert node.scale is not None
    return tuple(scale / 1000.0 for scale in node.scale)


def travelled(values: Floats, time_s: Floats, first_s: float, end_s: float) -> tuple[Floats, Floats]:
    """Way (3,) and final rotation (3, 3) between two moments of rest, in the frame of the first one, by integration."""
    chosen = (time_s >= first_s) & (time_s < end_s)
    step_s = 1.0 / RATE_HZ
    turn, speed, way = np.eye(3), np.zeros(3), np.zeros(3)
    up = values[chosen][0, :3]
    for row in values[chosen]:
        acceleration = turn @ row[:3] - up
        way = way + speed * step_s + 0.5 * acceleration * step_s**2
        speed = speed + acceleration * step_s
        turn = turn @ _rotation(row[3:] * step_s)
    return way, turn


def _rotation(vector: Floats) -> Floats:
    angle = float(np.linalg.norm(vector)) + 1e-15
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Floats = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * (cross @ cross)
    return rotation


def between_movements(piece: Piece, side: int) -> Floats:
    """Moments in the middle of the stances of a foot."""
    foot = piece.contacts[side]
    rise, flat = (foot.time_s[foot.kind == kind] for kind in (Event.HEEL_RISE, Event.FOOT_FLAT))
    still: Floats = 0.5 * (flat[:-1] + 0.03 + rise[1:] - 0.07)
    return still


# --- rest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("segment", [Stand(20.0), Sit(20.0)])
def test_at_rest_only_gravity_is_felt(segment: Segment) -> None:
    _, values, _ = worn((segment,), "left_foot", "right_wrist", sensor=MOUNTED)
    for imu in values:
        np.testing.assert_allclose(np.linalg.norm(imu[:, :3], axis=1), GRAVITY_M_S2, atol=1e-4)
        np.testing.assert_allclose(imu[:, 3:], 0.0, atol=1e-5)


def test_a_device_that_removes_gravity_feels_nothing_at_rest() -> None:
    node = Node("left_foot", "foot", "left", (*ACC, *GYR), 100.0, gravity=False)
    wearer = Wearer((Stand(20.0),))
    piece = advance(wearer, (Device(node, MOUNTED),), start(wearer, (Device(node, MOUNTED),)), math.inf)[1]
    np.testing.assert_array_equal(piece.samples[0].values, 0.0)


def test_standing_feet_carry_the_whole_weight_and_share_it_as_set() -> None:
    script: Script = (Stand(900.0, Asymmetry(load_share=12.0), bag_n=50.0),)
    _, (left, right), _ = worn(script, "left_insole", "right_insole")
    np.testing.assert_allclose(left + right, 750.0, atol=1e-3)
    share = right / 750.0
    # 900 s of a share of SD 0.02 and correlation 0.8 a second: 100 independent seconds.
    assert share.mean() == pytest.approx(0.56, abs=4.0 * 0.02 / 10.0)
    assert share.std() == pytest.approx(0.02, rel=0.3)


def test_sitting_feet_carry_a_fifth() -> None:
    _, (left, right), time_s = worn((Stand(10.0), Sit(20.0), Stand(10.0)), "left_insole", "right_insole")
    both = (left + right)[:, 0]
    np.testing.assert_allclose(both[(time_s > 11.0) & (time_s < 30.0)], 140.0, atol=1e-3)
    np.testing.assert_allclose(both[(time_s < 10.0) | (time_s > 31.0)], 700.0, atol=1e-3)


# --- walking ----------------------------------------------------------------------------------------------------------


def test_a_foot_is_still_and_flat_in_the_middle_of_its_stance() -> None:
    piece, (values,), time_s = worn((Walk(30.0),), "right_foot")
    at = np.searchsorted(time_s, between_movements(piece, 1))
    np.testing.assert_allclose(values[at, 2], GRAVITY_M_S2, atol=1e-3)
    np.testing.assert_allclose(values[at][:, [0, 1, 3, 4, 5]], 0.0, atol=1e-3)


def test_integrated_signals_lead_a_stride_ahead_and_back_to_flat() -> None:
    script: Script = (Walk(30.0, speed_m_s=1.3, stride_s=1.1),)
    piece, (values,), time_s = worn(script, "left_foot")
    still = between_movements(piece, 0)[2:10]
    ways = []
    for first_s, end_s in pairwise(still):
        way, turn = travelled(values, time_s, first_s, end_s)
        ways.append(way)
        np.testing.assert_allclose(turn, np.eye(3), atol=1e-3)
        assert way[2] == pytest.approx(0.0, abs=0.01)
    assert np.mean([np.hypot(*way[:2]) for way in ways]) == pytest.approx(1.43, rel=0.06)
    assert all(way[0] > 1.2 for way in ways)


def test_the_foot_tips_over_its_toes_and_lands_on_its_heel() -> None:
    piece, (values,), time_s = worn((Walk(30.0),), "left_foot")
    foot = piece.contacts[0]
    still = between_movements(piece, 0)
    pitch = np.cumsum(values[:, 4]) / RATE_HZ  # about the left: positive with the toes down
    pitch -= np.interp(time_s, still, pitch[np.searchsorted(time_s, still)])
    tc, ic = (foot.time_s[foot.kind == kind][3:12] for kind in (Event.TC, Event.IC))
    toe_down = np.degrees(np.interp(tc, time_s, pitch))
    toe_up = np.degrees(np.interp(ic, time_s, pitch))
    assert ((toe_down > 45.0) & (toe_down < 75.0)).all()
    assert ((toe_up < -18.0) & (toe_up > -40.0)).all()


def test_feet_are_mirror_images() -> None:
    wearer = Wearer((Walk(60.0),), variability=NONE)
    devices = tuple(Device(NODES[name], EXACT) for name in ("left_foot", "right_foot"))
    piece = advance(wearer, devices, start(wearer, devices), math.inf)[1]
    roll = [_roll_in_push_off_and_landing(piece, side) for side in (0, 1)]
    assert roll[1][0] > 2.0  # a right foot supinates, its inner edge up, which is a positive roll about forward
    assert roll[1][1] < -2.0  # and pronates while it slaps down
    np.testing.assert_allclose(roll[0], [-roll[1][0], -roll[1][1]], atol=0.5)


def _roll_in_push_off_and_landing(piece: Piece, side: int) -> tuple[float, float]:
    """Degrees about the forward axis of the foot, means over strides."""
    foot, samples = piece.contacts[side], piece.samples[side]
    times = [foot.time_s[foot.kind == kind][3:20] for kind in (Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT)]
    rolled = np.degrees(np.cumsum(samples.values[:, 3]) / RATE_HZ)
    rise, tc, ic, flat = (np.interp(at, samples.true_s, rolled) for at in times)
    return float(np.mean(tc - rise)), float(np.mean(flat - ic))


def test_a_mounting_is_a_proper_rotation_that_stays() -> None:
    aligned, turned = (worn((Walk(30.0),), "left_foot", sensor=sensor)[1][0] for sensor in (EXACT, MOUNTED))
    mount = np.linalg.lstsq(aligned[:, :3], turned[:, :3], rcond=None)[0].T
    np.testing.assert_allclose(mount @ mount.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(mount) == pytest.approx(1.0)
    assert abs(np.trace(mount)) < 2.9
    np.testing.assert_allclose(aligned[:, :3] @ mount.T, turned[:, :3], atol=1e-4)
    np.testing.assert_allclose(aligned[:, 3:] @ mount.T, turned[:, 3:], atol=1e-5)


def test_the_insole_is_pressed_between_contacts_and_nowhere_else() -> None:
    piece, (values,), time_s = worn((Stand(3.0), Walk(60.0)), "right_insole")
    foot, force_n = piece.contacts[1], values[:, 0]
    ic, tc = (foot.time_s[foot.kind == kind] for kind in (Event.IC, Event.TC))
    rising = time_s[1:][(force_n[1:] >= 50.0) & (force_n[:-1] < 50.0)]
    falling = time_s[1:][(force_n[1:] <= 30.0) & (force_n[:-1] > 30.0)]
    np.testing.assert_allclose(rising, ic, atol=0.005)
    np.testing.assert_allclose(falling, tc, atol=0.03)
    in_air = np.zeros(time_s.size, np.bool_)
    for off_s, on_s in zip(tc, ic, strict=True):
        in_air |= (time_s > off_s + 0.04) & (time_s < on_s - 0.013)
    assert in_air.mean() > 0.25
    np.testing.assert_allclose(force_n[in_air], 0.0, atol=1e-3)


def test_a_step_has_two_humps_and_both_feet_carry_the_weight() -> None:
    script: Script = (Walk(120.0, Asymmetry(stance_time=4.0)),)
    piece, (left, right), time_s = worn(script, "left_insole", "right_insole", variability=NONE)
    foot = piece.contacts[0]
    ic = foot.time_s[foot.kind == Event.IC]
    both = (left + right)[:, 0]
    steady: Bools = (time_s >= ic[5]) & (time_s < ic[-5])
    assert both[steady].mean() == pytest.approx(700.0, rel=1e-4)
    assert both[steady].min() > 300.0
    stance = left[(time_s > ic[6]) & (time_s < ic[6] + 0.6), 0]
    humps = (stance[1:-1] > stance[:-2]) & (stance[1:-1] >= stance[2:])
    assert humps.sum() == 2


def test_the_peak_and_the_impulse_that_are_told_are_those_of_the_force() -> None:
    piece, (values,), time_s = worn((Walk(60.0),), "left_insole")
    foot, force_n = piece.contacts[0], values[:, 0]
    off = np.flatnonzero(foot.kind == Event.TC)[3:10]
    for row in off:
        chosen = (time_s > foot.time_s[row] - 0.9) & (time_s < foot.time_s[row] + 0.05)
        assert force_n[chosen].max() == pytest.approx(foot.peak_force_n[row], rel=1e-4)
        stance = (time_s > foot.time_s[row] - 0.8) & (time_s < foot.time_s[row] + 0.05)
        assert force_n[stance].sum() / RATE_HZ == pytest.approx(foot.impulse_n_s[row], rel=2e-3)


def test_arms_swing_against_the_legs_of_their_side() -> None:
    piece, (arm,), time_s = worn((Walk(60.0),), "left_wrist")
    angle = -np.cumsum(arm[:, 4]) / RATE_HZ  # forward
    own, other = (foot.time_s[foot.kind == Event.IC][5:15] for foot in piece.contacts)
    forward = np.interp(other, time_s, angle) - np.interp(own, time_s, angle)
    assert (forward > 0.4).all()


def test_a_bag_pulls_at_its_strap_and_with_the_trunk() -> None:
    script: Script = (Stand(10.0, bag_n=60.0), Walk(120.0, Asymmetry(strap=50.0), bag_n=60.0), Sit(10.0))
    _, (left, right), time_s = worn(script, "left_strap", "right_strap")
    np.testing.assert_allclose(left[time_s < 9.0], 30.0, atol=1e-3)
    walking = (time_s > 20.0) & (time_s < 120.0)
    assert right[walking].mean() == pytest.approx(45.0, rel=0.01)
    np.testing.assert_allclose(right[walking], 3.0 * left[walking], rtol=1e-4, atol=1e-3)
    assert right[walking].std() > 3.0
    np.testing.assert_allclose(right[time_s > 132.0], 0.0, atol=1e-3)


def test_nothing_jumps_where_a_page_of_the_stream_ends() -> None:
    script: Script = (Stand(3.0), Walk(130.0, Asymmetry(strap=20.0), bag_n=30.0))
    _, nodes, time_s = worn(script, *NODES)
    turned = np.isin(np.round(time_s[1:], 6), (PAGE_S, 2.0 * PAGE_S))
    assert turned.sum() == 2
    for values in nodes:
        steps = np.abs(np.diff(values, axis=0))
        assert (steps[turned] <= steps[~turned].max(axis=0)).all()


# --- turns and stairs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle_deg", [180.0, -90.0])
def test_both_feet_turn_by_the_angle(angle_deg: float) -> None:
    script: Script = (Walk(12.0), Turn(4.0, angle_deg), Walk(12.0))
    piece, values, time_s = worn(script, "left_foot", "right_foot")
    for side in (0, 1):
        still = between_movements(piece, side)
        before_s, after_s = still[still < 11.0][-1], still[still > 18.0][0]
        _, turn = travelled(values[side], time_s, before_s, after_s)
        turned = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
        assert (turned - angle_deg + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("lead", ["left", "right"])
def test_the_leading_foot_climbs_one_riser_first_and_then_two(up: bool, lead: str) -> None:
    side = 0 if lead == "left" else 1
    script: Script = (*(Walk(12.0), Stairs(9.0, up, "left" if side == 0 else "right", riser_m=0.17), Walk(12.0)),)
    piece, values, time_s = worn(script, "left_foot", "right_foot")
    rises = [_heights(piece, values[foot], time_s, foot) for foot in (0, 1)]
    sign = 1.0 if up else -1.0
    first_leading, first_trailing = rises[side][0], rises[1 - side][0]
    assert first_leading[1] == pytest.approx(sign * 0.17, abs=0.02)
    assert first_trailing[1] == pytest.approx(sign * 0.34, abs=0.02)
    assert first_leading[0] < first_trailing[0]
    assert sum(rise for _, rise in rises[0]) == pytest.approx(sum(rise for _, rise in rises[1]), abs=0.05)


def _heights(piece: Piece, values: Floats, time_s: Floats, side: int) -> list[tuple[float, float]]:
    """Time and rise of each movement of a foot that changes its height."""
    still = between_movements(piece, side)
    still = still[(still > 9.0) & (still < 24.0)]
    found = []
    for first_s, end_s in pairwise(still):
        rise = travelled(values, time_s, first_s, end_s)[0][2]
        if abs(rise) > 0.05:
            found.append((first_s, float(rise)))
    return found


def test_step_to_puts_both_feet_on_each_stair() -> None:
    script: Script = (Walk(12.0), Stairs(9.0, True, "right", step_to=True), Walk(12.0))
    piece, values, time_s = worn(script, "left_foot", "right_foot")
    for side in (0, 1):
        for _, rise in _heights(piece, values[side], time_s, side):
            assert rise == pytest.approx(0.16, abs=0.02)


def test_one_step_more_is_taken_to_lead_with_the_foot_that_was_asked_for() -> None:
    leads = set()
    for seed in range(6):
        script: Script = (Walk(10.0 + 0.3 * seed), Stairs(9.0, asymmetry=EVEN, lead="left"), Walk(10.0))
        left, right = worn(script, "left_insole", seed=seed)[0].contacts
        first = [foot.time_s[(foot.kind == Event.IC) & (foot.flags > 0)][0] for foot in (left, right)]
        leads.add(first[0] < first[1])
    assert leads == {True}
