"""Rows on their way to the store, and whether they arrived.

``put`` never waits; the answers are looked at once a second. A row that the store refused, because its disk was full
for too long, is told with the mend, once a trouble and not once a row. What this never does: keep a row that the store
did not take; raw samples are recorded, and figures can be had from them again.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from evenside.series import Points
from evenside.store import Row, Store, StoreHealth

__all__ = ["Archive"]

_log = logging.getLogger("evenside.daemon")


class Archive:
    """One open store, for all sessions. ``points`` adds the lines for other databases to each batch."""

    def __init__(self, store: Store, points: Points | None = None, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.refused = 0  # batches that the store did not take
        self._store = store
        self._points, self._wall_ns = points, wall_ns
        self._waiting: deque[Future[None]] = deque()
        self._state = "ok"
        self._told = ""

    def put(self, rows: Sequence[Row], then: Callable[[], None] | None = None) -> None:
        """``then`` is called, in another thread, as soon as they are on the disk or were refused."""
        if rows:
            lines = self._points.rows(rows, self._wall_ns()) if self._points is not None else []
            future = self._store.submit([*rows, *lines])
            if then is not None:
                future.add_done_callback(lambda _: then())
            self._waiting.append(future)

    def health(self) -> StoreHealth:
        return self._store.health()

    def check(self) -> str:
        """Look at the answers that came. What is new about the health of the store, in words; "" for nothing."""
        while self._waiting and self._waiting[0].done():
            error = self._waiting.popleft().exception()
            if error is not None:
                self.refused += 1
                if str(error) != self._told:
                    self._told = str(error)
                    _log.error("%s", error)
        health = self._store.health()
        if health.state == self._state:
            return ""
        self._state = health.state
        if health.state == "ok":
            return "the store writes again"
        return f"{health.words}; {health.backlog} rows wait\n  mend: {health.mend}"
