"""One pair of two makers: our own node on the left foot at 200 Hz, a WitMotion on the right one at 100 Hz.

The whole way from what a simulated wearer feels to the figures: emulated sensors, radio, stack, bleak, ``ble://``,
monitor. One of them has a clock that is compared with the host's, the other has none.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evenside.simulator import Device, Stand, Walk, Wearer, advance, default_nodes, start
from evenside.sources import SourceRequest, parse_source_url
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.timings import BleTimings
from evenside.testing import RadioModel, world
from evenside.testing.emulators import WitMotionEmulator
from evenside.testing.worn import worn_node
from evenside_analysis import monitor
from evenside_analysis.metrics import figure_words
from evenside_analysis.report import Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Block, Figure, Node, Reason

SPAN_S = 40.0
FEET = {node.side: node for node in default_nodes(200.0) if node.site == "foot"}
NODES = (FEET["left"], replace(FEET["right"], rate_hz=100.0, scale=None))
WEARER = Wearer((Stand(6.0), Walk(SPAN_S - 6.0)), seed=3)


def felt(node: Node, zero_s: float) -> Callable[[float], list[float]]:
    """What a sensor on the right foot feels at a moment of the clock that shows ``zero_s`` when the session begins."""
    fine = Device(replace(node, rate_hz=400.0))
    _, piece = advance(WEARER, (fine,), start(WEARER, (fine,)), SPAN_S)
    (samples,) = piece.samples

    def signal(at_s: float) -> list[float]:
        at = int(np.searchsorted(samples.true_s, at_s - zero_s))
        return [float(value) for value in samples.values[min(at, samples.values.shape[0] - 1)]]

    return signal


async def walked() -> tuple[Summary, dict[str, float]]:
    """The figures of the walk, and the largest clock error that each side stated once it was timed."""
    loop = asyncio.get_running_loop()
    zero_s = loop.time()
    left, right = NODES
    request = SourceRequest(
        parse_source_url("ble://"),
        NODES,
        {left.id: "EV-1", right.id: "WT901BLE68"},
        lambda: loop.time() - zero_s,
        {right.id: "witmotion"},
    )
    settings = MonitorSettings(NODES)
    state, errors_s = monitor.start(settings), dict[str, float]()
    async with world(RadioModel(0.015), seed=4) as room:
        await room.add(worn_node(WEARER, left, "EV-1", zero_s=zero_s, ppm=40.0, boot_id=1))
        await room.add(WitMotionEmulator(felt(right, zero_s), name="WT901BLE68", rate_hz=100.0))
        radio = Radio(room.scanner, room.client, room.adapter)
        async with open_ble_with(request, radio, BleTimings(), random.Random(1)) as items:
            async for item in items:
                if loop.time() - zero_s > SPAN_S:
                    break
                if isinstance(item, Block):
                    state, _ = monitor.step(settings, state, item)
                    if np.isfinite(item.values).any():
                        errors_s[item.node] = item.clock_error_s
    state, _ = monitor.finish(settings, state)
    return monitor.summary(settings, state), errors_s


@pytest.mark.slow
def test_two_makers_form_a_pair_whose_step_time_is_withheld_because_one_has_no_clock() -> None:
    summary, errors_s = asyncio.run(walked())
    figures: dict[str, Figure] = {figure.metric: figure for figure in summary.figures if figure.site == "foot"}
    assert errors_s["left_foot"] < 0.005
    assert errors_s["right_foot"] >= 0.02  # as declared
    step, stance = figures["step_time"], figures["stance_time"]
    assert step.reason == Reason.SYNC
    assert np.isnan(step.ai)
    assert "ms, at most" in figure_words(step)
    assert step.sync_error_s >= 0.02
    # What each side measures by itself needs no common clock.
    assert stance.reason == Reason.NONE
    assert stance.n >= 10
    assert 0.5 < stance.left_mean < 0.9
    assert 0.5 < stance.right_mean < 0.9
