"""Real people raise no fault that their sensors do not have, and faults put into their recordings are caught.

Known and real: the left accelerometers of two people of one set read 10.28 m/s² at rest; one set's wireless sensors
report accelerations some 70 ms late and repeat samples where a packet was lost; one person's right gyroscope of a pair
of insoles has a bias of 5 degrees/s; one node was worn loosely. People who shuffle or freeze get reasons of walking.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.fault_force import ForceWatch, ForceWatchSettings, watch_force
from evenside_analysis.fault_imu import ImuWatch, ImuWatchSettings, NodeFaults, watch_imu
from evenside_analysis.fault_pair import PairWatch, PairWatchSettings, watch_pair
from evenside_analysis.fault_types import FAULTS
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.stride_motion import MotionSettings, MotionState, StrideMotions, follow_strides, imu_rows
from evenside_analysis.types import ACC, FORCE, GYR, Floats, Node, Side

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
BOTH: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Foot:
    """Rows of a foot IMU: acceleration, then rates of rotation."""

    node: Node
    time_s: Floats
    values: Floats


@dataclass(frozen=True)
class Watched:
    """What was found of one foot."""

    motions: StrideMotions
    faults: NodeFaults
    until_s: float

    @property
    def kinds(self) -> set[str]:
        """But for the silence at the end."""
        return {event.kind for event in self.faults.events if event.start_s < self.until_s - 0.05}


def watched(foot: Foot) -> Watched:
    row = np.full((1, 3), np.nan)
    time_s = np.append(foot.time_s, foot.time_s[-1] + 60.0)
    acc, gyr = np.vstack([foot.values[:, :3], row]), np.vstack([foot.values[:, 3:], row])
    detector = FootSettings(foot.node.rate_hz)
    contacts = detect_foot_contacts(detector, FootState.start(detector), time_s, acc, gyr)[1]
    rows = imu_rows(time_s, acc, gyr)
    settings = MotionSettings(foot.node.rate_hz, foot.node.gravity)
    motions = follow_strides(settings, MotionState(), rows, contacts)[1]
    faults = watch_imu(ImuWatchSettings.of(foot.node), ImuWatch(), rows, motions)[1]
    return Watched(motions, faults, float(foot.time_s[-1]))


def compared(left: Watched, right: Watched, gravity: bool) -> set[str]:
    settings, state, kinds = PairWatchSettings("foot", gravity), PairWatch(), set[str]()
    for side, one in zip(BOTH, (left, right), strict=True):
        state, events = watch_pair(settings, state, side, one.motions, one.faults.rests, one.until_s + 60.0)
        kinds |= {event.kind for event in events}
    return kinds


@cache
def read(path: str, layout: str, rate_hz: float | None = None) -> tuple[Foot, Foot]:
    recording = open_recording(DATA / path, layout, block_s=1e4, rate_hz=rate_hz)
    blocks = {block.node: block for block in recording.read()}
    feet = []
    for side in BOTH:
        node = next(node for node in recording.nodes if node.side == side and node.columns(GYR))
        columns = node.columns((*ACC, *GYR))
        assert columns is not None
        feet.append(Foot(node, blocks[node.id].time_s, blocks[node.id].values[:, columns]))
    return feet[0], feet[1]


@cache
def seen(path: str, layout: str, rate_hz: float | None = None) -> tuple[Watched, Watched]:
    left, right = read(path, layout, rate_hz)
    return watched(left), watched(right)


@cache
def truong() -> tuple[tuple[str, str, str], ...]:
    """Path, group and make of the sensors of each walk."""
    found = []
    for path in sorted((DATA / "ipol_gait_truong2019_ncsa").glob("*.csv.gz")):
        about = json.loads(path.with_suffix("").with_suffix(".json").read_text(encoding="utf-8"))
        found.append((str(path.relative_to(DATA)), str(about["PathologyGroup"]), str(about["Sensor"])))
    return tuple(found)


def voisard() -> list[str]:
    return [
        str(path.relative_to(DATA).with_suffix(""))
        for path in sorted((DATA / "ipol_gait_voisard2023_agpl").glob("*-*.json"))
    ]


def sensor(kinds: set[str]) -> set[str]:
    return {kind for kind in kinds if FAULTS[kind].source == "sensor"}


def test_healthy_and_orthopaedic_walks_raise_no_fault_of_a_sensor() -> None:
    walks = [walk for walk in truong() if walk[1] in ("Healthy", "Orthopedic")]
    assert len(walks) >= 37
    for path, _, make in walks:
        left, right = seen(path, "ipol-265")
        late = {"late"} if make == "TCon" else set()
        assert left.kinds <= late | {"backward"}, path
        assert right.kinds <= late | {"backward"}, path
        pair = compared(left, right, gravity=False)
        assert sensor(pair) == set(), path
        assert "turn_pair" not in pair, path


def test_paretic_walks_raise_reasons_of_walking_and_the_faults_that_their_sensors_have() -> None:
    walks = [walk for walk in truong() if walk[1] == "Neurological"]
    late = 0
    for path, _, _ in walks:
        left, right = seen(path, "ipol-265")
        for foot in (left, right):
            assert sensor(foot.kinds) <= {"late", "stuck"}, path
            late += "late" in foot.kinds
        assert sensor(compared(left, right, gravity=False)) == set(), path
    assert late >= 0.8 * 2 * len(walks)


def test_an_accelerometer_that_reads_too_much_is_found_and_a_good_one_is_not() -> None:
    for path in voisard():
        left, right = seen(path, "ipol-497")
        found = compared(left, right, gravity=True)
        wrong = Path(path).name.split("-")[0] in ("1", "5")  # 10.28; the others of that node read 10.04
        assert ("gain" in left.kinds, "gain" in right.kinds, "rest_pair" in found) == (wrong, False, wrong)
        assert sensor((left.kinds | right.kinds | found) - {"gain", "rest_pair", "lost"}) == set()


def test_a_foot_that_is_not_level_at_mid_stance_is_no_fault_of_its_sensor() -> None:
    for name, rate_hz in (("imu_sample", None), ("imu_sample_ic_stride", 102.4)):
        left, right = seen(f"gaitmap_feet/{name}.csv.gz", "gaitmap", rate_hz)
        assert sensor(left.kinds | right.kinds | compared(left, right, gravity=True)) == set(), name
    tilted = seen("gaitmap_feet/imu_sample_ic_stride.csv.gz", "gaitmap", 102.4)[1].motions
    # A stride that turns little and yet does not end as it began: there are some, and the accelerometer explains them.
    assert np.count_nonzero(tilted.net_rad - np.abs(tilted.turn_rad) > np.radians(10.0)) >= 3


def test_samples_read_at_twice_their_rate_do_not_fit_together() -> None:
    left, _ = seen("gaitmap_feet/imu_sample_ic_stride.csv.gz", "gaitmap", 204.8)
    assert "closure" in left.kinds


def test_on_stairs_only_the_accelerometer_is_told_that_reads_too_little_at_rest() -> None:
    """9.47 m/s² on the right foot, in rest before and after alike; 9.77 on the left one."""
    left, right = seen("gaitmap_feet/imu_sample_healthy_stair_up.csv.gz", "gaitmap")
    assert (left.kinds, right.kinds) == (set(), {"gain"})


def test_a_gyroscope_that_turns_at_rest_is_found() -> None:
    for path in sorted((DATA / "moticon_opengo").glob("*.txt.gz")):
        left, right = seen(str(path.relative_to(DATA)), "moticon-opengo")
        assert "bias" in right.kinds
        assert "bias" not in left.kinds


def with_values(foot: Foot, values: Floats) -> Foot:
    return Foot(foot.node, foot.time_s, values)


def changed(first: int, end: int, change: Callable[[Floats], Floats]) -> Callable[[Foot], Foot]:
    def fault(foot: Foot) -> Foot:
        values = foot.values.copy()
        values[:, first:end] = change(values[:, first:end])
        return with_values(foot, values)

    return fault


def second_half(change: Callable[[Floats], Floats]) -> Callable[[Foot], Foot]:
    def fault(foot: Foot) -> Foot:
        half = foot.time_s.size // 2
        return with_values(foot, np.vstack([foot.values[:half], change(foot.values[half:].copy())]))

    return fault


def hold(column: int) -> Callable[[Floats], Floats]:
    def held(values: Floats) -> Floats:
        known = np.isfinite(values[:, column])
        values[known, column] = values[known, column][0]
        return values

    return held


def quarter_turn(values: Floats) -> Floats:
    turn = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return np.hstack([values[:, :3] @ turn, values[:, 3:] @ turn])


def bridged(foot: Foot) -> Foot:
    """Four gaps of half a second that somebody filled with straight lines."""
    values, count = foot.values.copy(), foot.time_s.size
    for share in (0.3, 0.45, 0.6, 0.7):
        first, width = int(share * count), int(0.5 * foot.node.rate_hz)
        for column in values.T:
            column[first : first + width] = np.linspace(column[first - 1], column[first + width], width)
    return with_values(foot, values)


def slower(foot: Foot) -> Foot:
    """The clock runs 5 % fast."""
    whole = np.isfinite(foot.values).all(axis=1)
    count = int(foot.time_s.size / 1.05)
    at = np.arange(count) * 1.05
    place = np.arange(foot.time_s.size)[whole]
    values = np.stack([np.interp(at, place, column[whole]) for column in foot.values.T], axis=1)
    return Foot(foot.node, foot.time_s[:count], values)


def joined(foot: Foot) -> Foot:
    """Four gaps of half a second that nobody counted."""
    kept, count = np.ones(foot.time_s.size, np.bool_), foot.time_s.size
    for share in (0.3, 0.45, 0.6, 0.7):
        first = int(share * count)
        kept[first : first + int(0.5 * foot.node.rate_hz)] = False
    return Foot(foot.node, foot.time_s[: np.count_nonzero(kept)], foot.values[kept])


FAULTS_WITH = {
    "acc axis stuck": (second_half(hold(0)), {"stuck"}, 1.0),
    "gyr axis stuck": (second_half(hold(4)), {"stuck"}, 1.0),
    "clip at 250 degrees/s": (changed(3, 6, lambda gyr: np.clip(gyr, -4.363, 4.363)), {"clip"}, 1.0),
    "acc gain": (changed(0, 3, lambda acc: 1.2 * acc), {"gain", "stride_length", "closure"}, 1.0),
    "gyr bias": (changed(3, 6, lambda gyr: gyr + np.radians([0.0, 5.0, 0.0])), {"bias"}, 1.0),
    "gyr gain": (changed(3, 6, lambda gyr: 1.2 * gyr), {"turn_pair"}, 0.85),
    "gyr gain, less": (changed(3, 6, lambda gyr: 0.8 * gyr), {"turn_pair"}, 1.0),
    "gyr negated": (changed(3, 6, lambda gyr: -gyr), {"closure", "tilt"}, 1.0),
    "bridged": (bridged, {"line"}, 1.0),
    "joined": (joined, {"phase", "strides", "turn_pair"}, 1.0),
    "turned": (second_half(quarter_turn), {"turned"}, 1.0),
    "clock 5 %": (slower, {"stride_time"}, 1.0),
    "acc 50 ms late": (changed(0, 3, lambda acc: np.roll(acc, 5, axis=0)), {"late"}, 1.0),
}


@pytest.mark.parametrize("name", FAULTS_WITH)
def test_a_fault_put_into_a_walk_with_gravity_in_the_signal_is_caught(name: str) -> None:
    fault, by, share = FAULTS_WITH[name]
    caught, count = 0, 0
    for path in voisard()[::2]:
        for side in (0, 1):
            feet, known = read(path, "ipol-497"), list(seen(path, "ipol-497"))
            before = known[side].kinds | compared(known[0], known[1], gravity=True)
            known[side] = watched(fault(feet[side]))
            after = known[side].kinds | compared(known[0], known[1], gravity=True)
            caught += bool((after - before) & by)
            count += 1
    assert count >= 8
    assert caught >= share * count


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("gyr axis stuck", 0.95),
        ("gyr gain", 0.5),
        ("clip at 250 degrees/s", 0.85),
        ("bridged", 0.95),
        ("turned", 0.8),
        ("clock 5 %", 0.6),
    ],
)
def test_a_fault_put_into_a_walk_without_gravity_is_mostly_caught(name: str, share: float) -> None:
    fault, by, _ = FAULTS_WITH[name]
    caught, count = 0, 0
    for path, _, _ in truong()[::8]:
        for side in (0, 1):
            feet, known = read(path, "ipol-265"), list(seen(path, "ipol-265"))
            before = known[side].kinds | compared(known[0], known[1], gravity=False)
            known[side] = watched(fault(feet[side]))
            after = known[side].kinds | compared(known[0], known[1], gravity=False)
            caught += bool((after - before) & by)
            count += 1
    assert caught >= share * count


def forces(path: str, layout: str) -> tuple[Node, Floats, Floats]:
    recording = open_recording(DATA / path, layout, block_s=1e4)
    node = next(node for node in recording.nodes if node.side == "left" and node.columns((FORCE,)))
    columns = node.columns((FORCE,))
    assert columns is not None
    block = next(block for block in recording.read() if block.node == node.id)
    return node, block.time_s, block.values[:, columns[0]]


def test_real_insoles_neither_repeat_themselves_nor_feel_the_air_until_they_are_made_to() -> None:
    paths = [
        (str(path.relative_to(DATA)), "physionet-gaitpdb")
        for path in sorted((DATA / "gaitpdb_controls").glob("*.txt.gz"))
    ]
    assert len(paths) >= 3
    for path, layout in paths:
        node, time_s, force = forces(path, layout)

        def kinds(values: Floats, node: Node = node, time_s: Floats = time_s) -> set[str]:
            settings = ForceWatchSettings.of(node.id, node.rate_hz)
            return {event.kind for event in watch_force(settings, ForceWatch(), time_s, values)[1]}

        assert kinds(force) <= {"gap", "lost"}
        assert "base" in kinds(force + 15.0)
        held = force.copy()
        for first in range(0, force.size - 50, 500):
            held[first : first + 50] = held[first]
        assert "held" in kinds(held)
