"""What the checks of the sensors and of the sides withhold of a session, and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from evenside.simulator import Asymmetry, Device, Stand, Walk, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside_analysis.monitor import finish, start, step, summary
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Figure, Floats, Reason

SPAN_S = 100.0
FEET = tuple(node for node in default_nodes() if node.site == "foot")
SOLES = tuple(node for node in default_nodes() if node.site == "insole")
Worn = dict[str, tuple[Floats, Floats]]


@cache
def worn() -> Worn:
    """Times and values of feet and insoles of someone who walks up and down, longer on the right foot."""
    nodes = FEET + SOLES
    script: tuple[Stand | Walk, ...] = (Stand(4.0), *(Walk(23.0, Asymmetry(stance_time=8.0)) for _ in range(4)))
    wearer, devices = Wearer(script, seed=4), tuple(Device(node) for node in nodes)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), SPAN_S)
    return {node.id: (sent.true_s, sent.values) for node, sent in zip(nodes, piece.samples, strict=True)}


def told(samples: Worn, nodes: tuple[str, ...]) -> Summary:
    settings = MonitorSettings(tuple(node for node in FEET + SOLES if node.id in nodes))
    state = start(settings)
    for begin_s in np.arange(0.0, SPAN_S, 5.0):
        for node in nodes:
            time_s, values = samples[node]
            part = (time_s >= begin_s) & (time_s < begin_s + 5.0)
            if part.any():
                state, _ = step(settings, state, Block(node, time_s[part], values[part], 0.0005))
    state, _ = finish(settings, state)
    return summary(settings, state)


def reasons(found: Summary) -> dict[str, str]:
    return {figure.metric: figure.reason for figure in found.figures}


def stance(found: Summary) -> Figure:
    (figure,) = (figure for figure in found.figures if figure.metric == "stance_time")
    return figure


LEFT, RIGHT = (node.id for node in FEET)
LEFT_SOLE, RIGHT_SOLE = (node.id for node in SOLES)


def test_sensors_that_are_right_withhold_nothing() -> None:
    found = told(worn(), (LEFT, RIGHT))
    assert {Reason.SENSOR_FAULT, Reason.IRREGULAR, Reason.SIDES_EXCHANGED}.isdisjoint(reasons(found).values())
    assert not [words for words in found.checks.words if words.startswith(("foot", LEFT, RIGHT))]
    assert stance(found).side == "right"


def test_no_side_is_named_of_feet_that_are_exchanged() -> None:
    samples = worn() | {LEFT: worn()[RIGHT], RIGHT: worn()[LEFT]}
    found = told(samples, (LEFT, RIGHT))
    assert set(reasons(found).values()) - {Reason.RATE_TOO_LOW} == {Reason.SIDES_EXCHANGED}
    assert {figure.side for figure in found.figures} == {"none"}
    (words,) = (words for words in found.checks.words if words.startswith("foot: the left node moves like a right"))
    assert f"{LEFT} and {RIGHT} are exchanged" in words


def test_sides_that_only_force_tells_are_not_judged() -> None:
    samples = worn() | {LEFT_SOLE: worn()[RIGHT_SOLE], RIGHT_SOLE: worn()[LEFT_SOLE]}
    assert stance(told(samples, (LEFT_SOLE, RIGHT_SOLE))).side == "left"


def wrong(node: str, change: Callable[[Floats, Floats], Floats]) -> Worn:
    time_s, values = worn()[node]
    return worn() | {node: (time_s, change(time_s, values.copy()))}


def stuck(time_s: Floats, values: Floats) -> Floats:
    values[time_s > 20.0, 4] = 0.3
    return values


def shrunk(time_s: Floats, values: Floats) -> Floats:
    values[:, :3] *= 0.9
    return values


def brief(time_s: Floats, values: Floats) -> Floats:
    values[(time_s > 40.0) & (time_s < 44.0), 4] = 0.3
    return values


def deaf(time_s: Floats, values: Floats) -> Floats:
    values[(time_s > 40.0) & (time_s < 60.0)] = np.nan
    return values


def held(time_s: Floats, values: Floats) -> Floats:
    values[:, 0] = np.where(values[:, 0] > 500.0, 500.0, values[:, 0])
    return values


def test_an_axis_that_stands_still_withholds_every_figure_of_the_site() -> None:
    found = told(wrong(RIGHT, stuck), (LEFT, RIGHT))
    assert reasons(found)["stance_time"] == Reason.SENSOR_FAULT
    assert reasons(found)["step_time"] == Reason.SENSOR_FAULT
    assert [words for words in found.checks.words if words.startswith(f"{RIGHT}: has an axis that stands still")]


def test_a_scale_that_is_wrong_withholds_magnitudes_alone() -> None:
    found = told(wrong(RIGHT, shrunk), (LEFT, RIGHT))
    assert stance(found).reason == Reason.NONE
    assert [words for words in found.checks.words if words.startswith(f"{RIGHT}: does not measure gravity as it is")]


def test_a_fault_that_lasted_for_a_moment_leaves_the_figures_of_the_session() -> None:
    assert stance(told(wrong(RIGHT, brief), (LEFT, RIGHT))).reason == Reason.NONE


def test_a_silence_withholds_nothing_because_no_stride_of_it_is_compared() -> None:
    found = told(wrong(RIGHT, deaf), (LEFT, RIGHT))
    assert stance(found).reason == Reason.NONE
    assert stance(found).completeness_right == pytest.approx(0.8, abs=0.02)


def test_forces_that_are_cut_off_withhold_peaks_and_not_times() -> None:
    found = told(wrong(RIGHT_SOLE, held), (LEFT_SOLE, RIGHT_SOLE))
    assert found.checks.words
    assert stance(found).reason == Reason.NONE


@pytest.mark.parametrize("from_s", [0.0, 40.0])
@pytest.mark.parametrize("nodes", [(LEFT, RIGHT), (LEFT_SOLE, RIGHT_SOLE)], ids=["feet", "soles"])
def test_a_side_that_is_not_heard_is_missing_and_not_at_fault(nodes: tuple[str, str], from_s: float) -> None:
    def gone(time_s: Floats, values: Floats) -> Floats:
        values[time_s >= from_s] = np.nan
        return values

    settings = MonitorSettings(tuple(node for node in FEET + SOLES if node.id in nodes))
    samples, state, figures = wrong(nodes[1], gone), start(settings), list[Figure]()
    for begin_s in np.arange(0.0, SPAN_S, 1.0):
        for node in nodes:
            time_s, values = samples[node]
            part = (time_s >= begin_s) & (time_s < begin_s + 1.0)
            state, report = step(settings, state, Block(node, time_s[part], values[part], 0.0005))
            figures += [figure for figure in report.figures if figure.metric == "stance_time"]
    assert figures[-1].end_s >= SPAN_S - 20.0  # nobody waits for the one that is not heard
    assert Reason.SENSOR_FAULT not in {figure.reason for figure in figures}
    assert figures[-1].reason == (Reason.ONE_SIDE_MISSING if from_s == 0.0 else Reason.NONE)


def test_a_force_that_never_changes_feet_still_has_its_figures() -> None:
    time_s = np.arange(0.0, 60.0, 0.01)
    swaying = 400.0 + 50.0 * np.sin(time_s)
    settings = MonitorSettings(SOLES)
    state, ends = start(settings), list[float]()
    for begin in range(0, time_s.size, 100):
        part = slice(begin, begin + 100)
        for node, force in zip(SOLES, (swaying, 800.0 - swaying), strict=True):
            values = np.repeat(force[part, np.newaxis], len(node.channels), axis=1)
            state, report = step(settings, state, Block(node.id, time_s[part], values))
            ends += [figure.end_s for figure in report.figures if figure.metric == "load_share"]
    assert ends == [10.0, 20.0, 30.0, 40.0, 50.0]
