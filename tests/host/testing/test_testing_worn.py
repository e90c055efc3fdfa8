"""A node on the simulated wearer: its frames hold what was felt at its own ticks, however often it is asked."""

from __future__ import annotations

import numpy as np
import pytest

from evenside.simulator import Device, Oscillator, Wearer, advance, default_nodes, start
from evenside.sources import parse_source_url
from evenside.sources.simulate_options import simulate_options
from evenside.testing.worn import worn_node
from evenside.wire import GATT_CONTROL, GATT_STREAM, DataFrame, commands, decode_frame, encode_frame
from evenside_analysis.types import Node

ZERO_S = 1000.0  # the session begins at this time of the clock that drives the emulator
MADE_S = 1002.5
NODE = next(node for node in default_nodes() if node.id == "left_foot")


def wearer() -> Wearer:
    return simulate_options(parse_source_url("simulate://?script=demo&repeat=yes&seed=4")).wearer


def heard(ppm: float, until_s: float, steps_s: list[float]) -> list[DataFrame]:
    """The data frames of a node that was switched on at MADE_S and asked in steps of these lengths, over and over."""
    node = worn_node(wearer(), NODE, "EV-1", zero_s=ZERO_S, ppm=ppm, boot_id=1)
    node.advance(MADE_S)
    node.write(GATT_CONTROL, encode_frame(commands.start(1, 130, 0)), MADE_S)
    frames, now_s, at = [], MADE_S, 0
    while now_s < until_s:
        now_s, at = now_s + steps_s[at % len(steps_s)], at + 1
        frames += [decode_frame(note) for uuid, note in node.advance(min(now_s, until_s)) if uuid == GATT_STREAM]
    return [frame for frame in frames if isinstance(frame, DataFrame)]


@pytest.mark.parametrize("ppm", [-40.0, 0.0, 90.0])
def test_a_frame_holds_what_the_wearer_felt_at_its_ticks(ppm: float) -> None:
    frames = heard(ppm, 1064.0, [0.013, 0.4])  # beyond the page of the simulator that ends at 60 s
    told_us = np.concatenate([frame.t_first_us + np.arange(frame.count) * frame.period_us for frame in frames])
    assert np.array_equal(np.diff(told_us), np.full(told_us.size - 1, 10_000))
    device = Device(NODE, oscillator=Oscillator(ZERO_S - MADE_S, ppm))
    _, piece = advance(wearer(), (device,), start(wearer(), (device,)), 64.0)
    (felt,) = piece.samples
    at = np.searchsorted(felt.device_us, told_us)
    assert np.array_equal(felt.device_us[at], told_us)
    counts = np.rint(felt.values[at] / np.asarray(NODE.scale))
    sent = np.frombuffer(b"".join(frame.payload for frame in frames), "<i2").reshape(-1, 6)
    assert np.array_equal(sent, counts)
    assert np.ptp(sent[:, 0]) > 1000


def test_how_often_it_is_asked_changes_nothing() -> None:
    assert heard(40.0, 1010.0, [0.005]) == heard(40.0, 1010.0, [0.005, 0.7, 0.031])


def test_what_the_wearer_does_not_wear_is_refused() -> None:
    node = Node("hand", "grip", "left", ("force",), 80.0)
    with pytest.raises(ValueError, match="no sensor at site grip"):
        worn_node(wearer(), node, "EV-1", zero_s=0.0, boot_id=1)
