"""A live view that runs ahead of samples which are still awaited: it changes nothing, and is void once they came."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from evenside.daemon.foresight import Foresight, Provisional
from evenside.simulator import Asymmetry, Device, Script, Stand, Walk, Wearer, advance, default_nodes, start
from evenside_analysis import monitor
from evenside_analysis.report import Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Figure

SECONDS = 90.0
NODES = tuple(node for node in default_nodes(100.0) if node.site == "insole")
SETTINGS = MonitorSettings(nodes=NODES, window_s=20.0, hop_s=5.0)
LEFT, RIGHT = (node.id for node in NODES)


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[Block]]:
    """A walk of a minute and a half, in blocks of half a second for each side."""
    script: Script = (Stand(3.0), Walk(SECONDS, Asymmetry(stance_time=8.0)))
    wearer = Wearer(script, 1)
    devices = tuple(Device(node) for node in NODES)
    piece = advance(wearer, devices, start(wearer, devices), math.inf)[1]
    return {
        node.id: [
            Block(node.id, samples.true_s[at : at + 50], samples.values[at : at + 50], 0.0)
            for at in range(0, samples.true_s.size, 50)
        ]
        for node, samples in zip(NODES, piece.samples, strict=True)
    }


def paired(blocks: dict[str, list[Block]], first: int, end: int) -> Iterator[Block]:
    for left, right in zip(blocks[LEFT][first:end], blocks[RIGHT][first:end], strict=True):
        yield left
        yield right


def figures_of(reports: Sequence[Report]) -> list[Figure]:
    return [figure for report in reports for figure in report.figures]


def run(state: monitor.MonitorState, given: Iterator[Block]) -> tuple[monitor.MonitorState, list[Report]]:
    reports = []
    for block in given:
        state, report = monitor.step(SETTINGS, state, block)
        reports.append(report)
    return state, reports


def nothing(node: str, at_s: float) -> Block:
    channels = len(NODES[0].channels)
    return Block(node, np.array([at_s]), np.full((1, channels), np.nan), 0.0)


def test_figures_go_on_while_one_side_is_awaited_and_come_again_with_it(
    blocks: dict[str, list[Block]],
) -> None:
    state, _ = run(monitor.start(SETTINGS), paired(blocks, 0, 80))  # 40 s
    frozen = pickle.dumps(state)
    foresight = Foresight(SETTINGS)
    ahead: list[Provisional] = []
    # Of the right foot 40 to 50 s are missing; what follows is here.
    gap_s = float(blocks[RIGHT][100].time_s[0]) - 0.01
    ahead += foresight.told(state, RIGHT, nothing(RIGHT, gap_s))
    waiting = state
    here: list[Block | None] = [*[None] * 20, *blocks[RIGHT][100:160]]
    for left, right in zip(blocks[LEFT][80:160], here, strict=True):
        waiting, report = monitor.step(SETTINGS, waiting, left)
        assert not report.figures  # the true state waits for the right foot
        ahead += foresight.followed(left)
        if right is not None:
            ahead += foresight.told(waiting, RIGHT, right)
    assert pickle.dumps(state) == frozen
    ends = sorted({figure.end_s for found in ahead for figure in found.report.figures})
    assert len(ends) >= 6
    assert ends[-1] > 70.0
    # The backfill comes: the state catches up with the very bits that it would have had.
    late = iter(blocks[RIGHT][80:160])
    after, reports = run(waiting, late)
    assert foresight.told(after, RIGHT, None) == []
    _, expected = run(monitor.start(SETTINGS), paired(blocks, 0, 160))
    again = figures_of(reports)
    assert {figure.end_s for figure in again} >= set(ends)
    in_order = {(figure.site, figure.metric, figure.end_s): repr(figure) for figure in figures_of(expected)}
    assert all(repr(figure) == in_order[figure.site, figure.metric, figure.end_s] for figure in again)
    assert foresight.followed(blocks[LEFT][160]) == []


def test_what_is_told_ahead_of_one_node_survives_the_end_of_the_other(blocks: dict[str, list[Block]]) -> None:
    state, _ = run(monitor.start(SETTINGS), paired(blocks, 0, 40))
    foresight = Foresight(SETTINGS)
    found: list[Provisional] = []
    for left, right in zip(blocks[LEFT][40:100], blocks[RIGHT][40:100], strict=True):
        found += foresight.told(state, LEFT, left)
        found += foresight.told(state, RIGHT, right)
    before = figures_of([one.report for one in found])
    state, _ = run(state, iter(blocks[LEFT][40:100]))
    again = figures_of([one.report for one in foresight.told(state, LEFT, None)])
    assert [(one.metric, one.end_s, one.ai) for one in again] == [(one.metric, one.end_s, one.ai) for one in before]


def test_nothing_is_looked_at_twice_while_nothing_is_awaited(blocks: dict[str, list[Block]]) -> None:
    foresight = Foresight(SETTINGS)
    assert foresight.followed(blocks[LEFT][0]) == []
    assert foresight.told(monitor.start(SETTINGS), LEFT, None) == []


def test_a_wait_without_end_is_not_kept(blocks: dict[str, list[Block]]) -> None:
    state, foresight = monitor.start(SETTINGS), Foresight(SETTINGS)
    for second in range(3000):
        foresight.told(state, LEFT, nothing(LEFT, float(second)))
    assert sum(map(len, foresight._ahead.values())) <= 1024


def test_a_fork_that_fails_harms_nobody(blocks: dict[str, list[Block]]) -> None:
    state, foresight = monitor.start(SETTINGS), Foresight(SETTINGS)
    wrong = Block(LEFT, np.array([1.0]), np.zeros((1, 7)), 0.0)
    assert foresight.told(state, LEFT, wrong) == []
    assert foresight.followed(blocks[RIGHT][0]) == []
