"""What waits to be sent to other databases: lines in order, numbered, kept until their server has them for good.

Strategy: rows are put in by the store's one writer, see ``outbox_rows``. Who sends them has an ``Outbox`` with a
connection of its own, so that it can make room even where the writer waits for room. Refused lines are kept beside it,
bounded in number, and counted where they go. What this never does: reorder, or send.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from evenside.errors import StoreError
from evenside.store.outbox_rows import give_up, put_lines, remove
from evenside.store.outbox_state import SinkState, states_of
from evenside.store.rows import OutboxRow
from evenside.store.schema import connect_writer
from evenside.store.transaction import told, transaction

__all__ = ["DEAD_LINES_MAX", "Batch", "DeadLine", "Outbox"]

DEAD_LINES_MAX = 20_000  # of one sink
_PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive lines; the first is number ``first``."""

    first: int
    lines: tuple[bytes, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1


@dataclass(frozen=True, slots=True)
class DeadLine:
    """A line that the server of a sink refused for good, with its words. ``at_ns``: UTC of the refusal."""

    id: int
    at_ns: int
    error: str
    line: bytes


class Outbox:
    """The lines of one sink. To be used by one thread at a time; opening is done with the first use of ``with``.

    Every method may raise StoreError: the disk is in the way, or the file is locked for long.
    """

    def __init__(self, path: Path, sink: str) -> None:
        self._path, self._sink = path, sink
        self._connection = connect_writer(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def state(self) -> SinkState:
        """Raises StoreError where nothing was ever kept for this sink."""
        with told(self._path):
            found = states_of(self._connection, self._sink)
        if not found:
            known = ", ".join(state.name for state in states_of(self._connection)) or "none"
            raise StoreError(
                f"store {self._path}: there is no outbox for a sink {self._sink!r}", mend=f"those there are: {known}"
            )
        return found[0]

    def take(self, lines_max: int, bytes_max: int) -> Batch | None:
        """The next lines to send, at least one and at most so many; they stay where they are. None: nothing waits."""
        with told(self._path):
            (sent,) = self._connection.execute("SELECT sent FROM sink WHERE name = ?", (self._sink,)).fetchone() or (0,)
            rows = self._connection.execute(
                "SELECT last, lines, body FROM outbox WHERE sink = ? AND last > ? ORDER BY last LIMIT ?",
                (self._sink, sent, _PAGE_ROWS),
            )
            first, lines, size = 0, list[bytes](), 0
            for last, count, body in rows:
                if lines and (len(lines) >= lines_max or size + len(body) > bytes_max):
                    break
                begun = max(0, sent - (last - count))
                first = first or last - count + begun + 1
                lines += body.split(b"\n")[begun:]
                size += len(body)
            rows.close()
        return Batch(first, tuple(lines[:lines_max])) if lines else None

    def settle(self, number: int, dead: Sequence[tuple[str, bytes]] = (), *, at_ns: int = 0) -> None:
        """Every line up to ``number`` was taken by the server, or was refused and stands in ``dead`` with its error."""
        with told(self._path), transaction(self._connection) as connection:
            connection.executemany(
                "INSERT INTO dead_line(sink, at_ns, error, line) VALUES(?, ?, ?, ?)",
                [(self._sink, at_ns, error, line) for error, line in dead],
            )
            if dead:
                self._trim_dead(connection)
            connection.execute("UPDATE sink SET sent = max(sent, ?) WHERE name = ?", (number, self._sink))

    def secure(self, number: int, server_start: str = "") -> None:
        """Nothing up to ``number`` (of what was sent) will be asked for again: it goes from the disk."""
        with told(self._path), transaction(self._connection) as connection:
            connection.execute(
                "UPDATE sink SET durable = max(durable, min(sent, ?)), server_start = ? WHERE name = ?",
                (number, server_start, self._sink),
            )
            remove(connection, self._sink, "last <= (SELECT durable FROM sink WHERE name = ?)", (self._sink,))

    def again(self, server_start: str) -> int:
        """Send everything again that is not yet durable. Returns how many lines that are."""
        with told(self._path), transaction(self._connection) as connection:
            row = connection.execute("SELECT sent - durable FROM sink WHERE name = ?", (self._sink,)).fetchone()
            connection.execute(
                "UPDATE sink SET sent = durable, server_start = ? WHERE name = ?", (server_start, self._sink)
            )
        return int(row[0]) if row else 0

    def dead(self, *, after: int = 0, count: int = 100) -> list[DeadLine]:
        """Refused lines in the order of their ids, from the one after ``after`` on."""
        with told(self._path):
            rows = self._connection.execute(
                "SELECT id, at_ns, error, line FROM dead_line WHERE sink = ? AND id > ? ORDER BY id LIMIT ?",
                (self._sink, after, count),
            )
            return [DeadLine(*row) for row in rows]

    def resend(self, at_ns: int) -> int:
        """Let refused lines wait again, behind all others. Returns how many."""
        count = 0
        while True:
            with told(self._path), transaction(self._connection) as connection:
                rows = connection.execute(
                    "SELECT id, line FROM dead_line WHERE sink = ? ORDER BY id LIMIT ?", (self._sink, _PAGE_ROWS)
                ).fetchall()
                if not rows:
                    return count
                put_lines(connection, OutboxRow(self._sink, at_ns, b"\n".join(line for _, line in rows)))
                connection.execute("DELETE FROM dead_line WHERE sink = ? AND id <= ?", (self._sink, rows[-1][0]))
                count += len(rows)

    def drop(self, *, dead: bool) -> int:
        """Throw away what waits, or with ``dead`` what was refused. Returns how many lines; they count as dropped."""
        with told(self._path), transaction(self._connection) as connection:
            if not dead:
                row = connection.execute("SELECT produced FROM sink WHERE name = ?", (self._sink,)).fetchone()
                return give_up(connection, self._sink, int(row[0])) if row else 0
            count = connection.execute("DELETE FROM dead_line WHERE sink = ?", (self._sink,)).rowcount
            connection.execute("UPDATE sink SET dropped = dropped + ? WHERE name = ?", (count, self._sink))
        return count

    def forget(self, before_ns: int) -> int:
        """Let go the oldest, up to the first that was made at ``before_ns`` or later.

        Returns how many lines were never sent; they count as dropped.
        """
        with told(self._path):
            oldest = self._connection.execute(
                "SELECT at_ns FROM outbox WHERE sink = ? ORDER BY last LIMIT 1", (self._sink,)
            ).fetchone()
        if oldest is None or oldest[0] >= before_ns:
            return 0
        with told(self._path), transaction(self._connection) as connection:
            (upto,) = connection.execute(
                "SELECT coalesce((SELECT last - lines FROM outbox WHERE sink = name AND at_ns >= ? ORDER BY last"
                " LIMIT 1), produced) FROM sink WHERE name = ?",
                (before_ns, self._sink),
            ).fetchone()
            return give_up(connection, self._sink, int(upto))

    def _trim_dead(self, connection: sqlite3.Connection) -> None:
        gone = connection.execute(
            "DELETE FROM dead_line WHERE sink = ?1 AND id <= (SELECT id FROM dead_line WHERE sink = ?1"
            " ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (self._sink, DEAD_LINES_MAX),
        ).rowcount
        if gone:
            connection.execute("UPDATE sink SET dropped = dropped + ? WHERE name = ?", (gone, self._sink))
