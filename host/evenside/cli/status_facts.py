"""What ``evenside status`` reports, gathered without changing anything: beside a daemon, after one, or before any.

Standing things come from the store, fleeting ones (rates, silences) from ``live.json``, and only while the daemon that
wrote it holds the data folder.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

from evenside.config import Config
from evenside.daemon import LiveNode, LiveSession, LiveState, daemon_of, read_live
from evenside.store import EventRow, NodeStatusRow, Reader, SinkState, StoredSession, Timed, sink_states
from evenside_analysis.metrics import figure_words
from evenside_analysis.types import Figure, Node

__all__ = ["AlertStatus", "EventStatus", "FigureStatus", "NodeState", "SessionStatus", "SinkStatus", "Status", "gather"]

EVENTS = 5


@dataclass(frozen=True, slots=True)
class NodeState:
    """NaN where it is not known. ``lost``: share of the expected samples, or of the frames, that did not come."""

    id: str
    site: str
    side: str
    link: str
    silent_s: float
    rate_hz: float
    lost: float
    sync_error_s: float
    battery_percent: float
    temperature_c: float
    firmware: str


@dataclass(frozen=True, slots=True)
class FigureStatus:
    at_ns: int
    words: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class AlertStatus:
    since_ns: int
    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class EventStatus:
    at_ns: int
    node: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """The last session of one wearer. ``state``: running, ended, broken off, or killed."""

    id: str
    wearer: str
    kind: str
    name: str
    started_ns: int
    ended_ns: int | None
    state: str
    nodes: tuple[NodeState, ...]
    figures: tuple[FigureStatus, ...]
    figures_of: str  # window or session
    alerts: tuple[AlertStatus, ...]
    events: tuple[EventStatus, ...]
    trouble: str
    sync: EventStatus | None = None  # the last sync event; its kind is sync_off where it contradicts the clocks


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """Another database: lines that wait for it, were refused, or had to go. ``state`` is "" while no daemon runs."""

    name: str
    state: str
    words: str
    waiting: int
    dead: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Status:
    """``outbox_depth``: lines that wait for other databases; None while there is no outbox."""

    daemon_pid: int | None
    daemon_silent_s: float  # since it last wrote of itself; NaN without a daemon
    data: Path
    store: Path
    store_bytes: int
    store_state: str
    store_words: str
    outbox_depth: int | None
    sinks: tuple[SinkStatus, ...]
    recordings: Path
    recordings_count: int
    recordings_bytes: int
    sessions: tuple[SessionStatus, ...]


def gather(config: Config) -> Status:
    """Everything, for the wearers of a configuration and for whoever else is in the store.

    Raises:
        StoreError: the store is there but cannot be read.
    """
    pid = daemon_of(config.data)
    live = read_live(config.data) if pid is not None else None
    silent_s = max(0.0, (time.time_ns() - live.at_ns) / 1e9) if live is not None else math.nan
    count, recorded_bytes = _recorded(config.recordings_path)
    sessions: tuple[SessionStatus, ...] = ()
    sinks: tuple[SinkStatus, ...] = ()
    size, state, words = 0, "none", f"there is no store at {config.store_path} yet"
    if config.store_path.exists():
        state, words = (live.store_state, live.store_words) if live is not None else ("ok", "")
        with Reader(config.store_path) as reader:
            size = reader.size_bytes()
            sessions = tuple(_session(reader, found, live, pid) for found in _last_sessions(reader))
        sinks = tuple(_sink(found, live) for found in sink_states(config.store_path))
    depth = sum(sink.waiting for sink in sinks) if sinks else None
    return Status(
        *(pid, silent_s, config.data, config.store_path, size, state, words, depth, sinks),
        *(config.recordings_path, count, recorded_bytes, sessions),
    )


def _sink(found: SinkState, live: LiveState | None) -> SinkStatus:
    now = next((sink for sink in live.sinks if sink.name == found.name), None) if live else None
    state, words = (now.state, f"{now.words}\n  mend: {now.mend}" if now.mend else now.words) if now else ("", "")
    return SinkStatus(found.name, state, words, found.waiting, found.dead, found.dropped)


def _last_sessions(reader: Reader) -> list[StoredSession]:
    """The newest of each wearer."""
    newest: dict[str, StoredSession] = {}
    for found in reader.sessions():
        newest.setdefault(found.start.wearer, found)
    return list(newest.values())


def _session(reader: Reader, found: StoredSession, live: LiveState | None, pid: int | None) -> SessionStatus:
    start = found.start
    now = next((session for session in live.sessions if session.session == start.id), None) if live else None
    if found.ended_ns is not None:
        state = "ended" if found.clean else "broken off"
    elif now is not None:
        state = "running"
    else:
        state = "running" if pid is not None and live is None else "killed"
    said = {timed.row.node: timed for timed in reader.node_status(start.id)}
    # What a session that is over comes to is worth more than its last window.
    whole = reader.last_figures(start.id, "session") if found.ended_ns is not None else []
    figures = whole or reader.last_figures(start.id, "window")
    return SessionStatus(
        *(start.id, start.wearer, start.kind, start.name, start.started_ns, found.ended_ns, state),
        nodes=tuple(_node(node, now, said.get(node.id)) for node in start.nodes),
        figures=tuple(FigureStatus(timed.ts_ns, figure_words(timed.row.figure), timed.row.figure) for timed in figures),
        figures_of="session" if whole else "window",
        alerts=tuple(
            AlertStatus(timed.ts_ns, timed.row.alert.rule, figure_words(timed.row.alert.figure))
            for timed in reader.open_alerts(start.id)
        ),
        events=tuple(_said(timed) for timed in reader.events(start.id, count=EVENTS)),
        trouble=now.trouble if now is not None else "",
        sync=_sync(reader, start.id),
    )


def _sync(reader: Reader, session: str) -> EventStatus | None:
    found = reader.events(session, count=1, kinds=("sync", "sync_off"))
    return _said(found[0]) if found else None


def _said(timed: Timed[EventRow]) -> EventStatus:
    return EventStatus(timed.ts_ns, timed.row.node, timed.row.kind, timed.row.detail)


def _node(node: Node, now: LiveSession | None, said: Timed[NodeStatusRow] | None) -> NodeState:
    row = said.row if said is not None else NodeStatusRow("", node.id, 0.0)
    frames = row.frames + row.frames_lost
    lost = row.frames_lost / frames if row.frames_lost >= 0 and frames > 0 else math.nan
    live = next((found for found in now.nodes if found.node == node.id), None) if now is not None else None
    fleeting = live or LiveNode(node.id, "", 0, math.nan, lost, math.nan, row.clock_error_s)
    return NodeState(
        *(node.id, node.site, node.side, fleeting.link, fleeting.silent_s, fleeting.rate_hz, fleeting.lost_share),
        *(fleeting.clock_error_s, row.battery_percent, row.temperature_c, row.firmware),
    )


def _recorded(root: Path) -> tuple[int, int]:
    """Number of recordings and their bytes. What vanishes while it is looked at counts nothing."""
    count = size = 0
    for path in root.rglob("*") if root.is_dir() else ():
        try:
            size += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
        count += path.name == "recording.json"
    return count, size
