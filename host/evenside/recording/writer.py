"""The recorder: blocks in, acknowledged blobs on the disk.

Strategy: each node's samples are packed into blobs of about five seconds and committed one by one; the hours that are
over become Parquet in another, short-lived process (``evenside.recording.compact``), which keeps this one small. While
the disk is full, blobs wait in memory, in order, and every few seconds another attempt is made; when too much waits the
newest are dropped, counted, and told as one NaN row. Synchronous: whoever must not block calls it from a thread, one
call at a time. It never reorders, never interpolates, and never drops what it has acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Literal, Self

from evenside.errors import RecordingError
from evenside.readers.evenside_recording.manifest import Manifest, manifest_path, manifest_to_json
from evenside.readers.evenside_recording.stream import CLOCK_ERROR_COLUMN, TIME_COLUMN
from evenside.recording.buffer import NodeBuffer
from evenside.recording.files import make_folders, try_lock, unlock, write_whole
from evenside.recording.spool import Blob, insert_blobs, insert_mark, open_spool, recording_error, spool_mend
from evenside_analysis.types import Block, Node

__all__ = ["RecordingHealth", "RecordingSettings", "RecordingWriter"]

_GROUP_BLOBS = 64  # of one transaction


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """``backlog_bytes`` of packed blobs may wait in memory; ``bytes_max`` limits the spool file.

    Raises:
        ValueError: a setting is out of range.
    """

    blob_s: float = 5.0
    backlog_bytes: int = 16 << 20
    bytes_max: int | None = None
    retry_first_s: float = 0.5
    retry_max_s: float = 15.0

    def __post_init__(self) -> None:
        if not 0.001 <= self.blob_s <= 3600.0 or self.backlog_bytes < 1:
            raise ValueError(f"{self}: blob_s must lie in 0.001 to 3600, backlog_bytes be at least 1")
        if not 0.0 < self.retry_first_s <= self.retry_max_s:
            raise ValueError(f"{self}: 0 < retry_first_s <= retry_max_s")


@dataclass(frozen=True, slots=True)
class RecordingHealth:
    """``backlog`` blobs wait for their commit. ``dropped`` rows were lost for want of space, ``late`` ones left out."""

    state: Literal["ok", "waiting", "closed"]
    words: str
    mend: str
    backlog: int
    dropped: int
    late: int


class RecordingWriter:
    """Writes one recording, once. Made by ``create``."""

    def __init__(
        self,
        directory: Path,
        nodes: tuple[Node, ...],
        settings: RecordingSettings,
        spool: sqlite3.Connection,
        lock: int,
    ) -> None:
        self.directory = directory
        self._settings = settings
        self._spool = spool
        self._lock: int | None = lock
        self._buffers = {node.id: NodeBuffer(node, round(settings.blob_s * 1e6)) for node in nodes}
        self._backlog: deque[Blob] = deque()
        self._backlog_bytes = 0
        self._acknowledged_us: dict[str, int] = {}
        self._dropped = 0
        self._dropped_until_us: dict[str, int] = {}
        self._trouble: sqlite3.Error | None = None
        self._group_blobs = _GROUP_BLOBS
        self._retry_at_s = 0.0
        self._pause_s = settings.retry_first_s

    @classmethod
    def create(cls, directory: Path, manifest: Manifest, settings: RecordingSettings | None = None) -> RecordingWriter:
        """Begin a recording in a new folder.

        Raises:
            RecordingError: the folder cannot be written, or holds a recording already.
            ValueError: two nodes cannot be told apart, or a channel has a name that is taken.
        """
        _check_nodes(manifest.nodes)
        content = manifest_to_json(manifest).encode()
        path = manifest_path(directory)
        if path.exists():
            raise RecordingError(f"{directory} holds a recording already", mend="record into a new folder")
        chosen = settings or RecordingSettings()
        try:
            make_folders(directory / "raw")
            spool = open_spool(directory, bytes_max=chosen.bytes_max)
        except OSError as error:
            raise recording_error(error, directory) from error
        try:
            write_whole(path, content)  # last: a folder with a manifest is a whole recording
            lock = try_lock(path)
        except OSError as error:
            spool.close()
            raise recording_error(error, path) from error
        if lock is None:
            spool.close()
            raise RecordingError(f"another program records into {directory}", mend="record into a new folder")
        return cls(directory, manifest.nodes, chosen, spool, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, block: Block) -> None:
        """Take a block of one of the nodes. What it finished is committed on return, unless the disk is in the way.

        Raises:
            ValueError: an unknown node, other channels, or times that are not whole microseconds.
        """
        if block.node not in self._buffers:
            raise ValueError(f"node {block.node!r} is not part of this recording")
        for blob in self._buffers[block.node].append(block):
            self._queue(blob)
        self._commit()

    def flush(self) -> None:
        """Make blobs of everything buffered and commit them, unless the disk is in the way (see ``health``)."""
        for buffer in self._buffers.values():
            for blob in buffer.finish():
                self._queue(blob)
        self._commit()

    def acknowledged_s(self, node: str) -> float | None:
        """Time of the last sample of a node that no crash can take away any more; None before the first."""
        last_us = self._acknowledged_us.get(node)
        return None if last_us is None else last_us / 1e6

    def health(self) -> RecordingHealth:
        late = sum(buffer.late for buffer in self._buffers.values())
        words = f"{self.directory}: {self._trouble}" if self._trouble else ""
        mend = spool_mend(self._trouble) if self._trouble else ""
        if self._dropped:
            words = f"{words}; {self._dropped} rows were dropped".removeprefix("; ")
        state: Literal["ok", "waiting", "closed"]
        state = "closed" if self._lock is None else "waiting" if self._trouble else "ok"
        return RecordingHealth(state, words, mend, len(self._backlog), self._dropped, late)

    def close(self, bound_s: float = 10.0) -> int:
        """Commit everything and set the end mark, trying for at most ``bound_s``. Returns the rows lost (0)."""
        if self._lock is None:
            return self._dropped
        self.flush()
        deadline_s = monotonic() + bound_s
        while not self._commit_all(end=True) and monotonic() < deadline_s:
            sleep(min(self._settings.retry_first_s, max(0.0, deadline_s - monotonic())))
        self._dropped += sum(blob.count for blob in self._backlog)
        self._backlog.clear()
        self._spool.close()
        unlock(self._lock)
        self._lock = None
        return self._dropped

    def _queue(self, blob: Blob) -> None:
        if self._backlog_bytes + len(blob.packed) > self._settings.backlog_bytes:
            self._commit()
        if self._backlog and self._backlog_bytes + len(blob.packed) > self._settings.backlog_bytes:
            self._dropped += blob.count
            self._dropped_until_us[blob.node] = blob.last_us
            return
        if (until_us := self._dropped_until_us.pop(blob.node, None)) is not None:
            self._push(self._buffers[blob.node].gap_until(until_us))
        self._push(blob)

    def _push(self, blob: Blob) -> None:
        self._backlog.append(blob)
        self._backlog_bytes += len(blob.packed)

    def _commit(self) -> None:
        if not self._backlog or (self._trouble is not None and monotonic() < self._retry_at_s):
            return
        if not self._commit_all():
            self._retry_at_s = monotonic() + self._pause_s
            self._pause_s = min(2.0 * self._pause_s, self._settings.retry_max_s)

    def _commit_all(self, *, end: bool = False) -> bool:
        """The backlog, a group a transaction; with ``end`` the end mark goes with the last. False where it stopped."""
        while self._backlog or end:
            group = list(islice(self._backlog, self._group_blobs))
            last = len(group) == len(self._backlog)
            if not self._commit_group(group, end=end and last):
                return False
            end = end and not last
        return True

    def _commit_group(self, group: list[Blob], *, end: bool) -> bool:
        try:
            self._spool.execute("BEGIN IMMEDIATE")
            insert_blobs(self._spool, group)
            if end:
                insert_mark(self._spool, self._dropped, sum(buffer.late for buffer in self._buffers.values()))
            self._spool.execute("COMMIT")
        except sqlite3.Error as error:
            self._trouble = error
            self._group_blobs = 1  # what still fits goes in one by one
            with suppress(sqlite3.Error):
                if self._spool.in_transaction:
                    self._spool.execute("ROLLBACK")
            return False
        for blob in group:
            self._acknowledged_us[blob.node] = blob.last_us
            self._backlog_bytes -= len(blob.packed)
            self._backlog.popleft()
        self._group_blobs = min(2 * self._group_blobs, _GROUP_BLOBS)
        self._trouble = None
        self._pause_s = self._settings.retry_first_s
        return True


def _check_nodes(nodes: tuple[Node, ...]) -> None:
    ids = [node.id.casefold() for node in nodes]  # folders on some file systems do not tell capital letters
    if "" in ids or len(set(ids)) < len(ids):
        raise ValueError(f"node ids must be there and differ: {[node.id for node in nodes]}")
    for node in nodes:
        names = {*node.channels, TIME_COLUMN, CLOCK_ERROR_COLUMN}
        if len(names) < len(node.channels) + 2:
            raise ValueError(f"node {node.id}: channels must differ, and not be {TIME_COLUMN} or {CLOCK_ERROR_COLUMN}")
