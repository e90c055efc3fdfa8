"""Stretches of samples from sources, for sensors that are left alone: from a moment on, for some seconds of their time.

Strategy: one task a source puts what it yields into a short queue. A stretch is told by the times of the samples alone,
so it is the same from a live sensor and from a recording that plays as fast as it can. Between two stretches nothing is
taken from the queue, unless somebody waits for a person (``idle``): then only a live sensor is worth waiting for. What
this never does: judge a stretch, or wait for ever.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass

import numpy as np

from evenside.config import NodeConfig
from evenside.errors import EvensideError, SourceError
from evenside.sources import LinkEvent, SourceItem, SourceRequest, open_source, parse_source_url, session_clock
from evenside_analysis.calibration_readings import Reading, still_reading
from evenside_analysis.types import Block, Node

__all__ = ["Listening", "Watcher", "listening"]

SILENCE_S = 10.0
CLOSE_S = 5.0
QUEUE_ITEMS = 64
BEHIND_S = 60.0  # of session time: what is so far behind the others will not come

Opener = Callable[[SourceRequest], AbstractAsyncContextManager[AsyncIterator[SourceItem]]]

Watcher = Callable[[float, Mapping[str, Reading]], None]
"""Told how many seconds of a stretch are there (below 0: so long before it begins), and what they come to by node."""


def _nobody_watches(done_s: float, readings: Mapping[str, Reading]) -> None:
    """Progress nobody watches."""


@dataclass(frozen=True, slots=True)
class _Over:
    """A source has ended, or failed."""

    error: EvensideError | None


@asynccontextmanager
async def listening(nodes: Sequence[NodeConfig], opener: Opener = open_source) -> AsyncIterator[Listening]:
    """Open the sources of these nodes, and close them in the end.

    Raises:
        SourceError: a URL has no scheme.
    """
    queue: asyncio.Queue[SourceItem | _Over] = asyncio.Queue(QUEUE_ITEMS)
    now_s = session_clock()
    by_url: dict[str, list[NodeConfig]] = {}
    for entry in nodes:
        by_url.setdefault(entry.source, []).append(entry)
    requests = [
        SourceRequest(
            parse_source_url(url),
            tuple(entry.node for entry in entries),
            {entry.node.id: entry.serial for entry in entries if entry.serial},
            now_s,
            {entry.node.id: entry.device for entry in entries if entry.device},
        )
        for url, entries in by_url.items()
    ]
    tasks = [asyncio.create_task(_read(request, queue, opener)) for request in requests]
    try:
        yield Listening({entry.node.id: entry.node for entry in nodes}, queue, len(tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_S)


async def _read(request: SourceRequest, queue: asyncio.Queue[SourceItem | _Over], opener: Opener) -> None:
    error: EvensideError | None = None
    try:
        async with opener(request) as items:
            async for item in items:
                await queue.put(item)
    except EvensideError as failure:
        error = failure
    except Exception as failure:  # a source may come from anybody
        error = SourceError(
            f"source of {', '.join(node.id for node in request.nodes)} failed: {failure!r}",
            mend="report this to whoever wrote the source",
        )
    await queue.put(_Over(error))


class Listening:
    """Made by ``listening``. One call at a time."""

    def __init__(self, nodes: Mapping[str, Node], queue: asyncio.Queue[SourceItem | _Over], sources: int) -> None:
        self._nodes, self._queue, self._open = nodes, queue, sources
        self._held: list[Block] = []  # of the time after the last stretch
        self._latest_s = -math.inf

    async def idle(self, wanted: Awaitable[object]) -> None:
        """Let time pass until ``wanted`` is there, and with it everything that is heard meanwhile."""
        waiting = asyncio.ensure_future(wanted)
        try:
            while not waiting.done():
                heard = asyncio.ensure_future(self._queue.get())
                await asyncio.wait({waiting, heard}, return_when=asyncio.FIRST_COMPLETED)
                if heard.done():
                    self._take(heard.result())
                else:
                    heard.cancel()
                    with suppress(asyncio.CancelledError):
                        await heard
        finally:
            waiting.cancel()
        self._held.clear()
        waiting.result()

    async def stretch(
        self,
        wanted: Sequence[str],
        settle_s: float,
        span_s: float,
        *,
        at_s: float | None = None,
        watch: Watcher = _nobody_watches,
    ) -> dict[str, Reading]:
        """What ``span_s`` of the wanted nodes come to, ``settle_s`` after ``at_s`` (None: after what was heard last).

        Where a source ends before, it is what there is.

        Raises:
            SourceError: nothing is heard of a node, or its source fails.
        """
        kept: dict[str, list[Block]] = {node: [] for node in wanted}
        begin_s = at_s if at_s is not None else self._latest_s
        waiting, self._held = self._held, []
        others: list[Block] = []  # of nodes that a later stretch may want
        while (waiting or self._open) and (begin_s == -math.inf or self._missing(kept, begin_s + settle_s + span_s)):
            block = waiting.pop(0) if waiting else await self._next(kept)
            if block is None:
                continue
            if begin_s == -math.inf:
                begin_s = float(block.time_s[0])
            first_s = begin_s + settle_s
            if block.node not in kept:
                others.append(block)
                continue
            if block.time_s[-1] >= first_s:
                kept[block.node].append(block)
            watch(float(block.time_s[-1]) - first_s, self._readings(kept, first_s, first_s + span_s))
        first_s = begin_s + settle_s
        passed = [*others, *(block for blocks in kept.values() for block in blocks), *waiting]
        self._held = [block for block in passed if block.time_s[-1] >= first_s + span_s]
        return self._readings(kept, first_s, first_s + span_s)

    def _missing(self, kept: Mapping[str, list[Block]], end_s: float) -> bool:
        return self._latest_s < end_s + BEHIND_S and any(
            not blocks or blocks[-1].time_s[-1] < end_s for blocks in kept.values()
        )

    async def _next(self, kept: Mapping[str, list[Block]]) -> Block | None:
        try:
            async with asyncio.timeout(SILENCE_S):
                item = await self._queue.get()
        except TimeoutError:
            silent = ", ".join(node for node, blocks in kept.items() if not blocks) or ", ".join(kept)
            raise SourceError(
                f"nothing was heard of {silent} for {SILENCE_S:g} s",
                mend="switch it on and look at its link; `evenside doctor` looks at the ports",
            ) from None
        return self._take(item)

    def _take(self, item: SourceItem | _Over) -> Block | None:
        match item:
            case _Over(error):
                self._open -= 1
                if error is not None:
                    raise error
            case LinkEvent(kind="refused"):
                raise SourceError(f"{item.node}: {item.detail}")
            case Block() if item.time_s.size:
                self._latest_s = max(self._latest_s, float(item.time_s[-1]))
                return item
        return None

    def _readings(self, kept: Mapping[str, list[Block]], first_s: float, end_s: float) -> dict[str, Reading]:
        return {node: _reading(self._nodes[node], blocks, first_s, end_s) for node, blocks in kept.items()}


def _reading(node: Node, blocks: Sequence[Block], first_s: float, end_s: float) -> Reading:
    if not blocks:
        return still_reading(node, np.empty(0), np.empty((0, len(node.channels))))
    time_s = np.concatenate([block.time_s for block in blocks])
    first, end = np.searchsorted(time_s, [first_s, end_s])
    return still_reading(node, time_s[first:end], np.concatenate([block.values for block in blocks])[first:end])
