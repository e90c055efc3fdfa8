"""The parts of the serial source without a port: order, pairing, channels, requests, streams with holes."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.sources.channel_map import map_channels, offer_text
from evenside.sources.link_timings import LinkTimings, backoff_s
from evenside.sources.matching import contradiction, match_devices
from evenside.sources.node_requests import Asker, Backfiller, Pinger
from evenside.sources.node_stream import NodeStream
from evenside.sources.reorder import Placed, Reorder
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import (
    CLOCK_ERROR,
    FIXED_SCHEMAS,
    BackfillReply,
    Command,
    DataFrame,
    FrameFlag,
    HelloReply,
    Op,
    Reply,
    Result,
    SampleType,
    Schema,
    SchemaChannel,
    commands,
    encode_samples,
    side_code,
    site_code,
)
from evenside_analysis.types import Block, Floats, Node, Side, Site

# --- order ------------------------------------------------------------------------------------------------------------


@given(st.permutations(range(1, 12)), st.lists(st.integers(0, 11), max_size=6))
def test_any_order_with_repetitions_leaves_in_order_and_once(order: list[int], again: list[int]) -> None:
    room: Reorder[int] = Reorder(0)
    out: list[Placed[int]] = []
    for number in [0, *order, *again]:
        at, delivered = room.push(number, number, backfill=False)
        out += delivered
        assert at == number
    assert out == [Placed(number, 0) for number in range(12)]
    assert (room.repeated, room.lost, room.hole()) == (len(again), 0, None)


@given(st.sets(st.integers(0, 30), max_size=20))
def test_every_number_is_delivered_or_counted_as_lost(missing: set[int]) -> None:
    room: Reorder[int] = Reorder(0)
    out: list[Placed[int]] = []
    for number in range(32):
        if number not in missing:
            out += room.push(number, number, backfill=False)[1]
    out += room.give_up()
    assert [placed.frame for placed in out] == sorted(set(range(32)) - missing)
    assert sum(placed.lost for placed in out) == room.lost == len(missing)
    covered = [range(placed.frame - placed.lost, placed.frame + 1) for placed in out]
    assert [number for part in covered for number in part] == list(range(32))


def test_a_hole_names_its_first_frame_and_its_size_and_is_skipped_in_parts() -> None:
    room: Reorder[int] = Reorder(70_007)  # the numbers on the wire have wrapped already
    room.push(70_007 & 0xFFFF, 7, backfill=False)
    assert room.hole() is None
    assert room.push(70_011 & 0xFFFF, 11, backfill=False) == (70_011, [])
    assert room.hole() == (70_008, 3)
    assert room.push(70_008 & 0xFFFF, 8, backfill=True) == (70_008, [Placed(8, 0)])
    assert room.skip(1) == []
    assert room.hole() == (70_010, 1)
    assert room.skip() == [Placed(11, 2)]


def test_frames_that_must_exist_leave_a_hole_at_the_end() -> None:
    room: Reorder[int] = Reorder(5)
    room.push(5, 5, backfill=False)
    room.expect(8)
    assert room.hole() == (6, 2)
    assert room.push(6, 6, backfill=True)[1] == [Placed(6, 0)]


def test_what_waits_is_bounded() -> None:
    room: Reorder[int] = Reorder(0, frames_max=3)
    room.push(0, 0, backfill=False)
    assert [room.push(number, number, backfill=False)[1] for number in (2, 3, 4)] == [[], [], []]
    assert room.push(5, 5, backfill=False)[1] == [Placed(2, 1), Placed(3, 0), Placed(4, 0), Placed(5, 0)]


# --- pairing ----------------------------------------------------------------------------------------------------------


def node(name: str, side: Side, site: Site = "foot", channels: tuple[str, ...] = ("acc_x",)) -> Node:
    return Node(name, site, side, channels, 100.0)


def hello(serial: str, side: Side | None = None, site: Site | None = None) -> HelloReply:
    return HelloReply(serial, "1.0", 1, (3,), 10_000, side=side_code(side), site=site_code(site))


LEFT, RIGHT = node("l", "left"), node("r", "right")


def test_a_serial_number_decides_against_address_and_words() -> None:
    devices = {1: hello("B"), 2: hello("A")}
    assert match_devices([LEFT, RIGHT], {"l": "A", "r": "B"}, devices, {}) == {"l": 2, "r": 1}


def test_a_named_device_is_for_its_node_alone() -> None:
    assert match_devices([LEFT, RIGHT], {"r": "A"}, {1: hello("A"), 2: hello("X")}, {}) == {"r": 1, "l": 2}
    assert match_devices([LEFT], {"l": "A"}, {1: hello("X")}, {}) == {}


def test_devices_that_state_their_side_take_it_and_the_others_follow_in_order() -> None:
    strap = node("strap", "centre", "strap")
    devices = {1: hello("X"), 2: hello("Y", "right", "foot"), 3: hello("Z", "left")}
    assert match_devices([LEFT, RIGHT, strap], {}, devices, {}) == {"r": 2, "l": 3, "strap": 1}


def test_silent_devices_are_paired_in_the_order_of_addresses() -> None:
    assert match_devices([LEFT, RIGHT], {}, {9: hello("B"), 4: hello("A")}, {}) == {"l": 4, "r": 9}


def test_what_is_taken_stays_taken() -> None:
    assert match_devices([LEFT, RIGHT], {}, {4: hello("A"), 9: hello("B")}, {"l": 9}) == {"l": 9, "r": 4}


def test_a_contradiction_names_both_sides_and_both_mends() -> None:
    why = contradiction(LEFT, side_code("right"))
    assert "evenside.toml says left, the device says right" in why
    assert 'side = "right"' in why
    assert "SET_SIDE left" in why
    assert contradiction(LEFT, 0) == contradiction(LEFT, side_code("left")) == ""


# --- channels ---------------------------------------------------------------------------------------------------------


def test_force_cells_add_up_in_their_order_and_channels_may_be_reordered() -> None:
    found = map_channels(("force", "acc_z"), [FIXED_SCHEMAS[3], FIXED_SCHEMAS[2]])
    assert found is not None
    assert found.schema.id == 2
    values = np.arange(20.0).reshape(2, 10)
    out, errors_s = found.values(encode_samples(FIXED_SCHEMAS[2], values))
    assert errors_s is None
    assert out[:, 0] == pytest.approx(values[:, 6:].sum(axis=1), abs=0.2)
    assert out[:, 1] == pytest.approx(values[:, 2], abs=0.01)


@given(st.lists(st.floats(width=64, allow_nan=True, allow_infinity=True), min_size=2, max_size=2))
def test_a_schema_of_64_bit_floats_keeps_every_bit(row: list[float]) -> None:
    schema = Schema.of(128, [SchemaChannel.named(name, SampleType.F64) for name in ("power", "force")])
    found = map_channels(("force", "power"), [schema])
    assert found is not None
    out, _ = found.values(encode_samples(schema, np.array([row])))
    assert out.tobytes() == np.array([row[::-1]]).tobytes()


def test_a_clock_error_that_comes_with_each_sample_is_no_channel_but_told_beside_them() -> None:
    schema = Schema.of(128, [SchemaChannel.named(name, SampleType.F64) for name in ("force", CLOCK_ERROR)])
    found = map_channels(("force",), [schema])
    assert found is not None
    values, errors_s = found.values(encode_samples(schema, np.array([[7.0, np.inf], [np.nan, 0.002]])))
    assert errors_s is not None
    np.testing.assert_array_equal(values, [[7.0], [np.nan]])
    assert errors_s.tolist() == [np.inf, 0.002]


def test_a_missing_channel_is_never_made_up_and_the_text_names_both_sides() -> None:
    wanted = node("l", "left", channels=("acc_x", "mag_x"))
    assert map_channels(wanted.channels, list(FIXED_SCHEMAS.values())) is None
    text = offer_text(wanted, [FIXED_SCHEMAS[3]])
    assert "wants acc_x, mag_x" in text
    assert "schema 3: acc_x, acc_y, acc_z, gyr_x" in text
    assert "`channels`" in text


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_command_is_repeated_with_its_token_and_then_given_up() -> None:
    sent: list[Command] = []

    def send(command: Command) -> float:
        sent.append(command)
        return 0.0

    asker = Asker(LinkTimings(reply_s=0.5, tries=3), send, 255)
    asker.ask(commands.start(asker.token(), 3), 0.0)
    assert [asker.tick(now_s) for now_s in (0.4, 0.5, 0.9, 1.0, 1.4)] == [""] * 5
    assert asker.tick(1.5) == "START"
    assert not asker.busy
    assert sent == [commands.start(0, 3)] * 3


def test_only_the_right_answer_counts_and_once() -> None:
    asker = Asker(LinkTimings(), lambda command: 0.0, 7)
    asker.ask(commands.start(asker.token(), 3), 0.0)
    assert asker.answered(Reply(Op.START, 7, Result.OK)) is None
    assert asker.answered(Reply(Op.STOP, 8, Result.OK)) is None
    assert asker.answered(Reply(Op.START, 8, Result.OK)) == commands.start(8, 3)
    assert asker.answered(Reply(Op.START, 8, Result.OK)) is None


def test_after_busy_a_command_is_asked_again_as_a_new_one() -> None:
    asker = Asker(LinkTimings(reply_s=0.5), lambda command: 0.0, 7)
    asker.ask(commands.start(asker.token(), 3), 0.0)
    assert asker.answered(Reply(Op.START, 8, Result.BUSY)) is None
    assert asker.answered(Reply(Op.START, 8, Result.OK)) is None
    asker.tick(0.5)
    assert asker.answered(Reply(Op.START, 9, Result.OK)) == commands.start(9, 3)


def test_pings_are_dithered_frequent_at_first_and_counted_once() -> None:
    timings = LinkTimings()
    pinger = Pinger(timings, Asker(timings, lambda command: 1.25, 0), random.Random(3))
    pinger.begin(0.0)
    at: list[float] = []
    for step in range(3000):
        if pinger.due(step / 100):
            pinger.ping(step / 100)
            at.append(step / 100)
    early, late = np.diff([moment for moment in at if moment < 10]), np.diff([moment for moment in at if moment > 11])
    assert (early.min() >= 0.125, early.max() <= 0.385, late.min() >= 0.5, late.max() <= 1.51) == (True,) * 4
    assert early.std() > 0.03
    assert pinger.sent_s(pinger.count & 0xFF) == 1.25
    assert pinger.sent_s(pinger.count & 0xFF) is None


def test_the_backoff_doubles_to_its_limit_and_never_exceeds_it_by_more_than_a_quarter() -> None:
    timings, rng = LinkTimings(), random.Random(1)
    waits = [backoff_s(timings, failures, rng) for failures in range(1, 60)]
    assert 0.25 <= waits[0] <= 0.3125
    assert 0.5 <= waits[1] <= 0.625
    assert all(30.0 <= wait <= 37.5 for wait in waits[8:])


# --- streams ----------------------------------------------------------------------------------------------------------

SCHEMA = Schema.of(128, [SchemaChannel.named("power", SampleType.F64)])


def frame(number: int, *, flags: FrameFlag = FrameFlag.NONE, count: int = 4) -> DataFrame:
    """Frame ``number`` of 100 Hz: sample i of all has the value i and the time 10 ms * i."""
    first = number * count
    values = np.arange(first, first + count, dtype=np.float64)[:, None]
    return DataFrame(number & 0xFFFF, first * 10_000, 10_000, count, 128, encode_samples(SCHEMA, values), flags)


def stream(*, shared: bool = True, lateness_s: float = 5.0) -> tuple[NodeStream, DeviceClock]:
    power = node("p", "left", "pedal", ("power",))
    found = map_channels(power.channels, [SCHEMA])
    assert found is not None
    clock = DeviceClock(shared=shared)
    made = NodeStream(power, gather_s=0.1, lateness_s=lateness_s)
    made.connect(clock, found, 0)
    return made, clock


def give(to: NodeStream, *numbers: int, backfill: bool = False) -> None:
    for number in numbers:
        flags = FrameFlag.BACKFILL if backfill else FrameFlag.NONE
        to.receive(frame(number, flags=flags), number * 40_000, number * 0.04 + 0.001)


def rows(blocks: list[Block]) -> tuple[Floats, Floats]:
    """Times and values of all blocks together, which must not overlap."""
    times = np.concatenate([block.time_s for block in blocks])
    assert bool(np.all(np.diff(times) > 0))
    return times, np.concatenate([block.values[:, 0] for block in blocks])


def test_frames_come_back_as_blocks_of_at_least_the_span_asked_for() -> None:
    made, _ = stream()
    give(made, *range(10))
    blocks = made.take()
    assert [block.time_s.size for block in blocks] == [12, 12, 12]
    made.flush()
    times, values = rows(blocks + made.take())
    assert np.array_equal(times, np.arange(40) * 10_000 / 1e6)
    assert np.array_equal(values, np.arange(40.0))


def test_a_hole_that_is_filled_leaves_no_trace() -> None:
    made, _ = stream()
    give(made, 0, 1, 4, 5)
    assert made.hole() == (2, 2)
    give(made, 3, 2, backfill=True)
    give(made, 3, backfill=True)
    made.flush()
    assert np.array_equal(rows(made.take())[1], np.arange(24.0))
    assert made.frames_lost == 0


def test_a_hole_that_stays_is_told_by_one_row_just_before_the_next_sample() -> None:
    made, _ = stream()
    give(made, 0, 3)
    made.skip(2)
    made.flush()
    times, values = rows(made.take())
    assert np.array_equal(times, np.array([0, 1, 2, 3, 11, 12, 13, 14, 15]) * 10_000 / 1e6)
    assert np.isnan(values).tolist() == [False] * 4 + [True] + [False] * 4
    assert made.frames_lost == 2


def test_a_hole_of_a_node_whose_period_is_too_long_for_its_frames_is_told_too() -> None:
    made = NodeStream(Node("p", "pedal", "left", ("power",), 1.0), gather_s=0.1, lateness_s=5.0)
    found = map_channels(("power",), [SCHEMA])
    assert found is not None
    made.connect(DeviceClock(shared=True), found, 0)
    for number in (0, 1, 5):
        one = DataFrame(number, number * 1_000_000, 0, 1, 128, encode_samples(SCHEMA, np.ones((1, 1))))
        made.receive(one, number * 1_000_000, float(number))
    made.skip(3)
    made.flush()
    times, values = rows(made.take())
    assert times.tolist() == [0.0, 1.0, 4.0, 5.0]
    assert np.isnan(values).tolist() == [False, False, True, False]


def test_samples_that_tell_their_clock_error_keep_it() -> None:
    schema = Schema.of(128, [SchemaChannel.named(name, SampleType.F64) for name in ("power", CLOCK_ERROR)])
    found = map_channels(("power",), [schema])
    assert found is not None
    made = NodeStream(node("p", "left", "pedal", ("power",)), gather_s=10.0, lateness_s=5.0)
    made.connect(DeviceClock(shared=True), found, 0)
    errors_s = [0.0, 0.0, 0.25, math.inf, math.inf, math.inf, 0.0]
    for number in (0, 1, 3):
        values = np.column_stack([np.arange(7.0), errors_s])
        one = DataFrame(number, number * 70_000, 10_000, 7, 128, encode_samples(schema, values))
        made.receive(one, number * 70_000, 1.0)
    made.skip(1)
    made.flush()
    blocks = made.take()
    assert [(block.clock_error_s, block.time_s.size) for block in blocks] == [
        (0.0, 2), (0.25, 1), (math.inf, 3),
        (0.0, 1 + 2), (0.25, 1), (math.inf, 3),
        (0.0, 1 + 1 + 2), (0.25, 1), (math.inf, 3),
        (0.0, 1),
    ]  # fmt: skip
    assert np.isnan(rows(blocks)[1]).sum() == 1


def test_a_gap_that_the_node_tells_is_told() -> None:
    made, _ = stream()
    give(made, 0)
    made.receive(frame(1, flags=FrameFlag.GAP), 50_000, 0.1)
    made.flush()
    times, values = rows(made.take())
    assert times.tolist() == [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08]
    assert np.flatnonzero(np.isnan(values)).tolist() == [4]


def test_a_silence_is_told_every_second_as_late_as_late_samples_may_be() -> None:
    made, clock = stream(shared=False, lateness_s=5.0)
    clock.exchanged(0.0, 0, 0, 0.0)
    give(made, 0)
    made.flush()
    made.take()
    told = []
    for now_s in np.arange(0.0, 9.0, 0.25):
        made.silence(float(now_s))
        told += made.take()
    assert [block.time_s.size for block in told] == [1, 1, 1]
    assert all(math.isnan(block.values[0, 0]) for block in told)
    gaps = np.diff([float(block.time_s[0]) for block in told])
    assert bool(np.all(gaps >= 1.0))
    assert float(told[-1].time_s[0]) <= 8.75 - 5.0


def test_what_comes_behind_a_told_silence_is_counted_and_dropped() -> None:
    made, clock = stream(shared=False, lateness_s=1.0)
    clock.exchanged(0.0, 0, 0, 0.0)
    give(made, 0)
    made.silence(3.0)  # tells up to 2 s: frames 1 to 49 and half of frame 50
    give(made, 60)
    give(made, *range(1, 60), backfill=True)
    made.flush()
    _, values = rows(made.take())
    assert made.late_samples == 197
    assert values[np.isfinite(values)].tolist() == [0.0, 1.0, 2.0, 3.0, *np.arange(201.0, 244.0).tolist()]
    assert made.frames_lost == 0


def test_a_boot_begins_anew_behind_a_row_of_nan() -> None:
    made, clock = stream(shared=False)
    clock.exchanged(0.0, 0, 0, 0.0)
    give(made, 0, 1, 3)
    made.reset()
    reborn = DeviceClock()
    reborn.exchanged(9.0, 0, 0, 9.0)
    found = map_channels(("power",), [SCHEMA])
    assert found is not None
    made.connect(reborn, found, 0)
    made.receive(frame(0), 0, 9.1)
    made.flush()
    times, values = rows(made.take())
    assert np.isnan(values).tolist() == [False] * 8 + [True] + [False] * 4 + [True] + [False] * 4
    assert float(times[-4]) == pytest.approx(9.0, abs=1e-3)
    assert made.frames_lost == 1


def test_a_node_that_was_never_heard_has_no_silence() -> None:
    made = NodeStream(node("l", "left"), gather_s=0.25, lateness_s=0.0)
    made.silence(100.0)
    assert made.take() == []


def test_the_last_samples_do_not_wait_for_company() -> None:
    made, _ = stream()
    give(made, 0)
    made.gathered(0.1)
    assert made.take() == []
    made.gathered(0.3)
    assert [block.time_s.size for block in made.take()] == [4]


# --- backfill ---------------------------------------------------------------------------------------------------------


class Asking:
    """A stream with frames 2 and 3 missing, and who asks for them."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.stream, _ = stream()
        give(self.stream, 0, 1, 4)
        timings = LinkTimings(reply_s=0.5, tries=2, backfill_s=1.0, lateness_s=30.0)
        self.asker = Asker(timings, self._send, 0)
        self.backfiller = Backfiller(timings, self.asker, self.stream)

    def _send(self, command: Command) -> float:
        self.sent.append(command)
        return 0.0

    def answer(self, first: int, count: int, now_s: float, result: Result = Result.OK) -> None:
        reply = Reply(Op.BACKFILL, self.sent[-1].token, result, BackfillReply(first, count).pack())
        assert self.asker.answered(reply) is not None
        self.backfiller.answered(reply, now_s)


def test_a_hole_is_asked_for_once_and_told_once() -> None:
    asking = Asking()
    assert asking.backfiller.tick(1.0) == (2, 2)
    assert asking.backfiller.tick(1.1) is None
    assert asking.sent == [commands.backfill(1, 2, 2)]


def test_frames_lost_again_are_asked_for_until_they_are_too_old() -> None:
    asking = Asking()
    asking.backfiller.tick(0.0)
    for now_s in range(29):
        asking.answer(2, 2, float(now_s))
        asking.backfiller.tick(now_s + 1.0)
        assert asking.stream.hole() == (2, 2)
    assert len(asking.sent) == 30
    asking.answer(2, 2, 29.0)
    asking.backfiller.tick(30.0)
    assert asking.stream.hole() is None
    assert asking.stream.frames_lost == 2


def test_what_the_node_no_longer_has_is_given_up_at_once() -> None:
    asking = Asking()
    asking.backfiller.tick(0.0)
    asking.answer(3, 1, 0.0)  # only the second one is kept
    assert asking.stream.hole() == (3, 1)
    other = Asking()
    other.backfiller.tick(0.0)
    other.answer(2, 0, 0.0)
    assert (other.stream.hole(), other.stream.frames_lost) == (None, 2)
    third = Asking()
    third.backfiller.tick(0.0)
    third.answer(2, 2, 0.0, Result.UNKNOWN_OP)
    assert (third.stream.hole(), third.stream.frames_lost) == (None, 2)


def test_frames_at_the_end_that_were_not_sent_yet_are_waited_for() -> None:
    asking = Asking()
    give(asking.stream, 2, 3, backfill=True)
    asking.stream.expect(7)  # frames 5 and 6 are made but wait behind the reply
    asking.backfiller.tick(0.0)
    asking.answer(5, 0, 0.0)
    assert asking.stream.hole() == (5, 2)
    give(asking.stream, 5)
    asking.backfiller.tick(1.0)
    asking.answer(6, 0, 1.0)
    give(asking.stream, 6)
    assert (asking.stream.hole(), asking.stream.frames_lost) == (None, 0)
    asking.stream.expect(8)
    for now_s in (2.0, 3.0, 4.0, 5.0):
        asking.backfiller.tick(now_s)
        assert asking.stream.hole() == (7, 1)
        asking.answer(7, 0, now_s)
    assert (asking.stream.hole(), asking.stream.frames_lost) == (None, 1)


def test_a_device_that_does_not_know_backfill_does_not_hold_up_its_stream() -> None:
    asking = Asking()
    asking.backfiller.tick(0.0)
    assert [asking.asker.tick(now_s) for now_s in (0.5, 1.0)] == ["", "BACKFILL"]
    asking.backfiller.unanswered()
    assert (asking.stream.hole(), asking.stream.frames_lost) == (None, 2)
