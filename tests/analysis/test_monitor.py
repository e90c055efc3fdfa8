"""The monitor's one entrance: what a summary says of every node, and figures where a side or a sample is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside_analysis.monitor import MonitorState, finish, start, step, summary
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import ACC, FORCE, GYR, POWER, Block, Figure, Floats, Node, Reason

LEFT = Node("li", "insole", "left", (FORCE,), 100.0, clock="a")
RIGHT = Node("ri", "insole", "right", (FORCE,), 100.0, clock="b")
BOTH = MonitorSettings((LEFT, RIGHT), window_s=20.0, hop_s=10.0)


def walking(time_s: Floats, offset: float, stance: float, stride_s: float = 1.1) -> Floats:
    phase = (time_s / stride_s + offset) % 1.0
    inside = phase < stance
    return np.where(inside, 800.0 * np.sin(np.pi * np.clip(phase / stance, 0.0, 1.0)) ** 0.3, 0.0)


def block(node: Node, first_s: float, end_s: float, *, stance: float = 0.62, error_s: float = 0.0004) -> Block:
    index = np.arange(round(first_s * node.rate_hz), round(end_s * node.rate_hz))
    time_s = np.round(index / node.rate_hz * 1e6) / 1e6
    offset = 0.0 if node.side == "left" else 0.5
    values = walking(time_s, offset, stance)[:, np.newaxis].repeat(len(node.channels), axis=1)
    return Block(node.id, time_s, values, error_s)


def silence(node: Node, until_s: float) -> Block:
    return Block(node.id, np.array([until_s]), np.full((1, len(node.channels)), np.nan))


def folded(settings: MonitorSettings, *blocks: Block) -> tuple[MonitorState, list[Report]]:
    state, reports = start(settings), []
    for one in blocks:
        state, report = step(settings, state, one)
        reports.append(report)
    return state, reports


def of(figures: tuple[Figure, ...], metric: str) -> Figure:
    (found,) = (figure for figure in figures if figure.metric == metric)
    return found


def test_a_walk_gives_the_stance_times_it_was_made_with() -> None:
    state, reports = folded(BOTH, block(LEFT, 0.0, 65.0), block(RIGHT, 0.0, 65.0, stance=0.66))
    figure = of(summary(BOTH, state).figures, "stance_time")
    # The shape leaves 50 N a little after its start, and falls through 100 N a little before its end.
    assert figure.left_mean == pytest.approx(0.62 * 1.1, abs=0.01)
    assert figure.right_mean == pytest.approx(0.66 * 1.1, abs=0.01)
    assert figure.ai == pytest.approx(100.0 * 0.04 / 1.28, abs=0.2)
    assert (figure.side, figure.reason) == ("right", "")
    windows = [one for report in reports for one in report.figures if one.metric == "stance_time"]
    assert [(one.start_s, one.end_s) for one in windows] == [
        (0.0, 10.0),
        (0.0, 20.0),
        (10.0, 30.0),
        (20.0, 40.0),
        (30.0, 50.0),
    ]
    assert all(one.completeness_left == one.completeness_right == 1.0 for one in windows)


def test_a_node_is_heard_of_from_the_first_to_the_last_moment_of_the_session() -> None:
    state, _ = folded(BOTH, block(LEFT, 0.0, 30.0), block(RIGHT, 5.0, 10.0), block(RIGHT, 12.0, 20.0))
    found = summary(BOTH, state)
    assert (found.start_s, found.end_s) == (0.0, 29.99)
    left, right = found.nodes
    assert (left.node, left.samples, left.lost, left.completeness) == ("li", 3000, 0, 1.0)
    # 5 s before, 2 s in the middle, 10 s after
    assert (right.node, right.samples, right.lost) == ("ri", 1300, 1700)
    assert right.completeness == pytest.approx(13.0 / 30.0)


def test_a_node_that_never_spoke_is_named_and_its_partner_is_still_shown() -> None:
    silent = [silence(RIGHT, at) for at in (10.0, 20.0, 30.0, 40.0)]
    state, reports = folded(BOTH, block(LEFT, 0.0, 40.0), *silent)
    found = summary(BOTH, state)
    assert found.nodes[1].samples == 0
    assert found.nodes[1].lost == 3999
    assert found.nodes[1].completeness == 0.0
    assert math.isnan(found.nodes[1].clock_error_s)
    assert math.isnan(found.sync_error_s)
    assert "ri was never heard" in found.checks.words
    for figure in (of(found.figures, "stance_time"), of(reports[-1].figures[-8:], "stance_time")):
        assert figure.reason == Reason.ONE_SIDE_MISSING
        assert figure.n_left >= 6
        assert figure.left_mean == pytest.approx(0.682, abs=0.01)
        assert (figure.n, figure.n_right, figure.completeness_right) == (0, 0, 0.0)


def test_a_session_without_a_sample_has_a_summary_all_the_same() -> None:
    for state in (start(BOTH), folded(BOTH, silence(LEFT, 5.0), silence(RIGHT, 5.0))[0]):
        found = summary(BOTH, state)
        assert (found.start_s, found.end_s, found.figures) == (0.0, 0.0, ())
        assert [(node.samples, node.lost) for node in found.nodes] == [(0, 0), (0, 0)]
        assert all(math.isnan(node.completeness) for node in found.nodes)


def test_the_summary_names_what_gives_no_figure() -> None:
    nodes = (
        LEFT,
        Node("rt", "thigh", "right", (*ACC, *GYR), 100.0),
        Node("lw", "wrist", "left", ACC, 50.0),
        Node("rw", "wrist", "right", ACC, 50.0),
        Node("back", "pelvis", "centre", ACC, 100.0),
    )
    words = summary(MonitorSettings(nodes), start(MonitorSettings(nodes))).checks.words
    for node in ("li", "rt"):
        assert f"{node} has no partner on the other side: no left/right figure comes from it" in words
    assert not [word for word in words if word.startswith("back has no")]
    assert "wrist: no left/right figure is made of what these nodes measure" in words


def test_both_clocks_count_where_none_is_shared() -> None:
    state, _ = folded(BOTH, block(LEFT, 0.0, 40.0, error_s=0.0003), block(RIGHT, 0.0, 40.0, error_s=0.0004))
    found = summary(BOTH, state)
    assert found.sync_error_s == pytest.approx(0.0005)
    assert of(found.figures, "step_time").sync_error_s == pytest.approx(0.0005)
    assert of(found.figures, "step_time").reason == ""
    shared = MonitorSettings((LEFT, Node("ri", "insole", "right", (FORCE,), 100.0, clock="a")), 20.0, 10.0)
    state, _ = folded(shared, block(LEFT, 0.0, 40.0, error_s=math.inf), block(RIGHT, 0.0, 40.0, error_s=math.inf))
    assert summary(shared, state).sync_error_s == 0.0


def test_a_clock_error_spoils_the_windows_in_which_it_lies_and_the_session() -> None:
    late = block(RIGHT, 30.0, 65.0, error_s=0.005)
    state, reports = folded(BOTH, block(LEFT, 0.0, 65.0), block(RIGHT, 0.0, 30.0), late)
    windows = [one for report in reports for one in report.figures if one.metric == "step_time"]
    assert [(one.end_s, one.reason) for one in windows] == [
        (10.0, ""),
        (20.0, ""),
        (30.0, ""),
        (40.0, Reason.SYNC),
        (50.0, Reason.SYNC),
    ]
    assert of(summary(BOTH, state).figures, "step_time").reason == Reason.SYNC
    assert of(summary(BOTH, state).figures, "stance_time").reason == ""


def test_lost_samples_lower_the_completeness_of_their_windows() -> None:
    blocks = (block(LEFT, 0.0, 65.0), block(RIGHT, 0.0, 24.0), block(RIGHT, 26.0, 65.0))
    _, reports = folded(BOTH, *blocks)
    windows = [one for report in reports for one in report.figures if one.metric == "stance_time"]
    assert [one.completeness_right for one in windows] == [1.0, 1.0, 0.9, 0.9, 1.0]
    assert [one.completeness_left for one in windows] == [1.0] * 5


@pytest.mark.parametrize(("load_n", "reason"), [((0.0, 50.0), ""), ((4.0, 4.0), None), ((-3.0, 65.0), "")])
def test_a_bag_on_one_strap_is_all_on_that_side_and_no_bag_is_no_figure(
    load_n: tuple[float, float], reason: str | None
) -> None:
    straps = MonitorSettings(
        tuple(Node(side, "strap", side, (FORCE,), 10.0) for side in ("left", "right")), window_s=20.0, hop_s=10.0
    )
    time_s = np.arange(0, 300) / 10.0
    blocks = [
        Block(side, time_s, np.full((300, 1), load)) for side, load in zip(("left", "right"), load_n, strict=True)
    ]
    state, _ = folded(straps, *blocks)
    found = summary(straps, state).figures
    if reason is None:
        assert found == ()
    else:
        assert (of(found, "load_share").ai, of(found, "load_share").side) == (100.0, "right")


def test_pedals_of_one_sample_a_second_give_a_share_of_power() -> None:
    pedals = MonitorSettings(tuple(Node(side, "pedal", side, (POWER,), 1.0) for side in ("left", "right")))
    time_s = np.arange(0.0, 120.0)
    blocks = [Block(side, time_s, np.full((120, 1), watt)) for side, watt in (("left", 90.0), ("right", 110.0))]
    state, _ = folded(pedals, *blocks)
    figure = of(summary(pedals, state).figures, "load_share")
    assert figure.ai == pytest.approx(10.0)
    assert figure.n == 59  # a window begins every two seconds


@pytest.mark.parametrize("channel", range(3))
def test_a_row_with_any_channel_missing_was_not_heard(channel: int) -> None:
    alone = MonitorSettings((Node("back", "pelvis", "centre", ACC, 100.0),))
    values = np.ones((100, 3))
    values[10:15, channel] = np.nan
    state, _ = folded(alone, Block("back", np.arange(100) / 100.0, values))
    (node,) = summary(alone, state).nodes
    assert (node.samples, node.lost) == (95, 5)


def test_the_end_of_a_session_decides_the_last_steps_and_hears_nothing() -> None:
    state, reports = folded(BOTH, block(LEFT, 0.0, 25.0), block(RIGHT, 0.0, 25.0))
    over, report = finish(BOTH, state)
    before, after = summary(BOTH, state), summary(BOTH, over)
    assert after.nodes == before.nodes
    assert (after.start_s, after.end_s) == (before.start_s, before.end_s)
    decided = {
        node: sum(s.strides.start_s.size for r in [*reports, report] for s in r.strides if s.node == node)
        for node in ("li", "ri")
    }
    # Contacts at 0, 1.1, … 24.2 and at 0.55, … 24.75; the last stances are not seen to end well before 25 s.
    assert decided == {"li": 22, "ri": 22}
    assert of(after.figures, "step_time").n > of(before.figures, "step_time").n
    assert finish(BOTH, start(BOTH))[1].figures == ()


def test_a_block_without_samples_says_nothing() -> None:
    state, reports = folded(BOTH, Block("li", np.empty(0), np.empty((0, 1))), block(LEFT, 0.0, 5.0))
    assert not any((reports[0].figures, reports[0].contacts, reports[0].strides, reports[0].rows, reports[0].alerts))
    assert summary(BOTH, state).nodes[0].samples == 500
