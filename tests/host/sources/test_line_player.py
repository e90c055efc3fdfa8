"""A recording played as a line of nodes into the host's own conversation: what comes out has the recorded bits."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.errors import EvensideError, ReadError, SourceError
from evenside.readers import NoteSink, Progress, Recording
from evenside.sources import LinkEvent, SourceItem
from evenside.sources.line_player import LinePlayer
from evenside.sources.line_talk import LineTalk
from evenside.sources.link_timings import LinkTimings
from evenside.wire import EventFrame, Op, Rejected, Reply, StatusFrame, decode_packet
from evenside_analysis.types import Block, Node

LEFT = Node("left_foot", "foot", "left", ("acc_x", "gyr_z"), 204.8, gravity=False)
RIGHT = Node("right_pedal", "pedal", "right", ("power",), 1.0)
FAST = float("inf")
STEP_S = 0.02


def recorded(
    blocks: Iterable[Block], nodes: tuple[Node, ...] = (LEFT, RIGHT), error: EvensideError | None = None
) -> Recording:
    """A recording of these blocks, that cannot be read on behind them where there is an error."""
    made = sorted(blocks, key=lambda block: float(block.time_s[0]))

    def stream(note: NoteSink, progress: Progress) -> Iterator[Block]:
        for count, block in enumerate(made, 1):
            yield block
            progress(count)
        if error is not None:
            raise error

    return Recording("walk", (Path("walk.csv"),), "lab", nodes, 0.0, "one time column", len(made), stream)


def node_block(node: Node, time_us: Iterable[int], clock_error_s: float = 0.0) -> Block:
    """Samples that tell their number, their node and their channel."""
    times = np.array(list(time_us), np.int64)
    values = np.arange(times.size)[:, None] + np.linspace(0.25, 0.75, len(node.channels))
    return Block(node.id, times / 1e6, values, clock_error_s)


def bits(blocks: Iterable[Block]) -> dict[str, bytes]:
    """Time, clock error and values of every row of each node."""
    rows: dict[str, bytes] = {}
    for block in blocks:
        error = np.full(block.time_s.size, block.clock_error_s)
        rows[block.node] = rows.get(block.node, b"") + np.column_stack([block.time_s, error, block.values]).tobytes()
    return rows


@dataclass
class Wire:
    """A host and a player on one line, and a clock that both are told. ``cut`` says how much the host fetches."""

    recording: Recording
    speed: float = FAST
    nodes: tuple[Node, ...] | None = None
    cut: Callable[[], int] = lambda: 4096
    spoil: Callable[[bytes], bytes] = lambda data: data
    now_s: float = 100.0
    items: list[SourceItem] = field(default_factory=list)
    waiting: bytes = b""
    plugged: bool = True

    def __post_init__(self) -> None:
        self.player = LinePlayer(self.recording, self.speed, 7)
        nodes = self.recording.nodes if self.nodes is None else self.nodes
        self.host = LineTalk(nodes, {}, LinkTimings(), random.Random(1))
        self.host.opened(self._write, self.now_s)

    def _write(self, data: bytes) -> float:
        self.player.receive(data, self.now_s)
        return self.now_s

    def step(self) -> list[SourceItem]:
        """One turn of the host's loop; more is asked of the player only when nothing waits."""
        if self.plugged:
            self.waiting = self.waiting or self.spoil(self.player.send(self.now_s))
            size = self.cut()
            fetched, self.waiting = self.waiting[:size], self.waiting[size:]
            self.host.feed(fetched, self.now_s)
        self.host.tick(self.now_s)
        self.now_s += STEP_S
        new = self.host.take()
        self.items += new
        return new

    def run(self, steps: int = 20_000) -> Wire:
        """Until the host has it all."""
        for _ in range(steps):
            self.step()
            if self.host.ended:
                return self
        raise AssertionError(f"not over: {self.items[-3:]}")

    def until(self, enough: Callable[[], bool]) -> None:
        for _ in range(20_000):
            self.step()
            if enough():
                return
        raise AssertionError(f"never came: {self.items[-3:]}")

    def unplug(self) -> None:
        self.plugged = False
        self.waiting = b""
        self.player.lost()
        self.host.lost("unplugged", self.now_s)

    def plug(self) -> None:
        self.plugged = True
        self.host.opened(self._write, self.now_s)

    @property
    def blocks(self) -> list[Block]:
        return [item for item in self.items if isinstance(item, Block)]

    def events(self, kind: str) -> list[LinkEvent]:
        return [item for item in self.items if isinstance(item, LinkEvent) and item.kind == kind]


def two_sides(count: int = 1500) -> Recording:
    """Times of 204.8 Hz in whole microseconds, with losses; and a pedal that begins 1.5 s late, once a second."""
    left = node_block(LEFT, (round(i / 204.8 * 1e6) for i in range(count)))
    left.values[40:95] = np.nan
    right = node_block(RIGHT, range(1_500_000, round(count / 204.8 * 1e6), 1_000_000), 0.002)
    return recorded([left, right])


# --- the law ----------------------------------------------------------------------------------------------------------

VALUES = st.floats(allow_nan=True, allow_infinity=True, width=64)


@st.composite
def played(draw: st.DrawFn) -> Recording:
    """Two nodes on odd grids, with steps of 1 µs to hours, lost samples, and clock errors that change."""
    blocks: list[Block] = []
    for node in (LEFT, RIGHT):
        steps = draw(st.lists(st.sampled_from([1, 4882, 4883, 4883, 65_536, 10**6, 90 * 60 * 10**6]), max_size=40))
        start = draw(st.sampled_from([0, 12_345, 2**32 - 30_000, 2**33 + 7]))
        time_us = start + np.cumsum(np.array([0, *steps], np.int64))
        size = time_us.size * len(node.channels)
        values = np.array(draw(st.lists(VALUES, min_size=size, max_size=size))).reshape(time_us.size, -1)
        values[draw(st.lists(st.integers(0, time_us.size - 1), max_size=9))] = np.nan
        cuts = sorted(draw(st.sets(st.integers(1, time_us.size), max_size=3)) | {0, time_us.size})
        for first, end in itertools.pairwise(cuts):
            error_s = draw(st.sampled_from([0.0, 1e-4 / 3, 0.25, np.inf]))
            blocks.append(Block(node.id, time_us[first:end] / 1e6, values[first:end], error_s))
    return recorded(blocks)


@settings(max_examples=60, deadline=None)
@given(recording=played(), seed=st.integers(0, 9), speed=st.sampled_from([FAST, FAST, 10_000.0]))
def test_every_row_comes_back_with_its_time_and_clock_error_bit_for_bit(
    recording: Recording, seed: int, speed: float
) -> None:
    rng = random.Random(seed)
    wire = Wire(recording, speed, cut=lambda: rng.choice((1, 7, 64, 4096))).run()
    assert bits(wire.blocks) == bits(recording.read())
    assert [event.node for event in wire.events("ended")] == ["left_foot", "right_pedal"]
    assert not wire.events("garbage")


def test_what_the_line_damages_is_sent_again() -> None:
    rng = random.Random(3)

    def spoil(data: bytes) -> bytes:
        packets = data.split(b"\0")
        return b"\0".join(packet[:9] if rng.random() < 0.2 else packet for packet in packets)

    recording = two_sides()
    wire = Wire(recording, spoil=spoil).run()
    assert bits(wire.blocks) == bits(recording.read())
    assert wire.events("backfill")
    assert wire.events("garbage")


def test_what_was_sent_before_the_answer_to_start_came_through_is_asked_for() -> None:
    """The first answer, every status and every event are lost: nothing but the next START tells of the frames."""
    answers = 0

    def spoil(data: bytes) -> bytes:
        nonlocal answers
        kept = b""
        for packet in filter(None, data.split(b"\0")):
            found = decode_packet(packet)
            assert not isinstance(found, Rejected)
            start = found[0] == 0 and isinstance(found[1], Reply) and found[1].op == Op.START
            answers += start
            if not isinstance(found[1], StatusFrame | EventFrame) and not (start and answers == 1):
                kept += packet + b"\0"
        return kept

    recording = two_sides()
    wire = Wire(recording, spoil=spoil)
    wire.until(lambda: len(wire.events("connected")) > 3)
    assert bits(wire.blocks) == bits(recording.read())


def test_an_end_that_nobody_counted_is_not_called_whole() -> None:
    def spoil(data: bytes) -> bytes:
        """After the end nothing is heard of how many frames there were."""
        packets = [packet for packet in data.split(b"\0") if packet]
        frames = [(packet, decode_packet(packet)) for packet in packets]
        kept = [
            packet
            for packet, found in frames
            if not isinstance(found, Rejected)
            and not isinstance(found[1], StatusFrame)
            and not (isinstance(found[1], Reply) and found[1].op == Op.HELLO and wire.player.ended)
        ]
        return b"".join(packet + b"\0" for packet in kept)

    wire = Wire(two_sides(), spoil=spoil)
    wire.run()
    assert {event.detail for event in wire.events("ended")} == {"it did not tell how many frames there are"}
    assert len(wire.blocks) > 4


def test_a_plug_that_is_pulled_in_between_costs_nothing() -> None:
    recording = two_sides()
    wire = Wire(recording)
    wire.until(lambda: len(wire.blocks) > 4)
    wire.unplug()
    for _ in range(200):
        wire.step()
    wire.plug()
    wire.run()
    assert bits(wire.blocks) == bits(recording.read())
    assert [event.kind for event in wire.events("lost")] == ["lost"]


def test_a_host_that_falls_behind_is_waited_for() -> None:
    recording = two_sides(4000)
    wire = Wire(recording, cut=lambda: 16)
    wire.until(lambda: bool(wire.blocks))
    most = 0
    while not wire.host.ended:
        wire.host.excuse(wire.now_s)
        wire.step()
        most = max(most, len(wire.waiting))
    assert most < 10_000  # one piece, and a status
    assert bits(wire.blocks) == bits(recording.read())
    assert not wire.events("silent")


@pytest.mark.parametrize("excused", [False, True])
def test_who_was_not_listened_to_was_not_silent(excused: bool) -> None:
    wire = Wire(recorded([node_block(LEFT, [0, 4883, 60_000_000])], (LEFT,)), 1.0)
    wire.until(lambda: bool(wire.events("connected")))
    for _ in range(250):
        if excused:
            wire.host.excuse(wire.now_s)
        wire.step()
    assert bool(wire.events("silent")) is not excused


# --- pace -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_samples_come_when_they_are_due_and_not_much_later(speed: float) -> None:
    wire = Wire(two_sides(), speed)
    wire.until(lambda: len(wire.events("connected")) == 2)
    begun_s = wire.now_s
    behind_s: list[float] = []
    while not wire.host.ended:
        since_s = wire.now_s - begun_s
        behind_s += [since_s - float(item.time_s[-1]) / speed for item in wire.step() if isinstance(item, Block)]
    assert min(behind_s) >= -2 * STEP_S
    assert max(behind_s) <= 2 * 0.25 + 0.25 * speed + 1.0 / speed


def test_it_says_how_long_there_is_nothing_to_do() -> None:
    wire = Wire(two_sides(), 1.0)
    assert wire.player.wait_s(wire.now_s) == float("inf")  # nobody listens
    wire.until(lambda: bool(wire.blocks))
    assert 0.0 <= wire.player.wait_s(wire.now_s) <= 0.25
    wire.run()
    assert wire.player.wait_s(wire.now_s) == float("inf")


def test_progress_counts_what_was_read() -> None:
    seen: list[tuple[int, int]] = []
    recording = two_sides()
    player = LinePlayer(recording, FAST, 1, progress=lambda done, total: seen.append((done, total)))
    wire = Wire(recording)
    wire.player = player
    wire.run()
    assert seen[-1] == (2, 2)


# --- who listens ------------------------------------------------------------------------------------------------------


def test_a_host_that_wants_one_node_gets_that_one_from_its_first_sample() -> None:
    recording = two_sides()
    wire = Wire(recording, nodes=(LEFT,)).run()
    assert bits(wire.blocks) == {"left_foot": bits(recording.read())["left_foot"]}


def test_channels_may_be_fewer_and_in_another_order() -> None:
    recording = two_sides()
    wire = Wire(recording, nodes=(replace(LEFT, channels=("gyr_z",)),)).run()
    values = np.concatenate([block.values for block in recording.read() if block.node == "left_foot"])
    assert np.concatenate([block.values for block in wire.blocks]).tobytes() == values[:, [1]].tobytes()


def test_nothing_is_played_before_the_host_asks_for_it() -> None:
    player = LinePlayer(two_sides(), FAST, 7)
    for step in range(500):
        player.send(step * STEP_S)
    wire = Wire(two_sides())
    wire.player = player
    assert bits(wire.run().blocks) == bits(two_sides().read())


def test_a_host_that_stops_is_followed_by_one_that_gets_the_rest() -> None:
    recording = two_sides()
    wire = Wire(recording)
    wire.until(lambda: len(wire.blocks) > 6)
    wire.host.close()
    while wire.waiting or wire.player.wait_s(wire.now_s) == 0.0:
        wire.step()
    first = bits(wire.blocks)["left_foot"]
    second = Wire(recording, now_s=wire.now_s + 100.0)
    second.player = wire.player
    rest = bits(second.run().blocks)["left_foot"]
    whole = bits(recording.read())["left_foot"]
    assert rest
    assert whole.startswith(first)
    assert whole.endswith(rest)


# --- what cannot be played --------------------------------------------------------------------------------------------


def test_a_channel_that_the_wire_has_no_code_for_is_named() -> None:
    node = replace(LEFT, channels=("acc_x", "emg_1"))
    with pytest.raises(SourceError, match=r"walk: node left_foot cannot be played as a device: 'emg_1'") as raised:
        LinePlayer(recorded([node_block(node, [0])], (node,)), FAST, 1)
    assert "without --pty" in raised.value.mend


def test_a_time_before_the_session_is_named() -> None:
    with pytest.raises(SourceError, match=r"left_foot: the sample at -0\.5 s lies before"):
        LinePlayer(recorded([node_block(LEFT, [-500_000, 0])], (LEFT,)), FAST, 1)


def test_what_was_good_before_a_damaged_place_is_played_and_the_error_kept() -> None:
    error = ReadError("walk.csv: 11 of 100 lines are wrong", mend="check the file")
    recording = recorded([node_block(LEFT, range(0, 40_000, 4000))], (LEFT,), error)
    wire = Wire(recording).run()
    assert np.concatenate([block.time_s for block in wire.blocks]).tolist() == [i * 4000 / 1e6 for i in range(10)]
    assert wire.player.failure is error


def test_what_cannot_be_read_at_all_is_told_before_anything_is_opened() -> None:
    error = ReadError("walk.csv: no such file", mend="check the path")
    with pytest.raises(ReadError, match="no such file"):
        LinePlayer(recorded([], (LEFT,), error), FAST, 1)


def test_a_recording_without_a_sample_is_over_at_once() -> None:
    wire = Wire(recorded([], (LEFT,))).run()
    assert wire.blocks == []
    assert wire.events("ended")
