"""What is stored, as lines by the catalogue. Pure: the time of a line is that of its row, to the millisecond.

Strategy: the rows of a session pass through here on their way to the store, its beginning first; from that the tags
are known. A line is final: nothing later changes its time, its tags or a value. Where two rows of one series fall into
one millisecond (two events in a burst), the later one moves on by one, because a server keeps one value for each. What
this never does: make points of raw samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evenside.catalogue import ALERT, EVENT, FIGURE, NODE, SESSION, Measurement, field_values
from evenside.series.lines import fields_text, line, series_text
from evenside.store import (
    AlertRow,
    EventRow,
    FigureRow,
    NodeStatusRow,
    OutboxRow,
    Row,
    SessionEnd,
    SessionRow,
    SinkRow,
)
from evenside.store.rows import session_ns
from evenside_analysis.types import Node

__all__ = ["Points"]

BURST_MS = 1000  # within so much, rows of one series are told apart
_SERIES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Point:
    measurement: Measurement
    tags: tuple[str, ...]  # in the order of the measurement
    ts_ms: int
    source: object


class Points:
    """Lines for several sinks; ``texts`` by the name of the sink: whether its server keeps text."""

    def __init__(self, texts: dict[str, bool]) -> None:
        self._texts = dict(texts)
        self._sessions: dict[str, tuple[SessionRow, dict[str, Node]]] = {}
        self._series: dict[tuple[str, ...], str] = {}
        self._last_ms: dict[str, int] = {}

    def rows(self, rows: Sequence[Row], at_ns: int) -> list[OutboxRow]:
        """One row for each sink, with the lines of all these rows; nothing where they give no line."""
        lines: dict[bool, list[bytes]] = {texts: [] for texts in self._texts.values()}
        for row in rows:
            self._add(lines, row)
        return [OutboxRow(sink, at_ns, b"\n".join(lines[texts])) for sink, texts in self._texts.items() if lines[texts]]

    def _add(self, lines: dict[bool, list[bytes]], row: Row) -> None:
        match row:
            case SessionRow():
                self._sessions[row.id] = row, {node.id: node for node in row.nodes}
                return
            case SessionEnd():
                self._sessions.pop(row.session, None)
                return
            case SinkRow() | OutboxRow():
                return
        known = self._sessions.get(row.session)
        if known is None:  # it never began, and the store will refuse its rows
            return
        point = _point(row, *known)
        series = self._series_of(point.measurement, point.tags)
        moments = point.measurement in (EVENT, ALERT)
        ts_ms = self._apart(series, point.ts_ms) if moments else point.ts_ms
        for texts, found in lines.items():
            made = line(series, fields_text(field_values(point.measurement, point.source, texts=texts)), ts_ms)
            if made is not None:
                found.append(made)

    def _series_of(self, measurement: Measurement, tags: tuple[str, ...]) -> str:
        key = (measurement.name, *tags)
        found = self._series.get(key)
        if found is None:
            if len(self._series) >= _SERIES_MAX:
                self._series.clear()
            found = self._series[key] = series_text(measurement.name, zip(measurement.tags, tags, strict=True))
        return found

    def _apart(self, series: str, ts_ms: int) -> int:
        last_ms = self._last_ms.get(series)
        if last_ms is not None and 0 <= last_ms - ts_ms < BURST_MS:
            ts_ms = last_ms + 1
        if len(self._last_ms) >= _SERIES_MAX:
            self._last_ms.clear()
        self._last_ms[series] = ts_ms
        return ts_ms


def _point(
    row: FigureRow | EventRow | AlertRow | NodeStatusRow, session: SessionRow, nodes: Mapping[str, Node]
) -> _Point:
    wearer, kind = session.wearer, session.kind
    tags: tuple[str, ...]
    match row:
        case FigureRow():
            figure = row.figure
            measurement = FIGURE if row.kind == "window" else SESSION
            tags, time_s = (wearer, figure.site, figure.metric, kind), figure.end_s
            source: object = figure
        case EventRow():
            measurement, source = EVENT, row
            tags, time_s = (wearer, row.node, row.kind, kind), row.time_s
        case AlertRow():
            alert = row.alert
            measurement, source = ALERT, alert
            tags, time_s = (wearer, alert.site, alert.metric, alert.rule, kind), alert.time_s
        case NodeStatusRow():
            node = nodes.get(row.node)
            worn = (node.site, node.side) if node is not None else ("", "")
            measurement, source = NODE, row
            tags, time_s = (wearer, row.node, *worn, kind), row.time_s
    return _Point(measurement, tags, (session.started_ns + session_ns(time_s)) // 1_000_000, source)
