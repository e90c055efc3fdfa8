"""Every frame as a value, to bytes and back. BLE notifications carry exactly these bytes; serial lines wrap them.

The first byte of each is the protocol version in the high nibble and the kind in the low one. All integers are little
endian. Frames other than data may be longer than known here: a later node appends fields, and what is not known is
skipped. ``pack`` raises ValueError where a field does not fit; unpacking never raises, it answers ``Rejected``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evenside.wire.codes import FRAME_BYTES_MAX, NOT_KNOWN_U8, NOT_KNOWN_U32, VERSION, FrameFlag, Kind, NodeState
from evenside.wire.schemas import SAMPLE_BYTES

__all__ = [
    "CAUSES",
    "Cause",
    "Command",
    "DataFrame",
    "EventFrame",
    "Frame",
    "LogFrame",
    "Rejected",
    "Reply",
    "StatusFrame",
    "SyncReply",
    "decode_frame",
    "encode_frame",
]

Cause = Literal["long", "cobs", "short", "crc", "version", "kind", "length", "value", "schema"]
CAUSES: tuple[Cause, ...] = ("long", "cobs", "short", "crc", "version", "kind", "length", "value", "schema")

_DATA = struct.Struct("<BBHIHBB")
_STATUS = struct.Struct("<BBHIIIQIIIHHHhBBBB")
_EVENT = struct.Struct("<BBHIiB")
_SYNC_REPLY = struct.Struct("<BBBBQQQ")
_REPLY = struct.Struct("<BBBB")
_LOG = struct.Struct("<BBI")
_COMMAND = struct.Struct("<BBB")
_TEMPERATURE_NOT_KNOWN = -32768


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that are not a frame, and the one cause under which they are counted."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class DataFrame:
    """``count`` samples that lie exactly on ``t_first_us + i * period_us``."""

    seq: int  # u16, +1 a frame, from 0 at boot, wraps
    t_first_us: int  # u32, device clock, wraps at 71.6 min
    period_us: int  # u16
    count: int  # 1 to 255
    schema: int  # 1 to 4 fixed, 128 to 255 described by the node
    payload: bytes  # count samples
    flags: FrameFlag = FrameFlag.NONE

    @property
    def sample_bytes(self) -> int:
        return len(self.payload) // self.count

    def pack(self) -> bytes:
        cause = _data_cause(self.schema, self.count, self.period_us, len(self.payload))
        if cause:
            raise ValueError(f"not a data frame: {cause} of {self}")
        head = (self.flags, self.seq, self.t_first_us, self.period_us, self.count, self.schema)
        return _DATA.pack(_first(Kind.DATA), *head) + self.payload


@dataclass(frozen=True, slots=True)
class StatusFrame:
    """How the node is, once a second."""

    boot_id: int  # u32, another one after each boot
    frame_counter: int  # u32: data frames made since boot; its low 16 bits are the seq of the next one
    ring_oldest: int  # u32: number of the oldest frame that can be sent again; frame_counter if there is none
    uptime_us: int  # u64, the clock whose low 32 bits stamp the frames
    dropped_samples: int = 0  # u32, lost before they came into a frame
    clock_error_us: int | None = None  # of uptime against session time, where the clock kind promises that
    schema_hash: int = 0  # u32
    connection_interval_ms: float = 0.0  # multiples of 1.25; 0 on a line
    peripheral_latency: int = 0  # connection events
    supervision_timeout_ms: int = 0  # multiples of 10
    temperature_c: float | None = None  # steps of 0.01
    battery_percent: int | None = None
    side: int = 0  # see codes.side_of
    state: NodeState = NodeState.NONE
    flags: FrameFlag = FrameFlag.NONE

    def pack(self) -> bytes:
        return _STATUS.pack(
            _first(Kind.STATUS),
            self.flags,
            0,
            self.boot_id,
            self.frame_counter,
            self.ring_oldest,
            self.uptime_us,
            self.dropped_samples,
            NOT_KNOWN_U32 if self.clock_error_us is None else self.clock_error_us,
            self.schema_hash,
            round(self.connection_interval_ms / 1.25),
            self.peripheral_latency,
            self.supervision_timeout_ms // 10,
            _TEMPERATURE_NOT_KNOWN if self.temperature_c is None else round(self.temperature_c * 100),
            NOT_KNOWN_U8 if self.battery_percent is None else self.battery_percent,
            self.side,
            self.state,
            0,
        )


@dataclass(frozen=True, slots=True)
class EventFrame:
    """Something happened at ``t_us``."""

    event_seq: int  # u16, +1 an event, from 0 at boot, wraps
    t_us: int  # u32, as t_first_us
    code: int  # EventCode, or one not known here
    argument: int  # s32
    flags: FrameFlag = FrameFlag.NONE

    def pack(self) -> bytes:
        return _EVENT.pack(_first(Kind.EVENT), self.flags, self.event_seq, self.t_us, self.argument, self.code)


@dataclass(frozen=True, slots=True)
class SyncReply:
    """Answer to SYNC: when the request came and when this left, on the node's clock."""

    token: int  # u8
    t_host_ns: int  # u64, as sent by the host
    received_us: int  # u64
    replied_us: int  # u64

    def pack(self) -> bytes:
        fields = (self.token, 0, self.t_host_ns, self.received_us, self.replied_us)
        return _SYNC_REPLY.pack(_first(Kind.SYNC_REPLY), 0, *fields)


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to any other command."""

    op: int
    token: int  # u8, of the command answered
    result: int  # Result, or one not known here
    data: bytes = b""

    def pack(self) -> bytes:
        return _REPLY.pack(_first(Kind.REPLY), self.op, self.token, self.result) + self.data


@dataclass(frozen=True, slots=True)
class LogFrame:
    """One line of the node's own log."""

    level: int  # LogLevel
    t_us: int  # u32, as t_first_us
    text: str

    def pack(self) -> bytes:
        return _LOG.pack(_first(Kind.LOG), self.level, self.t_us) + self.text.encode()


@dataclass(frozen=True, slots=True)
class Command:
    """Host to node."""

    op: int
    token: int  # u8, +1 a new command, the same for a repetition
    args: bytes = b""

    def pack(self) -> bytes:
        return _COMMAND.pack(_first(Kind.COMMAND), self.op, self.token) + self.args


Frame = DataFrame | StatusFrame | EventFrame | SyncReply | Reply | LogFrame | Command


def encode_frame(frame: Frame) -> bytes:
    """The bytes of a frame.

    Raises:
        ValueError: a field is outside its range, or the frame is longer than FRAME_BYTES_MAX.
    """
    try:
        data = frame.pack()
    except struct.error as error:
        raise ValueError(f"{type(frame).__name__}: {error}") from error
    if len(data) > FRAME_BYTES_MAX:
        raise ValueError(f"{type(frame).__name__} of {len(data)} bytes, at most {FRAME_BYTES_MAX} travel")
    return data


def decode_frame(data: bytes) -> Frame | Rejected:
    """The frame in ``data``, whole: one BLE notification, or one serial packet without its envelope. Never raises."""
    if not data:
        return Rejected("short")
    if len(data) > FRAME_BYTES_MAX:
        return Rejected("long")
    if data[0] >> 4 != VERSION:
        return Rejected("version")
    reader = _READERS.get(data[0] & 0x0F)
    if reader is None:
        return Rejected("kind")
    form, read = reader
    return read(data) if len(data) >= form.size else Rejected("short")


def _first(kind: Kind) -> int:
    return VERSION << 4 | kind


def _data_cause(schema: int, count: int, period_us: int, payload_bytes: int) -> Cause | None:
    if count < 1 or (count > 1 and period_us == 0):
        return "value"
    if schema not in SAMPLE_BYTES and schema < 128:
        return "schema"
    expected = count * SAMPLE_BYTES.get(schema, max(1, payload_bytes // count))
    return None if payload_bytes == expected else "length"


def _data(data: bytes) -> Frame | Rejected:
    _, flags, seq, t_first_us, period_us, count, schema = _DATA.unpack_from(data)
    payload = data[_DATA.size :]
    cause = _data_cause(schema, count, period_us, len(payload))
    return Rejected(cause) if cause else DataFrame(seq, t_first_us, period_us, count, schema, payload, FrameFlag(flags))


def _status(data: bytes) -> Frame:
    _, flags, _, boot, counter, oldest, uptime, dropped, error, schemas, *rest = _STATUS.unpack_from(data)
    interval, latency, timeout, temperature, battery, side, state, _ = rest
    return StatusFrame(
        boot_id=boot,
        frame_counter=counter,
        ring_oldest=oldest,
        uptime_us=uptime,
        dropped_samples=dropped,
        clock_error_us=None if error == NOT_KNOWN_U32 else error,
        schema_hash=schemas,
        connection_interval_ms=interval * 1.25,
        peripheral_latency=latency,
        supervision_timeout_ms=timeout * 10,
        temperature_c=None if temperature == _TEMPERATURE_NOT_KNOWN else temperature / 100,
        battery_percent=None if battery == NOT_KNOWN_U8 else battery,
        side=side,
        state=NodeState(state),
        flags=FrameFlag(flags),
    )


def _event(data: bytes) -> Frame:
    _, flags, event_seq, t_us, argument, code = _EVENT.unpack_from(data)
    return EventFrame(event_seq, t_us, code, argument, FrameFlag(flags))


def _sync_reply(data: bytes) -> Frame:
    _, _, token, _, t_host_ns, received_us, replied_us = _SYNC_REPLY.unpack_from(data)
    return SyncReply(token, t_host_ns, received_us, replied_us)


def _reply(data: bytes) -> Frame:
    return Reply(data[1], data[2], data[3], data[_REPLY.size :])


def _log(data: bytes) -> Frame:
    _, level, t_us = _LOG.unpack_from(data)
    return LogFrame(level, t_us, data[_LOG.size :].decode(errors="replace"))


def _command(data: bytes) -> Frame:
    return Command(data[1], data[2], data[_COMMAND.size :])


_READERS: dict[int, tuple[struct.Struct, Callable[[bytes], Frame | Rejected]]] = {
    Kind.DATA: (_DATA, _data),
    Kind.STATUS: (_STATUS, _status),
    Kind.EVENT: (_EVENT, _event),
    Kind.SYNC_REPLY: (_SYNC_REPLY, _sync_reply),
    Kind.REPLY: (_REPLY, _reply),
    Kind.LOG: (_LOG, _log),
    Kind.COMMAND: (_COMMAND, _command),
}
