"""How a daemon ends: sources closed, what waits dealt with, recordings written, each within a bounded time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from evenside.daemon.items import END
from evenside.daemon.recorder import Recorder
from evenside.daemon.wearing import Wearing
from evenside.errors import EvensideError

__all__ = ["Reader", "close_sources", "drain", "finish"]

_log = logging.getLogger("evenside.daemon")
Reader = asyncio.Task[EvensideError | None]


async def close_sources(readers: Sequence[Reader], bound_s: float) -> None:
    """End all sources. One that does not close in time is cancelled once more, in the midst of its closing."""
    for _ in range(2):
        running = [reader for reader in readers if not reader.done()]
        for reader in running:
            reader.cancel()
        if running:
            await asyncio.wait(running, timeout=bound_s)


async def finish(recorders: Sequence[Recorder], writing: Sequence[asyncio.Task[None]], bound_s: float) -> None:
    """Let every recorder write what waits; a disk that hangs for longer than this is left alone."""
    for recorder in recorders:
        recorder.end()
    if writing:
        _, hanging = await asyncio.wait(writing, timeout=2.0 * bound_s)
        for task in hanging:
            _log.error("the disk of the recordings hangs: what was not written yet is lost")
            task.cancel()


async def drain(wearings: Sequence[Wearing], consuming: Sequence[asyncio.Task[None]], bound_s: float) -> None:
    """Let every wearer deal with what waits and end its session; in bounded time, else the session is broken off."""
    try:
        async with asyncio.timeout(bound_s):
            for wearing in wearings:
                await wearing.queue.put(END)
            await asyncio.wait(consuming)
    except TimeoutError:
        _log.error("what waited could not be dealt with in %g s: the session is broken off", bound_s)
        for wearing, task in zip(wearings, consuming, strict=True):
            if not task.done():
                task.cancel()
                wearing.break_off()
