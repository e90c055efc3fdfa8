"""``replay://``: what was recorded comes out bit for bit, in time, for the nodes that were asked for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.errors import EvensideError, LayoutError, ReadError, SourceError
from evenside.readers import open_recording
from evenside.recording import Manifest, RecordingWriter
from evenside.sources import LinkEvent, SourceItem, SourceRequest, open_source, parse_source_url
from evenside.sources.replay import open_replay_with
from evenside.sources.replay_options import (
    AS_FAST_AS_TAKEN,
    ReplayOptions,
    open_replayed,
    recorded_nodes,
    replay_options,
    replay_url,
)
from evenside.sources.replay_pieces import pieces_of
from evenside_analysis.types import Block, Node

LAYOUT = """
name = "walk"
[table]
separator = "comma"
header = "line"
[time]
column = "t"
rate_hz = 20
[node.left_shank]
site = "shank"
side = "left"
gravity = false
[node.left_shank.channels]
acc_x = { column = "lx", unit = "g" }
acc_y = { column = "ly", unit = "g" }
acc_z = { column = "lz", unit = "g" }
gyr_y = { column = "lg", unit = "deg/s" }
[node.right_strap]
site = "strap"
side = "right"
[node.right_strap.channels]
force = { column = "f", unit = "N" }
"""
SHANK = Node("left_shank", "shank", "left", ("acc_x", "acc_y", "acc_z", "gyr_y"), 20.0, gravity=False)
STRAP = Node("right_strap", "strap", "right", ("force",), 20.0)


@pytest.fixture
def walk(tmp_path: Path) -> ReplayOptions:
    """Three seconds at 20 Hz; samples 10 to 14 are lost of the strap, 30 and 31 of both."""
    layout = tmp_path / "walk.toml"
    layout.write_text(LAYOUT)
    lines = ["t,lx,ly,lz,lg,f"]
    for i in range(60):
        cells = [f"{0.1 + i / 20:.2f}", f"{i}.5", f"{-i}.125", "0.25", f"{3 * i}", "" if 10 <= i < 15 else f"{i + 400}"]
        lines += [] if i in (30, 31) else [",".join(cells)]
    path = tmp_path / "walk 50%?.csv"
    path.write_text("\n".join(lines) + "\n")
    return ReplayOptions(path, str(layout), AS_FAST_AS_TAKEN)


@dataclass
class Clock:
    """A session clock that only sleeping moves on."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def now_s(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def replayed(
    options: ReplayOptions, nodes: tuple[Node, ...] = (SHANK, STRAP), clock: Clock | None = None
) -> list[tuple[float, SourceItem]]:
    """Every item with the moment at which it came."""
    ticking = clock or Clock()
    request = SourceRequest(parse_source_url(replay_url(options)), nodes, now_s=ticking.now_s)

    async def scenario() -> list[tuple[float, SourceItem]]:
        async with open_replay_with(request, sleep=ticking.sleep) as items:
            return [(ticking.now, item) async for item in items]

    return asyncio.run(scenario())


def blocks_of(items: Iterable[tuple[float, SourceItem]]) -> list[Block]:
    return [item for _, item in items if isinstance(item, Block)]


def events_of(items: Iterable[tuple[float, SourceItem]]) -> list[LinkEvent]:
    return [item for _, item in items if isinstance(item, LinkEvent)]


def bits(blocks: Iterable[Block]) -> dict[str, bytes]:
    """Time, clock error and values of every row of each node."""
    rows: dict[str, bytes] = {}
    for block in blocks:
        error = np.full(block.time_s.size, block.clock_error_s)
        rows[block.node] = rows.get(block.node, b"") + np.column_stack([block.time_s, error, block.values]).tobytes()
    return rows


# --- samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0, 1000.0, AS_FAST_AS_TAKEN])
def test_every_speed_gives_the_recorded_bits(walk: ReplayOptions, speed: float) -> None:
    items = replayed(replace(walk, speed=speed))
    assert bits(blocks_of(items)) == bits(open_recording(walk.path, walk.layout).read())
    assert all(block.values.flags.c_contiguous for block in blocks_of(items))


@pytest.mark.parametrize("speed", [1.0, 8.0])
def test_a_block_comes_when_its_last_sample_is_due(walk: ReplayOptions, speed: float) -> None:
    items = replayed(replace(walk, speed=speed), clock=Clock(now=100.0))
    for came_s, item in items:
        if isinstance(item, Block):
            assert came_s == pytest.approx(100.0 + float(item.time_s[-1]) / speed, abs=1e-9)
            assert float(item.time_s[-1] - item.time_s[0]) < 0.25 * speed
    lasts = [float(block.time_s[-1]) for block in blocks_of(items)]
    assert lasts == sorted(lasts)


def test_without_pacing_nobody_sleeps_and_blocks_are_as_they_were_read(walk: ReplayOptions) -> None:
    clock = Clock()
    items = replayed(walk, clock=clock)
    assert clock.slept == []
    assert [(block.node, block.time_s.size) for block in blocks_of(items)] == [("left_shank", 60), ("right_strap", 60)]


def test_nodes_are_found_by_place_and_give_the_channels_that_are_asked_for(walk: ReplayOptions) -> None:
    mine = Node("shin", "shank", "left", ("gyr_y", "acc_x"), 20.0, gravity=False)
    items = replayed(walk, (mine,))
    (block,) = blocks_of(items)
    (recorded, _) = open_recording(walk.path, walk.layout).read()
    assert block.node == "shin"
    assert block.values.tobytes() == recorded.values[:, [3, 0]].tobytes()
    assert {event.node for event in events_of(items)} == {"shin"}


def test_an_id_outranks_a_place(walk: ReplayOptions) -> None:
    other = replace(STRAP, id="right_wrist", site="strap", side="right")
    with pytest.raises(SourceError, match="there is no node right_wrist"):
        replayed(walk, (other, STRAP))
    assert set(bits(blocks_of(replayed(walk, (other,))))) == {"right_wrist"}


def test_what_the_reader_remarks_is_told_and_the_end_too(walk: ReplayOptions) -> None:
    events = events_of(replayed(walk))
    assert [(event.node, event.kind) for event in events] == [
        ("left_shank", "connected"),
        ("right_strap", "connected"),
        ("left_shank", "note"),
        ("right_strap", "note"),
        ("left_shank", "ended"),
        ("right_strap", "ended"),
    ]
    assert events[0].detail == "recording walk 50%? (walk), 20 Hz"
    assert "right_strap: 7 of 60 samples lost" in events[3].detail
    assert events[-1].time_s == 2.95


def test_remarks_come_as_soon_as_they_are_known(tmp_path: Path) -> None:
    path = tmp_path / "plates.csv"
    rows = "".join(f"{i / 1000},{i},0,0,{2 * i},0\n" for i in range(2000))
    path.write_text(
        f"title\nendheader\ntime,ground_force1_vy,a,b,ground_force2_vy,c\n{rows}",
    )
    options = ReplayOptions(path, speed=1.0)
    items = [item for _, item in replayed(options, recorded_nodes(options))]
    first = next(place for place, item in enumerate(items) if isinstance(item, Block))
    assert any(isinstance(item, LinkEvent) and "plate 1 is taken as right" in item.detail for item in items[:first])


def test_a_recording_of_our_own_keeps_its_times_and_clock_errors(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    directory = tmp_path / "session"
    with RecordingWriter.create(directory, Manifest("s", "w", 0, "0.1.0", (SHANK, STRAP))) as writer:
        for at in range(20):
            for node, error_s in ((SHANK, np.inf if at < 7 else at * 1e-3 / 3), (STRAP, 0.002)):
                time_us = 3_600_000_000 + (np.arange(20) + 20 * at) * 50_000 + len(node.id)
                writer.append(Block(node.id, time_us / 1e6, rng.standard_normal((20, len(node.channels))), error_s))
    recorded = bits(open_recording(directory).read())
    assert len(recorded) == 2
    for speed in (2.0, AS_FAST_AS_TAKEN):
        clock = Clock()
        assert bits(blocks_of(replayed(ReplayOptions(directory, speed=speed), clock=clock))) == recorded
        assert clock.now - 100.0 == pytest.approx(0.0 if speed == AS_FAST_AS_TAKEN else 19.95 / speed, abs=0.01)


def test_leaving_early_lets_go_of_the_recording(walk: ReplayOptions) -> None:
    async def scenario() -> None:
        async with open_source(SourceRequest(parse_source_url(replay_url(walk)), (SHANK,))) as items:
            async for item in items:
                if isinstance(item, Block):
                    break

    asyncio.run(scenario())  # a file that stays open is a ResourceWarning, and so an error


def test_progress_counts_the_bytes_up_to_all_of_them(walk: ReplayOptions) -> None:
    seen: list[tuple[int, int]] = []

    async def scenario() -> None:
        request = SourceRequest(parse_source_url(replay_url(walk)), (SHANK,))
        async with open_replay_with(request, progress=lambda done, total: seen.append((done, total))) as items:
            async for _ in items:
                pass

    asyncio.run(scenario())
    total = walk.path.stat().st_size
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Block], float]:
    """Blocks of two nodes as readers give them: window by window, or by their first times."""
    span_s = draw(st.sampled_from([0.25, 1.0]))
    blocks: list[Block] = []
    for node in ("left", "right"):
        steps = draw(st.lists(st.integers(1, 700_000), min_size=1, max_size=30))
        time_us = np.cumsum(np.array(steps, np.int64))
        size_s = draw(st.sampled_from([span_s, 5.0]))
        windows = np.floor(time_us / 1e6 / size_s)
        cuts = [0, *(np.flatnonzero(np.diff(windows)) + 1).tolist(), time_us.size]
        for first, end in itertools.pairwise(cuts):
            rows = np.arange(first, end, dtype=np.float64)[:, None]
            blocks.append(Block(node, time_us[first:end] / 1e6, rows, draw(st.sampled_from([0.0, np.inf]))))
    return sorted(blocks, key=lambda block: float(block.time_s[0])), span_s


@given(recordings())
def test_pieces_are_short_in_order_and_lose_nothing(made: tuple[list[Block], float]) -> None:
    blocks, span_s = made
    pieces = list(pieces_of(blocks, span_s))
    assert bits(pieces) == bits(blocks)
    assert all(float(piece.time_s[-1] - piece.time_s[0]) < span_s for piece in pieces)
    lasts = [float(piece.time_s[-1]) for piece in pieces]
    assert lasts == sorted(lasts)


def test_what_was_good_before_a_damaged_place_comes_before_the_error() -> None:
    def blocks() -> Iterable[Block]:
        yield Block("left", np.arange(10) / 10, np.ones((10, 1)))
        raise ReadError("walk.csv: no more", mend="copy it again")

    pieces = pieces_of(blocks(), 0.25)
    assert [next(pieces).time_s.size for _ in range(4)] == [3, 2, 3, 2]
    with pytest.raises(ReadError, match="no more"):
        next(pieces)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "what", "mend"),
    [
        (replace(SHANK, id="thigh", site="thigh"), "there is no node thigh (left thigh)", "left_shank (left shank)"),
        (replace(SHANK, side="right"), "the recording says left, evenside.toml right", 'set side = "left"'),
        (replace(SHANK, channels=("acc_x", "mag_x")), "mag_x was not recorded", '"acc_z", "gyr_y"]'),
        (replace(SHANK, rate_hz=100.0), "recorded at 20 Hz, not at 100 Hz", "set rate_hz = 20 for this node"),
        (replace(SHANK, gravity=True), "holds no gravity", "set gravity = false for this node"),
    ],
)
def test_a_node_that_was_not_recorded_so_is_refused_with_the_mend(
    walk: ReplayOptions, node: Node, what: str, mend: str
) -> None:
    with pytest.raises(SourceError) as raised:
        replayed(walk, (node,))
    assert what in raised.value.what
    assert mend in raised.value.mend
    assert raised.value.what.startswith("walk 50%?: ")


def test_gravity_matters_only_where_there_is_acceleration(walk: ReplayOptions) -> None:
    assert blocks_of(replayed(walk, (replace(SHANK, gravity=True, channels=("gyr_y",)),)))


@pytest.mark.parametrize(
    ("url", "kind", "what"),
    [
        ("replay://", SourceError, "no path in replay://"),
        ("replay:///x.csv?fast=yes", SourceError, "option 'fast' of"),
        ("replay:///x.csv?speed=slow", SourceError, "speed=slow"),
        ("replay:///x.csv?speed=0", SourceError, "from 0.01 to 10000 or max"),
        ("replay:///x.csv?rate_hz=nan", SourceError, "rate_hz=nan"),
        ("replay:///nowhere/x.csv", ReadError, "no such file"),
        ("replay:///nowhere/x.csv?layout=moticon", LayoutError, "did you mean moticon-opengo"),
    ],
)
def test_urls_that_lead_nowhere_are_errors(url: str, kind: type[EvensideError], what: str) -> None:
    async def scenario() -> None:
        async with open_source(SourceRequest(parse_source_url(url), (SHANK,))):
            pass

    with pytest.raises(kind) as raised:
        asyncio.run(scenario())
    assert what in str(raised.value)
    assert raised.value.mend


@pytest.mark.parametrize(
    "options",
    [
        ReplayOptions(Path("/a b/50%?#.csv"), "my lab.toml", 8.0, 102.4),
        ReplayOptions(Path("here/it.csv"), None, AS_FAST_AS_TAKEN),
        ReplayOptions(Path("it.csv")),
    ],
)
def test_a_url_says_what_the_options_say(options: ReplayOptions) -> None:
    assert replay_options(parse_source_url(replay_url(options))) == options


def test_a_rate_that_is_given_is_that_of_the_nodes(tmp_path: Path) -> None:
    path = tmp_path / "feet.csv"
    names = ",".join(f"acc_{axis},gyr_{axis}" for axis in "xyz")
    rows = "".join(f"{i},0,0,0,0,9.81,0\n" for i in range(30))
    path.write_text(f",{','.join(['left_sensor'] * 6)}\n,{names}\n{rows}")
    options = ReplayOptions(path, rate_hz=51.2)
    assert [node.rate_hz for node in recorded_nodes(options)] == [51.2]
    assert open_replayed(options).layout == "gaitmap"
