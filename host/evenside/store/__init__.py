"""The store: one SQLite file with the sessions, their figures, events, alerts and what the nodes said of themselves.

One thread writes (``Store``), any number of programs read beside it (``Reader``). A batch is acknowledged when its
future resolves; from then on neither kill -9 nor a full disk takes it away. Raw samples do not belong here: see
``evenside.recording``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from evenside.store.backup import back_up, restore
from evenside.store.changes import ChangedDay, changed_days
from evenside.store.check import Finding, check
from evenside.store.habit_bouts import StoredBout, habit_bouts, habit_wearers
from evenside.store.health import State, StoreHealth
from evenside.store.messages import Decided, Messages, Sent, StoredMessage
from evenside.store.outbox import Batch, DeadLine, Outbox
from evenside.store.outbox_state import SinkState, sink_states
from evenside.store.prune import Pruned, Retention, compact, prune
from evenside.store.reader import Reader
from evenside.store.rollup import Roller
from evenside.store.rows import (
    AlertRow,
    EventRow,
    FigureKind,
    FigureRow,
    MessageRow,
    NodeStatusRow,
    OutboxRow,
    Row,
    SessionEnd,
    SessionKind,
    SessionRow,
    SinkRow,
    StoredSession,
    Timed,
    session_ns,
)
from evenside.store.schema import connect_writer
from evenside.store.series_reader import By, SeriesKey, SeriesPoint, series_keys, series_points
from evenside.store.writer import StoreSettings, Writer

__all__ = [
    "AlertRow",
    "Batch",
    "By",
    "ChangedDay",
    "DeadLine",
    "Decided",
    "EventRow",
    "FigureKind",
    "FigureRow",
    "Finding",
    "MessageRow",
    "Messages",
    "NodeStatusRow",
    "Outbox",
    "OutboxRow",
    "Pruned",
    "Reader",
    "Retention",
    "Roller",
    "Row",
    "Sent",
    "SeriesKey",
    "SeriesPoint",
    "SessionEnd",
    "SessionKind",
    "SessionRow",
    "SinkRow",
    "SinkState",
    "State",
    "Store",
    "StoreHealth",
    "StoreSettings",
    "StoredBout",
    "StoredMessage",
    "StoredSession",
    "Timed",
    "back_up",
    "changed_days",
    "check",
    "compact",
    "habit_bouts",
    "habit_wearers",
    "prune",
    "restore",
    "series_keys",
    "series_points",
    "session_ns",
    "sink_states",
]


class Store:
    """An open store. ``submit`` and ``health`` may be called from any thread and never block."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self.path = path
        self._writer = writer

    @classmethod
    def open(cls, path: Path, settings: StoreSettings | None = None) -> Store:
        """Open, create or bring up to date.

        Raises:
            StoreError: the place cannot be written, the file is no store, or it is of a newer version.
        """
        chosen = settings or StoreSettings()
        return cls(path, Writer(path, connect_writer(path, bytes_max=chosen.bytes_max), chosen))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, batch: Sequence[Row]) -> Future[None]:
        """Write a batch as a whole or not at all; the future resolves after its commit.

        The future carries a StoreError where a row of the batch breaks a rule, or where too much waits already.
        """
        return self._writer.submit(batch)

    def health(self) -> StoreHealth:
        return self._writer.health()

    def outbox(self, sink: str) -> Outbox:
        """What waits for one sink, to be sent from a thread of its own."""
        return Outbox(self.path, sink)

    def reader(self) -> Reader:
        """A read-only connection beside the writer."""
        return Reader(self.path)

    def close(self, bound_s: float = 10.0) -> int:
        """Write what waits, for at most ``bound_s``. Returns the number of rows that could not be written (0)."""
        return self._writer.close(bound_s)
