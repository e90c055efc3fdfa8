"""Whether a message goes out, when, and to whom: quiet hours, snoozes, cooldowns and the budget of pushes.

Pure: a message and the circumstances in, a decision out. In this order:

- who snoozed the metric or habit hears nothing of it;
- what is over is told only to those who heard that it began;
- a rule speaks no more often than its cooldown allows;
- of changes over days only so many are told at once in a week, all metrics together; the rest waits for the digest;
- in quiet hours a nudge comes to nothing, for it is about this moment; everything else waits until they are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from evenside.config import AlertsConfig, Route
from evenside.local_time import zone_named
from evenside.notify.target import sink_name
from evenside.store import Decided, MessageRow, Sent

__all__ = ["Gate", "decide", "next_minute_ns", "quiet_until_ns"]

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Gate:
    """What the configuration says. ``targets``: ids of all ``[[notify]]``; ``routes`` by wearer and rule."""

    targets: tuple[str, ...] = ()
    routes: Mapping[tuple[str, str], Route] = field(default_factory=dict)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)

    @property
    def anybody(self) -> bool:
        """Whether anybody is to hear of anything."""
        return bool(self.targets) or any(route.buzz for route in self.routes.values())

    def buzzes(self, wearer: str, rule: str) -> bool:
        """Whether the wearer's own node shall tell of a rule."""
        route = self.routes.get((wearer, rule))
        return route is not None and route.buzz

    def sinks(self, wearer: str, rule: str) -> tuple[str, ...]:
        """The outboxes for a rule; all of them for one that has no route."""
        route = self.routes.get((wearer, rule))
        chosen = self.targets if route is None or route.notify is None else route.notify
        return tuple(sink_name(target) for target in self.targets if target in chosen)


def decide(gate: Gate, message: MessageRow, sent: Sent, snoozes: Mapping[tuple[str, str], int], now_ns: int) -> Decided:
    """What becomes of a message at this moment."""
    sinks = gate.sinks(message.wearer, message.rule)
    route = gate.routes.get((message.wearer, message.rule), Route(message.rule))
    zone = zone_named(message.zone)
    if not (sinks or route.buzz):
        return Decided("nowhere")
    if message.kind in ("test", "digest"):
        return Decided("sent", sinks=sinks)
    if snoozes.get((message.wearer, message.subject), 0) > now_ns:
        return Decided("snoozed")
    if not message.active and not sent.standing:
        return Decided("nowhere")
    since_ns = message.at_ns - sent.raised_ns if sent.raised_ns is not None else -1
    if message.active and 0 <= since_ns < route.cooldown_s * SECOND_NS:
        return Decided("too_soon")
    if message.kind == "change" and message.active and sent.in_week >= gate.alerts.changes_per_week:
        return Decided("digest", next_minute_ns(gate.alerts.digest_minute, zone, now_ns))
    until_ns = quiet_until_ns(gate.alerts.quiet, zone, now_ns)
    if until_ns is not None:
        return Decided("quiet") if message.kind == "nudge" else Decided("held", until_ns)
    return Decided("sent", sinks=sinks)


def quiet_until_ns(quiet: tuple[int, int] | None, zone: tzinfo, now_ns: int) -> int | None:
    """When the quiet hours end that it is in now; None where it is in none. Minutes of the local day."""
    if quiet is None:
        return None
    begun, ended = quiet
    local = datetime.fromtimestamp(now_ns // SECOND_NS, zone)
    minute = 60 * local.hour + local.minute
    inside = begun <= minute < ended if begun < ended else minute >= begun or minute < ended
    return next_minute_ns(ended, zone, now_ns) if inside else None


def next_minute_ns(minute: int, zone: tzinfo, now_ns: int) -> int:
    """The next moment, after now, at which a local clock shows this minute of the day.

    Where the clocks leave that minute out, it is the one that the rule before the change would show.
    """
    local = datetime.fromtimestamp(now_ns // SECOND_NS, zone)
    for days in range(3):
        day = local.date() + timedelta(days=days)
        found = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
        due_ns = round(found.timestamp()) * SECOND_NS
        if due_ns > now_ns:
            return due_ns
    raise AssertionError("a day has every minute")  # unreachable: tomorrow is after now
