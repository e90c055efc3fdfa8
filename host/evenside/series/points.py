"""What is stored, as lines by the catalogue. Pure: the time of a line is that of its row, to the millisecond.

Strategy: the rows of a session pass through here on their way to the store, its beginning first; from that the tags
are known. Of the rows that come together, those of one measurement become lines together. A line is final: nothing
later changes its time, its tags or a value. Where two rows of one series fall into one millisecond (two events in a
burst), the later one moves on by one, because a server keeps one value for each. What this never does: make points of
raw samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from evenside.catalogue import ALERT, EVENT, FIGURE, HABIT, MEASUREMENTS, NODE, SESSION, Measurement
from evenside.series.bouts import Bout, bout_of
from evenside.series.forms import LineForm
from evenside.series.lines import series_text
from evenside.store import (
    AlertRow,
    EventRow,
    FigureRow,
    NodeStatusRow,
    OutboxRow,
    Row,
    SessionEnd,
    SessionRow,
)
from evenside.store.rows import session_ns
from evenside_analysis.types import Node

__all__ = ["Points"]

BURST_MS = 1000  # within so much, rows of one series are told apart
_SERIES_MAX = 10_000
_TOGETHER = 500  # rows: with more, what is made of them falls out of the processor's cache


@dataclass(frozen=True, slots=True)
class _Told:
    """How rows of one kind are told: what their tags are made of, their session time, and where their fields are."""

    measurement: Measurement
    parts: Callable[[object], tuple[str, ...]]
    time_s: Callable[[object], float]
    source: Callable[[object], object]
    moments: bool = False  # several in one millisecond are told apart


def _itself(row: object) -> object:
    return row


def _node_alone(row: object) -> tuple[str, ...]:
    return (row.node,) if isinstance(row, NodeStatusRow) else ()


_FIGURES = (attrgetter("figure.site", "figure.metric"), attrgetter("figure.end_s"), attrgetter("figure"))
_SUMMARY = _Told(SESSION, *_FIGURES)
_BOUT = _Told(HABIT, attrgetter("habit", "place"), attrgetter("time_s"), _itself, moments=True)
_TOLD: dict[type[Row], _Told] = {
    FigureRow: _Told(FIGURE, *_FIGURES),
    EventRow: _Told(EVENT, attrgetter("node", "kind"), attrgetter("time_s"), _itself, moments=True),
    AlertRow: _Told(
        ALERT,
        attrgetter("alert.site", "alert.metric", "alert.rule"),
        attrgetter("alert.time_s"),
        attrgetter("alert"),
        moments=True,
    ),
    NodeStatusRow: _Told(NODE, _node_alone, attrgetter("time_s"), _itself),
}


class _Series(dict[tuple[str, ...], bytes]):
    """Of one session and measurement, made when first asked for: by what the tags are made of."""

    def __init__(self, measurement: Measurement, session: SessionRow, nodes: dict[str, Node]) -> None:
        super().__init__()
        self._measurement, self._session, self._nodes = measurement, session, nodes

    def __missing__(self, parts: tuple[str, ...]) -> bytes:
        if len(self) >= _SERIES_MAX:
            self.clear()
        told = parts
        if self._measurement is NODE:
            node = self._nodes.get(parts[0])
            told = (parts[0], *((node.site, node.side) if node is not None else ("", "")))
        tags = zip(self._measurement.tags, (self._session.wearer, *told, self._session.kind), strict=True)
        self[parts] = found = series_text(self._measurement.name, tags).encode()
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    started_ns: int
    series: dict[str, _Series]  # by measurement


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Rows that become lines of one measurement, and the session of each."""

    told: _Told
    rows: list[Row | Bout] = field(default_factory=list)
    sessions: list[_Session] = field(default_factory=list)


class Points:
    """Lines for several sinks; ``texts`` by the name of the sink: whether its server keeps text."""

    def __init__(self, texts: dict[str, bool]) -> None:
        self._texts = dict(texts)
        self._forms = {
            texts: {measurement.name: LineForm(measurement, texts=texts) for measurement in MEASUREMENTS}
            for texts in set(texts.values())
        }
        self._sessions: dict[str, _Session] = {}
        self._last_ms: dict[bytes, int] = {}

    def rows(self, rows: Sequence[Row], at_ns: int) -> list[OutboxRow]:
        """One row for each sink, with the lines of all these rows; nothing where they give no line."""
        bodies: dict[bool, list[bytes]] = {texts: [] for texts in self._forms}
        for first in range(0, len(rows), _TOGETHER):
            for name, found in self._found(rows[first : first + _TOGETHER]).items():
                series, times_ms = self._placed(name, found)
                sources = list(map(found.told.source, found.rows))
                for texts, forms in self._forms.items():
                    body = forms[name].body(series, sources, times_ms)
                    if body:
                        bodies[texts].append(body)
        return [
            OutboxRow(sink, at_ns, b"\n".join(bodies[texts])) for sink, texts in self._texts.items() if bodies[texts]
        ]

    def _found(self, rows: Sequence[Row]) -> dict[str, _Found]:
        """By measurement. Sessions begin and end on the way; the store will refuse what belongs to none."""
        by_name: dict[str, _Found] = {}
        for row in rows:
            told = _TOLD.get(type(row))
            if told is not None:
                session = self._sessions.get(row.session)  # type: ignore[union-attr]
                if session is None:
                    continue
                about: Row | Bout = row
                if told.measurement is FIGURE and row.kind == "session":  # type: ignore[union-attr]
                    told = _SUMMARY
                elif isinstance(row, EventRow) and (bout := bout_of(row)) is not None:
                    about, told = bout, _BOUT
                found = by_name.get(told.measurement.name)
                if found is None:
                    found = by_name[told.measurement.name] = _Found(told)
                found.rows.append(about)
                found.sessions.append(session)
            elif isinstance(row, SessionRow):
                nodes = {node.id: node for node in row.nodes}
                series = {measurement.name: _Series(measurement, row, nodes) for measurement in MEASUREMENTS}
                self._sessions[row.id] = _Session(row.started_ns, series)
            elif isinstance(row, SessionEnd):
                self._sessions.pop(row.session, None)
        return by_name

    def _placed(self, measurement: str, found: _Found) -> tuple[list[bytes], list[int]]:
        """Of each line its series and its time in ms."""
        parts = map(found.told.parts, found.rows)
        series = [session.series[measurement][which] for session, which in zip(found.sessions, parts, strict=True)]
        times_ms = _times_ms(found)
        if found.told.moments:
            times_ms = [self._apart(which, ts_ms) for which, ts_ms in zip(series, times_ms, strict=True)]
        return series, times_ms

    def _apart(self, series: bytes, ts_ms: int) -> int:
        last_ms = self._last_ms.get(series)
        if last_ms is not None and 0 <= last_ms - ts_ms < BURST_MS:
            ts_ms = last_ms + 1
        if len(self._last_ms) >= _SERIES_MAX:
            self._last_ms.clear()
        self._last_ms[series] = ts_ms
        return ts_ms


def _times_ms(found: _Found) -> list[int]:
    times_s = map(found.told.time_s, found.rows)
    return [
        (session.started_ns + session_ns(time_s)) // 1_000_000
        for session, time_s in zip(found.sessions, times_s, strict=True)
    ]
