"""The one thread that writes: batches in, commits out, in order.

Strategy: a batch waits in a bounded backlog until its commit has returned, only then is it acknowledged. Batches that
wait together share one transaction; each has a savepoint, so one with a broken row falls alone. While the disk is full
or locked nothing leaves the backlog: the thread tries again, ever less often, and says so in its health. Only when the
backlog itself is full are new batches refused, counted, and told so. It never drops what it has acknowledged, never
reorders, and never blocks the caller.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from evenside.errors import StoreError
from evenside.store.health import StoreHealth, Trouble, trouble_of
from evenside.store.insert import insert
from evenside.store.rows import Row

__all__ = ["StoreSettings", "Writer"]

_GROUP_ROWS = 500  # of one transaction: short enough not to hold up others, long enough to catch up fast
_WELL = Trouble("ok", "", "")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """``bytes_max`` limits the file, ``backlog_rows`` what may wait in memory; pauses between attempts double.

    Raises:
        ValueError: a setting is out of range.
    """

    bytes_max: int | None = None
    backlog_rows: int = 20_000
    retry_first_s: float = 0.25
    retry_max_s: float = 15.0

    def __post_init__(self) -> None:
        if self.backlog_rows < 1 or not 0.0 < self.retry_first_s <= self.retry_max_s:
            raise ValueError(f"{self}: backlog_rows must be at least 1, and 0 < retry_first_s <= retry_max_s")
        if self.bytes_max is not None and self.bytes_max < 1 << 18:
            raise ValueError(f"bytes_max {self.bytes_max} is less than the smallest useful store (262144)")


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    rows: tuple[Row, ...]
    done: Future[None]


class Writer:
    """Owns the writing connection from now on and closes it in the end."""

    def __init__(self, path: Path, connection: sqlite3.Connection, settings: StoreSettings) -> None:
        self._path = path
        self._connection = connection
        self._settings = settings
        self._changed = threading.Condition()
        self._backlog: deque[_Batch] = deque()
        self._backlog_rows = 0
        self._dropped = 0
        self._trouble = _WELL
        self._group_rows = _GROUP_ROWS
        self._deadline_s: float | None = None  # set once closing has begun
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="evenside-store", daemon=True)
        self._thread.start()

    def submit(self, rows: Sequence[Row]) -> Future[None]:
        """Queue a batch. The future resolves when it is on the disk, or carries the StoreError that kept it out."""
        batch = _Batch(tuple(rows), Future())
        batch.done.set_running_or_notify_cancel()  # what is queued gets written, whether or not anybody still waits
        with self._changed:
            refusal = self._refusal(len(batch.rows))
            if refusal is None:
                self._backlog.append(batch)
                self._backlog_rows += len(batch.rows)
                self._changed.notify_all()
            else:
                self._dropped += len(batch.rows)
        if refusal is not None:
            batch.done.set_exception(refusal)
        return batch.done

    def health(self) -> StoreHealth:
        with self._changed:
            words, mend = self._trouble.words, self._trouble.mend
            if self._dropped:
                words = f"{words}; {self._dropped} rows were refused".removeprefix("; ")
            state = "closed" if self._deadline_s is not None and self._trouble is _WELL else self._trouble.state
            return StoreHealth(state, words, mend, self._backlog_rows, self._dropped)

    def close(self, bound_s: float) -> int:
        """Write what waits, for at most ``bound_s`` seconds. Returns how many rows could not be written."""
        with self._changed:
            if self._deadline_s is None:
                self._deadline_s = monotonic() + bound_s
            self._changed.notify_all()
        self._thread.join(bound_s + 1.0)
        if not self._thread.is_alive():
            self._connection.close()
        return self._give_up(StoreError(f"store {self._path} was closed before this could be written"))

    def _refusal(self, count: int) -> StoreError | None:
        if self._deadline_s is not None:
            return StoreError(f"store {self._path} is closed")
        if self._trouble.state == "damaged":
            return StoreError(self._trouble.words, mend=self._trouble.mend)
        if self._backlog and self._backlog_rows + count > self._settings.backlog_rows:
            words = self._trouble.words or f"store {self._path}: the disk is too slow"
            return StoreError(f"{words}; {self._backlog_rows} rows wait already", mend=self._trouble.mend)
        return None

    def _run(self) -> None:
        pause_s = self._settings.retry_first_s
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._backlog or self._deadline_s is not None)
                group = self._group()
            if not group:
                return
            try:
                refused = self._commit(group)
            except sqlite3.Error as error:
                self._group_rows = 1  # what still fits goes in batch by batch
                trouble = trouble_of(error, self._path) or Trouble("unwritable", f"store {self._path}: {error}", "")
                with self._changed:
                    self._trouble = trouble
                if trouble.state == "damaged":
                    self._give_up(StoreError(trouble.words, mend=trouble.mend))
                    return
                if not self._pause(pause_s):
                    return
                pause_s = min(2.0 * pause_s, self._settings.retry_max_s)
            else:
                pause_s = self._settings.retry_first_s
                self._settle(group, refused)

    def _group(self) -> list[_Batch]:
        group: list[_Batch] = []
        count = 0
        for batch in self._backlog:
            count += len(batch.rows)
            if group and count > self._group_rows:
                break
            group.append(batch)
        return group

    def _commit(self, group: list[_Batch]) -> dict[int, Exception]:
        """One transaction. Returns the errors of the batches that were left out, by their place in the group."""
        refused: dict[int, Exception] = {}
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for place, batch in enumerate(group):
                connection.execute("SAVEPOINT batch")
                try:
                    for row in batch.rows:
                        insert(connection, row)
                except Exception as error:  # whatever is wrong with one batch must not stop the others
                    if isinstance(error, sqlite3.Error) and trouble_of(error, self._path) is not None:
                        raise
                    connection.execute("ROLLBACK TO batch")
                    refused[place] = error
                connection.execute("RELEASE batch")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise
        return refused

    def _settle(self, group: list[_Batch], refused: dict[int, Exception]) -> None:
        with self._changed:
            if self._given_up:  # close() lost patience while this commit hung; the futures have been answered
                return
            for batch in group:
                self._backlog.popleft()
                self._backlog_rows -= len(batch.rows)
            self._group_rows = min(2 * self._group_rows, _GROUP_ROWS)
            if not self._backlog or self._group_rows == _GROUP_ROWS:  # one small success is not the end of a trouble
                self._trouble = _WELL
        for place, batch in enumerate(group):
            error = refused.get(place)
            if error is None:
                batch.done.set_result(None)
            elif isinstance(error, StoreError):
                batch.done.set_exception(error)
            else:
                wrapped = StoreError(f"store {self._path}: a row was refused: {error}")
                wrapped.__cause__ = error
                batch.done.set_exception(wrapped)

    def _pause(self, pause_s: float) -> bool:
        """Wait before the next attempt. False when closing and no time is left for one."""
        with self._changed:
            if self._deadline_s is None:
                self._changed.wait_for(lambda: self._deadline_s is not None, timeout=pause_s)
                return True
            left_s = self._deadline_s - monotonic()
            self._changed.wait(timeout=min(self._settings.retry_first_s, max(0.0, left_s)))
            return left_s > 0.0

    def _give_up(self, error: StoreError) -> int:
        with self._changed:
            self._given_up = True
            batches = list(self._backlog)
            self._backlog.clear()
            lost, self._backlog_rows = self._backlog_rows, 0
            self._dropped += lost
        for batch in batches:
            batch.done.set_exception(error)
        return lost
