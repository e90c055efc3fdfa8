"""The conversation on one serial line: one device or many behind their addresses, over any number of openings.

HELLO to everybody until each configured node has found its device (``matching``); then every node has its own
conversation (``node_talk``) and keeps its stream while the line is lost. Frames from strangers, own echoes and garbage
are counted or passed over. What this never does: open a port, wait, or read a clock; bytes and moments are told to it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence

from evenside.sources import LinkEvent, SourceItem
from evenside.sources.link_timings import LinkTimings
from evenside.sources.matching import match_devices
from evenside.sources.node_stream import NodeStream
from evenside.sources.node_talk import NodeTalk, Phase
from evenside.sources.prompts import Prompts
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import (
    BROADCAST_ADDRESS,
    ClockKind,
    Command,
    Decoder,
    Frame,
    HelloReply,
    Op,
    Reply,
    Result,
    commands,
    encode_packet,
    side_of,
)
from evenside_analysis.types import Node

__all__ = ["LineTalk"]


class LineTalk:
    """Of one port. ``opened`` and ``lost`` frame each time that it is there; ``take`` fetches what there is to tell."""

    def __init__(
        self,
        nodes: Sequence[Node],
        serials: Mapping[str, str],
        timings: LinkTimings,
        rng: random.Random,
        prompts: Prompts | None = None,
    ) -> None:
        self._serials, self._timings = serials, timings
        self._items: list[SourceItem] = []
        self._write: Callable[[bytes], float] | None = None
        self._now_s = 0.0
        self._talks = {node.id: self._talk(node, rng) for node in nodes}
        for talk in self._talks.values():
            talk.prompts = prompts or talk.prompts
        self._addresses: dict[str, int] = {}  # node id to the address of its device, on this opening
        self._devices: dict[int, HelloReply] = {}
        self._decoder = Decoder()
        self._garbage = 0
        self._garbage_due_s = -math.inf
        self._token = rng.randrange(256)
        self._hello_due_s = 0.0
        self._discovered_s = math.inf  # when the last new device answered
        self._opened_s = 0.0
        self._heard_s: float | None = None  # on this opening
        self._line_clock: DeviceClock | None = None
        self._missing_told = False
        self.connected = False  # once at least

    def _talk(self, node: Node, rng: random.Random) -> NodeTalk:
        stream = NodeStream(node, gather_s=self._timings.gather_s, lateness_s=self._timings.lateness_s)

        def send(command: Command) -> float:
            return self._send(self._addresses.get(node.id, BROADCAST_ADDRESS), command)

        return NodeTalk(node, stream, self._timings, self._items, send, self._clock_for, rng)

    # --- the life of a line -------------------------------------------------------------------------------------------

    def opened(self, write: Callable[[bytes], float], now_s: float) -> None:
        """The port is open; ``write`` sends bytes and tells when."""
        self._write, self._now_s = write, now_s
        self._opened_s = self._hello_due_s = now_s
        self._heard_s = None
        self._devices, self._addresses = {}, {}
        self._decoder = Decoder()
        self._garbage = 0
        for talk in self._talks.values():
            talk.reconsider()

    def feed(self, data: bytes, arrived_s: float) -> None:
        """Bytes that came in."""
        self._now_s = arrived_s
        for address, frame in self._decoder.feed(data):
            self._heard_s = arrived_s
            if isinstance(frame, Reply) and frame.op == Op.HELLO:
                self._greeted(address, frame)
            else:
                self._passed_on(address, frame, arrived_s)

    def excuse(self, now_s: float) -> None:
        """Not all that has come was fetched: nobody has been silent up to now."""
        if self._heard_s is not None:
            self._heard_s = max(self._heard_s, now_s)
        for talk in self._talks.values():
            talk.excuse(now_s)

    def tick(self, now_s: float) -> None:
        """Time passes, with or without a line."""
        self._now_s = now_s
        if self._write is not None:
            self._match(now_s)
            if now_s >= self._hello_due_s:
                self._say_hello(now_s)
            self._tell_garbage(now_s)
        leaders: set[int] = set()
        for talk in self._talks.values():
            if talk.phase is Phase.STREAMING:
                self.connected = True
                talk.leads = id(talk.clock) not in leaders
                leaders.add(id(talk.clock))
            talk.tick(now_s)

    def lost(self, why: str, now_s: float) -> None:
        """The port is gone."""
        if self._write is None:
            return
        self._write = None
        self.tell("lost", why, now_s)
        for talk in self._talks.values():
            talk.silent(now_s, "the line is lost")

    def close(self) -> None:
        """The host leaves."""
        for talk in self._talks.values():
            talk.stop()

    def tell(self, kind: str, detail: str, now_s: float) -> None:
        """Something happened to the whole line."""
        self._items.append(LinkEvent("", now_s, kind, detail))

    def take(self) -> list[SourceItem]:
        """What there is to tell, in order."""
        items = self._items.copy()
        self._items.clear()  # the talks append to this very list
        return items

    @property
    def quiet_s(self) -> float:
        """For how long nothing was heard that should be: beyond 0 the port is best opened anew."""
        if self._heard_s is None:
            return self._now_s - self._opened_s - self._timings.unheard_s
        if all(talk.phase in (Phase.ENDED, Phase.REFUSED) for talk in self._talks.values()):
            return -math.inf
        return self._now_s - self._heard_s - max(talk.silence_s for talk in self._talks.values())

    @property
    def heard(self) -> bool:
        """Whether a valid frame came since the port was opened."""
        return self._heard_s is not None

    @property
    def ended(self) -> bool:
        """Every node has delivered its whole recording."""
        phases = [talk.phase for talk in self._talks.values()]
        return Phase.ENDED in phases and set(phases) <= {Phase.ENDED, Phase.REFUSED}

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing can come of this line, where every node was refused; empty while there is hope."""
        reasons = tuple(talk.refusal for talk in self._talks.values() if talk.phase is Phase.REFUSED)
        return reasons if len(reasons) == len(self._talks) else ()

    # --- finding devices ----------------------------------------------------------------------------------------------

    def _say_hello(self, now_s: float) -> None:
        self._hello_due_s = now_s + self._timings.hello_every_s
        silent = [node for node, talk in self._talks.items() if talk.phase is Phase.SILENT]
        unfound = [node for node in silent if node not in self._addresses]
        for node in silent:
            if node in self._addresses:
                self._send(self._addresses[node], commands.hello(self._next_token()))
        # HELLO ends a running backfill, and everybody hears this one.
        if unfound and not any(talk.backfilling for talk in self._talks.values()):
            self._send(BROADCAST_ADDRESS, commands.hello(self._next_token()))
        if unfound and self._devices and not self._missing_told and now_s - self._opened_s >= self._timings.silence_s:
            self._missing_told = True
            for node in unfound:
                self._tell_missing(node, now_s)

    def _tell_missing(self, node: str, now_s: float) -> None:
        wanted = f"device {self._serials[node]}" if self._serials.get(node) else "a device"
        heard = ", ".join(f"{hello.serial} at address {at}" for at, hello in sorted(self._devices.items()))
        self._items.append(LinkEvent(node, now_s, "silent", f"{wanted} did not answer; on this line: {heard}"))

    def _greeted(self, address: int, reply: Reply) -> None:
        hello = HelloReply.unpack(reply.data) if reply.result == Result.OK else None
        if not isinstance(hello, HelloReply):
            return
        if address not in self._devices:
            self._discovered_s = self._now_s
        self._devices[address] = hello
        for node, at in self._addresses.items():
            talk = self._talks[node]
            if at == address and talk.phase in (Phase.SILENT, Phase.ENDING):
                talk.greet(hello, self._now_s)
        self._match(self._now_s)

    def _match(self, now_s: float) -> None:
        """Pair devices and nodes once all have answered that are going to."""
        waiting = [node for node, talk in self._talks.items() if node not in self._addresses]
        free = self._devices.keys() - self._addresses.values()
        settled = now_s - self._discovered_s >= self._timings.discovery_s or len(free) >= len(waiting)
        if not waiting or not free or not settled:
            return
        nodes = [talk.node for talk in self._talks.values()]
        # A device that was this node before stays it, so that exchanged plugs do not exchange the sides.
        before = {node: self._serials.get(node) or talk.serial for node, talk in self._talks.items()}
        found = match_devices(nodes, before, self._devices, self._addresses)
        for node, address in match_devices(nodes, self._serials, self._devices, found).items():
            if node not in self._addresses:
                self._addresses[node] = address
                if len(nodes) > 1 and not before[node] and side_of(self._devices[address].side) is None:
                    self._tell_guess(node, self._devices[address].serial, now_s)
                if self._talks[node].phase is not Phase.ENDED:
                    self._talks[node].greet(self._devices[address], now_s)

    def _tell_guess(self, node: str, serial: str, now_s: float) -> None:
        """Nothing but the order of addresses says which of several devices this is: a person should."""
        why = f'device {serial} was paired by its address alone: set serial = "{serial}" for this node in evenside.toml'
        self._items.append(LinkEvent(node, now_s, "event", why))

    def _clock_for(self, hello: HelloReply) -> DeviceClock:
        """The clock that stamps the samples of a device which was never heard before, or has booted."""
        if hello.clock_kind != ClockKind.LINE:
            return DeviceClock(shared=hello.clock_kind == ClockKind.SESSION)
        # The first of a hub's nodes to come back begins the new clock, the others join it.
        if self._line_clock is None or not any(talk.clock is self._line_clock for talk in self._talks.values()):
            self._line_clock = DeviceClock()
        return self._line_clock

    # --- bytes --------------------------------------------------------------------------------------------------------

    def _passed_on(self, address: int, frame: Frame, arrived_s: float) -> None:
        for node, at in self._addresses.items():
            if at == address:
                self._talks[node].receive(frame, arrived_s)

    def _next_token(self) -> int:
        self._token = (self._token + 1) & 0xFF
        return self._token

    def _send(self, address: int, command: Command) -> float:
        if self._write is None:
            return self._now_s
        return self._write(encode_packet(address, command))

    def _tell_garbage(self, now_s: float) -> None:
        counts = self._decoder.counts
        total = sum(counts.values())
        if total > self._garbage and now_s >= self._garbage_due_s:
            causes = ", ".join(f"{cause} {count}" for cause, count in counts.items() if count)
            self.tell("garbage", f"{total - self._garbage} unreadable packets; since opening: {causes}", now_s)
            self._garbage, self._garbage_due_s = total, now_s + self._timings.garbage_every_s
