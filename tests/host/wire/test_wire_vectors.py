"""The golden bytes in tests/vectors/wire.json: made here once, checked in, obeyed by every codec in any language.

``python tests/host/wire/test_wire_vectors.py`` writes the file anew; a change of it is a change of the wire format.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from evenside import wire
from evenside.wire import commands as ask

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "wire.json"

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def _imu_row(first: int) -> list[int]:
    return [first, -first, first * 7, -1, 0, 1]


def _counts_schema_1() -> bytes:
    rows = (_imu_row(at * 100) + [at * 10 + cell for cell in range(8)] for at in range(3))
    return b"".join(struct.pack("<6h8H", *row) for row in rows)


PLAYED = wire.Schema.of(
    128,
    [
        wire.SchemaChannel.named("acc_x", wire.SampleType.F64),
        wire.SchemaChannel.named("force", wire.SampleType.F32, 0.5),
        wire.SchemaChannel.named("power", wire.SampleType.S32, 0.001),
        wire.SchemaChannel(200, wire.SampleType.S16, 1.0),
    ],
)
PLAYED_PAYLOAD = struct.pack("<dfih", -0.0, 1.5, -7, 3) + struct.pack("<dfih", math.nan, -2.25, 2**31 - 1, -32768)
REPLAYED = wire.Schema.of(
    129, [wire.SchemaChannel.named(name, wire.SampleType.F64) for name in ("power", wire.CLOCK_ERROR)]
)
PAYLOADS = {
    1: _counts_schema_1(),
    2: struct.pack("<6h4H", 2048, -2048, 32767, -32768, 1, -1, 0, 1, 65535, 9806),
    3: b"".join(struct.pack("<6h", *_imu_row(at)) for at in range(2)),
    4: struct.pack("<8H", *range(0, 8000, 1000)),
    128: PLAYED_PAYLOAD,
    129: struct.pack("<6d", 182.25, 0.0, math.nan, math.inf, 5e-324, 0.0021),
}
FLAG = wire.FrameFlag
HELLO = wire.HelloReply(
    serial="ES-000123",
    firmware="0.1.0",
    boot_id=0x1234ABCD,
    schemas=(1, 3),
    period_us=10_000,
    side=wire.side_code("left"),
    site=wire.site_code("foot"),
    clock_kind=wire.ClockKind.OWN,
    frame_counter=70_000,
    schema_hash=wire.schema_hash([wire.FIXED_SCHEMAS[1], wire.FIXED_SCHEMAS[3]]),
)
DESCRIBED = wire.DescribePage(PLAYED.id, 0, 1, len(PLAYED.channels), PLAYED.channels)

FRAMES: dict[str, tuple[int, wire.Frame]] = {
    "data, schema 3, the worked example": (
        0,
        wire.DataFrame(0x0102, 1_000_000, 10_000, 2, 3, PAYLOADS[3], FLAG.NONE),
    ),
    "data, schema 1, all flags": (0, wire.DataFrame(65_535, 2**32 - 1, 5000, 3, 1, PAYLOADS[1], FLAG(255))),
    "data, schema 2, one sample": (1, wire.DataFrame(0, 0, 0, 1, 2, PAYLOADS[2], FLAG.ACC_CLIPPED)),
    "data, schema 4, backfill": (254, wire.DataFrame(7, 8, 65_535, 1, 4, PAYLOADS[4], FLAG.BACKFILL)),
    "data, described schema": (0, wire.DataFrame(1, 2, 10_000, 2, 128, PLAYED_PAYLOAD, FLAG.GAP)),
    "data, longest frame, no zero in it": (
        3,
        wire.DataFrame(0x0101, 0x01010101, 0x0101, 22, 129, b"\x05" * 1012, FLAG.ACC_CLIPPED),
    ),
    "data, longest frame, all zeros": (3, wire.DataFrame(0, 0, 1, 253, 255, b"\0" * 1012)),
    "status, all known": (
        0,
        wire.StatusFrame(
            boot_id=0x1234ABCD,
            frame_counter=70_001,
            ring_oldest=69_000,
            uptime_us=5_000_000_000,
            dropped_samples=16,
            clock_error_us=250,
            schema_hash=HELLO.schema_hash,
            connection_interval_ms=15.0,
            peripheral_latency=1,
            supervision_timeout_ms=4000,
            temperature_c=-1.25,
            battery_percent=87,
            side=2,
            state=wire.NodeState.SAMPLING | wire.NodeState.SENDING,
            flags=FLAG.LOW_BATTERY,
        ),
    ),
    "status, nothing known": (9, wire.StatusFrame(boot_id=1, frame_counter=0, ring_oldest=0, uptime_us=0)),
    "event": (0, wire.EventFrame(3, 123_456_789, wire.EventCode.BUTTON, 1, FLAG.NONE)),
    "event, unknown code, negative argument": (0, wire.EventFrame(65_535, 2**32 - 1, 250, -(2**31))),
    "sync reply": (0, wire.SyncReply(17, 1_700_000_000_123_456_789, 5_000_000_001, 5_000_000_350)),
    "reply to hello": (0, wire.Reply(wire.Op.HELLO, 1, wire.Result.OK, HELLO.pack())),
    "reply to start": (0, wire.Reply(wire.Op.START, 2, 0, wire.StartReply(1, 10_000, 70_001, 8).pack())),
    "reply to backfill": (0, wire.Reply(wire.Op.BACKFILL, 5, 0, wire.BackfillReply(69_990, 4).pack())),
    "reply to describe": (0, wire.Reply(wire.Op.DESCRIBE, 6, 0, DESCRIBED.pack())),
    "reply to get calibration": (
        0,
        wire.Reply(wire.Op.GET_CAL, 7, 0, wire.CalibrationPiece(5, 0x3610A686, 0, b"hello").pack()),
    ),
    "reply, refused": (0, wire.Reply(99, 8, wire.Result.UNKNOWN_OP)),
    "log": (0, wire.LogFrame(wire.LogLevel.WARNING, 1_000_000, "force cell 3 reads 0 µV")),
    "log, its packet ends with a full run": (1, wire.LogFrame(wire.LogLevel.INFO, 0x01010101, "x" * 245)),
    "hello": (wire.BROADCAST_ADDRESS, ask.hello(1)),
    "start": (0, ask.start(2, 1, 10_000)),
    "stop": (0, ask.stop(3)),
    "sync": (0, ask.sync(17, 1_700_000_000_123_456_789)),
    "backfill": (0, ask.backfill(5, 69_990, 10)),
    "describe": (0, ask.describe(6, 128)),
    "set side": (0, ask.set_side(7, 1)),
    "tare": (0, ask.tare(8, 2000)),
    "get calibration": (0, ask.get_calibration(9)),
    "set calibration": (0, ask.set_calibration(10, 5, 0x3610A686, 0, b"hello")),
    "light": (0, ask.light(11, lamp=True, buzz=True, duration_ms=500, times=2)),
    "identify": (0, ask.identify(12)),
    "get log": (0, ask.get_log(13, 20)),
    "reboot": (0, ask.reboot(255)),
}
REJECTED_FRAMES: dict[str, tuple[str, wire.Cause]] = {
    "nothing": ("", "short"),
    "version 2": ("2000" + "00" * 22, "version"),
    "kind 6": ("1600" + "00" * 22, "kind"),
    "data frame without its last header byte": ("10" + "00" * 10, "short"),
    "event frame of its first 12 bytes": ("12" + "00" * 11, "short"),
    "no sample": ("1000" + "0000" + "00000000" + "1027" + "00" + "03", "value"),
    "two samples at one time": ("1000" + "0000" + "00000000" + "0000" + "02" + "03" + "00" * 24, "value"),
    "schema 5 is not fixed and cannot be described": ("1000000000000000" + "1027" + "01" + "05" + "00" * 12, "schema"),
    "payload one byte short": ("1000000000000000" + "1027" + "01" + "03" + "00" * 11, "length"),
    "payload one byte long": ("1000000000000000" + "1027" + "01" + "03" + "00" * 13, "length"),
    "two described samples in three bytes": ("1000000000000000" + "1027" + "02" + "80" + "00" * 3, "length"),
    "one byte above the limit": ("10" + "01" * 1024, "long"),
}
REJECTED_PACKETS: dict[str, tuple[str, wire.Cause]] = {
    "run behind the end": ("05010203", "cobs"),
    "three bytes, the last two taken for a CRC": ("01010203", "short"),
    "address and CRC only": (wire.cobs_encode(b"\x07" + wire.crc16(b"\x07").to_bytes(2, "little")).hex(), "short"),
    "one bit of the CRC": (
        wire.cobs_encode(b"\0\x18\x03\x03" + (wire.crc16(b"\0\x18\x03\x03") ^ 1).to_bytes(2, "little")).hex(),
        "crc",
    ),
    "a run above the longest packet": ("02" * 1033, "long"),
    "a frame above the limit, its COBS below": (wire.cobs_encode(b"\0\x18" + b"\0" * 1026).hex(), "long"),
    "text": (b"hello, is anybody there?".hex(), "cobs"),
}
# Other bytes for a frame of FRAMES, which every reader must take as well.
TOLERATED: dict[str, tuple[str, bytes]] = {
    "a longer status of a newer node": (
        "status, nothing known",
        wire.wrap_frame(9, wire.encode_frame(FRAMES["status, nothing known"][1]) + b"\x07\0"),
    ),
    "a longer event of a newer node": ("event", wire.wrap_frame(0, wire.encode_frame(FRAMES["event"][1]) + b"\xff")),
    "a reserved byte that is not zero": (
        "sync reply",
        wire.wrap_frame(0, (sync := wire.encode_frame(FRAMES["sync reply"][1]))[:3] + b"\x09" + sync[4:]),
    ),
    "delimiters in front": ("stop", b"\0\0" + wire.encode_packet(0, ask.stop(3))),
    "an empty run behind a full one at the end": (
        "log, its packet ends with a full run",
        wire.encode_packet(*FRAMES["log, its packet ends with a full run"])[:-1] + b"\x01\0",
    ),
}


def _plain(value: object) -> Json:
    """A dataclass as JSON: bytes as hex, flags as numbers."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str) or value is None:
        return int(value) if isinstance(value, int) else value
    assert dataclasses.is_dataclass(value)
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _frame_case(name: str, address: int, frame: wire.Frame) -> Json:
    return {
        "name": name,
        "kind": type(frame).__name__,
        "address": address,
        "fields": _plain(frame),
        "frame": wire.encode_frame(frame).hex(),
        "packet": wire.encode_packet(address, frame).hex(),
    }


def _schema_case(schema: wire.Schema) -> Json:
    values = wire.decode_samples(schema, PAYLOADS[schema.id])
    return {
        "id": schema.id,
        "sample_bytes": schema.sample_bytes,
        "channels": [{"name": channel.name, **_fields(channel)} for channel in schema.channels],
        "payload": PAYLOADS[schema.id].hex(),
        "values_f64_le": values.astype("<f8").tobytes().hex(),  # in SI units, row by row
    }


def _fields(channel: wire.SchemaChannel) -> dict[str, Json]:
    fields = _plain(channel)
    assert isinstance(fields, dict)
    return fields


def _cobs_plain() -> list[bytes]:
    runs = [b"\x01" * n for n in (1, 253, 254, 255, 508, 509)]
    return [
        b"",
        b"\0",
        b"\0\0",
        b"\x11\x22\0\x33",
        *runs,
        *(run + b"\0" for run in runs),
        *(b"\0" + run for run in runs),
    ]


def build() -> Json:
    crc = [b"", b"\0", b"123456789", bytes(range(256))]
    schemas = [*wire.FIXED_SCHEMAS.values(), PLAYED, REPLAYED]
    replies: dict[str, wire.HelloReply | wire.StartReply | wire.BackfillReply | wire.DescribePage] = {
        "hello": HELLO,
        "start": wire.StartReply(1, 10_000, 70_001, 8),
        "backfill": wire.BackfillReply(69_990, 4),
        "describe": DESCRIBED,
    }
    return {
        "version": wire.VERSION,
        "frame_bytes_max": wire.FRAME_BYTES_MAX,
        "crc16": [{"data": data.hex(), "crc": wire.crc16(data)} for data in crc],
        "cobs": [{"plain": data.hex(), "encoded": wire.cobs_encode(data).hex()} for data in _cobs_plain()],
        "frames": [_frame_case(name, *case) for name, case in FRAMES.items()],
        "reply_data": [
            {"op": op, "fields": _plain(reply), "data": reply.pack().hex()} for op, reply in replies.items()
        ],
        "schemas": [_schema_case(schema) for schema in schemas],
        "schema_hash": [{"schemas": [1, 3], "hash": HELLO.schema_hash}],
        "tolerated": [{"name": n, "as": same, "packet": data.hex()} for n, (same, data) in TOLERATED.items()],
        "rejected_frames": [{"name": n, "frame": h, "cause": cause} for n, (h, cause) in REJECTED_FRAMES.items()],
        "rejected_packets": [{"name": n, "packet": h, "cause": cause} for n, (h, cause) in REJECTED_PACKETS.items()],
    }


def _text() -> str:
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


def test_the_code_still_makes_the_checked_in_bytes() -> None:
    assert _text() == VECTORS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FRAMES)
def test_each_frame_is_read_whole_byte_by_byte_and_with_more_behind(name: str) -> None:
    address, frame = FRAMES[name]
    packet = wire.encode_packet(address, frame)
    expected = [(address, frame)]

    assert wire.decode_frame(wire.encode_frame(frame)) == frame
    assert wire.Decoder().feed(packet) == expected
    slowly = wire.Decoder()
    assert [found for byte in packet[:-1] for found in slowly.feed(bytes((byte,)))] == []
    assert slowly.feed(packet[-1:] + b"\x05rest") == expected
    assert sum(slowly.counts.values()) == 0


@pytest.mark.parametrize("name", TOLERATED)
def test_what_a_newer_node_may_send_is_read_as_what_is_known(name: str) -> None:
    same, packet = TOLERATED[name]
    assert packet != wire.encode_packet(*FRAMES[same])
    assert wire.Decoder().feed(packet) == [FRAMES[same]]


@pytest.mark.parametrize("name", REJECTED_FRAMES)
def test_each_bad_frame_has_its_cause(name: str) -> None:
    frame, cause = REJECTED_FRAMES[name]
    assert wire.decode_frame(bytes.fromhex(frame)) == wire.Rejected(cause)


@pytest.mark.parametrize("name", REJECTED_PACKETS)
def test_each_bad_packet_is_counted_once_and_the_next_is_read(name: str) -> None:
    packet, cause = REJECTED_PACKETS[name]
    data = bytes.fromhex(packet) + b"\0" + wire.encode_packet(4, ask.stop(1))
    whole, slowly = wire.Decoder(), wire.Decoder()

    assert whole.feed(data) == [(4, ask.stop(1))]
    assert [found for byte in data for found in slowly.feed(bytes((byte,)))] == [(4, ask.stop(1))]
    assert dict(whole.counts) == dict(slowly.counts) == {**dict.fromkeys(wire.CAUSES, 0), cause: 1}


@pytest.mark.parametrize("schema", [*wire.FIXED_SCHEMAS.values(), PLAYED, REPLAYED], ids=lambda schema: str(schema.id))
def test_each_payload_survives_values_and_back(schema: wire.Schema) -> None:
    payload = PAYLOADS[schema.id]
    with np.errstate(invalid="raise"):
        assert wire.encode_samples(schema, wire.decode_samples(schema, payload)) == payload


if __name__ == "__main__":
    VECTORS.write_text(_text(), encoding="utf-8")
