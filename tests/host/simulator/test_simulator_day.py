"""Days of people: scripts by chance and by habit, the truth beside them, and the same bits for any cut."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.simulator import (
    PAGE_S,
    Arms,
    Chore,
    Cycle,
    Device,
    Escalator,
    Gym,
    Habits,
    HabitTruth,
    Lie,
    Lift,
    Loss,
    Oscillator,
    Piece,
    Samples,
    Script,
    Sensor,
    Sit,
    Stairs,
    Stand,
    Turn,
    Walk,
    Wear,
    Wearer,
    advance,
    arm_seconds,
    body_nodes,
    day_nodes,
    day_wearer,
    default_nodes,
    habit_truth,
    habits_of,
    person_of,
    start,
    whole_day,
)
from evenside_analysis.habit_types import HabitKind

SIDED = ("carrying", "stairs", "standing", "crossing", "sleeping", "arm_use")


def whole(wearer: Wearer, devices: tuple[Device, ...], until_s: float = math.inf) -> Piece:
    return advance(wearer, devices, start(wearer, devices), until_s)[1]


def same(one: Samples, other: Samples) -> bool:
    pairs = ((one.device_us, other.device_us), (one.true_s, other.true_s), (one.values, other.values))
    return all(np.array_equal(a, b) for a, b in pairs) and np.array_equal(one.lost, other.lost)


def of_kind(truths: tuple[HabitTruth, ...], kind: str) -> list[HabitTruth]:
    return [truth for truth in truths if truth.kind == kind]


# --- the law ----------------------------------------------------------------------------------------------------------

VARIED = Wearer(
    (
        *(Wear(15.0, ("foot", "wrist")), Lie(40.0, "left"), Lie(30.0, "front"), Sit(10.0, fidget=1.0), Wear(20.0)),
        *(Chore(50.0, "stir", "left"), Cycle(50.0), Lift(15.0), Escalator(12.0), Gym(40.0, "right", 8)),
        *(Walk(30.0, arms=Arms("phone", "bag"), bag_n=50.0), Stand(20.0, fidget=1.0), Sit(60.0, crossed="right")),
    ),
    seed=11,
)
SLOW = tuple(
    Device(node, Sensor(), Oscillator(5.0 + 0.0013 * place, 20.0 - 3.0 * place), Loss(0.02, 0.1))
    for place, node in enumerate((*default_nodes(25.0), *body_nodes(12.5)))
)
REFERENCE = whole(VARIED, SLOW)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(0.0, 400.0), max_size=10), st.booleans())
def test_any_cut_of_a_day_gives_the_same_bits(cuts: list[float], pickled: bool) -> None:
    state, pieces = start(VARIED, SLOW), []
    for until_s in (*sorted(cuts), math.inf):
        state, piece = advance(VARIED, SLOW, state, until_s)
        pieces.append(piece)
        if pickled:
            state = pickle.loads(pickle.dumps(state))
    for place in range(len(SLOW)):
        assert same(Samples.joined([piece.samples[place] for piece in pieces]), REFERENCE.samples[place])


def test_a_node_reports_the_same_whatever_else_is_worn() -> None:
    for place in (0, 6, 8, 10, 12):
        assert same(whole(VARIED, (SLOW[place],)).samples[0], REFERENCE.samples[place])


@pytest.mark.parametrize("name", ["left_wrist", "right_thigh", "sternum", "left_foot"])
def test_nothing_jumps_from_page_to_page(name: str) -> None:
    node = {node.id: node for node in (*default_nodes(500.0), *body_nodes(500.0))}[name]
    still = Device(node, Sensor(acc_noise_m_s2=0.0, gyr_noise_rad_s=0.0))
    samples = whole(VARIED, (still,)).samples[0]
    steps = np.abs(np.diff(samples.values, axis=0)).max(axis=1)
    borders = np.flatnonzero(np.diff(np.floor(samples.true_s / PAGE_S)))
    assert borders.size == 6
    for border in borders:
        assert steps[border] <= steps[border - 50 : border + 50].max()
        around = np.delete(steps[border - 3 : border + 4], 3)
        assert steps[border] <= 2.0 * around.max() + 0.02


def test_what_is_off_when_a_script_begins_anew_stays_off() -> None:
    script: Script = (Stand(30.0, bag_n=40.0), Wear(20.0, ("strap",)), Sit(20.0))
    strap = Device(default_nodes(10.0)[4])
    values = whole(Wearer(script, repeat=True), (strap,), 130.0).samples[0]
    loaded = values.values[:, 0] > 10.0
    assert loaded[(values.true_s > 2.0) & (values.true_s < 29.0)].all()
    assert not loaded[values.true_s > 70.0].any()


def test_the_memory_of_a_day_does_not_grow() -> None:
    wearer = day_wearer(4, pace=0.1)
    devices = tuple(Device(node) for node in (*default_nodes(10.0), *body_nodes(10.0)))
    state, sizes = start(wearer, devices), []
    for until_s in np.arange(1.0, wearer.duration_s // PAGE_S) * PAGE_S:
        state, _ = advance(wearer, devices, state, float(until_s))
        sizes.append(len(pickle.dumps(state)))
    half = len(sizes) // 2
    assert max(sizes[half:]) <= 1.1 * max(sizes[:half])


# --- days -------------------------------------------------------------------------------------------------------------


def test_a_seed_makes_the_day_and_another_one_another_day() -> None:
    assert day_wearer(3, pace=0.2) == day_wearer(3, pace=0.2)
    one, other = (day_wearer(seed, who=9, pace=0.2) for seed in (3, 4))
    assert one.script != other.script
    assert (one.build, one.weight_n) == (other.build, other.weight_n)
    assert one.build != day_wearer(3, who=10, pace=0.2).build


@pytest.mark.parametrize("seed", range(12))
def test_a_day_has_its_length_and_every_kind_of_habit_and_of_confuser(seed: int) -> None:
    wearer = day_wearer(seed, Habits(heels_cm=5.0))
    assert 16.0 * 3600.0 < wearer.duration_s < 18.5 * 3600.0
    kinds = Counter(truth.kind for truth in habit_truth(wearer))
    assert set(kinds) == set(get_args(HabitKind))
    assert kinds["stairs"] == 16
    done = {type(segment) for segment in wearer.script}
    assert done >= {Walk, Turn, Stairs, Stand, Sit, Lie, Lift, Escalator, Chore, Gym, Wear}
    uses = {segment.arms.of(side) for segment in wearer.script for side in (0, 1)}
    assert "desk" in uses
    assert any(isinstance(segment, Stand) and segment.stoop for segment in wearer.script)


def test_confusers_come_in_the_days_of_several_people() -> None:
    scripts = [day_wearer(seed).script for seed in range(12)]
    uses = {segment.arms.of(side) for script in scripts for segment in script for side in (0, 1)}
    assert uses >= {"free", "bag", "strap", "phone", "rail", "pocket", "desk"}
    assert any(isinstance(segment, Cycle) for script in scripts for segment in script)
    assert any(isinstance(segment, Sit) and segment.figure_four and segment.crossed for s in scripts for segment in s)
    assert any(segment.bag_n and segment.asymmetry.strap == 0.0 for s in scripts for segment in s if segment.bag_n)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_who_always_takes_one_side_takes_it_every_time(right: float) -> None:
    always = Habits(*(right,) * 6, rucksack=0.0)
    word = "right" if right else "left"
    for seed in range(3):
        truths = habit_truth(day_wearer(seed, always, pace=0.3))
        for kind in SIDED:
            sides = {truth.side for truth in of_kind(truths, kind) if truth.side not in ("none", "both")}
            if kind != "arm_use":  # training is of both arms, and of the favoured one more
                assert sides <= {word}
        left_s, right_s = arm_seconds(day_wearer(seed, always, pace=0.3))
        assert (right_s > 2.0 * left_s) if right else (left_s > 2.0 * right_s)


def test_who_has_no_side_takes_both_alike_in_the_long_run() -> None:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in SIDED}
    for seed in range(60):
        for truth in habit_truth(day_wearer(seed, Habits(), pace=0.1)):
            if truth.kind in counts:
                counts[truth.kind][truth.side] += 1
    for kind, sides in counts.items():
        n = sides["left"] + sides["right"]
        assert n > 60, kind
        # Runs of one trip or one chore share a draw: five standard errors of a third of them.
        assert sides["right"] / n == pytest.approx(0.5, abs=5.0 * 0.5 / math.sqrt(n / 3.0)), kind


def test_chances_in_between_come_out_as_often_as_set() -> None:
    habits = Habits(lead_right=0.8, cross_right=0.3)
    days = [habit_truth(day_wearer(seed, habits, pace=0.1)) for seed in range(40)]
    for kind, chance in (("stairs", 0.8), ("crossing", 0.3)):
        sides = [truth.side for truths in days for truth in of_kind(truths, kind)]
        share = sides.count("right") / len(sides)
        assert share == pytest.approx(chance, abs=4.5 * math.sqrt(chance * (1.0 - chance) / len(sides)))


def test_people_differ_within_what_is_ordinary() -> None:
    people = [person_of(seed) for seed in range(200)]
    weights, leans = [person.weight_n for person in people], [person.build.lean_deg for person in people]
    assert 450.0 < np.quantile(weights, 0.02) < np.quantile(weights, 0.98) < 1150.0
    assert -2.0 <= min(leans) < -1.0 < 1.0 < max(leans) <= 2.0
    assert len({person.stride_s for person in people}) == 200
    one_sided = [habits_of(seed).carry_right for seed in range(200)]
    assert 0.3 < np.mean([chance < 0.15 or chance > 0.85 for chance in one_sided]) < 0.7


# --- the truth --------------------------------------------------------------------------------------------------------


def test_neighbours_of_which_the_same_is_told_are_one_span() -> None:
    script: Script = (
        *(Stand(10.0, bag_n=30.0), Walk(20.0, bag_n=30.0), Stand(5.0), Sit(20.0, crossed="left"), Sit(30.0)),
        *(Sit(20.0, crossed="left"), Lie(60.0, "back"), Lie(60.0, "right")),
    )
    truths = habit_truth(Wearer(script))
    spans = {kind: [(truth.start_s, truth.end_s, truth.side) for truth in of_kind(truths, kind)] for kind in SIDED}
    assert spans["carrying"] == [(0.0, 30.0, "both")]
    assert spans["crossing"] == [(35.0, 55.0, "left"), (85.0, 105.0, "left")]
    assert spans["sleeping"] == [(105.0, 165.0, "none"), (165.0, 225.0, "right")]
    assert [(truth.start_s, truth.end_s) for truth in of_kind(truths, "sitting")] == [(35.0, 105.0)]


def test_flights_without_a_landing_between_them_are_two() -> None:
    script: Script = (Stand(5.0), Stairs(8.0, True, "left"), Stairs(8.0, True, "left"), Stand(5.0))
    assert [(truth.start_s, truth.end_s) for truth in of_kind(habit_truth(Wearer(script)), "stairs")] == [
        (5.0, 13.0),
        (13.0, 21.0),
    ]


def test_heels_are_told_while_their_shoes_are_worn() -> None:
    script: Script = (Stand(5.0), Wear(20.0, shoes_cm=6.0), Stand(30.0), Wear(20.0, ("foot",), 6.0), Sit(20.0))
    (heel,) = of_kind(habit_truth(Wearer(script)), "heel")
    assert (heel.start_s, heel.end_s, heel.side, heel.value("height_m")) == (15.0, 65.0, "both", 0.06)


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Habits(carry_right=1.2), "carry_right 1.2"),
        (lambda: Habits(rucksack=0.7, hand=0.6), "rucksack and hand together"),
        (lambda: Gym(20.0, "left", 12), "duration_s of 12 repetitions"),
        (lambda: Lift(6.0, 50.0), "rise_m per second"),
        (lambda: Stand(3.0, stoop="floor"), "duration_s of a stand"),
        (lambda: Sit(60.0, crossed="left", stretched="left"), "one of crossed and stretched"),
        (lambda: Sit(60.0, hunched_deg=80.0), "hunched_deg 80"),
        (lambda: Lie(60.0, pillow_deg=70.0), "pillow_deg 70"),
        (lambda: Wear(20.0, shoes_cm=12.0), "shoes_cm 12"),
        (lambda: Cycle(60.0, 20.0), "cadence_rpm 20"),
        (lambda: whole_day(1, Habits(), person_of(1), pace=0.01), "pace 0.01"),
    ],
)
def test_days_that_cannot_be_are_refused(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=words):
        make()


# --- the nodes of a day -----------------------------------------------------------------------------------------------


def test_a_day_is_worn_by_thirteen_nodes_at_their_rates() -> None:
    nodes = day_nodes()
    assert len({node.id for node in nodes}) == len(nodes) == 13
    assert {node.rate_hz for node in nodes if node.site in ("foot", "insole")} == {100.0}
    assert {node.rate_hz for node in nodes if node.side == "centre"} == {25.0}
