"""The conversation with one device that plays one configured node: frames and ticks in, commands and items out.

HELLO has been answered; a handshake leads to the stream. Then: dithered pings, BACKFILL for every hole, a watch for
silence. A device that falls silent is greeted again: on the same boot it goes on where it stopped, on another boot it
begins anew. One command is outstanding at a time. What this never does: wait, or touch a port.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from enum import Enum, auto

from evenside.sources import LinkEvent, SourceItem
from evenside.sources.link_timings import LinkTimings
from evenside.sources.matching import contradiction
from evenside.sources.node_handshake import Handshake, Outcome, Refused, Started
from evenside.sources.node_reports import event_item, status_item
from evenside.sources.node_requests import Asker, Backfiller, Pinger
from evenside.sources.node_stream import NodeStream
from evenside.sources.prompts import Prompts
from evenside.sources.schema_book import SchemaBook
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import (
    Command,
    DataFrame,
    EventCode,
    EventFrame,
    Frame,
    FrameFlag,
    HelloReply,
    NodeState,
    Op,
    Reply,
    StatusFrame,
    SyncReply,
    commands,
)
from evenside_analysis.types import Node

__all__ = ["NodeTalk", "Phase"]


class Phase(Enum):
    SILENT = auto()
    GREETED = auto()
    STREAMING = auto()
    ENDING = auto()
    ENDED = auto()
    REFUSED = auto()


class NodeTalk:
    """Of one node. ``items`` collects what it has to say, ``send`` transmits a command and tells when."""

    def __init__(
        self,
        node: Node,
        stream: NodeStream,
        timings: LinkTimings,
        items: list[SourceItem],
        send: Callable[[Command], float],
        clock_for: Callable[[HelloReply], DeviceClock],
        rng: random.Random,
    ) -> None:
        self.node = node
        self.phase = Phase.SILENT
        self.clock: DeviceClock | None = None
        self.refusal = ""
        self.leads = True  # of several nodes on one clock one pings
        self.prompts = Prompts()  # what it shall show; whoever holds the talk may put another box here
        self.silence_s = timings.silence_s  # without data for longer something is wrong
        self._stream, self._timings, self._items, self._clock_for = stream, timings, items, clock_for
        self._asker = Asker(timings, send, rng.randrange(256))
        self._pinger = Pinger(timings, self._asker, rng)
        self._backfiller = Backfiller(timings, self._asker, stream)
        self._hello: HelloReply | None = None
        self._book: SchemaBook | None = None
        self._handshake: Handshake | None = None
        self._schema = (-1, 0)  # id and bytes of a sample
        self._stated_side = 0
        self._heard_s = 0.0
        self._last_event: int | None = None
        self._ending_until_s = math.inf
        self._counter_due_s = math.inf  # when to ask (again) how many frames there are
        self._late_told = 0
        self._intervals_s: tuple[float, ...] = ()  # the last two connection intervals that it told on this link

    @property
    def serial(self) -> str:
        """Of the device that plays this node; "" before there was one."""
        return "" if self._hello is None else self._hello.serial

    @property
    def backfilling(self) -> bool:
        return self._backfiller.running

    # The conversation

    def greet(self, hello: HelloReply, now_s: float) -> None:
        """The device answered HELLO."""
        before, self._hello = self._hello, hello
        if before is not None and (before.serial, before.boot_id) != (hello.serial, hello.boot_id):
            was, now = f"{before.serial} boot {before.boot_id:08x}", f"{hello.serial} boot {hello.boot_id:08x}"
            self._say("reset", now_s, f"device {was} is over, device {now} began")
            self._stream.reset()
            self.clock = self._last_event = None
        elif self.phase is Phase.ENDING:
            self._expect(hello.frame_counter)
            return
        if before is None or (before.serial, before.schema_hash) != (hello.serial, hello.schema_hash):
            self._book = None
        self._book = self._book or SchemaBook(hello)
        self._stated_side = hello.side
        why = contradiction(self.node, hello.side)
        if why:
            self._refuse(now_s, why)
            return
        self.clock = self.clock or self._clock_for(hello)
        self.clock.declare(hello.clock_error_us)
        self._asker.forget()
        self._backfiller.stop()
        self._pinger.begin(now_s)
        self.phase = Phase.GREETED
        self._handshake = Handshake(self.node, self._timings, self._asker, self._pinger, hello, self._book, self.clock)
        self._came_to(self._handshake.advance(now_s), now_s)

    def receive(self, frame: Frame, arrived_s: float) -> None:
        """One frame of this device."""
        match frame:
            case DataFrame():
                self._data(frame, arrived_s)
            case SyncReply():
                self._synced(frame, arrived_s)
            case StatusFrame():
                self._status(frame, arrived_s)
            case Reply():
                self._replied(frame, arrived_s)
            case EventFrame():
                self._event(frame, arrived_s)

    def excuse(self, now_s: float) -> None:
        """Data may have come that was not fetched yet: a silence begins now at the earliest."""
        self._heard_s = max(self._heard_s, now_s)

    def tick(self, now_s: float) -> None:
        """Time passes: repeat, ping, ask for what is missing, notice silence."""
        unanswered = self._asker.tick(now_s)
        if unanswered == Op.BACKFILL.name:
            self._backfiller.unanswered()
        elif unanswered and unanswered != Op.LED.name:  # a light that does not come is no silence
            self.silent(now_s, f"{unanswered} was not answered")
        if self.phase is Phase.GREETED and self._handshake is not None:
            self._came_to(self._handshake.advance(now_s), now_s)
        elif self.phase in (Phase.STREAMING, Phase.ENDING):
            self._keep_up(now_s)
        elif self.phase is Phase.SILENT:
            self._stream.silence(now_s)
        self._stream.gathered(now_s)
        self._collect(now_s)

    @property
    def interval_s(self) -> float:
        """What every answer waits for at least: the connection interval of a radio, 0 on a wire or if not told yet."""
        return min(self._intervals_s, default=0.0)

    def silent(self, now_s: float, why: str) -> None:
        """The device cannot be heard: it has to be greeted again. One that is at its end has nothing more to say."""
        self._intervals_s = ()
        self._asker.forget()
        self._backfiller.stop()
        if self.phase in (Phase.GREETED, Phase.STREAMING):
            self.phase = Phase.SILENT
            self._say("silent", now_s, why)

    def reconsider(self) -> None:
        """The line was opened anew: what was refused may have been mended."""
        if self.phase is Phase.REFUSED:
            self.phase = Phase.SILENT

    def stop(self) -> None:
        """The host leaves: the device need not go on sampling."""
        if self.phase is Phase.STREAMING:
            self._asker.send(commands.stop(self._asker.token()))

    def _refuse(self, now_s: float, why: str) -> None:
        self.phase = Phase.REFUSED
        self._asker.forget()
        self._asker.send(commands.stop(self._asker.token()))
        self.refusal = f"node {self.node.id} (device {self.serial}): {why}"
        self._say("refused", now_s, self.refusal)

    def _came_to(self, outcome: Outcome | None, now_s: float) -> None:
        """Act on the end of a handshake."""
        if isinstance(outcome, Started):
            self._begin(outcome, now_s)
        elif isinstance(outcome, Refused):
            self._refuse(now_s, outcome.why)
        elif outcome is not None:
            self.silent(now_s, outcome.why)

    def _begin(self, started: Started, now_s: float) -> None:
        assert self.clock is not None
        assert self._hello is not None
        self._stream.connect(self.clock, started.channels, started.reply.next_frame)
        self._stream.expect(started.reply.next_frame)  # what was made since, and missed, is to be asked for
        self._schema = started.channels.schema.id, started.channels.schema.sample_bytes
        # A period of 0 is one that the field cannot hold, as of a node with one sample a second.
        period_s = started.reply.period_us / 1e6 or 1.0 / self.node.rate_hz
        frame_s = period_s * (started.reply.frame_samples if started.reply.period_us else 1)
        self.silence_s = max(self._timings.silence_s, self._timings.silence_frames * frame_s)
        self._heard_s = now_s
        self.phase = Phase.STREAMING
        rate = f", {1e6 / started.reply.period_us:g} Hz" if started.reply.period_us else ""
        self._say("connected", now_s, f"device {self.serial}, firmware {self._hello.firmware}{rate}")

    def _replied(self, reply: Reply, now_s: float) -> None:
        command = self._asker.answered(reply)
        if command is not None and reply.op == Op.BACKFILL:
            self._backfiller.answered(reply, now_s)
        elif command is not None and self.phase is Phase.GREETED and self._handshake is not None:
            self._came_to(self._handshake.replied(command, reply, now_s), now_s)

    def _synced(self, reply: SyncReply, arrived_s: float) -> None:
        sent_s = self._pinger.sent_s(reply.token)
        if sent_s is None or self.clock is None:
            return
        self.clock.exchanged(sent_s, reply.received_us, reply.replied_us, arrived_s, interval_s=self.interval_s)
        if self.phase is Phase.GREETED and self._handshake is not None:
            self._came_to(self._handshake.synced(arrived_s, self.interval_s), arrived_s)

    # The stream

    def _keep_up(self, now_s: float) -> None:
        hole = self._backfiller.tick(now_s)
        if hole is not None:
            self._say("backfill", now_s, f"frames {hole[0]} to {sum(hole) - 1} are missing and asked for")
        if self.phase is Phase.ENDING:
            self._finish(now_s)
        elif now_s - self._heard_s > self.silence_s:
            self.silent(now_s, f"no data for {now_s - self._heard_s:.1f} s")
        elif not self._asker.busy and (prompt := self.prompts.take(self.node.id, now_s)) is not None:
            token, bits = self._asker.token(), {"lamp": prompt.lamp, "buzz": prompt.buzz}
            self._asker.ask(commands.light(token, **bits, duration_ms=prompt.duration_ms, times=prompt.times), now_s)
        elif self.leads and self.clock and not self.clock.shared and not self._asker.busy and self._pinger.due(now_s):
            self._pinger.ping(now_s)

    def _data(self, frame: DataFrame, arrived_s: float) -> None:
        if self.phase not in (Phase.STREAMING, Phase.ENDING) or self.clock is None:
            return
        if (frame.schema, frame.sample_bytes) != self._schema:
            return
        self._heard_s = arrived_s
        backfill = FrameFlag.BACKFILL in frame.flags
        if FrameFlag.CLOCK_STEPPED in frame.flags and not backfill:
            self._stream.give_up()  # what waits still belongs to the time before
            self.clock.stepped()
        device_us = self.clock.device_us(frame.t_first_us)
        if not backfill:
            self.clock.arrived(device_us + (frame.count - 1) * frame.period_us, arrived_s)
        number = self._stream.receive(frame, device_us, arrived_s)
        if backfill:
            self._backfiller.received(number, last=FrameFlag.BACKFILL_LAST in frame.flags, now_s=arrived_s)

    def _status(self, status: StatusFrame, now_s: float) -> None:
        # An answer may have been under way when the interval changed: the shorter one of both holds for it.
        self._intervals_s = (*self._intervals_s[-1:], status.connection_interval_ms / 1e3)
        why = contradiction(self.node, status.side)
        if self.phase is Phase.REFUSED:
            if contradiction(self.node, self._stated_side) and not why:
                self.phase = Phase.SILENT  # it was told its side meanwhile: greet it again
            return
        if self.clock is None or self._hello is None:
            return
        if (status.boot_id, status.schema_hash) != (self._hello.boot_id, self._hello.schema_hash):
            self.silent(now_s, "the device has booted or changed what it offers")
            return
        self._stated_side = status.side
        if why:
            self._refuse(now_s, why)
            return
        self.clock.uptime(status.uptime_us)
        self.clock.arrived(status.uptime_us, now_s)
        self.clock.declare(status.clock_error_us)
        if NodeState.ENDED in status.state:
            self._end(status.frame_counter, now_s)
        error_s, lost = self.clock.error_s, self._stream.frames_lost
        firmware = self._hello.firmware
        self._items.append(
            status_item(self.node.id, status, now_s, clock_error_s=error_s, frames_lost=lost, firmware=firmware)
        )

    def _event(self, event: EventFrame, now_s: float) -> None:
        if self.clock is None or event.event_seq == self._last_event:
            return
        self._last_event = event.event_seq
        if event.code == EventCode.RECORDING_ENDED:
            self._end(None, now_s)
        elif event.code == EventCode.BOOT:
            self.silent(now_s, "the device has booted")
        else:
            self._items.append(event_item(self.node.id, event, self.clock.event_s(event.t_us)))

    def _collect(self, now_s: float) -> None:
        """Put the blocks that are complete among the items."""
        ahead = self._stream.look_ahead(now_s, heard=self.phase not in (Phase.SILENT, Phase.GREETED))
        self._items.extend(self._stream.take())
        self._items.extend(ahead)
        late = self._stream.late_samples - self._late_told
        if late and not self._backfiller.running:
            self._late_told += late
            self._say("dropped", now_s, f"{late} samples came after their place had been given up")

    # The end

    def _end(self, frame_counter: int | None, now_s: float) -> None:
        """The recording is over; what remains is to learn whether the last frames came."""
        if self.phase is Phase.STREAMING:
            self.phase = Phase.ENDING
            self._ending_until_s = now_s + self._timings.reply_s * self._timings.tries
            self._counter_due_s = now_s
        if frame_counter is not None and self.phase is Phase.ENDING:
            self._expect(frame_counter)

    def _expect(self, frame_counter: int) -> None:
        self._stream.expect(frame_counter)
        self._ending_until_s, self._counter_due_s = -math.inf, math.inf

    def _finish(self, now_s: float) -> None:
        if self._counter_due_s <= now_s < self._ending_until_s:
            self._counter_due_s = now_s + self._timings.reply_s
            self._asker.send(commands.hello(self._asker.token()))
        if now_s < self._ending_until_s or self._stream.hole() is not None or self._backfiller.running:
            return
        self._stream.flush()
        self._collect(now_s)
        self.phase = Phase.ENDED
        lost, told = self._stream.frames_lost, math.isinf(self._counter_due_s)
        words = "everything recorded was delivered" if told else "it did not tell how many frames there are"
        self._say("ended", now_s, f"{lost} frames never came" if lost else words)

    def _say(self, kind: str, now_s: float, detail: str) -> None:
        self._items.append(LinkEvent(self.node.id, now_s, kind, detail))
