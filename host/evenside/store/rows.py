"""What goes into the store and what comes out: plain rows of one session.

A row carries session seconds only. Its place in the world's time is worked out once, when it is inserted: UTC
nanoseconds at the session's start plus session time. Neither a stepped wall clock nor a change to summer time nor
midnight can therefore reorder, double or lose a row; at worst a whole session stands shifted by the clock's error at
its start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Generic, Literal, TypeVar

from evenside_analysis.types import Alert, Figure, Node

__all__ = [
    "AlertRow",
    "EventRow",
    "FigureKind",
    "FigureRow",
    "MessageRow",
    "NodeStatusRow",
    "OutboxRow",
    "Row",
    "SessionEnd",
    "SessionKind",
    "SessionRow",
    "SinkRow",
    "StoredSession",
    "Timed",
    "session_ns",
]

SessionKind = Literal["run", "capture", "replay", "demo", "analyse"]
FigureKind = Literal["window", "session"]  # of one window, or the summary of the whole session

T_co = TypeVar("T_co", covariant=True)


def session_ns(time_s: float) -> int:
    """Session seconds as whole nanoseconds. Session times are whole microseconds, so nothing is rounded away.

    Raises:
        ValueError, OverflowError: ``time_s`` is NaN or infinite.
    """
    return round(time_s * 1e6) * 1000


@dataclass(frozen=True, slots=True)
class SessionRow:
    """The beginning of a session; it must be in the store before (or in the same batch as) anything else of it.

    ``started_ns`` is the UTC time of session second 0. ``settings_json`` is whatever the analysis was set to. ``zone``:
    the time zone whose hours and days it belongs to, as of ``evenside.local_time``; "" is UTC.
    """

    id: str
    wearer: str
    kind: SessionKind
    started_ns: int
    software: str
    name: str = ""
    nodes: tuple[Node, ...] = ()
    settings_json: str = "{}"
    zone: str = ""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """The end of a session. ``clean`` is False where it had to be broken off."""

    session: str
    time_s: float
    clean: bool = True


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure; its time is the end of its span. Inserting it again changes nothing."""

    session: str
    kind: FigureKind
    figure: Figure


@dataclass(frozen=True, slots=True)
class EventRow:
    """What happened at one moment: link events, markers, faults, clock steps, notes. ``node`` is "" for all of them."""

    session: str
    time_s: float
    kind: str
    node: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert that was raised or cleared."""

    session: str
    alert: Alert


@dataclass(frozen=True, slots=True)
class NodeStatusRow:
    """What a node last said about itself. NaN or -1 where it did not say."""

    session: str
    node: str
    time_s: float
    battery_percent: float = field(default=nan)
    temperature_c: float = field(default=nan)
    clock_error_s: float = field(default=nan)
    frames: int = -1
    frames_lost: int = -1
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class SinkRow:
    """Another database that lines are kept for; must be in the store before the first ``OutboxRow`` for it.

    ``bytes_max`` bounds what may wait for it. Inserting it again changes the bound and nothing else.
    """

    name: str
    bytes_max: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Lines for one sink, ready to be sent: text without a line end at its end. ``at_ns``: UTC, when they were made.

    In one batch with the rows that they were made of, they are in the store if and only if those are.
    """

    sink: str
    at_ns: int
    body: bytes


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What is to be said to people; who, when and whether at all is decided later. The same ``id`` counts once.

    ``kind``: limit, nudge, change, digest or test. ``subject``: the metric or habit that it is about. ``at_ns``: UTC of
    what it tells of. ``zone``: whose local time decides of quiet hours, as of a session. ``line``: its form for sinks.
    """

    id: str
    wearer: str
    rule: str
    kind: str
    subject: str
    at_ns: int
    active: bool
    zone: str
    line: bytes


Row = SessionRow | SessionEnd | FigureRow | EventRow | AlertRow | NodeStatusRow | SinkRow | OutboxRow | MessageRow


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as the store knows it. ``ended_ns`` is None while it runs, and for ever where it was killed."""

    start: SessionRow
    ended_ns: int | None
    clean: bool


@dataclass(frozen=True, slots=True)
class Timed(Generic[T_co]):
    """A row with its time in UTC nanoseconds."""

    ts_ns: int
    row: T_co
