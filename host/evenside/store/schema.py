"""The tables, how a store of an older version is brought up to date, and how its file is opened.

A migration and the record that it ran are one transaction: whatever kills the program, the store is either before or
after it. Migrations are only ever added at the end. A store written by newer software is refused, never guessed at.

Columns that hold a float are declared without a type on purpose: a REAL column would turn -0.0 into 0.0. NaN is NULL,
as everywhere in SQL. Times ``ts_ns`` are integer UTC nanoseconds (session start plus session time).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from evenside.errors import StoreError
from evenside.store.health import store_error
from evenside.store.transaction import transaction

__all__ = ["connect_reader", "connect_writer", "schema_of_new_store", "schema_version"]

APPLICATION_ID = 0x45565344  # "EVSD", in the file's header
PAGE_BYTES = 8192
JOURNAL_BYTES_MAX = 16 << 20
BUSY_S = 5.0

_FIRST = (
    """CREATE TABLE session(
        id TEXT PRIMARY KEY, wearer TEXT NOT NULL,
        kind TEXT NOT NULL CHECK(kind IN ('run', 'capture', 'replay', 'demo', 'analyse')),
        name TEXT NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER, clean INTEGER NOT NULL DEFAULT 0,
        nodes TEXT NOT NULL, settings TEXT NOT NULL, software TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX session_start ON session(started_ns)",
    """CREATE TABLE figure(
        session TEXT NOT NULL REFERENCES session(id), kind TEXT NOT NULL CHECK(kind IN ('window', 'session')),
        ts_ns INTEGER NOT NULL, metric TEXT NOT NULL, site TEXT NOT NULL, start_s, end_s NOT NULL,
        n INTEGER NOT NULL, n_left INTEGER NOT NULL, left_mean, left_sd,
        n_right INTEGER NOT NULL, right_mean, right_sd, difference, ai, ai_lo, ai_hi,
        bias_budget_ai, mdc95_ai, claim INTEGER NOT NULL, side TEXT NOT NULL, reason TEXT NOT NULL,
        completeness_left, completeness_right, sync_error_s,
        PRIMARY KEY(session, kind, metric, site, ts_ns)) WITHOUT ROWID""",
    "CREATE INDEX figure_time ON figure(session, kind, ts_ns)",
    """CREATE TABLE event(
        seq INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session(id), ts_ns INTEGER NOT NULL, time_s NOT NULL,
        node TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
        UNIQUE(session, ts_ns, node, kind, detail))""",
    """CREATE TABLE alert(
        seq INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES session(id), ts_ns INTEGER NOT NULL, time_s NOT NULL,
        rule TEXT NOT NULL, metric TEXT NOT NULL, site TEXT NOT NULL, active INTEGER NOT NULL, side TEXT NOT NULL,
        limit_ai, figure TEXT NOT NULL,
        UNIQUE(session, rule, metric, site, ts_ns, active))""",
    """CREATE TABLE node_status(
        session TEXT NOT NULL REFERENCES session(id), node TEXT NOT NULL, slot INTEGER NOT NULL,
        ts_ns INTEGER NOT NULL, time_s NOT NULL, battery_percent, temperature_c, clock_error_s,
        frames INTEGER NOT NULL, frames_lost INTEGER NOT NULL, firmware TEXT NOT NULL,
        PRIMARY KEY(session, node, slot)) WITHOUT ROWID""",
)

# Lines of a sink are numbered from 1 in the order in which they were made. ``produced`` is the last number given,
# ``sent`` the last that its server took, and up to ``durable`` nothing will be asked for again. A row of the outbox
# holds consecutive lines, the last of which is number ``last``.
_OUTBOX = (
    """CREATE TABLE sink(
        name TEXT PRIMARY KEY, bytes_max INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,
        produced INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, durable INTEGER NOT NULL DEFAULT 0,
        dropped INTEGER NOT NULL DEFAULT 0, server_start TEXT NOT NULL DEFAULT '') WITHOUT ROWID""",
    """CREATE TABLE outbox(
        id INTEGER PRIMARY KEY, sink TEXT NOT NULL REFERENCES sink(name), last INTEGER NOT NULL,
        lines INTEGER NOT NULL, at_ns INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE(sink, last))""",
    """CREATE TABLE dead_line(
        id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL REFERENCES sink(name), at_ns INTEGER NOT NULL,
        error TEXT NOT NULL, line BLOB NOT NULL)""",
    "CREATE INDEX dead_line_sink ON dead_line(sink, id)",
)

# ``zone``: the time zone in which a session was begun. ``rollup_due``: quarters of an hour (``slot``) whose figures are
# not in the roll-ups yet. Of a roll-up: ``windows`` figures, ``given`` of them with an AI, ``claimed`` with a claim,
# ``to_left`` and ``to_right`` of them naming that side.
_ROLLUP = (
    "ALTER TABLE session ADD COLUMN zone TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE rollup_due(
        session TEXT NOT NULL REFERENCES session(id), slot INTEGER NOT NULL, rev INTEGER NOT NULL,
        PRIMARY KEY(session, slot)) WITHOUT ROWID""",
    """CREATE TABLE rollup(
        wearer TEXT NOT NULL, kind TEXT NOT NULL, span TEXT NOT NULL CHECK(span IN ('quarter', 'hour', 'day')),
        metric TEXT NOT NULL, site TEXT NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
        name TEXT NOT NULL, windows INTEGER NOT NULL, given INTEGER NOT NULL, ai, ai_p10, ai_p90, left_mean, right_mean,
        claimed INTEGER NOT NULL, to_left INTEGER NOT NULL, to_right INTEGER NOT NULL,
        completeness_left, completeness_right, sync_error_s,
        usual_ai, chart_ai, limit_ai, changed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(wearer, kind, span, metric, site, start_ns)) WITHOUT ROWID""",
    "INSERT INTO rollup_due SELECT DISTINCT session, ts_ns / 900000000000, 1 FROM figure WHERE kind = 'window'",
    "CREATE INDEX event_time ON event(session, kind, ts_ns)",
)

# What is to be said to people, and what became of it: "new" until somebody decided, "held" until ``due_ns``, "digest"
# until the next one; "sent" is in the outboxes of ``targets``; the others end in not being sent. ``useful``: what the
# wearer said of it, 0 or 1. ``subject``: the metric or habit. A snooze ends at ``until_ns``.
_MESSAGE = (
    """CREATE TABLE message(
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, wearer TEXT NOT NULL, rule TEXT NOT NULL,
        kind TEXT NOT NULL, subject TEXT NOT NULL, at_ns INTEGER NOT NULL, active INTEGER NOT NULL, zone TEXT NOT NULL,
        line BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'new' CHECK(state IN
            ('new', 'held', 'digest', 'sent', 'snoozed', 'quiet', 'too_soon', 'nowhere', 'digested')),
        due_ns INTEGER NOT NULL DEFAULT 0, decided_ns INTEGER, targets TEXT NOT NULL DEFAULT '', useful INTEGER)""",
    "CREATE INDEX message_open ON message(state, due_ns) WHERE state IN ('new', 'held', 'digest')",
    "CREATE INDEX message_rule ON message(wearer, rule, seq)",
    """CREATE TABLE snooze(
        wearer TEXT NOT NULL, subject TEXT NOT NULL, until_ns INTEGER NOT NULL,
        PRIMARY KEY(wearer, subject)) WITHOUT ROWID""",
)

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sessions, figures, events, alerts, node status", _FIRST),
    ("lines for other databases", _OUTBOX),
    ("roll-ups by hour and day", _ROLLUP),
    ("messages to people, and what they want to hear", _MESSAGE),
)


def connect_writer(path: Path, *, bytes_max: int | None = None) -> sqlite3.Connection:
    """Open for writing; create or migrate where needed. Every commit is on the disk when it returns.

    Raises:
        StoreError: the folder or the file cannot be written, the file is no store, or it is of a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise store_error(error, path) from error
    try:
        _prepare(connection, path)
        _migrate(connection, path)
        if bytes_max is not None:
            connection.execute(f"PRAGMA max_page_count = {max(1, bytes_max // PAGE_BYTES)}")
    except sqlite3.Error as error:
        connection.close()
        raise store_error(error, path) from error
    except StoreError:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only, beside a running writer or alone.

    Raises:
        StoreError: there is no file, it is no store, or its version is not the one this software knows.
    """
    if not path.is_file():
        raise StoreError(f"there is no store at {path}", mend="start the daemon once, or give the right path")
    try:
        return _connect_reader(path, "mode=ro")
    except StoreError as error:
        # Without write permission SQLite cannot make the -shm file of a closed store. Nobody is writing then, so
        # the file may be taken as it stands.
        log = Path(f"{path}-wal")
        if not isinstance(error.__cause__, sqlite3.OperationalError) or (log.exists() and log.stat().st_size):
            raise
        return _connect_reader(path, "mode=ro&immutable=1")


def schema_version(connection: sqlite3.Connection, path: Path) -> int:
    """Number of migrations that have run; 0 for an empty file. This is a read-only operation.

    Raises:
        StoreError: the database belongs to another program, or to newer software.
    """
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables:
        return 0
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program, not an evenside store", mend="give another path for the store"
        )
    version = int(connection.execute("SELECT max(version) FROM migration").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} has schema version {version}; this software knows versions up to {len(MIGRATIONS)}",
            mend="update evenside, or give another path for the store",
        )
    return version


def schema_of_new_store() -> dict[str, str]:
    """The statement of every table and index, by name, as this software makes them."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _migrate(connection, Path("memory"))
        return dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    finally:
        connection.close()


def _connect_reader(path: Path, options: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?{options}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    try:
        version = schema_version(connection, path)
        if version < len(MIGRATIONS):
            raise StoreError(
                f"{path} has schema version {version}; this software reads version {len(MIGRATIONS)}",
                mend="start the daemon once: it brings the store up to date",
            )
    except sqlite3.Error as error:
        connection.close()
        raise store_error(error, path) from error
    except StoreError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    schema_version(connection, path)  # before anything is changed in a file that may not be ours
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            f"{path}: this file system cannot hold a write-ahead log (journal mode stayed {mode!r})",
            mend="put the store on a local disk",
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES_MAX}")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    for version, (name, statements) in enumerate(MIGRATIONS, start=1):
        with transaction(connection):
            if schema_version(connection, path) < version:  # asked under the lock: two programs may start at once
                if version == 1:
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    connection.execute("CREATE TABLE migration(version INTEGER PRIMARY KEY, name TEXT NOT NULL)")
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO migration VALUES(?, ?)", (version, name))
