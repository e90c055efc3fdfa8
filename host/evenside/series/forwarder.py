"""One sink's lines from the outbox to its server, in order, without ever giving up.

Strategy: take, send, settle. A line leaves the outbox only when the server has it for good, or has refused it alone.
Times and tags of a line never change, so that sending it twice is harmless. A dead server costs an attempt now and
then, and blocks nothing else. What this never does: change a line, or let one overtake another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evenside.errors import ConfigError, StoreError
from evenside.series.deliver import DEAD_MAX, Delivery, deliver
from evenside.series.settings import SendSettings
from evenside.series.sink import Answer, SinkKind, SinkRequest, Transport
from evenside.series.watch import ServerWatch
from evenside.store import Batch, Outbox

__all__ = ["Forwarder", "SinkHealth", "SinkTrouble"]

SinkTrouble = Literal["ok", "waiting", "stopped", "refusing", "store"]
_REFUSED_MEND = (
    "`evenside outbox dead` shows them; `evenside outbox resend` sends them again once the server takes them"
)


@dataclass(frozen=True, slots=True)
class SinkHealth:
    """What hinders a sink, in one word and in words with the mend."""

    state: SinkTrouble = "ok"
    words: str = ""
    mend: str = ""


_WELL = SinkHealth()


class Forwarder:
    """Of one sink. All methods belong to one thread, ``health`` may be read by any; ``tell`` takes news for people.

    What waits for longer than ``age_max_s`` goes; None: nothing does.
    """

    def __init__(
        self,
        kind: SinkKind,
        request: SinkRequest,
        outbox: Outbox,
        settings: SendSettings,
        *,
        tell: Callable[[str], None],
        going: Callable[[], bool] = lambda: True,
        now_s: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
        age_max_s: float | None = None,
    ) -> None:
        self.health = _WELL
        self._kind, self._request, self._outbox, self._settings = kind, request, outbox, settings
        self._tell, self._going, self._now_s, self._wall_ns = tell, going, now_s, wall_ns
        self._age_max_s = age_max_s
        self._transport: Transport | None = None
        self._watch: ServerWatch | None = None
        self._failures = 0
        self._chance = random.Random()
        self._lines_max = self._lines_ceiling = settings.lines_max
        self._dropped: int | None = None
        self._dropped_due_s = -float("inf")

    def round(self) -> float:
        """One step. Returns the seconds until the next one is worth while; 0 where more may wait."""
        try:
            self._look_at_dropped()
            transport = self._opened()
            hindrance = transport if isinstance(transport, Answer) else self._looked(transport)
            if isinstance(transport, Answer) or hindrance is not None:
                return self._hindered(hindrance or Answer("busy"))
            batch = self._outbox.take(self._lines_max, self._settings.bytes_max)
            if batch is None:
                return self._settings.idle_s
            return self._settle(batch, deliver(transport.send, batch.lines, self._going))
        except StoreError as error:
            return self._failed(SinkHealth("store", error.what, error.mend))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _opened(self) -> Transport | Answer:
        if self._transport is None:
            try:
                self._transport = self._kind.open(self._request)
            except ConfigError as error:
                return Answer("stopped", error.what, error.mend)
            self._lines_ceiling = self._settings.lines_max
        return self._transport

    def _looked(self, transport: Transport) -> Answer | None:
        if self._kind.durable:
            return None
        if self._watch is None:
            self._watch = ServerWatch(self._outbox, self._settings, self._tell, self._now_s)
        return self._watch.look(transport)

    def _settle(self, batch: Batch, delivery: Delivery) -> float:
        if delivery.settled:
            number = batch.first + delivery.settled - 1
            self._outbox.settle(number, delivery.dead, at_ns=self._wall_ns())
            if self._watch is not None:
                self._watch.took(number)
            else:
                self._outbox.secure(number)
        if delivery.dead:
            self._tell(
                f"{len(delivery.dead)} lines were refused and are kept aside: {delivery.dead[-1][0]}\n"
                f"  mend: {_REFUSED_MEND}"
            )
        if delivery.halt is not None:
            return self._hindered(delivery.halt)
        if len(delivery.dead) == delivery.settled > 1:
            self._lines_max = min(DEAD_MAX, self._lines_ceiling)
            return self._failed(SinkHealth("refusing", f"every line is refused: {delivery.dead[-1][0]}", _REFUSED_MEND))
        if delivery.largest:
            self._well(in_parts=delivery.largest < len(batch.lines) and not delivery.dead, largest=delivery.largest)
        return 0.0

    def _well(self, *, in_parts: bool, largest: int) -> None:
        self._failures = 0
        if self.health.state != "ok":
            self.health = _WELL
            self._tell("the server takes lines again")
        if in_parts and self._going():
            self._lines_ceiling = largest
        self._lines_max = min(2 * self._lines_max, self._lines_ceiling)

    def _hindered(self, answer: Answer) -> float:
        if self._watch is not None:
            self._watch.failed(gone=answer.gone)
        if answer.outcome == "busy":
            return self._failed(SinkHealth("waiting", answer.words, answer.mend), answer.wait_s)
        self.close()  # the next attempt reads the token anew
        self._failed(SinkHealth("stopped", answer.words, answer.mend))
        return self._settings.stopped_s

    def _failed(self, health: SinkHealth, wait_s: float = 0.0) -> float:
        if health != self.health:
            if health.state != self.health.state:
                self._tell(health.words + (f"\n  mend: {health.mend}" if health.mend else ""))
            self.health = health
        pause_s = min(self._settings.retry_first_s * 2.0 ** min(self._failures, 30), self._settings.retry_max_s)
        self._failures += 1
        # Many programs that lost the same server shall not come back in the same moment.
        return max(pause_s * self._chance.uniform(0.8, 1.2), wait_s)

    def _look_at_dropped(self) -> None:
        if self._now_s() < self._dropped_due_s:
            return
        self._dropped_due_s = self._now_s() + self._settings.look_s
        if self._dropped is None:
            self._dropped = self._outbox.state().dropped
        if self._age_max_s is not None:
            self._outbox.forget(self._wall_ns() - round(1e9 * self._age_max_s))
        dropped, before = self._outbox.state().dropped, self._dropped
        self._dropped = dropped
        if dropped > before:
            self._tell(
                f"{dropped - before} lines had to go before the server had them\n"
                "  mend: raise max_mb or max_days of the sink"
            )
