"""What a modelled node answers to each command: arguments checked, the node told, the reply's data packed.

One function per command that needs more than a line. A command never raises: what cannot be done is a ``Result``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evenside.wire.codes import VERSION, ClockKind, Op, Result, side_code, side_of, site_code
from evenside.wire.commands import ARGS, BackfillReply, HelloReply, StartReply, unpack_args
from evenside.wire.describe import DescribePage
from evenside.wire.frames import Command
from evenside.wire.node_settings import Signal

if TYPE_CHECKING:
    from evenside.wire.node_model import NodeModel

__all__ = ["answer", "hello_reply"]

Answer = tuple[Result, bytes]
REPLY_HEADER_BYTES = 4
CALIBRATION_HEADER_BYTES = 8
IDENTIFY_SIGNAL = Signal(lamp=True, buzz=True, duration_ms=500, times=5)


def answer(node: NodeModel, command: Command, now_us: int) -> Answer:
    """Obey, if that can be done, and say what came of it."""
    if command.op not in ARGS:
        return Result.UNKNOWN_OP, b""
    op = Op(command.op)
    args = unpack_args(op, command.args)
    if args is None:
        return Result.BAD_ARGS, b""
    match op:
        case Op.STOP:
            node.stop()
        case Op.IDENTIFY:
            node.signals.append(IDENTIFY_SIGNAL)
        case Op.LED:
            bits, duration_ms, times = args
            node.signals.append(Signal(bool(bits & 1), bool(bits & 2), duration_ms, times))
        case Op.GET_LOG:
            return Result.OK, bytes((node.show_log(args[0]),))
        case Op.SET_CAL:
            total, crc32, offset = args
            return node.keep.put(total, crc32, offset, command.args[ARGS[op].size :]), b""
        case _:
            return _LONGER[op](node, args, now_us)
    return Result.OK, b""


def hello_reply(node: NodeModel) -> HelloReply:
    settings = node.settings
    return HelloReply(
        serial=settings.serial,
        firmware=settings.firmware,
        boot_id=settings.boot_id,
        schemas=tuple(schema.id for schema in settings.schemas),
        period_us=settings.period_us,
        side=side_code(node.side),
        site=site_code(settings.site),
        clock_kind=settings.clock_kind,
        clock_error_us=settings.clock_error_us,
        frame_counter=node.sampler.ring.next_frame,
        schema_hash=node.schema_hash,
    )


def _hello(node: NodeModel, args: tuple[int, ...], _: int) -> Answer:
    common = args[0] <= VERSION <= args[1]
    return Result.OK if common else Result.NO_COMMON_VERSION, hello_reply(node).pack()


def _start(node: NodeModel, args: tuple[int, ...], now_us: int) -> Answer:
    settings = node.settings
    schema = next((schema for schema in settings.schemas if schema.id == args[0]), None)
    period_us = args[1] or settings.period_us
    if schema is None or period_us not in (settings.period_us, *settings.other_periods_us):
        return Result.NOT_OFFERED, b""
    next_frame = node.start(schema, period_us, now_us)
    return Result.OK, StartReply(schema.id, period_us, next_frame, settings.samples_in_frame(schema)).pack()


def _backfill(node: NodeModel, args: tuple[int, ...], _: int) -> Answer:
    frames = node.resend(*args)
    if frames is None:
        return Result.BUSY, b""
    return Result.OK, BackfillReply(frames.start, len(frames)).pack()


def _describe(node: NodeModel, args: tuple[int, ...], _: int) -> Answer:
    schema = next((schema for schema in node.settings.schemas if schema.id == args[0]), None)
    page = schema and DescribePage.of(schema, args[1], node.settings.frame_bytes)
    return (Result.OK, page.pack()) if page else (Result.NOT_OFFERED, b"")


def _set_side(node: NodeModel, args: tuple[int, ...], _: int) -> Answer:
    side = side_of(args[0])
    if side is None and args[0]:
        return Result.BAD_ARGS, b""
    node.side = side
    return Result.OK, bytes(args)


def _tare(node: NodeModel, args: tuple[int, ...], now_us: int) -> Answer:
    tare = node.sampler.tare
    if not tare.columns or not node.sampling or node.settings.clock_kind == ClockKind.SESSION:
        return Result.NOT_SUPPORTED, b""
    if not 1 <= args[0] <= 60_000:
        return Result.BAD_ARGS, b""
    if tare.running:
        return Result.BUSY, b""
    tare.begin(now_us + args[0] * 1000)
    return Result.OK, b""


def _get_cal(node: NodeModel, args: tuple[int, ...], _: int) -> Answer:
    room = node.settings.frame_bytes - REPLY_HEADER_BYTES - CALIBRATION_HEADER_BYTES
    piece = node.keep.piece(args[0], room)
    return (Result.OK, piece.pack()) if piece else (Result.NOT_OFFERED, b"")


def _reboot(node: NodeModel, _args: tuple[int, ...], _: int) -> Answer:
    if node.settings.clock_kind == ClockKind.SESSION:
        return Result.NOT_SUPPORTED, b""
    node.reboot_requested = True
    return Result.OK, b""


_LONGER: dict[Op, Callable[[NodeModel, tuple[int, ...], int], Answer]] = {
    Op.HELLO: _hello,
    Op.START: _start,
    Op.BACKFILL: _backfill,
    Op.DESCRIBE: _describe,
    Op.SET_SIDE: _set_side,
    Op.TARE: _tare,
    Op.GET_CAL: _get_cal,
    Op.REBOOT: _reboot,
}
