"""Rows into tables. Every insertion may be repeated: a row that is already there stays as it is.

Only "already there" is forgiven. A row of an unknown session, or one that breaks a rule of its table, is an error of
its batch.
"""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import fields

from evenside.errors import StoreError
from evenside.readers.evenside_recording.manifest import nodes_to_json
from evenside.store.messages import put_message
from evenside.store.outbox_rows import put_lines, put_sink
from evenside.store.rollup import mark_due
from evenside.store.rows import (
    AlertRow,
    EventRow,
    FigureRow,
    MessageRow,
    NodeStatusRow,
    OutboxRow,
    Row,
    SessionEnd,
    SessionRow,
    SinkRow,
    session_ns,
)
from evenside_analysis.types import Figure

__all__ = ["FIGURE_COLUMNS", "STATUS_SLOT_NS", "figure_from_json", "figure_to_json", "insert"]

FIGURE_COLUMNS = tuple(field.name for field in fields(Figure))
STATUS_SLOT_NS = 600 * 1_000_000_000  # history keeps the last status of every ten minutes

_WHOLE = frozenset({"n", "n_left", "n_right", "claim"})
_TEXTS = frozenset({"metric", "site", "side", "reason"})


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Put one row into its table, inside the caller's transaction.

    Raises:
        StoreError: its session is not in the store, or another session has the same id.
        ValueError, OverflowError: a time is not finite.
        sqlite3.Error: the row breaks a rule of its table, or the disk is in the way.
    """
    match row:
        case SessionRow():
            _session(connection, row)
        case SessionEnd():
            ended_ns = _started_ns(connection, row.session) + session_ns(row.time_s)
            connection.execute(
                "UPDATE session SET ended_ns = ?, clean = ? WHERE id = ?", (ended_ns, int(row.clean), row.session)
            )
        case FigureRow():
            _figure(connection, row)
        case EventRow():
            ts_ns = _started_ns(connection, row.session) + session_ns(row.time_s)
            connection.execute(
                "INSERT INTO event(session, ts_ns, time_s, node, kind, detail) VALUES(?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (row.session, ts_ns, float(row.time_s), row.node, row.kind, row.detail),
            )
        case AlertRow():
            _alert(connection, row)
        case NodeStatusRow():
            _node_status(connection, row)
        case SinkRow():
            put_sink(connection, row)
        case OutboxRow():
            put_lines(connection, row)
        case MessageRow():
            put_message(connection, row)


def figure_to_json(figure: Figure) -> str:
    """All fields; NaN as null and infinities as text, because JSON has no word for them."""
    cells: dict[str, str | int | float | None] = {}
    for name, cell in zip(FIGURE_COLUMNS, _cells(figure), strict=True):
        if isinstance(cell, float) and not math.isfinite(cell):
            cells[name] = None if math.isnan(cell) else str(cell)
        else:
            cells[name] = cell
    return json.dumps(cells, allow_nan=False)


def figure_from_json(text: str) -> Figure:
    cells = json.loads(text)
    for name, cell in cells.items():
        if cell is None or (name not in _TEXTS and isinstance(cell, str)):
            cells[name] = math.nan if cell is None else float(cell)
    return Figure(**cells)


def _cells(figure: Figure) -> list[str | int | float]:
    cells: list[str | int | float] = []
    for name in FIGURE_COLUMNS:
        cell = getattr(figure, name)
        cells.append(cell if isinstance(cell, str) else int(cell) if name in _WHOLE else float(cell))
    return cells


def _started_ns(connection: sqlite3.Connection, session: str) -> int:
    found = connection.execute("SELECT started_ns FROM session WHERE id = ?", (session,)).fetchone()
    if found is None:
        raise StoreError(f"session {session!r} is not in the store", mend="store the session before what belongs to it")
    return int(found[0])


def _session(connection: sqlite3.Connection, row: SessionRow) -> None:
    nodes = json.dumps(nodes_to_json(row.nodes), allow_nan=False)
    cells = (row.id, row.wearer, row.kind, row.name, row.started_ns, nodes, row.settings_json, row.software, row.zone)
    columns = "id, wearer, kind, name, started_ns, nodes, settings, software, zone"
    connection.execute(
        f"INSERT INTO session({columns}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING", cells
    )
    stored = connection.execute(f"SELECT {columns} FROM session WHERE id = ?", (row.id,)).fetchone()
    if stored != cells:
        raise StoreError(f"another session {row.id!r} is already in the store", mend="give every session its own id")


def _figure(connection: sqlite3.Connection, row: FigureRow) -> None:
    ts_ns = _started_ns(connection, row.session) + session_ns(row.figure.end_s)
    inserted = connection.execute(
        f"INSERT INTO figure(session, kind, ts_ns, {', '.join(FIGURE_COLUMNS)})"
        f" VALUES({', '.join('?' * (len(FIGURE_COLUMNS) + 3))})"
        " ON CONFLICT(session, kind, metric, site, ts_ns) DO NOTHING",
        [row.session, row.kind, ts_ns, *_cells(row.figure)],
    )
    if inserted.rowcount and row.kind == "window":
        mark_due(connection, row.session, ts_ns)


def _alert(connection: sqlite3.Connection, row: AlertRow) -> None:
    alert = row.alert
    ts_ns = _started_ns(connection, row.session) + session_ns(alert.time_s)
    cells = (row.session, ts_ns, float(alert.time_s), alert.rule, alert.metric, alert.site, int(alert.active))
    connection.execute(
        "INSERT INTO alert(session, ts_ns, time_s, rule, metric, site, active, side, limit_ai, figure)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (*cells, alert.side, float(alert.limit_ai), figure_to_json(alert.figure)),
    )


def _node_status(connection: sqlite3.Connection, row: NodeStatusRow) -> None:
    ts_ns = _started_ns(connection, row.session) + session_ns(row.time_s)
    figures = (float(row.battery_percent), float(row.temperature_c), float(row.clock_error_s))
    counts = (int(row.frames), int(row.frames_lost))
    connection.execute(
        "INSERT INTO node_status(session, node, slot, ts_ns, time_s, battery_percent, temperature_c, clock_error_s,"
        " frames, frames_lost, firmware) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(session, node, slot) DO UPDATE SET ts_ns = excluded.ts_ns, time_s = excluded.time_s,"
        " battery_percent = excluded.battery_percent, temperature_c = excluded.temperature_c,"
        " clock_error_s = excluded.clock_error_s, frames = excluded.frames, frames_lost = excluded.frames_lost,"
        " firmware = excluded.firmware WHERE excluded.ts_ns >= node_status.ts_ns",
        (row.session, row.node, ts_ns // STATUS_SLOT_NS, ts_ns, float(row.time_s), *figures, *counts, row.firmware),
    )
