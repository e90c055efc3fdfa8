"""Raw blocks on their way to the disk: a bounded queue, and one thread at a time that writes.

In a live session the queue never makes anybody wait: what finds it full, because the disk hangs, is dropped and
counted, and the figures go on. Where a recording is played faster than it can be written, the player waits instead. A
full disk holds up nobody: the writer keeps what it can and says so. A recording that cannot be begun is tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from evenside.daemon.timings import DaemonTimings
from evenside.errors import RecordingError
from evenside.recording import Manifest, RecordingHealth, RecordingSettings, RecordingWriter
from evenside_analysis.types import Block

__all__ = ["Recorder"]

QUEUE_BLOCKS_MAX = 1024
AGAIN_S = 30.0

_log = logging.getLogger("evenside.daemon")


class Recorder:
    """Of one session. ``run`` is a task that ends after ``end``; cancelled, it leaves what a killed program would."""

    def __init__(
        self, directory: Path, manifest: Manifest, settings: RecordingSettings, timings: DaemonTimings, *, waits: bool
    ) -> None:
        self.directory = directory
        self.dropped = 0  # blocks that found the queue full, or no recording
        self._dropped_told = 0
        self.rows_lost = 0  # rows that could not be written until the end
        self.refused = 0  # blocks that no recording can hold
        self._manifest, self._settings = manifest, settings
        self._waits, self._timings = waits, timings
        self._queue: asyncio.Queue[Block | None] = asyncio.Queue(QUEUE_BLOCKS_MAX)
        self._ended = asyncio.Event()
        self._writer: RecordingWriter | None = None
        self._trouble: RecordingError | None = None
        self._again_s = 0.0

    def begin(self) -> None:
        """Try to open the recording before the first block comes; ``health`` tells how that went."""
        self._open()

    async def put(self, block: Block) -> None:
        """Hand over a block; see above for when this waits."""
        if self._waits:
            await self._queue.put(block)
            return
        try:
            self._queue.put_nowait(block)
        except asyncio.QueueFull:
            self.dropped += 1

    def end(self) -> None:
        """Nothing more will come."""
        self._ended.set()
        with suppress(asyncio.QueueFull):  # else whoever writes is awake anyway
            self._queue.put_nowait(None)

    async def run(self) -> None:
        """Write until the end has come and everything is on the disk, as far as the disk allows."""
        while not self._ended.is_set() or not self._queue.empty():
            blocks = await self._gathered()
            if blocks:
                await asyncio.to_thread(self._write, blocks)
        await asyncio.to_thread(self._close)

    @property
    def recording(self) -> bool:
        """Whether there is, or was, a recording at all."""
        return self._writer is not None

    def health(self) -> RecordingHealth:
        if self._writer is not None:
            return self._writer.health()
        if self._trouble is None:
            return RecordingHealth("ok", "", "", 0, 0, 0)
        return RecordingHealth("waiting", self._trouble.what, self._trouble.mend, 0, 0, 0)

    def trouble(self) -> str:
        """What keeps raw samples from the disk, with its mend, since this was last asked; "" for nothing."""
        dropped, self._dropped_told = self.dropped - self._dropped_told, self.dropped
        health = self.health()
        if self.rows_lost:
            return f"raw samples: {health.words}\n  mend: {health.mend or 'look at the disk'}"
        if health.state == "waiting":
            return f"raw samples: {health.words}\n  mend: {health.mend}"
        return (
            f"raw samples: {dropped} blocks were dropped\n  mend: look at the disk, it is too slow" if dropped else ""
        )

    async def _gathered(self) -> list[Block]:
        """What came within ``gather_s`` of the first block."""
        found = [await self._queue.get()]
        if not self._waits and found[0] is not None:
            try:
                async with asyncio.timeout(self._timings.gather_s):
                    await self._ended.wait()
            except TimeoutError:
                pass
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        return [block for block in found if block is not None]

    # In the worker thread

    def _write(self, blocks: Sequence[Block]) -> None:
        if self._writer is None and monotonic() >= self._again_s:
            self._open()
        if self._writer is None:
            self.dropped += len(blocks)
            return
        for block in blocks:
            try:
                self._writer.append(block)
            except ValueError as error:
                if not self.refused:
                    _log.error("%s: a block cannot be recorded: %s", self.directory, error)
                self.refused += 1

    def _open(self) -> None:
        try:
            self._writer = RecordingWriter.create(self.directory, self._manifest, self._settings)
        except RecordingError as error:
            self._trouble = error
            self._again_s = monotonic() + AGAIN_S
        else:
            self._trouble = None

    def _close(self) -> None:
        if self._writer is not None:
            self.rows_lost = self._writer.close(self._timings.record_s)
