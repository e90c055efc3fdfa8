"""Rows of the outboxes: put in by the store's one writer, in the transaction of what they were made of; and removed.

Every line has a number in its sink. Where a sink's lines outgrow its bound the oldest go, and each that was never sent
is counted.
"""

from __future__ import annotations

import sqlite3

from evenside.errors import StoreError
from evenside.store.rows import OutboxRow, SinkRow

__all__ = ["give_up", "put_lines", "put_sink", "remove"]


def put_sink(connection: sqlite3.Connection, row: SinkRow) -> None:
    """Inside the caller's transaction."""
    connection.execute(
        "INSERT INTO sink(name, bytes_max) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET bytes_max = excluded.bytes_max",
        (row.name, row.bytes_max),
    )


def put_lines(connection: sqlite3.Connection, row: OutboxRow) -> None:
    """Inside the caller's transaction; the oldest lines of the sink go where it holds too much.

    Raises:
        StoreError: the sink is not in the store.
    """
    lines, size = row.body.count(b"\n") + 1, len(row.body)
    changed = connection.execute(
        "UPDATE sink SET produced = produced + ?, bytes = bytes + ? WHERE name = ?"
        " RETURNING produced, bytes - bytes_max",
        (lines, size, row.sink),
    ).fetchall()
    if not changed:
        raise StoreError(f"sink {row.sink!r} is not in the store", mend="store the sink before its lines")
    ((last, over),) = changed
    connection.execute(
        "INSERT INTO outbox(sink, last, lines, at_ns, body) VALUES(?, ?, ?, ?, ?)",
        (row.sink, last, lines, row.at_ns, row.body),
    )
    if over > 0:
        _make_room(connection, row.sink, over)


def give_up(connection: sqlite3.Connection, sink: str, upto: int) -> int:
    """All lines up to number ``upto`` go, those that were never sent count as dropped. Returns how many these are."""
    (sent,) = connection.execute("SELECT sent FROM sink WHERE name = ?", (sink,)).fetchone()
    dropped = max(0, upto - int(sent))
    remove(connection, sink, "last <= ?", (upto,))
    connection.execute(
        "UPDATE sink SET dropped = dropped + ?1, sent = max(sent, ?2), durable = max(durable, ?2) WHERE name = ?3",
        (dropped, upto, sink),
    )
    return dropped


def remove(connection: sqlite3.Connection, sink: str, where: str, values: tuple[object, ...]) -> None:
    """Rows go from the disk; numbers are not touched."""
    chosen = f"FROM outbox WHERE sink = ? AND {where}"
    (size,) = connection.execute(f"SELECT coalesce(sum(length(body)), 0) {chosen}", (sink, *values)).fetchone()
    connection.execute(f"DELETE {chosen}", (sink, *values))
    connection.execute("UPDATE sink SET bytes = bytes - ? WHERE name = ?", (size, sink))


def _make_room(connection: sqlite3.Connection, sink: str, over: int) -> None:
    upto = 0
    rows = connection.execute("SELECT last, length(body) FROM outbox WHERE sink = ? ORDER BY last", (sink,))
    for last, size in rows:
        upto, over = last, over - size
        if over <= 0:
            break
    rows.close()
    give_up(connection, sink, upto)
