"""What a host asks of a node, and what the answers hold. Bytes in, values out; who asks when is decided elsewhere.

The builders make ``Command`` frames. The reply classes pack the data behind a reply's result byte, and unpack it: a
reply that is too short is ``Rejected``, one that is longer comes from a newer node and is read as far as it is known.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from evenside.wire.codes import NOT_KNOWN_U32, VERSION, Op
from evenside.wire.frames import Command, Rejected

__all__ = [
    "ARGS",
    "BackfillReply",
    "CalibrationPiece",
    "HelloReply",
    "StartReply",
    "backfill",
    "describe",
    "get_calibration",
    "get_log",
    "hello",
    "identify",
    "light",
    "reboot",
    "set_calibration",
    "set_side",
    "start",
    "stop",
    "sync",
    "tare",
    "unpack_args",
]

ARGS: dict[Op, struct.Struct] = {
    Op.HELLO: struct.Struct("<BB"),  # lowest and highest protocol version of the host
    Op.START: struct.Struct("<BH"),  # schema, period_us (0: the node's own)
    Op.STOP: struct.Struct("<"),
    Op.SYNC: struct.Struct("<Q"),  # t_host_ns
    Op.BACKFILL: struct.Struct("<IH"),  # first frame number, count (0: stop it)
    Op.DESCRIBE: struct.Struct("<BB"),  # schema, page
    Op.SET_SIDE: struct.Struct("<B"),
    Op.TARE: struct.Struct("<H"),  # duration_ms
    Op.GET_CAL: struct.Struct("<H"),  # offset
    Op.SET_CAL: struct.Struct("<HIH"),  # total bytes, CRC-32 of all, offset; then the piece
    Op.LED: struct.Struct("<BHB"),  # bits: 1 light, 2 buzz; duration_ms; times
    Op.IDENTIFY: struct.Struct("<"),
    Op.GET_LOG: struct.Struct("<B"),  # lines at most
    Op.REBOOT: struct.Struct("<"),
}
_HELLO = struct.Struct("<BBIIIIHBBBB")
_START = struct.Struct("<BHIB")
_BACKFILL = struct.Struct("<IH")
_CALIBRATION = struct.Struct("<HIH")


def unpack_args(op: Op, args: bytes) -> tuple[int, ...] | None:
    """The numbers of a command, or None where they are cut off. What follows them is left alone."""
    form = ARGS[op]
    return form.unpack_from(args) if len(args) >= form.size else None


def _command(op: Op, token: int, *args: int, tail: bytes = b"") -> Command:
    try:
        return Command(op, token & 0xFF, ARGS[op].pack(*args) + tail)
    except struct.error as error:
        raise ValueError(f"{op.name} {args}: {error}") from error


def hello(token: int, version_min: int = VERSION, version_max: int = VERSION) -> Command:
    """Who are you? Begins a conversation: ends a running backfill and forgets the last reply."""
    return _command(Op.HELLO, token, version_min, version_max)


def start(token: int, schema: int, period_us: int = 0) -> Command:
    """Sample and send. ``period_us`` 0 leaves the rate to the node."""
    return _command(Op.START, token, schema, period_us)


def stop(token: int) -> Command:
    """Stop sampling. What is in the ring stays there."""
    return _command(Op.STOP, token)


def sync(token: int, t_host_ns: int) -> Command:
    """Stamp this, please. ``t_host_ns`` comes back as it is."""
    return _command(Op.SYNC, token, t_host_ns)


def backfill(token: int, first_frame: int, count: int) -> Command:
    """Send frames [first_frame, first_frame + count) again, as far as they are kept. ``count`` 0 ends a backfill."""
    return _command(Op.BACKFILL, token, first_frame, count)


def describe(token: int, schema: int, page: int = 0) -> Command:
    """What is a sample of this schema made of?"""
    return _command(Op.DESCRIBE, token, schema, page)


def set_side(token: int, side: int) -> Command:
    """You are worn on this side (``codes.side_code``). Kept over a reboot."""
    return _command(Op.SET_SIDE, token, side)


def tare(token: int, duration_ms: int) -> Command:
    """The mean of all force cells over the next ``duration_ms`` is their zero."""
    return _command(Op.TARE, token, duration_ms)


def get_calibration(token: int, offset: int = 0) -> Command:
    """The calibration kept in the node, from this byte on."""
    return _command(Op.GET_CAL, token, offset)


def set_calibration(token: int, total: int, crc32: int, offset: int, piece: bytes) -> Command:
    """One piece of a calibration; it is kept once all ``total`` bytes came in order and their CRC-32 is right."""
    return _command(Op.SET_CAL, token, total, crc32, offset, tail=piece)


def light(token: int, *, lamp: bool, buzz: bool, duration_ms: int, times: int = 1) -> Command:
    """Light the lamp, buzz, or both."""
    return _command(Op.LED, token, int(lamp) | int(buzz) << 1, duration_ms, times)


def identify(token: int) -> Command:
    """Show which one you are, for five seconds."""
    return _command(Op.IDENTIFY, token)


def get_log(token: int, lines: int) -> Command:
    """The last lines of the node's log, oldest first, as log frames behind the reply."""
    return _command(Op.GET_LOG, token, lines)


def reboot(token: int) -> Command:
    """Start anew, with another boot id, after the reply has left."""
    return _command(Op.REBOOT, token)


@dataclass(frozen=True, slots=True)
class HelloReply:
    """Who the node is."""

    serial: str  # of the device, at most 32 bytes of UTF-8, never changes
    firmware: str  # at most 24 bytes
    boot_id: int
    schemas: tuple[int, ...]  # ids offered, at most 8, the preferred one first
    period_us: int  # nominal, 0 where the node has none
    side: int = 0  # where the node believes to be worn, see codes.side_of
    site: int = 0  # see codes.site_of
    clock_kind: int = 0  # ClockKind
    clock_error_us: int | None = None  # of ticks against session time, where the clock kind promises that
    frame_counter: int = 0  # as in the status frame
    schema_hash: int = 0  # as in the status frame
    version_min: int = VERSION
    version_max: int = VERSION

    def pack(self) -> bytes:
        """Raises ValueError where a text or the list is too long."""
        serial, firmware = self.serial.encode(), self.firmware.encode()
        if len(serial) > 32 or len(firmware) > 24 or len(self.schemas) > 8:
            raise ValueError(f"serial of {len(serial)} bytes, firmware {len(firmware)}, {len(self.schemas)} schemas")
        fixed = _HELLO.pack(
            self.version_min,
            self.version_max,
            self.boot_id,
            self.frame_counter,
            NOT_KNOWN_U32 if self.clock_error_us is None else self.clock_error_us,
            self.schema_hash,
            self.period_us,
            self.side,
            self.site,
            self.clock_kind,
            len(self.schemas),
        )
        texts = bytes((len(serial),)) + serial + bytes((len(firmware),)) + firmware
        return fixed + bytes(self.schemas) + texts

    @staticmethod
    def unpack(data: bytes) -> HelloReply | Rejected:
        if len(data) < _HELLO.size:
            return Rejected("short")
        low, high, boot, counter, error, hashed, period, side, site, kind, count = _HELLO.unpack_from(data)
        schemas, rest = data[_HELLO.size : _HELLO.size + count], data[_HELLO.size + count :]
        serial, rest = rest[1 : 1 + rest[0]] if rest else b"", rest[1 + rest[0] :] if rest else b""
        if not rest or len(rest) < 1 + rest[0]:
            return Rejected("short")
        return HelloReply(
            serial=serial.decode(errors="replace"),
            firmware=rest[1 : 1 + rest[0]].decode(errors="replace"),
            boot_id=boot,
            schemas=tuple(schemas),
            period_us=period,
            side=side,
            site=site,
            clock_kind=kind,
            clock_error_us=None if error == NOT_KNOWN_U32 else error,
            frame_counter=counter,
            schema_hash=hashed,
            version_min=low,
            version_max=high,
        )


@dataclass(frozen=True, slots=True)
class StartReply:
    """What is being sent from now on."""

    schema: int
    period_us: int
    next_frame: int  # u32: number of the first frame after this reply
    frame_samples: int  # at most so many samples in a frame

    def pack(self) -> bytes:
        return _START.pack(self.schema, self.period_us, self.next_frame, self.frame_samples)

    @staticmethod
    def unpack(data: bytes) -> StartReply | Rejected:
        return StartReply(*_START.unpack_from(data)) if len(data) >= _START.size else Rejected("short")


@dataclass(frozen=True, slots=True)
class BackfillReply:
    """Which frames come again: those asked for that are still kept. ``count`` 0: none."""

    first_frame: int
    count: int

    def pack(self) -> bytes:
        return _BACKFILL.pack(self.first_frame, self.count)

    @staticmethod
    def unpack(data: bytes) -> BackfillReply | Rejected:
        return BackfillReply(*_BACKFILL.unpack_from(data)) if len(data) >= _BACKFILL.size else Rejected("short")


@dataclass(frozen=True, slots=True)
class CalibrationPiece:
    """Some bytes of the calibration kept in the node."""

    total: int  # u16, 0: none is kept
    crc32: int  # of all bytes
    offset: int
    piece: bytes

    def pack(self) -> bytes:
        return _CALIBRATION.pack(self.total, self.crc32, self.offset) + self.piece

    @staticmethod
    def unpack(data: bytes) -> CalibrationPiece | Rejected:
        if len(data) < _CALIBRATION.size:
            return Rejected("short")
        total, crc32, offset = _CALIBRATION.unpack_from(data)
        return CalibrationPiece(total, crc32, offset, data[_CALIBRATION.size :])
