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

from evenside.wire.codes import FRAME_BYTES_MAX, VERSION, FrameFlag, Kind, first_byte
from evenside.wire.schemas import SAMPLE_BYTES
from evenside.wire.status import STATUS, StatusFrame, unpack_status

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
_EVENT = struct.Struct("<BBHIiB")
_SYNC_REPLY = struct.Struct("<BBBBQQQ")
_REPLY = struct.Struct("<BBBB")
_LOG = struct.Struct("<BBI")
_COMMAND = struct.Struct("<BBB")


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
        return _DATA.pack(first_byte(Kind.DATA), *head) + self.payload


@dataclass(frozen=True, slots=True)
class EventFrame:
    """Something happened at ``t_us``."""

    event_seq: int  # u16, +1 an event, from 0 at boot, wraps
    t_us: int  # u32, as t_first_us
    code: int  # EventCode, or one not known here
    argument: int  # s32
    flags: FrameFlag = FrameFlag.NONE

    def pack(self) -> bytes:
        return _EVENT.pack(first_byte(Kind.EVENT), self.flags, self.event_seq, self.t_us, self.argument, self.code)


@dataclass(frozen=True, slots=True)
class SyncReply:
    """Answer to SYNC: when the request came and when this left, on the node's clock."""

    token: int  # u8
    t_host_ns: int  # u64, as sent by the host
    received_us: int  # u64
    replied_us: int  # u64

    def pack(self) -> bytes:
        fields = (self.token, 0, self.t_host_ns, self.received_us, self.replied_us)
        return _SYNC_REPLY.pack(first_byte(Kind.SYNC_REPLY), 0, *fields)


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to any other command."""

    op: int
    token: int  # u8, of the command answered
    result: int  # Result, or one not known here
    data: bytes = b""

    def pack(self) -> bytes:
        return _REPLY.pack(first_byte(Kind.REPLY), self.op, self.token, self.result) + self.data


@dataclass(frozen=True, slots=True)
class LogFrame:
    """One line of the node's own log."""

    level: int  # LogLevel
    t_us: int  # u32, as t_first_us
    text: str

    def pack(self) -> bytes:
        return _LOG.pack(first_byte(Kind.LOG), self.level, self.t_us) + self.text.encode()


@dataclass(frozen=True, slots=True)
class Command:
    """Host to node."""

    op: int
    token: int  # u8, +1 a new command, the same for a repetition
    args: bytes = b""

    def pack(self) -> bytes:
        return _COMMAND.pack(first_byte(Kind.COMMAND), self.op, self.token) + self.args


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
    Kind.STATUS: (STATUS, unpack_status),
    Kind.EVENT: (_EVENT, _event),
    Kind.SYNC_REPLY: (_SYNC_REPLY, _sync_reply),
    Kind.REPLY: (_REPLY, _reply),
    Kind.LOG: (_LOG, _log),
    Kind.COMMAND: (_COMMAND, _command),
}
