"""Questions to the store. Everything here is read-only and works while the daemon writes.

Every question is one short read transaction: a long one would keep the writer from shortening its log. Long answers
are fetched page by page along the key, in the order of time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from math import nan
from pathlib import Path
from types import TracebackType
from typing import Self

from evenside.readers.evenside_recording.manifest import nodes_from_json
from evenside.store.insert import FIGURE_COLUMNS, figure_from_json
from evenside.store.rows import (
    AlertRow,
    EventRow,
    FigureKind,
    FigureRow,
    NodeStatusRow,
    SessionRow,
    StoredSession,
    Timed,
)
from evenside.store.schema import connect_reader
from evenside_analysis.types import Alert, Figure

__all__ = ["Reader"]

_PAGE_ROWS = 1000
_FIGURE = f"session, kind, ts_ns, {', '.join(FIGURE_COLUMNS)}"
_SESSION = "id, wearer, kind, started_ns, software, name, nodes, settings, zone, ended_ns, clean"
_ALERT = "session, ts_ns, rule, metric, site, time_s, active, side, limit_ai, figure"
_EVENT = "ts_ns, session, time_s, kind, node, detail"
_STATUS = "ts_ns, session, node, time_s, battery_percent, temperature_c, clock_error_s, frames, frames_lost, firmware"


class Reader:
    """A read-only connection to a store. Use it from one thread at a time, and close it.

    Raises (on opening):
        StoreError: there is no store at ``path``, or it is not of this software's version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_reader(path)
        self._connection.row_factory = sqlite3.Row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def sessions(self, *, wearer: str | None = None, count: int = 100) -> list[StoredSession]:
        """The last ``count`` sessions (of one wearer), newest first."""
        rows = self._connection.execute(
            f"SELECT {_SESSION} FROM session WHERE ?1 IS NULL OR wearer = ?1 ORDER BY started_ns DESC, id LIMIT ?2",
            (wearer, count),
        )
        return [_session(row) for row in rows]

    def session(self, session: str) -> StoredSession | None:
        row = self._connection.execute(f"SELECT {_SESSION} FROM session WHERE id = ?", (session,)).fetchone()
        return None if row is None else _session(row)

    def figures(self, session: str, kind: FigureKind = "window") -> Iterator[Timed[FigureRow]]:
        """All figures of a session in the order of time, then metric, then site."""
        after: tuple[int, str, str] | None = None
        while True:
            where = "" if after is None else " AND (ts_ns, metric, site) > (?, ?, ?)"
            page = self._connection.execute(
                f"SELECT {_FIGURE} FROM figure WHERE session = ? AND kind = ?{where}"
                f" ORDER BY ts_ns, metric, site LIMIT {_PAGE_ROWS}",
                (session, kind, *(after or ())),
            ).fetchall()
            for row in page:
                yield _figure(row)
            if len(page) < _PAGE_ROWS:
                return
            last = _figure(page[-1])
            after = (last.ts_ns, last.row.figure.metric, last.row.figure.site)

    def last_figures(self, session: str, kind: FigureKind = "window") -> list[Timed[FigureRow]]:
        """The newest figure of every metric and site of a session."""
        rows = self._connection.execute(
            f"SELECT {_FIGURE}, max(ts_ns) FROM figure WHERE session = ? AND kind = ?"
            " GROUP BY metric, site ORDER BY metric, site",
            (session, kind),
        )
        return [_figure(row) for row in rows]

    def events(self, session: str, *, count: int | None = None, kinds: Sequence[str] = ()) -> list[Timed[EventRow]]:
        """The events of a session (of some kinds) in the order of time; with ``count`` only the last ones."""
        of_kinds = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._connection.execute(
            f"SELECT {_EVENT} FROM event WHERE session = ?{of_kinds} ORDER BY ts_ns DESC, seq DESC LIMIT ?",
            (session, *kinds, -1 if count is None else count),
        ).fetchall()
        return [_event(row) for row in reversed(rows)]

    def alerts(self, session: str) -> list[Timed[AlertRow]]:
        """Every raising and clearing in the order in which they were stored."""
        rows = self._connection.execute(f"SELECT {_ALERT} FROM alert WHERE session = ? ORDER BY seq", (session,))
        return [_alert(row) for row in rows]

    def open_alerts(self, session: str) -> list[Timed[AlertRow]]:
        """Alerts raised and not yet cleared, oldest first."""
        rows = self._connection.execute(
            f"SELECT {_ALERT}, max(seq) AS last FROM alert WHERE session = ? GROUP BY rule, metric, site ORDER BY last",
            (session,),
        )
        return [_alert(row) for row in rows if row["active"]]

    def node_status(self, session: str) -> list[Timed[NodeStatusRow]]:
        """What every node of a session last said, by node id."""
        rows = self._connection.execute(
            f"SELECT {_STATUS}, max(slot) FROM node_status WHERE session = ? GROUP BY node ORDER BY node", (session,)
        )
        return [_status(row) for row in rows]

    def node_history(self, session: str, node: str) -> list[Timed[NodeStatusRow]]:
        """The last status of every ten minutes of one node."""
        rows = self._connection.execute(
            f"SELECT {_STATUS} FROM node_status WHERE session = ? AND node = ? ORDER BY slot", (session, node)
        )
        return [_status(row) for row in rows]

    def size_bytes(self) -> int:
        """Bytes on the disk, the write-ahead log included."""
        files = (self._path, Path(f"{self._path}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())


def _float(cell: float | None) -> float:
    return nan if cell is None else cell


def _session(row: sqlite3.Row) -> StoredSession:
    nodes = nodes_from_json(json.loads(row["nodes"]))
    start = SessionRow(
        row["id"],
        row["wearer"],
        row["kind"],
        row["started_ns"],
        row["software"],
        name=row["name"],
        nodes=nodes,
        settings_json=row["settings"],
        zone=row["zone"],
    )
    return StoredSession(start, row["ended_ns"], bool(row["clean"]))


def _figure(row: sqlite3.Row) -> Timed[FigureRow]:
    cells = [row[name] for name in FIGURE_COLUMNS]
    for place, cell in enumerate(cells):
        if cell is None:
            cells[place] = nan
    figure = Figure(*cells)
    return Timed(row["ts_ns"], FigureRow(row["session"], row["kind"], figure))


def _event(row: sqlite3.Row) -> Timed[EventRow]:
    return Timed(row["ts_ns"], EventRow(row["session"], row["time_s"], row["kind"], row["node"], row["detail"]))


def _alert(row: sqlite3.Row) -> Timed[AlertRow]:
    alert = Alert(
        row["rule"],
        row["metric"],
        row["site"],
        row["time_s"],
        bool(row["active"]),
        row["side"],
        _float(row["limit_ai"]),
        figure_from_json(row["figure"]),
    )
    return Timed(row["ts_ns"], AlertRow(row["session"], alert))


def _status(row: sqlite3.Row) -> Timed[NodeStatusRow]:
    status = NodeStatusRow(
        row["session"],
        row["node"],
        row["time_s"],
        battery_percent=_float(row["battery_percent"]),
        temperature_c=_float(row["temperature_c"]),
        clock_error_s=_float(row["clock_error_s"]),
        frames=row["frames"],
        frames_lost=row["frames_lost"],
        firmware=row["firmware"],
    )
    return Timed(row["ts_ns"], status)
