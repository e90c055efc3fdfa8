"""``replay://PATH``: a recording through the same path as live input, at any speed.

Strategy: the recording is read in a thread, a piece at a time; a piece leaves when its last sample is due on the
session clock, or at once with ``speed=max``. What the reader has to remark becomes an event beside the samples. Times,
values and clock errors are the recorded ones, bit for bit, at every speed. What this never does: hold up a reader that
is behind, or make up a sample.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from evenside.errors import SourceError
from evenside.readers import Note, Recording
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside.sources.replay_nodes import Part, cast_nodes
from evenside.sources.replay_options import ReplayOptions, open_replayed, replay_options
from evenside.sources.replay_pieces import pieces_of
from evenside_analysis.types import Block

__all__ = ["Progress", "open_replay", "open_replay_with"]

Progress = Callable[[int, int], None]
"""Bytes read, and bytes in all."""


def open_replay(request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """The nodes of ``request`` out of the recording that its URL names.

    Raises:
        SourceError: on entering: an option is wrong, or a node was not recorded as it is asked for.
        ReadError, LayoutError: on entering or from the iterator: the recording cannot be read (on).
    """
    return open_replay_with(request)


def _nobody_watches(bytes_done: int, bytes_total: int) -> None:
    """Progress nobody watches."""


@asynccontextmanager
async def open_replay_with(
    request: SourceRequest,
    /,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    progress: Progress = _nobody_watches,
) -> AsyncIterator[AsyncIterator[SourceItem]]:
    """``open_replay`` with a sleep that fits the session clock of the request, and somebody who watches."""
    options = replay_options(request.url)
    recording = await asyncio.to_thread(open_replayed, options)
    if not request.nodes:
        raise SourceError(f"no node for {request.url.scheme}://{request.url.target}", mend="give it nodes")
    reader = _Reader(recording, options, cast_nodes(request.nodes, recording))
    try:
        yield _items(reader, _Pace(options.speed, request.now_s, sleep), progress)
    finally:
        await asyncio.shield(asyncio.to_thread(reader.close))


async def _items(reader: _Reader, pace: _Pace, progress: Progress) -> AsyncIterator[SourceItem]:
    for event in reader.connected():
        yield event
    while True:
        step = await asyncio.to_thread(reader.step)
        progress(step.bytes_done, reader.recording.bytes_total)
        for event in step.events:
            yield event
        if step.block is None:
            break
        await pace.due(step.first_s, float(step.block.time_s[-1]))
        yield step.block
    for event in reader.ended():
        yield event


class _Pace:
    """When which session time is due. The first sample is due at once."""

    def __init__(self, speed: float, now_s: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._speed, self._now_s, self._sleep = speed, now_s, sleep
        self._begun_s: float | None = None

    async def due(self, first_s: float, time_s: float) -> None:
        """Wait for ``time_s`` of a recording whose first sample lies at ``first_s``."""
        if math.isinf(self._speed):
            return
        if self._begun_s is None:
            self._begun_s = self._now_s()
        due_s = self._begun_s + (time_s - first_s) / self._speed
        while (left_s := due_s - self._now_s()) > 0.0:
            await self._sleep(left_s)


@dataclass(frozen=True, slots=True)
class _Step:
    """What came with the next piece; ``block`` is None at the end. ``first_s``: the first sample of all."""

    events: list[LinkEvent]
    block: Block | None
    first_s: float
    bytes_done: int


class _Reader:
    """The recording in a thread: one step at a time, whoever calls."""

    def __init__(self, recording: Recording, options: ReplayOptions, parts: dict[str, Part]) -> None:
        self.recording = recording
        self._parts = parts
        self._lock = threading.Lock()
        self._bytes_done = 0
        self._told = 0  # of the reader's notes
        self._first_s = math.nan
        self._last_s = 0.0
        self._blocks = recording.read(self._watch)
        self._pieces: Iterator[Block] = (
            self._blocks if math.isinf(options.speed) else pieces_of(self._blocks, options.span_s)
        )

    def connected(self) -> list[LinkEvent]:
        """What is told first."""
        words = f"recording {self.recording.name} ({self.recording.layout})"
        return [
            LinkEvent(part.node.id, 0.0, "connected", f"{words}, {part.node.rate_hz:g} Hz")
            for part in self._parts.values()
        ]

    def ended(self) -> list[LinkEvent]:
        """What is told last."""
        return [
            LinkEvent(part.node.id, self._last_s, "ended", "the recording is over") for part in self._parts.values()
        ]

    def step(self) -> _Step:
        """The next piece of a node that was asked for. Raises what reading raises."""
        with self._lock:
            block = next((piece for piece in self._pieces if piece.node in self._parts), None)
            events = self._noted()
            if block is not None:
                block = self._parts[block.node].block(block)
                if math.isnan(self._first_s):
                    self._first_s = float(block.time_s[0])
                self._last_s = max(self._last_s, float(block.time_s[-1]))
            return _Step(events, block, self._first_s, self._bytes_done)

    def close(self) -> None:
        """Let go of the files; a step under way is waited for."""
        with self._lock:
            self._pieces = iter(())
            self._blocks.close()

    def _watch(self, bytes_done: int) -> None:
        self._bytes_done = bytes_done

    def _noted(self) -> list[LinkEvent]:
        notes = self.recording.notes()[self._told :]
        self._told += len(notes)
        return [event for note in notes if (event := self._event(note)) is not None]

    def _event(self, note: Note) -> LinkEvent | None:
        """A remark on a node that nobody asked for is left out."""
        if note.node and note.node not in self._parts:
            return None
        node = self._parts[note.node].node.id if note.node else ""
        return LinkEvent(node, self._last_s, "note", f"{note.kind}, {note.place}: {note.words}")
