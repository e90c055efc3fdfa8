"""What is to be said to people: what waits for a decision, what became of the rest, and what they want to hear.

Strategy: a message is stored by the store's one writer, in the transaction of what it tells of. Somebody decides about
it later, over a connection of his own: its new state and its lines in the outboxes are one transaction. So whatever is
killed at whatever moment, a message is decided once and goes into each outbox once. What this never does: decide.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from evenside.errors import StoreError
from evenside.store.outbox_rows import put_lines
from evenside.store.rows import MessageRow, OutboxRow
from evenside.store.schema import connect_writer
from evenside.store.transaction import told, transaction

__all__ = ["Decided", "MessageState", "Messages", "Sent", "StoredMessage", "put_message"]

MessageState = Literal["new", "held", "digest", "sent", "snoozed", "quiet", "too_soon", "nowhere", "digested"]
DAY_NS = 86_400 * 1_000_000_000
_COLUMNS = "seq, state, due_ns, decided_ns, targets, useful, id, wearer, rule, kind, subject, at_ns, active, zone, line"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """``due_ns``: when it is to be decided again. ``targets``: the sinks that it was sent to. ``useful``: None: not
    said.
    """

    seq: int
    state: MessageState
    due_ns: int
    decided_ns: int | None
    targets: tuple[str, ...]
    useful: bool | None
    row: MessageRow


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of a message: its state, when it is looked at again, and the outboxes that it goes into."""

    state: MessageState
    due_ns: int = 0
    sinks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What was said before: UTC of the last raising of this rule that was sent (None: never), whether the last message
    of the rule is a raising that was sent or will be, and how many of the kind were sent in a week.
    """

    raised_ns: int | None
    standing: bool
    in_week: int


class Messages:
    """One connection; to be used by one thread at a time. Every method may raise StoreError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_writer(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def waiting(self, now_ns: int, count: int = 100) -> list[StoredMessage]:
        """Messages to be decided now, in the order in which they were stored."""
        return self._read("state IN ('new', 'held') AND due_ns <= ? ORDER BY seq LIMIT ?", (now_ns, count))

    def for_digest(self, wearer: str) -> list[StoredMessage]:
        return self._read("state = 'digest' AND wearer = ? ORDER BY seq", (wearer,))

    def digest_wearers(self, now_ns: int) -> list[str]:
        """Whose digest is due."""
        with told(self._path):
            rows = self._connection.execute(
                "SELECT wearer FROM message WHERE state = 'digest' GROUP BY wearer HAVING min(due_ns) <= ?", (now_ns,)
            )
            return [name for (name,) in rows]

    def next_due_ns(self) -> int | None:
        """When something has to be decided next; None where nothing waits."""
        with told(self._path):
            (due_ns,) = self._connection.execute(
                "SELECT min(due_ns) FROM message WHERE state IN ('new', 'held', 'digest')"
            ).fetchone()
        return None if due_ns is None else int(due_ns)

    def sent(self, message: StoredMessage, now_ns: int) -> Sent:
        """What was said before, as far as it matters to this message."""
        row = message.row
        with told(self._path):
            (raised_ns,) = self._connection.execute(
                "SELECT max(at_ns) FROM message WHERE wearer = ? AND rule = ? AND active = 1 AND state = 'sent'",
                (row.wearer, row.rule),
            ).fetchone()
            last = self._connection.execute(
                "SELECT state, active FROM message WHERE wearer = ? AND rule = ? AND subject = ? AND seq < ?"
                " ORDER BY seq DESC LIMIT 1",
                (row.wearer, row.rule, row.subject, message.seq),
            ).fetchone()
            (in_week,) = self._connection.execute(
                "SELECT count(*) FROM message WHERE wearer = ? AND kind = ? AND active = 1 AND state = 'sent'"
                " AND decided_ns > ?",
                (row.wearer, row.kind, now_ns - 7 * DAY_NS),
            ).fetchone()
        standing = last is not None and last[0] in ("sent", "held") and bool(last[1])
        return Sent(None if raised_ns is None else int(raised_ns), standing, int(in_week))

    def decide(self, message: StoredMessage, decided: Decided, now_ns: int) -> bool:
        """Put a decision into force. False where somebody else has decided meanwhile: then nothing happens."""
        with told(self._path), transaction(self._connection) as connection:
            changed = connection.execute(
                "UPDATE message SET state = ?, due_ns = ?, decided_ns = ?, targets = ? WHERE seq = ? AND state = ?"
                " AND due_ns = ?",
                (
                    *(decided.state, decided.due_ns, now_ns, " ".join(decided.sinks), message.seq),
                    *(message.state, message.due_ns),
                ),
            ).rowcount
            if changed:
                for sink in decided.sinks:
                    put_lines(connection, OutboxRow(sink, now_ns, message.row.line))
        return bool(changed)

    def digest(self, parts: Sequence[StoredMessage], digest: MessageRow, sinks: Sequence[str], now_ns: int) -> None:
        """Send one message in the place of some that wait for the digest."""
        with told(self._path), transaction(self._connection) as connection:
            put_message(connection, digest)
            connection.execute(
                "UPDATE message SET state = ?, decided_ns = ?, targets = ? WHERE id = ? AND state = 'new'",
                ("sent" if sinks else "nowhere", now_ns, " ".join(sinks), digest.id),
            )
            for sink in sinks:
                put_lines(connection, OutboxRow(sink, now_ns, digest.line))
            connection.executemany(
                "UPDATE message SET state = 'digested', decided_ns = ? WHERE seq = ?",
                [(now_ns, part.seq) for part in parts],
            )

    def put(self, rows: Sequence[MessageRow]) -> None:
        """Messages that come from the store itself; one that is there already stays as it is."""
        with told(self._path), transaction(self._connection) as connection:
            for row in rows:
                put_message(connection, row)

    def last(self, count: int, wearer: str | None = None) -> list[StoredMessage]:
        """The newest messages, newest first."""
        return self._read("?1 IS NULL OR wearer = ?1 ORDER BY seq DESC LIMIT ?2", (wearer, count))

    def rate(self, id_: str, *, useful: bool) -> StoredMessage:
        """What the wearer says of a message, by its id or by the beginning of it.

        Raises:
            StoreError: no message has this id, or several do.
        """
        found = self._read("id LIKE ? || '%' ORDER BY seq DESC LIMIT 2", (id_,)) if id_.isalnum() else []
        if len(found) != 1:
            what = "several messages begin" if found else "no message begins"
            raise StoreError(f"{what} with {id_!r}", mend="`evenside alerts list` shows their ids")
        with told(self._path), transaction(self._connection) as connection:
            connection.execute("UPDATE message SET useful = ? WHERE seq = ?", (int(useful), found[0].seq))
        return found[0]

    def snooze(self, wearer: str, subject: str, until_ns: int) -> None:
        with told(self._path), transaction(self._connection) as connection:
            connection.execute(
                "INSERT INTO snooze VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET until_ns = excluded.until_ns",
                (wearer, subject, until_ns),
            )

    def snoozes(self, now_ns: int) -> dict[tuple[str, str], int]:
        """By wearer and subject: until when. Those that are over are left out."""
        with told(self._path):
            rows = self._connection.execute(
                "SELECT wearer, subject, until_ns FROM snooze WHERE until_ns > ?", (now_ns,)
            )
            return {(wearer, subject): until_ns for wearer, subject, until_ns in rows}

    def _read(self, where: str, values: tuple[object, ...]) -> list[StoredMessage]:
        with told(self._path):
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM message WHERE {where}", values).fetchall()
        return [_stored(*row) for row in rows]


def put_message(connection: sqlite3.Connection, row: MessageRow) -> None:
    """Inside the caller's transaction; one that is there already stays as it is."""
    connection.execute(
        "INSERT INTO message(id, wearer, rule, kind, subject, at_ns, active, zone, line)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
        (row.id, row.wearer, row.rule, row.kind, row.subject, row.at_ns, int(row.active), row.zone, row.line),
    )


def _stored(
    seq: int,
    state: MessageState,
    due_ns: int,
    decided_ns: int | None,
    targets: str,
    useful: int | None,
    *row: object,
) -> StoredMessage:
    id_, wearer, rule, kind, subject, at_ns, active, zone, line = row
    told = MessageRow(
        *(str(id_), str(wearer), str(rule), str(kind), str(subject)),
        at_ns=int(str(at_ns)),
        active=bool(active),
        zone=str(zone),
        line=line if isinstance(line, bytes) else b"",
    )
    rated = None if useful is None else bool(useful)
    return StoredMessage(seq, state, due_ns, decided_ns, tuple(targets.split()), rated, told)
