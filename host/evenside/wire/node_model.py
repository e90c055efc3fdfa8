"""A node without I/O and without a clock: commands and samples go in, frames come out, time is told with each call.

It keeps to firmware/WIRE.md as a real node must: live frames first, at most half of the link's slots for what is sent
again, a bounded ring, the same reply to a repeated command. It plays recordings as nodes, stands behind emulated radios
and answers the tests of the sources. One model is one boot: after ``reboot_requested`` its owner makes another one with
another boot id. ``now_us`` and ``t_us`` are microseconds of the node's clock. What it never does: raise because of what
a host sent, or grow without bound.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from evenside.wire.backfill import Backfill
from evenside.wire.codes import EventCode, FrameFlag, LogLevel, NodeState, Op, Result, side_code
from evenside.wire.commands import unpack_args
from evenside.wire.frames import (
    Command,
    EventFrame,
    LogFrame,
    Reply,
    StatusFrame,
    SyncReply,
    decode_frame,
    encode_frame,
)
from evenside.wire.node_answers import answer, hello_reply
from evenside.wire.node_keep import CalibrationKeep
from evenside.wire.node_settings import NodeSettings, Signal, Vitals
from evenside.wire.sampler import Sampler
from evenside.wire.schemas import Schema, schema_hash
from evenside_analysis.types import Floats, Ints, Side

__all__ = ["NodeModel"]

QUEUE_MAX = 64  # replies, events, log lines and signals each
LOG_HEADER_BYTES = 6
TICKS = 1 << 32


@dataclass(frozen=True, slots=True)
class _SyncAsked:
    """A SYNC that came at ``received_us``; it is stamped again when it leaves."""

    token: int
    t_host_ns: int
    received_us: int


class NodeModel:
    """One node, from its boot to its end."""

    def __init__(self, settings: NodeSettings) -> None:
        """Raises ValueError where the serial, the firmware text or the list of schemas is too long for HELLO."""
        self.settings = settings
        self.schema_hash = schema_hash(settings.schemas)
        self.vitals = Vitals()
        self.side: Side | None = settings.side
        self.keep = CalibrationKeep(settings.calibration)
        self.signals: deque[Signal] = deque(maxlen=QUEUE_MAX)  # the owner shows and removes them
        self.reboot_requested = False
        self.ignored = 0  # frames received that were no command
        schema = settings.schemas[0]
        self.sampler = Sampler(settings.ring_bytes, schema, settings.period_us, settings.samples_in_frame(schema))
        self._state = NodeState.NONE
        self._live = 0  # number of the next frame to be sent for the first time
        self._backfill = Backfill(settings.slot_us)
        self._replies: deque[Reply | _SyncAsked] = deque()
        self._last: tuple[Command, Reply] | None = None
        self._event_seq = 0
        self._events: deque[bytes] = deque(maxlen=QUEUE_MAX)
        self._log: deque[LogFrame] = deque(maxlen=QUEUE_MAX)
        self._log_out: deque[bytes] = deque(maxlen=QUEUE_MAX)
        self._status_due_us: int | None = None
        hello_reply(self).pack()  # refuses now what no host could be told later

    @property
    def schema(self) -> Schema:
        """What ``sample`` takes now."""
        return self.sampler.schema

    @property
    def state(self) -> NodeState:
        return self._state | (NodeState.BACKFILLING if self._backfill.frames else NodeState.NONE)

    @property
    def sampling(self) -> bool:
        return NodeState.SAMPLING in self._state

    # Told by the owner

    def sample(self, t_us: Ints, values: Floats) -> bool:
        """Samples (n, channels) of ``schema`` in SI units, taken at ``t_us``; False, and nothing done, unless sampling.

        Raises ValueError as ``Sampler.sample`` does.
        """
        if not self.sampling:
            return False
        self.sampler.steady_flags = self._flags()
        for notice in self.sampler.sample(t_us, values):
            self.event(notice.code, notice.argument, notice.t_us)
        return True

    def end(self, t_us: int) -> None:
        """No sample will follow: the recording is over."""
        self.sampler.close()
        self._state = self._state & ~NodeState.SAMPLING | NodeState.ENDED
        self.event(EventCode.RECORDING_ENDED, 0, t_us)

    def event(self, code: EventCode, argument: int, t_us: int) -> None:
        """Something happened. The oldest events give way where nobody fetches them; their sequence tells."""
        argument = max(-(1 << 31), min(argument, (1 << 31) - 1))
        frame = EventFrame(self._event_seq & 0xFFFF, t_us % TICKS, code, argument, self._flags())
        self._event_seq += 1
        self._events.append(encode_frame(frame))

    def log(self, level: LogLevel, text: str, t_us: int) -> None:
        """Keep a line for GET_LOG, cut to what a frame of this link holds."""
        room = self.settings.frame_bytes - LOG_HEADER_BYTES
        self._log.append(LogFrame(level, t_us % TICKS, text.encode()[:room].decode(errors="ignore")))

    def link_lost(self) -> None:
        """The host is gone. Sampling goes on into the ring; live frames leave again after the next START."""
        self._state &= ~NodeState.SENDING
        self._replies.clear()
        self.new_conversation()

    # Told by commands

    def new_conversation(self) -> None:
        """Forget the last command, end a backfill."""
        self._backfill.frames = range(0)
        self._last = None

    def start(self, schema: Schema, period_us: int, now_us: int) -> int:
        """Sample, unless ended, and send; returns the number of the next frame."""
        sampler = self.sampler
        if (schema, period_us) != (sampler.schema, sampler.period_us):
            sampler.use(schema, period_us, self.settings.samples_in_frame(schema))
        if NodeState.SENDING not in self._state:
            self._live = sampler.ring.next_frame
        self._state |= NodeState.SENDING
        if NodeState.ENDED in self._state:
            self.event(EventCode.RECORDING_ENDED, 0, now_us)
        else:
            self._state |= NodeState.SAMPLING
        return sampler.ring.next_frame

    def stop(self) -> None:
        self.sampler.close()
        self._state &= ~NodeState.SAMPLING

    def resend(self, first: int, count: int) -> range | None:
        """Frames [first, first + count) that are kept and were sent before; None while others are being sent again."""
        if count and self._backfill.frames:
            return None
        ring = self.sampler.ring
        known = self._live if NodeState.SENDING in self._state else ring.next_frame
        end = min(first + count, known)
        first = max(first, ring.oldest)
        self._backfill.frames = range(first, max(first, end))
        return self._backfill.frames

    def show_log(self, lines: int) -> int:
        """Send the last ``lines`` of the log; returns how many these are."""
        chosen = list(self._log)[max(0, len(self._log) - lines) :]
        self._log_out.extend(encode_frame(line) for line in chosen)
        return len(chosen)

    # The link

    def receive(self, frame: bytes, now_us: int) -> None:
        """One frame from the host, without any envelope. What is no command is counted and left."""
        command = decode_frame(frame)
        if not isinstance(command, Command):
            self.ignored += 1
        elif len(self._replies) < QUEUE_MAX:
            self._replies.append(self._reply(command, now_us))

    def send(self, now_us: int) -> list[bytes]:
        """What leaves now, most urgent first: replies, events, log, status, live frames, frames sent again."""
        out = [encode_frame(_stamped(reply, now_us)) for reply in self._replies]
        out += [*self._events, *self._log_out]
        self._replies.clear()
        self._events.clear()
        self._log_out.clear()
        if self._status_due_us is None or now_us >= self._status_due_us:
            self._status_due_us = now_us - now_us % self.settings.status_period_us + self.settings.status_period_us
            out.append(encode_frame(self._status(now_us)))
        return out + self._data(now_us)

    def _data(self, now_us: int) -> list[bytes]:
        ring, live = self.sampler.ring, range(0)
        if NodeState.SENDING in self._state:
            live = range(max(self._live, ring.oldest), ring.next_frame)
            self._live = ring.next_frame
        out = [ring.get(number) for number in live]
        again = self._backfill.take(now_us, len(live), ring.oldest)
        out += [ring.get(number, FrameFlag.BACKFILL) for number in again]
        if again and not self._backfill.frames:
            out[-1] = ring.get(again[-1], FrameFlag.BACKFILL | FrameFlag.BACKFILL_LAST)
        return out

    def _reply(self, command: Command, now_us: int) -> Reply | _SyncAsked:
        if command.op == Op.SYNC:
            args = unpack_args(Op.SYNC, command.args)
            return _SyncAsked(command.token, args[0], now_us) if args else _refusal(command)
        if command.op == Op.HELLO:
            self.new_conversation()
        elif self._last is not None and self._last[0] == command:
            return self._last[1]
        result, data = answer(self, command, now_us)
        reply = Reply(command.op, command.token, result, data)
        self._last = (command, reply)
        return reply

    def _status(self, now_us: int) -> StatusFrame:
        vitals, sampler = self.vitals, self.sampler
        return StatusFrame(
            boot_id=self.settings.boot_id,
            frame_counter=sampler.ring.next_frame,
            ring_oldest=sampler.ring.oldest,
            uptime_us=now_us,
            dropped_samples=sampler.dropped_samples,
            clock_error_us=self.settings.clock_error_us,
            schema_hash=self.schema_hash,
            connection_interval_ms=vitals.connection_interval_ms,
            peripheral_latency=vitals.peripheral_latency,
            supervision_timeout_ms=vitals.supervision_timeout_ms,
            temperature_c=vitals.temperature_c,
            battery_percent=vitals.battery_percent,
            side=side_code(self.side),
            state=self.state,
            flags=self._flags(),
        )

    def _flags(self) -> FrameFlag:
        return FrameFlag.LOW_BATTERY if self.vitals.low_battery else FrameFlag.NONE


def _refusal(command: Command) -> Reply:
    return Reply(command.op, command.token, Result.BAD_ARGS)


def _stamped(reply: Reply | _SyncAsked, now_us: int) -> Reply | SyncReply:
    if isinstance(reply, Reply):
        return reply
    return SyncReply(reply.token, reply.t_host_ns, reply.received_us, now_us)
