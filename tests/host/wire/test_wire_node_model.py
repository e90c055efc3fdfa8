"""The modelled node keeps the rules of WIRE.md: every sample at its time, live first, one reply for one command."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside import wire
from evenside.wire import commands as ask
from evenside_analysis.types import Floats, Ints

IMU = wire.FIXED_SCHEMAS[3]
CELLS = wire.FIXED_SCHEMAS[4]
PLAYED = wire.Schema.of(
    128, [wire.SchemaChannel.named(name, wire.SampleType.F64) for name in ("acc_x", "acc_y", "force")]
)
SETTINGS = wire.NodeSettings(
    serial="ES-1", boot_id=77, schemas=(IMU, CELLS, PLAYED), period_us=10_000, side="left", site="foot"
)
FLAG = wire.FrameFlag


def _frames(node: wire.NodeModel, now_us: int) -> list[wire.Frame]:
    frames = [wire.decode_frame(data) for data in node.send(now_us)]
    assert not any(isinstance(frame, wire.Rejected) for frame in frames)
    return [frame for frame in frames if not isinstance(frame, wire.Rejected)]


def _data(node: wire.NodeModel, now_us: int) -> list[wire.DataFrame]:
    return [frame for frame in _frames(node, now_us) if isinstance(frame, wire.DataFrame)]


def _reply(node: wire.NodeModel, command: wire.Command, now_us: int = 0) -> wire.Reply:
    node.receive(wire.encode_frame(command), now_us)
    (reply,) = [frame for frame in _frames(node, now_us) if isinstance(frame, wire.Reply)]
    assert (reply.op, reply.token) == (command.op, command.token)
    return reply


def _started(schema: wire.Schema = IMU, settings: wire.NodeSettings = SETTINGS) -> wire.NodeModel:
    node = wire.NodeModel(settings)
    assert _reply(node, ask.start(1, schema.id)).result == wire.Result.OK
    return node


def _ticks(first: int, n: int, period_us: int = 10_000) -> Ints:
    return first + period_us * np.arange(n, dtype=np.int64)


def _fill(node: wire.NodeModel, first_frame: int, frames: int) -> None:
    assert node.sample(_ticks(first_frame * 80_000, 8 * frames), np.zeros((8 * frames, len(node.schema.channels))))


def _events(frames: list[wire.Frame]) -> list[tuple[int, int]]:
    return [(frame.code, frame.argument) for frame in frames if isinstance(frame, wire.EventFrame)]


def test_hello_tells_who_it_is() -> None:
    reply = wire.HelloReply.unpack(_reply(wire.NodeModel(SETTINGS), ask.hello(1)).data)
    assert reply == wire.HelloReply(
        "ES-1", "model", 77, (3, 4, 128), 10_000, 1, 1, 0, None, 0, wire.schema_hash(SETTINGS.schemas)
    )
    assert _reply(wire.NodeModel(SETTINGS), ask.hello(2, 2, 3)).result == wire.Result.NO_COMMON_VERSION


def test_nothing_is_sampled_before_start_and_after_stop() -> None:
    node = wire.NodeModel(SETTINGS)
    assert not node.sample(_ticks(0, 8), np.zeros((8, 6)))
    assert wire.StartReply.unpack(_reply(node, ask.start(1, 3)).data) == wire.StartReply(3, 10_000, 0, 8)
    assert node.sample(_ticks(0, 11), np.zeros((11, 6)))
    assert [frame.count for frame in _data(node, 1)] == [8]
    assert _reply(node, ask.stop(2)).result == wire.Result.OK
    assert not node.sample(_ticks(10**6, 8), np.zeros((8, 6)))


def test_stop_sends_the_unfinished_frame() -> None:
    node = _started()
    node.sample(_ticks(0, 11), np.zeros((11, 6)))
    node.receive(wire.encode_frame(ask.stop(2)), 5)
    assert [frame.count for frame in _data(node, 5)] == [8, 3]


@given(
    st.lists(st.sampled_from([1, 8333, 8334, 10_000, 65_535, 65_536, 10**6, 2**31]), max_size=40),
    st.integers(0, 2**33),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_every_sample_lies_exactly_on_the_grid_of_its_frame(steps: list[int], first: int, cuts: list[int]) -> None:
    node = _started(PLAYED)
    t_us = first + np.cumsum([0, *steps])
    values = np.stack([t_us * 0.1, -t_us / 3, t_us * 0.0], axis=1)
    at = 0
    while at < len(t_us):
        end = at + cuts[at % len(cuts)]
        node.sample(t_us[at:end], values[at:end])
        at = end
    node.end(int(t_us[-1]))
    frames = _data(node, 0)

    ticks = [(frame.t_first_us + i * frame.period_us) % 2**32 for frame in frames for i in range(frame.count)]
    assert ticks == (t_us % 2**32).tolist()
    assert b"".join(frame.payload for frame in frames) == values.tobytes()
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert all(frame.flags == FLAG.NONE for frame in frames)


def test_frames_hold_what_the_link_carries() -> None:
    small = replace(SETTINGS, frame_bytes=97)
    node = _started(CELLS, small)
    node.sample(_ticks(0, 10), np.ones((10, 8)))
    assert [frame.count for frame in _data(node, 0)] == [5, 5]
    wide = wire.Schema.of(129, [wire.SchemaChannel(code, wire.SampleType.F64, 1.0) for code in range(1, 13)])
    with pytest.raises(ValueError, match="fits no frame"):
        replace(small, schemas=(wide,))


def test_a_nan_in_an_integer_channel_leaves_a_gap_that_is_told() -> None:
    node = _started()
    values = np.zeros((10, 6))
    values[[0, 4, 5], 2] = np.nan
    node.sample(_ticks(0, 10), values)
    node.end(0)
    frames = _frames(node, 0)
    data = [frame for frame in frames if isinstance(frame, wire.DataFrame)]
    assert [(frame.t_first_us, frame.count, frame.flags) for frame in data] == [
        (10_000, 3, FLAG.GAP),
        (60_000, 4, FLAG.GAP),
    ]
    node.link_lost()
    status = [frame for frame in _frames(node, 10**6) if isinstance(frame, wire.StatusFrame)]
    assert status[0].dropped_samples == 3
    assert status[0].state == wire.NodeState.ENDED


def test_a_played_recording_keeps_its_nans() -> None:
    node = _started(PLAYED)
    values = np.array([[1.0, np.nan, -0.0]])
    node.sample(_ticks(0, 1), values)
    node.end(0)
    (frame,) = _data(node, 0)
    assert wire.decode_samples(PLAYED, frame.payload).tobytes() == values.tobytes()


def test_time_that_steps_back_is_told() -> None:
    node = _started()
    node.sample(_ticks(10**6, 3), np.zeros((3, 6)))
    node.sample(_ticks(5_000, 8), np.zeros((8, 6)))
    frames = _frames(node, 0)
    assert [frame.flags for frame in frames if isinstance(frame, wire.DataFrame)] == [FLAG.NONE, FLAG.CLOCK_STEPPED]
    assert _events(frames) == [(wire.EventCode.CLOCK_STEPPED, 5_000 - 1_020_000)]
    with pytest.raises(ValueError, match="increase"):
        node.sample(np.array([7, 7]), np.zeros((2, 6)))


def test_sync_carries_both_moments_and_is_answered_anew() -> None:
    node = wire.NodeModel(SETTINGS)
    for now_us in (100, 200):
        node.receive(wire.encode_frame(ask.sync(5, 123)), now_us)
        assert wire.SyncReply(5, 123, now_us, now_us + 7) in _frames(node, now_us + 7)
    node.receive(wire.encode_frame(wire.Command(wire.Op.SYNC, 6, b"short")), 0)
    assert wire.Reply(wire.Op.SYNC, 6, wire.Result.BAD_ARGS) in _frames(node, 0)


def test_a_repeated_command_has_one_effect_and_the_same_reply() -> None:
    node = wire.NodeModel(SETTINGS)
    buzz = ask.light(9, lamp=False, buzz=True, duration_ms=200, times=3)
    assert _reply(node, buzz) == _reply(node, buzz)
    assert list(node.signals) == [wire.Signal(False, True, 200, 3)]
    _reply(node, replace(buzz, token=10))
    assert len(node.signals) == 2


def test_hello_begins_anew_and_is_never_answered_from_memory() -> None:
    node = _started()
    before = wire.HelloReply.unpack(_reply(node, ask.hello(1)).data)
    _reply(node, ask.start(2, 3))
    _fill(node, 0, 2)
    after = wire.HelloReply.unpack(_reply(node, ask.hello(1)).data)
    assert isinstance(before, wire.HelloReply)
    assert isinstance(after, wire.HelloReply)
    assert (before.frame_counter, after.frame_counter) == (0, 2)
    node.link_lost()
    _reply(node, ask.hello(1))
    _reply(node, ask.start(2, 3))
    assert wire.NodeState.SENDING in node.state


def test_status_comes_each_second_whoever_asks_how_often() -> None:
    node = wire.NodeModel(SETTINGS)
    node.vitals = wire.Vitals(battery_percent=9, low_battery=True, temperature_c=30.5, connection_interval_ms=15.0)
    polls = range(0, 5_000_000, 130_000)
    status = [(now, frame) for now in polls for frame in _frames(node, now) if isinstance(frame, wire.StatusFrame)]
    assert [now // 1_000_000 for now, _ in status] == [0, 1, 2, 3, 4]
    first = status[0][1]
    assert (first.boot_id, first.uptime_us, first.battery_percent, first.temperature_c) == (77, 0, 9, 30.5)
    assert (first.flags, first.side, first.connection_interval_ms) == (FLAG.LOW_BATTERY, 1, 15.0)


def test_frames_of_a_lost_link_stay_in_the_ring_and_come_again_on_request() -> None:
    node = _started()
    _fill(node, 0, 2)
    assert len(_data(node, 0)) == 2
    node.link_lost()
    _fill(node, 2, 3)
    assert _data(node, 0) == []

    node.receive(wire.encode_frame(ask.start(3, 3)), 0)
    started = wire.StartReply(3, 10_000, next_frame=5, frame_samples=8)
    assert _frames(node, 0) == [wire.Reply(wire.Op.START, 3, wire.Result.OK, started.pack())]
    _fill(node, 5, 1)
    assert [frame.seq for frame in _data(node, 100_000)] == [5]
    node.receive(wire.encode_frame(ask.backfill(4, 2, 100)), 100_000)
    frames = _frames(node, 10**6)
    assert wire.Reply(wire.Op.BACKFILL, 4, wire.Result.OK, wire.BackfillReply(2, 4).pack()) in frames
    assert [(frame.seq, frame.flags) for frame in frames if isinstance(frame, wire.DataFrame)] == [
        (2, FLAG.BACKFILL),
        (3, FLAG.BACKFILL),
        (4, FLAG.BACKFILL),
        (5, FLAG.BACKFILL | FLAG.BACKFILL_LAST),
    ]


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(1, 60), st.integers(5_000, 40_000))
def test_live_frames_go_first_and_a_backfill_takes_half_of_the_slots(every: int, missing: int, slot_us: int) -> None:
    node = _started(settings=replace(SETTINGS, slot_us=slot_us))
    _fill(node, 0, missing)
    _data(node, 0)
    node.receive(wire.encode_frame(ask.backfill(2, 0, missing)), 0)
    sent_again: list[wire.DataFrame] = []
    live = missing
    for poll in range(1, 400):
        now_us = poll * 3_000
        if poll % every == 0:
            _fill(node, live, 1)
        frames = _data(node, now_us)
        kinds = [FLAG.BACKFILL in frame.flags for frame in frames]
        assert kinds == sorted(kinds)
        if poll % every == 0:
            assert frames[0].seq == live
            live += 1
        sent_again += [frame for frame in frames if FLAG.BACKFILL in frame.flags]
        assert len(sent_again) <= now_us / slot_us / 2 + 5
    assert [frame.seq for frame in sent_again] == list(range(len(sent_again)))
    assert [frame.seq for frame in sent_again if FLAG.BACKFILL_LAST in frame.flags] in ([], [missing - 1])


def test_live_frames_that_fill_the_link_leave_nothing_for_a_backfill() -> None:
    node = _started()
    _fill(node, 0, 60)
    _data(node, 0)
    node.receive(wire.encode_frame(ask.backfill(2, 0, 60)), 0)
    again = 0
    for slot in range(1, 50):
        _fill(node, 59 + slot, 1)
        again += sum(FLAG.BACKFILL in frame.flags for frame in _data(node, slot * SETTINGS.slot_us))
    assert again == 0


def test_frames_not_yet_sent_are_no_part_of_a_backfill() -> None:
    node = _started()
    _fill(node, 0, 2)
    _data(node, 0)
    _fill(node, 2, 3)
    node.receive(wire.encode_frame(ask.backfill(2, 0, 100)), 10**6)
    assert [(frame.seq, FLAG.BACKFILL in frame.flags) for frame in _data(node, 10**6)] == [
        (2, False),
        (3, False),
        (4, False),
        (0, True),
        (1, True),
    ]


def test_a_backfill_ends_at_a_polling_rate_of_once_a_second() -> None:
    node = _started()
    _fill(node, 0, 60)
    _data(node, 0)
    node.receive(wire.encode_frame(ask.backfill(2, 0, 60)), 0)
    counts = [len(_data(node, second * 10**6)) for second in range(1, 4)]
    assert counts == [50, 10, 0]


def test_only_one_backfill_at_a_time_and_count_zero_ends_it() -> None:
    node = _started()
    _fill(node, 0, 60)
    _data(node, 0)
    assert _reply(node, ask.backfill(2, 0, 60)).result == wire.Result.OK
    assert wire.NodeState.BACKFILLING in node.state
    assert _reply(node, ask.backfill(3, 0, 60)).result == wire.Result.BUSY
    assert _reply(node, ask.backfill(4, 0, 0)).result == wire.Result.OK
    assert wire.NodeState.BACKFILLING not in node.state
    nothing = wire.BackfillReply.unpack(_reply(node, ask.backfill(5, 60, 9)).data)
    assert nothing == wire.BackfillReply(60, 0)


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 300))
def test_the_ring_is_bounded_and_says_what_it_still_has(first: int, count: int) -> None:
    frame_bytes = 12 + 8 * 12
    node = _started(settings=replace(SETTINGS, ring_bytes=10 * frame_bytes + 5, frame_bytes=120))
    _fill(node, 0, 25)
    assert [frame.seq for frame in _data(node, 0)] == list(range(15, 25))
    (status,) = [frame for frame in _frames(node, 10**6) if isinstance(frame, wire.StatusFrame)]
    assert (status.ring_oldest, status.frame_counter) == (15, 25)
    reply = wire.BackfillReply.unpack(_reply(node, ask.backfill(2, first, count), 10**6).data)
    assert isinstance(reply, wire.BackfillReply)
    kept = set(range(15, 25)) & set(range(first, first + count))
    assert set(range(reply.first_frame, reply.first_frame + reply.count)) == kept


def test_what_the_ring_loses_during_a_backfill_is_skipped() -> None:
    node = _started(settings=replace(SETTINGS, ring_bytes=10 * 108, frame_bytes=120))
    _fill(node, 0, 10)
    _data(node, 0)
    node.receive(wire.encode_frame(ask.backfill(2, 0, 10)), 0)
    _fill(node, 10, 8)
    again = [frame for frame in _data(node, 10**6) if FLAG.BACKFILL in frame.flags]
    assert [frame.seq for frame in again] == [8, 9]
    assert wire.NodeState.BACKFILLING not in node.state


def test_the_end_of_a_recording_is_told_again_to_a_host_that_comes_later() -> None:
    node = _started(PLAYED)
    node.end(5)
    ended = (wire.EventCode.RECORDING_ENDED, 0)
    assert _events(_frames(node, 5)) == [ended]
    node.link_lost()
    node.receive(wire.encode_frame(ask.start(1, 128)), 9)
    assert _events(_frames(node, 9)) == [ended]
    assert node.state == wire.NodeState.SENDING | wire.NodeState.ENDED


def test_tare_takes_the_mean_of_the_force_cells_off() -> None:
    node = _started(CELLS, replace(SETTINGS, other_periods_us=(5000,)))
    force: Callable[[int], Floats] = lambda n: np.tile(np.arange(8) * 10.0 + 5.0, (n, 1))  # noqa: E731
    assert _reply(node, ask.tare(2, 50), 0).result == wire.Result.OK
    assert _reply(node, ask.tare(3, 50), 0).result == wire.Result.BUSY
    node.sample(_ticks(0, 8), force(8))
    frames = _frames(node, 80_000)
    assert _events(frames) == [(wire.EventCode.TARE_DONE, 5)]
    (data,) = [frame for frame in frames if isinstance(frame, wire.DataFrame)]
    values = wire.decode_samples(CELLS, data.payload)
    assert values[:5] == pytest.approx(force(5))
    assert values[5:] == pytest.approx(np.zeros((3, 8)))

    _reply(node, ask.start(4, CELLS.id, 5000))
    node.sample(_ticks(200_000, 8), force(8))
    assert _data(node, 300_000)[0].payload == b"\0" * 8 * CELLS.sample_bytes
    _reply(node, ask.start(5, IMU.id))
    _reply(node, ask.start(6, CELLS.id))
    node.sample(_ticks(400_000, 8), force(8))
    assert wire.decode_samples(CELLS, _data(node, 500_000)[0].payload) == pytest.approx(force(8))

    assert _reply(_started(IMU), ask.tare(2, 50)).result == wire.Result.NOT_SUPPORTED
    played = _started(CELLS, replace(SETTINGS, clock_kind=wire.ClockKind.SESSION))
    assert _reply(played, ask.tare(2, 50)).result == wire.Result.NOT_SUPPORTED
    assert _reply(played, ask.reboot(3)).result == wire.Result.NOT_SUPPORTED


def test_a_calibration_goes_in_by_pieces_and_comes_back() -> None:
    node = wire.NodeModel(SETTINGS)
    blob = bytes(range(256)) + b"end"
    crc = zlib.crc32(blob)
    for token, first in enumerate(range(0, len(blob), 100)):
        piece = ask.set_calibration(token, len(blob), crc, first, blob[first : first + 100])
        assert _reply(node, piece).result == _reply(node, piece).result == wire.Result.OK
    read = b""
    while len(read) < len(blob):
        found = wire.CalibrationPiece.unpack(_reply(node, ask.get_calibration(50, len(read))).data)
        assert isinstance(found, wire.CalibrationPiece)
        assert (found.total, found.crc32, found.offset) == (len(blob), crc, len(read))
        read += found.piece
    assert read == blob
    assert _reply(node, ask.set_calibration(60, 3, crc, 0, b"abc")).result == wire.Result.BAD_CRC
    assert _reply(node, ask.set_calibration(61, 9, crc, 5, b"abc")).result == wire.Result.BAD_ARGS
    assert _reply(node, ask.set_calibration(62, 600, crc, 0, b"abc")).result == wire.Result.BAD_ARGS
    assert _reply(node, ask.get_calibration(63, 600)).result == wire.Result.NOT_OFFERED
    assert node.keep.blob == blob


def test_side_log_identify_and_reboot() -> None:
    node = wire.NodeModel(SETTINGS)
    assert _reply(node, ask.set_side(1, 2)).data == b"\x02"
    assert node.side == "right"
    assert _reply(node, ask.set_side(2, 9)).result == wire.Result.BAD_ARGS
    for at in range(3):
        node.log(wire.LogLevel.INFO, f"line {at} " + "é" * 300, at)
    node.receive(wire.encode_frame(ask.get_log(3, 2)), 0)
    lines = [frame for frame in _frames(node, 0) if isinstance(frame, wire.LogFrame)]
    assert [line.text[:6] for line in lines] == ["line 1", "line 2"]
    assert all(len(wire.encode_frame(line)) <= 244 for line in lines)
    assert _reply(node, ask.identify(4)).result == wire.Result.OK
    assert len(node.signals) == 1
    assert _reply(node, ask.reboot(5)).result == wire.Result.OK
    assert node.reboot_requested


def test_what_is_not_offered_is_refused() -> None:
    node = wire.NodeModel(replace(SETTINGS, other_periods_us=(5000,)))
    assert _reply(node, ask.start(1, 1)).result == wire.Result.NOT_OFFERED
    assert _reply(node, ask.start(2, 3, 1234)).result == wire.Result.NOT_OFFERED
    assert _reply(node, ask.start(3, 3, 5000)).result == wire.Result.OK
    assert _reply(node, ask.describe(4, 1)).result == wire.Result.NOT_OFFERED
    assert _reply(node, ask.describe(5, 128, 9)).result == wire.Result.NOT_OFFERED
    assert _reply(node, wire.Command(99, 6)).result == wire.Result.UNKNOWN_OP
    assert _reply(node, wire.Command(wire.Op.START, 7)).result == wire.Result.BAD_ARGS


def test_a_start_with_another_schema_goes_on_counting() -> None:
    node = _started()
    _fill(node, 0, 1)
    node.sample(_ticks(80_000, 3), np.zeros((3, 6)))
    reply = wire.StartReply.unpack(_reply(node, ask.start(2, 4)).data)
    assert isinstance(reply, wire.StartReply)
    assert reply.next_frame == 2
    node.sample(_ticks(200_000, 8), np.zeros((8, 8)))
    assert [(frame.seq, frame.schema) for frame in _data(node, 0)] == [(2, 4)]


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.binary(max_size=60), st.binary(max_size=40).map(lambda args: b"\x18" + args)), max_size=30)
)
def test_no_bytes_from_a_host_break_a_node_or_make_it_grow(received: list[bytes]) -> None:
    node = _started(settings=replace(SETTINGS, ring_bytes=2000))
    for at, frame in enumerate(received * 4):
        node.receive(frame, at)
        if node.sampling:
            node.sample(_ticks(at * 10**6, 9), np.zeros((9, len(node.schema.channels))))
    frames = _frames(node, 10**9)
    assert len(frames) <= 64 * 3 + 1 + 2000 // 24
    assert all(len(wire.encode_frame(frame)) <= SETTINGS.frame_bytes for frame in frames)


def test_a_line_carries_several_nodes_in_turn() -> None:
    line = wire.LineModel({address: wire.NodeModel(replace(SETTINGS, serial=f"ES-{address}")) for address in (0, 1, 7)})
    host = wire.Decoder()
    line.receive(b"noise\0" + wire.encode_packet(wire.BROADCAST_ADDRESS, ask.hello(1)), 0)
    replies = {address: frame for address, frame in host.feed(line.send(0)) if isinstance(frame, wire.Reply)}
    hellos = {address: wire.HelloReply.unpack(reply.data) for address, reply in replies.items()}
    assert {address: hello.serial for address, hello in hellos.items() if isinstance(hello, wire.HelloReply)} == {
        0: "ES-0",
        1: "ES-1",
        7: "ES-7",
    }
    assert line.decoder.counts["cobs"] == 1

    packet = wire.encode_packet(7, ask.start(2, 3))
    for byte in packet:
        line.receive(bytes((byte,)), 0)
    assert [line.nodes[address].sampling for address in (0, 1, 7)] == [False, False, True]
    line.receive(wire.encode_packet(1, ask.start(2, 3)), 0)
    for address in (1, 7):
        _fill(line.nodes[address], 0, 3)
    order = [address for address, frame in host.feed(line.send(0)) if isinstance(frame, wire.DataFrame)]
    assert all(a != b for a, b in pairwise(order))
    with pytest.raises(ValueError, match="addresses"):
        wire.LineModel({255: line.nodes[0]})
