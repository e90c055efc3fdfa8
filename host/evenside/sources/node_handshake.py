"""From an answered HELLO to the stream: DESCRIBE what is not known, a few SYNC, START.

The pings come before START so that the very first sample has a time with an error. Each step returns how it ended, or
None while it goes on. What this never does: decide what becomes of a device that was refused or fell silent.
"""

from __future__ import annotations

from dataclasses import dataclass

from evenside.sources.channel_map import ChannelMap, map_channels, offer_text
from evenside.sources.link_timings import LinkTimings
from evenside.sources.node_requests import Asker, Pinger
from evenside.sources.schema_book import SchemaBook
from evenside.sources.timekeeping import DeviceClock
from evenside.wire import Command, HelloReply, Op, Reply, Result, StartReply, commands
from evenside_analysis.types import Node

__all__ = ["Failed", "Handshake", "Outcome", "Refused", "Started"]

PINGS_MAX = 12  # a device that answers none is started all the same, with times that nobody can vouch for
PERIOD_TOLERANCE = 0.01  # a true rate is measured, not believed: only a rate that was not meant is worth a refusal


@dataclass(frozen=True, slots=True)
class Started:
    """The device sends."""

    channels: ChannelMap
    reply: StartReply


@dataclass(frozen=True, slots=True)
class Refused:
    """The device cannot be what the configuration says; ``why`` is for a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not come to a stream this time."""

    why: str


Outcome = Started | Refused | Failed


class Handshake:
    """Of one device, from HELLO to START."""

    def __init__(
        self,
        node: Node,
        timings: LinkTimings,
        asker: Asker,
        pinger: Pinger,
        hello: HelloReply,
        book: SchemaBook,
        clock: DeviceClock,
    ) -> None:
        self._node, self._timings, self._asker, self._pinger = node, timings, asker, pinger
        self._hello, self._book, self._clock = hello, book, clock
        self._channels: ChannelMap | None = None
        self._pinging = False

    def advance(self, now_s: float) -> Outcome | None:
        """The next step. Call it again with each answered ping and as time passes, while nothing is outstanding."""
        if self._asker.busy:
            return None
        unknown, offered = self._book.unknown(), self._book.offered()
        if unknown is not None:
            self._asker.ask(commands.describe(self._asker.token(), *unknown), now_s)
            return None
        self._channels = map_channels(self._node.channels, offered)
        if self._channels is None:
            return Refused(offer_text(self._node, offered))
        if not self._clock.known and self._pinger.count < PINGS_MAX:
            if not self._pinging or self._pinger.due(now_s):
                self._pinging = True
                self._pinger.ping(now_s)
            return None
        period_us = self._wanted_period_us()
        self._asker.ask(commands.start(self._asker.token(), self._channels.schema.id, period_us), now_s)
        return None

    def synced(self, now_s: float, interval_s: float) -> Outcome | None:
        """A ping was answered: the next one need not wait, except for chance where a radio has a rhythm."""
        if interval_s > 0.0:
            self._pinger.hasten(now_s, interval_s)
        else:
            self._pinging = False
        return self.advance(now_s)

    def replied(self, command: Command, reply: Reply, now_s: float) -> Outcome | None:
        """The command that was outstanding has been answered."""
        if command.op == Op.DESCRIBE:
            self._book.describe(command.args[0], reply)
            return self.advance(now_s)
        return self._started(reply) if command.op == Op.START else None

    def _wanted_period_us(self) -> int:
        """What to ask for: 0 where the device already runs as configured, or plays a recording."""
        wanted_us, nominal_us = round(1e6 / self._node.rate_hz), self._hello.period_us
        agrees = nominal_us == 0 or abs(nominal_us - wanted_us) <= PERIOD_TOLERANCE * wanted_us
        return 0 if agrees or wanted_us > 0xFFFF else wanted_us

    def _started(self, reply: Reply) -> Outcome:
        started = StartReply.unpack(reply.data) if reply.result == Result.OK else None
        if isinstance(started, StartReply) and self._channels is not None:
            return Started(self._channels, started)
        if reply.result == Result.NOT_OFFERED:
            nominal = f"at {1e6 / self._hello.period_us:g} Hz" if self._hello.period_us else "at a rate of its own"
            return Refused(
                f"it cannot sample at {self._node.rate_hz:g} Hz but {nominal}: set rate_hz of it in evenside.toml"
            )
        return Failed(f"START was answered with result {reply.result}")
