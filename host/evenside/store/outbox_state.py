"""How the outboxes of a store stand: what waits, what went, what had to go. What this never does: change anything."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from evenside.store.health import store_error
from evenside.store.schema import connect_reader

__all__ = ["SinkState", "sink_states", "states_of"]


@dataclass(frozen=True, slots=True)
class SinkState:
    """Counts of lines. ``waiting`` were not sent, ``kept`` were and may be asked for again; ``bytes`` are of both.

    ``dropped`` had to go, for want of room or by order, before the server had them. ``oldest_ns``: UTC when the oldest
    of what waits was made, None where nothing does. ``server_start`` is what the server last said of its own start.
    """

    name: str
    produced: int
    sent: int
    durable: int
    waiting: int
    kept: int
    dead: int
    dropped: int
    bytes: int
    bytes_max: int
    oldest_ns: int | None
    server_start: str


def sink_states(path: Path) -> list[SinkState]:
    """Of every sink that anything was ever kept for, by name; nothing is changed.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    connection = connect_reader(path)
    try:
        return states_of(connection)
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    finally:
        connection.close()


def states_of(connection: sqlite3.Connection, sink: str | None = None) -> list[SinkState]:
    """Of all sinks, or of one; inside the caller's transaction."""
    rows = connection.execute(
        "SELECT name, produced, sent, durable, produced - sent, sent - durable,"
        " (SELECT count(*) FROM dead_line WHERE dead_line.sink = name), dropped, bytes, bytes_max,"
        " (SELECT at_ns FROM outbox WHERE outbox.sink = name AND last > sent ORDER BY last LIMIT 1), server_start"
        " FROM sink WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
        (sink,),
    )
    return [SinkState(*row) for row in rows]
