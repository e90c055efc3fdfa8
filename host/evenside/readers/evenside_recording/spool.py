"""Questions to ``spool.sqlite``: blobs that are not Parquet yet, the catalogue of files, the end mark.

Read-only, beside a running recorder or alone; every question is one short read transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path

from evenside.errors import ReadError
from evenside.readers.evenside_recording.blobs import Encoding
from evenside.readers.evenside_recording.manifest import spool_path

__all__ = ["EndMark", "Extent", "SpoolReader", "SpooledBlob"]

_PAGE_BLOBS = 12


@dataclass(frozen=True, slots=True)
class SpooledBlob:
    """One row of ``raw_spool``; ``blob`` as in ``blobs.pack``."""

    encoding: Encoding
    first_us: int
    last_us: int
    count: int
    clock_error_s: float
    blob: bytes


@dataclass(frozen=True, slots=True)
class EndMark:
    """The recorder ended by itself. Rows ``dropped`` for want of space, and ``late`` ones left out."""

    dropped: int
    late: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What has been acknowledged of one node, as files and as blobs."""

    first_us: int
    last_us: int
    clock_error_s: float  # the largest


class SpoolReader:
    """Raises (on opening) ReadError: the spool is damaged or cannot be read."""

    def __init__(self, directory: Path) -> None:
        self.path = spool_path(directory)
        options = "mode=ro"
        try:
            self._connection = self._connect(options)
        except sqlite3.Error as error:
            # Without write permission SQLite cannot make the -shm file of a finished recording.
            log = Path(f"{self.path}-wal")
            if log.exists() and log.stat().st_size:
                raise self._error(error) from error
            with self._reading():
                self._connection = self._connect("mode=ro&immutable=1")

    def close(self) -> None:
        self._connection.close()

    def end_mark(self) -> EndMark | None:
        with self._reading():
            found = self._connection.execute("SELECT dropped, late FROM mark").fetchone()
        return None if found is None else EndMark(found[0], found[1])

    def extents(self) -> dict[str, Extent]:
        """By node; a node that never spoke is not in it."""
        with self._reading():
            rows = self._connection.execute(
                "SELECT node, min(first_us), max(last_us), max(clock_error_s) FROM"
                " (SELECT node, first_us, last_us, clock_error_s FROM parquet UNION ALL"
                "  SELECT node, first_us, last_us, clock_error_s FROM raw_spool) GROUP BY node"
            ).fetchall()
        return {row[0]: Extent(row[1], row[2], inf if row[3] is None else row[3]) for row in rows}

    def file_after(self, node: str, after_us: int) -> tuple[str, int] | None:
        """Name and last time of the next Parquet file with samples later than that."""
        sql = "SELECT file, last_us FROM parquet WHERE node = ? AND last_us > ? ORDER BY first_us LIMIT 1"
        with self._reading():
            found = self._connection.execute(sql, (node, after_us)).fetchone()
        return None if found is None else (found[0], found[1])

    def blobs_after(self, node: str, after_us: int) -> list[SpooledBlob]:
        """The next few blobs later than that."""
        sql = (
            "SELECT encoding, first_us, last_us, n, clock_error_s, blob FROM raw_spool"
            f" WHERE node = ? AND first_us > ? ORDER BY first_us LIMIT {_PAGE_BLOBS}"
        )
        with self._reading():
            rows = self._connection.execute(sql, (node, after_us)).fetchall()
        return [
            SpooledBlob(encoding, first_us, last_us, count, nan if error_s is None else error_s, blob)
            for encoding, first_us, last_us, count, error_s, blob in rows
        ]

    def _connect(self, options: str) -> sqlite3.Connection:
        uri = f"{self.path.resolve().as_uri()}?{options}"
        connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("SELECT count(*) FROM mark").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> ReadError:
        return ReadError(
            f"{self.path}: {error}",
            mend="make it readable for this user; if it is damaged, move it away: the hours in raw/ are still read",
        )
