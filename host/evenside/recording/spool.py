"""``spool.sqlite``: the blobs that are not Parquet yet, the catalogue of files, the end mark.

In the folder of its recording rather than in the store, so that a recording is one folder that can be copied, and the
two rooms cannot hold each other up. Every commit is on the disk when it returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evenside.errors import RecordingError
from evenside.readers.evenside_recording.blobs import Encoding
from evenside.readers.evenside_recording.manifest import spool_path

__all__ = ["Blob", "insert_blobs", "insert_mark", "open_spool", "recording_error", "spool_mend"]

_PAGE_BYTES = 8192
_JOURNAL_BYTES_MAX = 16 << 20

# clock_error_s has no type on purpose: a REAL column would turn -0.0 into 0.0
_TABLES = (
    """CREATE TABLE IF NOT EXISTS raw_spool(
        node TEXT NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, n INTEGER NOT NULL,
        encoding TEXT NOT NULL, clock_error_s, blob BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS raw_spool_time ON raw_spool(node, first_us)",
    """CREATE TABLE IF NOT EXISTS parquet(
        node TEXT NOT NULL, file TEXT NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, n INTEGER NOT NULL,
        clock_error_s, PRIMARY KEY(node, file)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS mark(
        id INTEGER PRIMARY KEY CHECK(id = 1), dropped INTEGER NOT NULL, late INTEGER NOT NULL)""",
)


@dataclass(frozen=True, slots=True)
class Blob:
    """Some seconds of one node, packed. Acknowledged when its commit has returned."""

    node: str
    first_us: int
    last_us: int
    count: int
    encoding: Encoding
    clock_error_s: float
    packed: bytes


def open_spool(directory: Path, *, bytes_max: int | None = None) -> sqlite3.Connection:
    """Open for writing; the tables are made where they are missing.

    Raises:
        RecordingError: it cannot be written, or is damaged.
    """
    path = spool_path(directory)
    try:
        connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise recording_error(error, path) from error
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES_MAX}")
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES:
            connection.execute(table)
        connection.execute("COMMIT")
        if bytes_max is not None:
            connection.execute(f"PRAGMA max_page_count = {max(1, bytes_max // _PAGE_BYTES)}")
    except sqlite3.Error as error:
        connection.close()
        raise recording_error(error, path) from error
    return connection


def insert_blobs(connection: sqlite3.Connection, blobs: Iterable[Blob]) -> None:
    """Within the caller's transaction. A blob that is already there stays as it is."""
    connection.executemany(
        "INSERT INTO raw_spool VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(node, first_us) DO NOTHING",
        ((b.node, b.first_us, b.last_us, b.count, b.encoding, b.clock_error_s, b.packed) for b in blobs),
    )


def insert_mark(connection: sqlite3.Connection, dropped: int, late: int) -> None:
    """The recorder ends by itself. Within the caller's transaction."""
    connection.execute("INSERT INTO mark VALUES(1, ?, ?) ON CONFLICT(id) DO NOTHING", (dropped, late))


def spool_mend(error: OSError | sqlite3.Error) -> str:
    """What a person can do about it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (28, 122)):
        return "free space on the disk of the recordings"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "end the other program that keeps it locked"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return "start a new recording in another folder; the hours in raw/ are good"
    return "make the folder of the recordings writable for this user, and look at its disk"


def recording_error(error: OSError | sqlite3.Error, path: Path) -> RecordingError:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RecordingError(f"{path}: {words}", mend=spool_mend(error))
