"""Which foot is it? On real people, each judged by a rule that has not seen that person.

People walk ten metres, turn and walk back: 4 to 24 straight strides a foot. What a rule learns from the others is
refitted here, so that the figures hold for people whom the constants in the product do not know either.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from evenside.readers import open_recording
from evenside_analysis.foot_contacts import FootSettings, FootState, detect_foot_contacts
from evenside_analysis.side_check import SideSettings, SideState, Verdict, judge_sides
from evenside_analysis.side_rule import SIDE_RULE, SideRule, fitted, scores
from evenside_analysis.stride_motion import MotionSettings, MotionState, StrideMotions, follow_strides, imu_rows
from evenside_analysis.types import ACC, GYR, Bools, Floats, Side

DATA = Path(os.environ.get("EVENSIDE_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"real recordings are absent: no {DATA} (set EVENSIDE_TEST_DATA to where they are)"
)
BOTH: tuple[Side, Side] = ("left", "right")
MIRROR = np.array([1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Foot:
    """Rows of a foot IMU."""

    time_s: Floats
    acc: Floats
    gyr: Floats
    rate_hz: float
    gravity: bool

    def motions(self, turn: Floats | None = None, mirrored: bool = False) -> StrideMotions:
        """All strides, with the node turned or its axes mirrored."""
        acc, gyr = self.acc, self.gyr
        if turn is not None:
            acc, gyr = acc @ turn.T, gyr @ turn.T
        if mirrored:
            acc, gyr = acc * MIRROR, -gyr * MIRROR
        row = np.full((1, 3), np.nan)
        time_s = np.append(self.time_s, self.time_s[-1] + 15.0)
        acc, gyr = np.vstack([acc, row]), np.vstack([gyr, row])
        detector = FootSettings(self.rate_hz)
        contacts = detect_foot_contacts(detector, FootState.start(detector), time_s, acc, gyr)[1]
        motion = MotionSettings(self.rate_hz, self.gravity)
        found = follow_strides(motion, MotionState(), imu_rows(time_s, acc, gyr), contacts)[1]
        return replace(found, settled_s=np.inf)


@dataclass(frozen=True)
class Trial:
    """One walk of a person."""

    name: str
    person: str
    group: str
    feet: tuple[Foot, Foot]


def read(path: str, layout: str, person: str, group: str, rate_hz: float | None = None) -> Trial:
    recording = open_recording(DATA / path, layout, block_s=1e4, rate_hz=rate_hz)
    blocks = {block.node: block for block in recording.read()}
    feet = []
    for side in BOTH:
        node = next(node for node in recording.nodes if node.side == side and node.columns(GYR))
        acc, gyr = node.columns(ACC), node.columns(GYR)
        assert acc is not None
        assert gyr is not None
        block = blocks[node.id]
        feet.append(Foot(block.time_s, block.values[:, acc], block.values[:, gyr], node.rate_hz, node.gravity))
    return Trial(Path(path).name, person, group, (feet[0], feet[1]))


@cache
def trials() -> tuple[Trial, ...]:
    found = []
    for path in sorted((DATA / "ipol_gait_truong2019_ncsa").glob("*.csv.gz")):
        about = json.loads(path.with_suffix("").with_suffix(".json").read_text(encoding="utf-8"))
        found.append(
            read(str(path.relative_to(DATA)), "ipol-265", f"t{about['Subject']}", str(about["PathologyGroup"]))
        )
    for path in sorted((DATA / "ipol_gait_voisard2023_agpl").glob("*-*.json")):
        about = json.loads(path.read_text(encoding="utf-8"))
        found.append(read(str(path.relative_to(DATA).with_suffix("")), "ipol-497", f"v{about['Subject']}", "Healthy"))
    for name, rate_hz in (
        ("", 204.8),
        ("_ic_stride", 102.4),
        ("_healthy_stair_up", 204.8),
        ("_healthy_stair_down", 204.8),
    ):
        path_of = f"gaitmap_feet/imu_sample{name}.csv.gz"
        found.append(read(path_of, "gaitmap", "stairs" if "stair" in name else f"g{name}", "Healthy", rate_hz))
    return tuple(found)


@cache
def walked() -> tuple[tuple[StrideMotions, StrideMotions], ...]:
    return tuple((trial.feet[0].motions(), trial.feet[1].motions()) for trial in trials())


@dataclass(frozen=True)
class Table:
    """Straight strides of all trials."""

    features: Floats
    left: Bools
    person: tuple[str, ...]
    trial: tuple[int, ...]


@cache
def table() -> Table:
    features, left, person, place = [], list[bool](), list[str](), list[int]()
    for at, (trial, feet) in enumerate(zip(trials(), walked(), strict=True)):
        for side, strides in enumerate(feet):
            good = strides.straight & (strides.forward_m > SideSettings().span_min_m)
            features.append(strides.features[good])
            count = int(np.count_nonzero(good))
            left += [side == 0] * count
            person += [trial.person] * count
            place += [at] * count
    return Table(np.concatenate(features), np.array(left), tuple(person), tuple(place))


@cache
def rule_without(person: str) -> SideRule:
    whole = table()
    others = np.array([one != person for one in whole.person])
    return fitted(whole.features[others], whole.left[others], [one for one in whole.person if one != person])


def verdict(rule: SideRule, left: StrideMotions, right: StrideMotions) -> Verdict:
    settings, state = SideSettings(rule), SideState()
    for side, strides in zip(BOTH, (left, right), strict=True):
        state, _ = judge_sides(settings, state, side, strides)
    return state.verdict


def verdicts(exchanged: bool) -> dict[str, Counter[Verdict]]:
    """By group, of all trials."""
    found: dict[str, Counter[Verdict]] = {}
    for trial, (left, right) in zip(trials(), walked(), strict=True):
        feet = (right, left) if exchanged else (left, right)
        found.setdefault(trial.group, Counter())[verdict(rule_without(trial.person), *feet)] += 1
    return found


def test_nobody_is_told_that_the_sides_are_exchanged_when_they_are_not() -> None:
    for found in verdicts(exchanged=False).values():
        assert found["swapped"] == 0
        assert found["ok"] >= 0.95 * found.total()


@pytest.mark.parametrize(("group", "share"), [("Healthy", 0.98), ("Orthopedic", 0.80), ("Neurological", 0.75)])
def test_exchanged_sides_are_found_within_a_walk_and_never_taken_for_right(group: str, share: float) -> None:
    found = verdicts(exchanged=True)[group]
    assert found["swapped"] >= share * found.total()
    assert found["ok"] == 0


def test_the_mean_over_a_trial_tells_each_foot_of_a_person_whom_the_rule_does_not_know() -> None:
    whole, right, feet = table(), 0, 0
    score = np.zeros(whole.left.size)
    person = np.array(whole.person)
    for one in set(whole.person):
        score[person == one] = scores(rule_without(one), whole.features[person == one])
    for trial in set(whole.trial):
        for left in (True, False):
            of_foot = score[(np.array(whole.trial) == trial) & (whole.left == left)]
            feet += of_foot.size > 0
            right += of_foot.size > 0 and (float(of_foot.mean()) > 0.0) == left
    assert feet >= 140
    assert right >= 0.98 * feet


def test_the_rule_of_the_product_is_the_one_that_these_people_make() -> None:
    whole = table()
    rule = fitted(whole.features, whole.left, whole.person)
    np.testing.assert_allclose(rule.weights, SIDE_RULE.weights, atol=0.002)
    np.testing.assert_allclose(rule.scales, SIDE_RULE.scales, rtol=0.01)


def test_turned_nodes_give_the_same_verdicts_and_mirrored_ones_the_wrong_side() -> None:
    rng = np.random.default_rng(4)
    for place in range(0, len(trials()), 4):
        trial, (left, right) = trials()[place], walked()[place]
        rule = rule_without(trial.person)
        turns = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in BOTH]
        turned = [foot.motions(turn * np.linalg.det(turn)) for foot, turn in zip(trial.feet, turns, strict=True)]
        assert verdict(rule, turned[0], turned[1]) == verdict(rule, left, right)
        mirrored = [foot.motions(mirrored=True) for foot in trial.feet]
        assert verdict(rule, left, mirrored[1]) in ("same_side", "unknown")
        assert verdict(rule, mirrored[0], mirrored[1]) == verdict(rule, right, left)


def test_insoles_whose_axes_are_mirrored_on_one_side_never_look_right() -> None:
    for path in sorted((DATA / "moticon_opengo").glob("*.txt.gz")):
        left, right = read(str(path.relative_to(DATA)), "moticon-opengo", "m", "Healthy").feet
        assert verdict(SIDE_RULE, left.motions(), right.motions()) in ("same_side", "unknown")
