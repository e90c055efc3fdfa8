"""The way back to a node: a light or a buzz, once, in time, and without disturbing its stream."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evenside.readers import NoteSink, Progress, Recording
from evenside.sources import Prompt, Prompts, SourceItem
from evenside.sources.line_player import LinePlayer
from evenside.sources.line_talk import LineTalk
from evenside.sources.link_timings import LinkTimings
from evenside.wire import Command, Op, Rejected, commands, decode_packet
from evenside_analysis.types import Block, Node

NODE = Node("left_strap", "strap", "left", ("force",), 100.0)
STEP_S = 0.02


def recording(seconds: float) -> Recording:
    def stream(note: NoteSink, progress: Progress) -> object:
        for first in range(0, round(100 * seconds), 10):
            times = np.arange(first, first + 10) * 10_000 / 1e6
            yield Block(NODE.id, times, np.ones((10, 1)), 0.0)

    return Recording("strap", (Path("strap.csv"),), "lab", (NODE,), 0.0, "one time column", 1, stream)  # type: ignore[arg-type]


class Wire:
    """A host and a player on one line. ``asked``: the commands that reached the player."""

    def __init__(self, *, deaf_to: Callable[[int], bool] = lambda op: False) -> None:
        self.now_s = 100.0
        self.prompts = Prompts()
        self.asked: list[Command] = []
        self.items: list[SourceItem] = []
        self._deaf_to = deaf_to
        self.player = LinePlayer(recording(30.0), 1.0, 7)
        self.host = LineTalk((NODE,), {}, LinkTimings(), random.Random(1), self.prompts)
        self.host.opened(self._write, self.now_s)

    def _write(self, data: bytes) -> float:
        command = command_of(data)
        self.asked.append(command)
        if not self._deaf_to(command.op):
            self.player.receive(data, self.now_s)
        return self.now_s

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.host.feed(self.player.send(self.now_s), self.now_s)
            self.host.tick(self.now_s)
            self.items += self.host.take()
            self.now_s += STEP_S

    @property
    def shown(self) -> list[bytes]:
        """What lights and buzzers were told to do."""
        return [command.args for command in self.asked if command.op == Op.LED]


def command_of(data: bytes) -> Command:
    """Of an encoded packet."""
    found = decode_packet(data.rstrip(b"\0"))
    assert not isinstance(found, Rejected)
    assert isinstance(found[1], Command)
    return found[1]


def test_a_prompt_reaches_its_node_once() -> None:
    wire = Wire()
    wire.run(5.0)
    wire.prompts.put(NODE.id, Prompt(wire.now_s + 5.0, lamp=True, buzz=True, duration_ms=250, times=2))
    wire.run(2.0)
    assert wire.shown == [commands.light(0, lamp=True, buzz=True, duration_ms=250, times=2).args]
    wire.run(3.0)
    assert len(wire.shown) == 1


def test_one_that_comes_too_late_is_let_be() -> None:
    wire = Wire()
    wire.prompts.put(NODE.id, Prompt(wire.now_s - 1.0))
    wire.run(5.0)
    assert wire.shown == []


def test_the_newest_outranks_and_strangers_get_nothing() -> None:
    prompts = Prompts()
    prompts.put("a", Prompt(10.0, times=1))
    prompts.put("a", Prompt(10.0, times=2))
    assert prompts.take("b", 0.0) is None
    assert prompts.take("a", 10.0) == Prompt(10.0, times=2)
    assert prompts.take("a", 10.0) is None


def test_a_node_that_does_not_answer_to_lights_goes_on_streaming() -> None:
    wire = Wire(deaf_to=lambda op: op == Op.LED)
    wire.run(5.0)
    wire.prompts.put(NODE.id, Prompt(wire.now_s + 5.0))
    wire.run(15.0)
    assert len(wire.shown) == LinkTimings().tries
    kinds = [getattr(item, "kind", "") for item in wire.items]
    assert "silent" not in kinds
    heard = sum(item.time_s.size for item in wire.items if isinstance(item, Block))
    assert heard > 1500
