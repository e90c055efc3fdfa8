"""One of our own nodes over any number of Bluetooth connections: what ``line_talk`` is on a wire.

The conversation itself is ``node_talk``: HELLO, DESCRIBE, SYNC, START, BACKFILL, frames into blocks. Here frames travel
whole, one in a notification, and the device behind a connection must say the serial number that is configured. The
connection interval that the node tells goes into the comparison of clocks, so a first HELLO waits until it was told.
What this never does: scan, connect, or keep a connection on which nothing is heard.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from evenside.devices import Heard, Subscribe, Write
from evenside.sources import LinkEvent, SourceItem
from evenside.sources.ble.link import Link
from evenside.sources.ble.targets import Target
from evenside.sources.ble.timings import BleTimings
from evenside.sources.ble.troubles import LinkLostError, RefusedError, StrangerError
from evenside.sources.node_stream import NodeStream
from evenside.sources.node_talk import NodeTalk, Phase
from evenside.sources.prompts import Prompts
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import (
    GATT_CONTROL,
    GATT_STREAM,
    ClockKind,
    Command,
    HelloReply,
    Op,
    Rejected,
    Reply,
    Result,
    StatusFrame,
    commands,
    decode_frame,
    encode_frame,
)

__all__ = ["NodeSession"]

WRITE_MIN = 97  # bytes of a frame that an ATT MTU of 100 leaves


class NodeSession:
    """A ``Session`` of one configured node."""

    def __init__(
        self,
        target: Target,
        timings: BleTimings,
        now_s: Callable[[], float],
        rng: random.Random,
        prompts: Prompts | None = None,
    ) -> None:
        self.connected = False
        self.steady_s = math.inf
        self._target, self._timings, self._now_s = target, timings, now_s
        self._items: list[SourceItem] = []
        node, link = target.nodes[0], timings.link
        stream = NodeStream(node, gather_s=link.gather_s, lateness_s=link.lateness_s)
        self._talk = NodeTalk(node, stream, link, self._items, self._send, _clock_for, rng)
        self._talk.prompts = prompts or self._talk.prompts
        self._token = rng.randrange(256)
        self._link: Link | None = None
        self._greeted = self._stopped = False  # on this link
        self._opened_s = self._hello_due_s = 0.0
        self._status_seen = False
        self._dropped = self._unreadable = 0  # as far as it was told
        self._rejected = 0

    @property
    def over(self) -> bool:
        return self._talk.phase is Phase.ENDED

    @property
    def refusal(self) -> str:
        return self._talk.refusal if self._talk.phase is Phase.REFUSED else ""

    def take(self) -> list[SourceItem]:
        items = self._items.copy()
        self._items.clear()  # the talk appends to this very list
        return items

    def excuse(self, now_s: float) -> None:
        self._talk.excuse(now_s)

    def tick(self, now_s: float) -> None:
        if self._link is not None and self._talk.phase is Phase.SILENT and not self._greeted:
            self._greet(now_s)
        self._talk.tick(now_s)

    async def open(self, link: Link) -> None:
        if not {GATT_STREAM, GATT_CONTROL} <= link.characteristics:
            await link.forget_services()
            raise LinkLostError("it does not have the service of an evenside node")
        await link.carry_out(Subscribe(GATT_STREAM))
        await link.carry_out(Subscribe(GATT_CONTROL))
        self._link, self._greeted, self._status_seen, self._stopped = link, False, False, False
        self._opened_s = self._now_s()
        # A clock that is known already loses nothing by a first ping without the interval.
        wait_s = self._timings.status_wait_s if self._talk.clock is None else 0.0
        self._hello_due_s = self._opened_s + wait_s
        self._dropped = self._unreadable = self._rejected = 0
        self._talk.reconsider()

    async def converse(self, link: Link) -> None:
        for arrival in await link.receive(self._timings.link.tick_s):
            if isinstance(arrival, Heard) and arrival.uuid in (GATT_STREAM, GATT_CONTROL):
                self._frame(arrival.data, arrival.at_s)
        self._tell_losses(link)
        flows = self._talk.phase in (Phase.STREAMING, Phase.ENDING, Phase.ENDED)
        self.connected |= flows
        self.steady_s = min(self.steady_s, self._now_s()) if flows else math.inf
        if self._talk.phase is Phase.SILENT and self._greeted:
            raise LinkLostError("the device fell silent")
        if not self._greeted and not flows and self._now_s() - self._opened_s > self._timings.link.unheard_s:
            raise self._unanswered(link)

    def lost(self, why: str, now_s: float) -> None:
        self._link, self.steady_s = None, math.inf
        self._talk.silent(now_s, why)

    async def leave(self, link: Link) -> None:
        self._talk.stop()
        until_s = self._now_s() + self._timings.link.reply_s
        while not self._stopped and self._now_s() < until_s:  # a link that ends at once would take the command with it
            await self.converse(link)

    def _unanswered(self, link: Link) -> LinkLostError | RefusedError:
        """Why there is no answer. Some systems tell the MTU late or never, so that it is looked at only here."""
        if link.max_write(GATT_CONTROL) >= WRITE_MIN:
            return LinkLostError("HELLO was not answered")
        return RefusedError(
            f"HELLO was not answered, and {self._target.words} and this adapter agreed on an ATT MTU of "
            f"{link.max_write(GATT_CONTROL) + 3} where {WRITE_MIN + 3} is needed: let its firmware allow 247, or use "
            "another adapter"
        )

    def _greet(self, now_s: float) -> None:
        if now_s >= self._hello_due_s:
            self._hello_due_s = now_s + self._timings.link.hello_every_s
            self._token = (self._token + 1) & 0xFF
            self._send(commands.hello(self._token))

    def _send(self, command: Command) -> float:
        if self._link is None or self._link.lost:
            return self._now_s()
        return self._link.post(Write(GATT_CONTROL, encode_frame(command)))

    def _frame(self, data: bytes, arrived_s: float) -> None:
        frame = decode_frame(data)
        if isinstance(frame, Rejected):
            self._rejected += 1
        elif isinstance(frame, Reply) and frame.op == Op.HELLO:
            self._hello(frame, arrived_s)
        else:
            self._stopped |= isinstance(frame, Reply) and frame.op == Op.STOP
            if isinstance(frame, StatusFrame) and not self._status_seen:
                self._status_seen = True
                self._hello_due_s = min(self._hello_due_s, arrived_s)
            self._talk.receive(frame, arrived_s)

    def _hello(self, reply: Reply, arrived_s: float) -> None:
        hello = HelloReply.unpack(reply.data) if reply.result == Result.OK else None
        if not isinstance(hello, HelloReply):
            return
        address = self._link.sighting.address if self._link else ""
        if self._target.serial not in (hello.serial, address):
            raise StrangerError(hello.serial)
        if self._talk.phase in (Phase.SILENT, Phase.ENDING):
            self._greeted = True
            self._talk.greet(hello, arrived_s)

    def _tell_losses(self, link: Link) -> None:
        """Frames that this host could not keep are asked for again; that it could not is worth a word."""
        node, now_s = self._talk.node.id, self._now_s()
        if link.dropped > self._dropped:
            words = f"{link.dropped - self._dropped} notifications found no place: this computer is too slow"
            self._items.append(LinkEvent(node, now_s, "dropped", words))
            self._dropped = link.dropped
        if self._rejected > self._unreadable:
            words = f"{self._rejected - self._unreadable} unreadable frames"
            self._items.append(LinkEvent(node, now_s, "garbage", words))
            self._unreadable = self._rejected


def _clock_for(hello: HelloReply) -> DeviceClock:
    """The clock that stamps the samples of a device which was never heard before, or has booted."""
    return DeviceClock(shared=hello.clock_kind == ClockKind.SESSION)
