"""Scores of hand-made events: what is missed, extra, straight, and the asymmetry of the very same strides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenside.validation.floors import Floor
from evenside.validation.following import FootFound, Found
from evenside.validation.marks import Borders, Foot, Motions, SetName, Steps, Swings, Trial
from evenside.validation.row_parts import apart
from evenside.validation.rows import Maker, Row
from evenside.validation.score_motions import score_motions
from evenside.validation.score_others import score_stairs
from evenside.validation.score_swings import score_swings
from evenside.validation.scores import TrialScore
from evenside.validation.scoring import score_trial
from evenside.validation.set_rows import rows_of
from evenside_analysis.report import Checks, NodeSummary, Summary
from evenside_analysis.rows import Rows
from evenside_analysis.types import FORCE, Event, Flag, Floats, Node

RATE_HZ = 100.0


def trial(of: SetName, *marks: Motions | Swings | Borders | Steps, person: str = "1", name: str = "1-1") -> Trial:
    return Trial(of, name, person, Path(name), of, marks)


def foot(flags: dict[int, Flag] | None = None, **events_s: Sequence[float]) -> FootFound:
    """``flags`` by place, on all kinds of events."""
    times = {event: np.array(events_s.get(event.name.lower(), ()), np.float64) for event in Event}
    marked = {event: np.zeros(found.size, np.int64) for event, found in times.items()}
    for place, flag in (flags or {}).items():
        for found in marked.values():
            if place < found.size:
                found[place] = int(flag)
    stairs = np.where((marked[Event.IC] & int(Flag.STAIRS)) != 0, 1, 0)
    return FootFound(times, marked, stairs)


def found_in(feet: Mapping[Foot, FootFound], words: tuple[str, ...] = ()) -> Found:
    nodes = tuple(Node(f"{side}_insole", "insole", side, (FORCE,), RATE_HZ) for side in feet)
    heard = tuple(NodeSummary(node.id, 1000, 0, 1.0, 0.0) for node in nodes)
    summary = Summary(0.0, 10.0, heard, 0.0, Checks("unknown", words), ())
    return Found(RATE_HZ, 10.0, nodes, feet, {}, summary, ())


def samples(*spans_s: tuple[float, float]) -> Floats:
    return RATE_HZ * np.array(spans_s, np.float64).reshape(-1, 2)


NOBODY = samples()
FIVE = ((1.0, 1.6), (2.0, 2.6), (3.0, 3.6), (4.0, 4.6), (5.0, 5.6))


def test_movements_missed_and_extra_by_their_middles() -> None:
    left = foot(heel_rise=[1.02, 3.05, 3.8], foot_flat=[1.6, 3.6, 4.0])  # the second is missed, the last is none
    marks = Motions(samples((1.0, 1.6), (2.0, 2.6), (3.0, 3.6)), NOBODY)
    score = score_motions(trial("ipol-265", marks), marks, found_in({"left": left}))
    assert score.counts == {"marked": 3, "found": 3, "missed": 1, "extra": 1}
    rise = score.events["left", "heel_rise"]
    assert (rise.marked, rise.found, rise.hits) == (3, 3, (2, 2))
    np.testing.assert_allclose(rise.errors_s, [0.02, 0.05])


def test_a_foot_without_events_missed_them_all() -> None:
    marks = Motions(samples(*FIVE), samples(*FIVE))
    score = score_motions(trial("ipol-265", marks), marks, found_in({"right": foot()}))
    assert score.counts == {"marked": 10, "found": 0, "missed": 10, "extra": 0}
    assert math.isnan(score.spans["motion"].ai(0, "mean"))


def test_motion_time_is_compared_on_the_same_movements_and_on_straight_ones() -> None:
    longer = foot({2: Flag.TURN}, heel_rise=[1.0, 2.0, 3.0, 4.0, 5.0], foot_flat=[1.6, 2.7, 3.9, 4.7, 5.6])
    as_marked = foot(heel_rise=[one for one, _ in FIVE], foot_flat=[one for _, one in FIVE])
    marks = Motions(samples(*FIVE), samples(*FIVE))
    score = score_motions(trial("ipol-265", marks), marks, found_in({"left": as_marked, "right": longer}))
    motion, straight = score.spans["motion"], score.spans["motion_straight"]
    assert motion.ai(0, "mean") == pytest.approx(0.0)
    assert motion.ai(1, "mean") == pytest.approx(100.0 * 0.1 / 1.3)  # 0.6, 0.7, 0.9, 0.7, 0.6 against 0.6
    # Neither the first nor the last, nor the turn: 0.7 and 0.7.
    assert straight.right.tolist() == pytest.approx(np.array([[0.6, 0.7], [0.6, 0.7]]))
    assert straight.ai(1, "median") == pytest.approx(100.0 * 0.1 / 1.3)


# A walk: each foot swings for 0.4 s, the left one first; the right contact comes 0.55 s after the left one.
LEFT = tuple((1.0 + at, 1.4 + at) for at in range(6))
RIGHT = tuple((1.55 + at, 1.95 + at) for at in range(6))
WALK = Swings(samples(*LEFT), samples(*RIGHT), NOBODY, (100.0, 700.0))


def feet(
    left_late_s: float = 0.0, right_late_s: float = 0.0, flags: dict[int, Flag] | None = None
) -> dict[Foot, FootFound]:
    """Both feet as marked, but for contacts that are late."""
    return {
        "left": foot(flags, tc=[one for one, _ in LEFT], ic=[one + left_late_s for _, one in LEFT]),
        "right": foot(tc=[one for one, _ in RIGHT], ic=[one + right_late_s for _, one in RIGHT]),
    }


def test_spans_of_a_walk_are_those_between_straight_events() -> None:
    score = score_swings(trial("ipol-497", WALK), WALK, found_in(feet()))
    # Of six swings a foot the inner four are straight; three stances and steps lie between them.
    swing, stance, step = (score.spans[name] for name in ("swing", "stance", "step"))
    np.testing.assert_allclose(swing.left, np.full((4, 2), 0.4))
    np.testing.assert_allclose(stance.right, np.full((3, 2), 0.6))
    np.testing.assert_allclose(step.left, np.full((3, 2), 0.45))
    np.testing.assert_allclose(step.right, np.full((4, 2), 0.55))
    assert step.ai(0, "median") == pytest.approx(10.0)
    assert score.spans["stance_all"].count == 10
    assert (score.counts["strides_left"], score.counts["found_right"]) == (5, 5)


def test_a_late_contact_of_one_foot_shows_in_each_asymmetry() -> None:
    score = score_swings(trial("ipol-497", WALK), WALK, found_in(feet(right_late_s=0.02)))
    assert score.spans["swing"].ai(1, "mean") == pytest.approx(100 * 0.02 / 0.82)
    assert score.spans["stance"].ai(1, "mean") == pytest.approx(-100 * 0.02 / 1.18)
    assert score.spans["step"].ai(1, "mean") == pytest.approx(100 * (0.57 - 0.43) / 1.0)
    assert apart(score, "contact", straight=True) == pytest.approx(-0.02)
    assert apart(score, "toe_off", straight=True) == pytest.approx(0.0)


def test_turns_are_left_out_whoever_says_that_they_are_turns() -> None:
    marked = Swings(WALK.left, WALK.right, samples((3.5, 3.6)), WALK.within)
    of_marks = score_swings(trial("ipol-497", marked), marked, found_in(feet()))
    assert of_marks.events["left", "contact"].straight.tolist() == [False, True, False, False, True, False]
    of_detector = score_swings(trial("ipol-497", WALK), WALK, found_in(feet(flags={2: Flag.TURN})))
    assert of_detector.events["left", "toe_off"].straight.tolist() == [False, True, False, True, True, False]
    # Of the left foot two swings are left apart from each other: no stance lies between straight ones but one.
    assert len(of_detector.spans["stance"].left) == 1
    assert of_detector.counts["level"] == 11


def test_what_lies_beyond_the_part_that_was_looked_at_is_not_extra() -> None:
    found = feet()
    late = foot(tc=[*found["left"].time_s[Event.TC], 6.55, 9.0], ic=[*found["left"].time_s[Event.IC], 6.75, 9.4])
    score = score_swings(trial("ipol-497", WALK), WALK, found_in({"left": late, "right": found["right"]}))
    assert (score.counts["extra"], score.counts["outside"], score.counts["missed"]) == (1, 1, 0)
    assert score.counts["found"] == 13


def test_only_some_strides_are_marked_by_motion_capture() -> None:
    marks = Swings(np.array([[np.nan, 340.0], [400.0, 440.0]]), NOBODY, NOBODY)
    score = score_swings(trial("gaitmap", marks), marks, found_in(feet()))
    assert (score.counts["marked"], score.counts["extra"]) == (1, 0)
    assert score.counts["strides_left"] == score.counts["found_left"] == 1
    np.testing.assert_allclose(score.spans["stance_all"].left, [[0.6, 0.6]])


def test_flags_are_counted() -> None:
    flags = {1: Flag.GUESSED, 2: Flag.STAIRS}
    score = score_swings(trial("ipol-497", WALK), WALK, found_in(feet(flags=flags)))
    assert [score.counts[name] for name in ("matched", "guessed", "level", "stairs")] == [12, 1, 12, 1]


@pytest.mark.parametrize(("name", "wrong"), [("stair_up", 0), ("stair_down", 3)])
def test_stairs_are_counted_from_the_first_to_the_last_that_is_told(name: str, wrong: int) -> None:
    flags = {1: Flag.STAIRS, 2: Flag.STAIRS, 4: Flag.STAIRS}
    score = score_stairs(trial("gaitmap", name=name), found_in(feet(flags=flags)))
    counts = score.counts
    assert (counts["stair_flagged"], counts["stair_within"], counts["stair_wrong"]) == (3, 4, wrong)


def test_a_stretch_holds_exactly_one_swing_or_it_does_not() -> None:
    marks = Borders(samples((1.0, 2.0), (2.0, 3.0), (3.0, 5.0)), samples((0.0, 1.0)))
    score = score_trial(trial("gaitmap", marks), found_in(feet()))
    assert (score.counts["borders"], score.counts["borders_found"]) == (4, 2)


def test_stances_against_a_report() -> None:
    report = Steps(np.array([[1.4, 2.0], [2.4, 3.01], [8.0, 8.6]]), np.array([[1.95, 2.55]]))
    score = score_trial(trial("moticon", report), found_in(feet(left_late_s=0.005)))
    assert (score.counts["marked"], score.counts["missed"]) == (4, 1)
    stance = score.spans["stance"]
    np.testing.assert_allclose(stance.left, [[0.6, 0.595], [0.61, 0.595]])
    np.testing.assert_allclose(stance.right, [[0.6, 0.6]])
    rows = named(rows_of(Maker("moticon", (score,))))
    assert rows["stance.mean"].value == pytest.approx(1000 * (-0.005 - 0.015) / 3)
    assert rows["stance.worst_mean"].value == pytest.approx(10.0)
    assert rows["stance.left_minus_right"].value == pytest.approx(-10.0)


@pytest.mark.parametrize(
    ("high_s", "said", "right"), [(0.50, False, 100.0), (0.53, False, 0.0), (0.53, True, 100.0), (0.50, True, 0.0)]
)
def test_the_check_of_levels_must_say_it_when_and_only_when_it_is_so(high_s: float, said: bool, right: float) -> None:
    metrics = ("stance_low", "stance_high")
    left, other = np.tile([0.6, 0.5], (8, 1)), np.tile([0.6, high_s], (8, 1))
    spoilt = np.array([0, 0, 0, 0, 0, 0, 0, int(Flag.TURN)])
    other[-1] = 9.0
    words = ("insole: the asymmetry of stance times moves by 2.9 (AI) with the level of force",) if said else ()
    found = found_in({"left": foot(), "right": foot()}, words)
    found.rows[metrics] = Rows(np.arange(8.0), spoilt, left, other, 9.0)
    score = score_trial(trial("gaitpdb"), found)
    assert score.counts["strides"] == 7
    assert score.figures["level_moves"] == pytest.approx(100 * (high_s - 0.5) / (high_s + 0.5))
    assert named(rows_of(Maker("gaitpdb", (score,))))["level_told"].value == right


def named(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.id: row for row in rows}


def motions(person: str, name: str, late_s: float, count: int = 5) -> TrialScore:
    marks = Motions(samples(*FIVE[:count]), samples(*FIVE))
    late = foot(heel_rise=[one + late_s for one, _ in FIVE[:count]], foot_flat=[one for _, one in FIVE[:count]])
    as_marked = foot(heel_rise=[one for one, _ in FIVE], foot_flat=[one for _, one in FIVE])
    return score_motions(
        trial("ipol-265", marks, person=person, name=name), marks, found_in({"left": late, "right": as_marked})
    )


def test_a_person_with_many_trials_counts_as_one_person() -> None:
    scores = (*(motions("a", f"a-{number}", 0.04) for number in range(9)), motions("b", "b-1", 0.0))
    row = named(rows_of(Maker("ipol-265", scores)))["heel_rise.bias"]
    assert row.value == pytest.approx(1000 * 0.04 * 45 / 100)  # of all events
    assert row.by_person.value == pytest.approx(10.0)  # 20 ms and 0 ms: half of each person's events are on time
    assert (row.persons, row.trials, row.n) == (2, 10, 100)
    assert math.isnan(row.by_person.lo)


def test_relations_take_one_pair_a_person() -> None:
    scores = tuple(
        motions(person, f"{person}-{number}", late)
        for number in (1, 2)
        for person, late in (("a", 0.1), ("b", 0.0), ("c", 0.05))
    )
    rows = named(rows_of(Maker("ipol-265", scores)))
    row = rows["motion.mae"]
    expected = [100 * 0.1 / 1.1, 0.0, 100 * 0.05 / 1.15]
    assert (row.persons, row.trials) == (3, 6)
    assert row.value == row.by_person.value == pytest.approx(np.mean(expected))
    assert rows["motion_straight.repeat"].value == pytest.approx(0.0, abs=1e-9)


def test_a_floor_may_be_asked_of_the_mean_over_persons() -> None:
    scores = (*(motions("a", f"a-{number}", 0.2) for number in range(9)), motions("b", "b-1", 0.0))
    labelled = tuple(replace(score, trial=replace(score.trial, labels=("XSens nodes",))) for score in scores)
    row = named(rows_of(Maker("ipol-265", labelled, "XSens nodes")))["heel_rise.f1_100"]
    # 0.2 s late is too late for person a's left foot: half of it counts; all of b's does.
    assert row.value == pytest.approx((9 * 0.5 + 1.0) / 10)
    assert row.by_person.value == pytest.approx(0.75)
    assert row.floor is not None
    assert row.floor.by_person
    assert row.met is False


def test_an_oracle_meets_every_floor_that_is_asked_of_it() -> None:
    score = score_swings(trial("ipol-497", WALK), WALK, found_in(feet()))
    rows = rows_of(Maker("ipol-497", (score, score)))
    asked = [row for row in rows if row.floor is not None]
    assert len(asked) >= 16
    assert all(row.met for row in asked)


@pytest.mark.parametrize(
    ("kind", "value", "met"),
    [("≤", 2.0, True), ("≤", 2.01, False), ("≥", 2.0, True), ("≥", 1.9, False), ("±", -2.0, True), ("±", -2.1, False)],
)
def test_floors(kind: str, value: float, met: bool) -> None:
    floor = {"≤": Floor("≤", 2.0), "≥": Floor("≥", 2.0), "±": Floor("±", 2.0)}[kind]
    assert floor.met(value) is met
    assert floor.met(math.nan) is None
    assert str(floor) == f"{kind} 2"
