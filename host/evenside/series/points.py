"""What is stored, as lines by the catalogue. Pure: the time of a line is that of its row, to the millisecond.

Strategy: the rows of a session pass through here on their way to the store, its beginning first; from that the tags
are known. A line is final: nothing later changes its time, its tags or a value. Where two rows of one series fall into
one millisecond (two events in a burst), the later one moves on by one, because a server keeps one value for each. What
this never does: make points of raw samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evenside.catalogue import ALERT, EVENT, FIGURE, MEASUREMENTS, NODE, SESSION, Measurement
from evenside.series.forms import field_form
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

_Row = FigureRow | EventRow | AlertRow | NodeStatusRow
_MADE_LINES_OF = (FigureRow, EventRow, AlertRow, NodeStatusRow)


@dataclass(frozen=True, slots=True, eq=False)
class _Session:
    row: SessionRow
    nodes: dict[str, Node]
    series: dict[tuple[str, ...], str]  # by measurement and what its tags are made of


class Points:
    """Lines for several sinks; ``texts`` by the name of the sink: whether its server keeps text."""

    def __init__(self, texts: dict[str, bool]) -> None:
        self._texts = dict(texts)
        self._forms = {
            texts: {measurement.name: field_form(measurement, texts=texts) for measurement in MEASUREMENTS}
            for texts in set(texts.values())
        }
        self._sessions: dict[str, _Session] = {}
        self._last_ms: dict[str, int] = {}

    def rows(self, rows: Sequence[Row], at_ns: int) -> list[OutboxRow]:
        """One row for each sink, with the lines of all these rows; nothing where they give no line."""
        lines: dict[bool, list[str]] = {texts: [] for texts in self._forms}
        for row in rows:
            if isinstance(row, _MADE_LINES_OF):
                session = self._sessions.get(row.session)
                if session is not None:  # else the store will refuse its rows
                    self._add(lines, row, session)
            elif isinstance(row, SessionRow):
                self._sessions[row.id] = _Session(row, {node.id: node for node in row.nodes}, {})
            elif isinstance(row, SessionEnd):
                self._sessions.pop(row.session, None)
        bodies = {texts: "\n".join(found).encode() for texts, found in lines.items()}
        return [OutboxRow(sink, at_ns, bodies[texts]) for sink, texts in self._texts.items() if bodies[texts]]

    def _add(self, lines: dict[bool, list[str]], row: _Row, session: _Session) -> None:
        measurement, parts, time_s, source = _told(row)
        series = session.series.get(parts)
        if series is None:
            if len(session.series) >= _SERIES_MAX:
                session.series.clear()
            series = session.series[parts] = _series(measurement, parts, session)
        ts_ms = (session.row.started_ns + session_ns(time_s)) // 1_000_000
        if measurement is EVENT or measurement is ALERT:
            ts_ms = self._apart(series, ts_ms)
        for texts, found in lines.items():
            fields = self._forms[texts][measurement.name](source)
            if fields:
                found.append(f"{series} {fields} {ts_ms}")

    def _apart(self, series: str, ts_ms: int) -> int:
        last_ms = self._last_ms.get(series)
        if last_ms is not None and 0 <= last_ms - ts_ms < BURST_MS:
            ts_ms = last_ms + 1
        if len(self._last_ms) >= _SERIES_MAX:
            self._last_ms.clear()
        self._last_ms[series] = ts_ms
        return ts_ms


def _told(row: _Row) -> tuple[Measurement, tuple[str, ...], float, object]:
    """Of a row: its measurement, that and what its tags are made of, its session time, and where its fields are."""
    match row:
        case FigureRow():
            figure = row.figure
            measurement = FIGURE if row.kind == "window" else SESSION
            return measurement, (measurement.name, figure.site, figure.metric), figure.end_s, figure
        case EventRow():
            return EVENT, (EVENT.name, row.node, row.kind), row.time_s, row
        case AlertRow():
            alert = row.alert
            return ALERT, (ALERT.name, alert.site, alert.metric, alert.rule), alert.time_s, alert
        case NodeStatusRow():
            return NODE, (NODE.name, row.node), row.time_s, row


def _series(measurement: Measurement, parts: tuple[str, ...], session: _Session) -> str:
    """With all tags, in the order of the catalogue."""
    if measurement is NODE:
        node = session.nodes.get(parts[1])
        parts = (*parts, *((node.site, node.side) if node is not None else ("", "")))
    values = (session.row.wearer, *parts[1:], session.row.kind)
    return series_text(measurement.name, zip(measurement.tags, values, strict=True))
