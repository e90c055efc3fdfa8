"""``serial:///dev/ttyUSB0?baud=115200``: nodes on a serial line, one or many behind a hub.

The port is opened, watched, and opened again for as long as anybody listens: an unplugged cable is an event, not an
error. Options of the URL: ``baud`` (115200), ``wait`` (``no``: fail at once where the port is not there), ``gather_s``
(0.25, the least span of a block) and ``lateness_s`` (30, how old may be what a node sends again). All talking is done
by ``line_talk``, all reading by ``serial_line``; what is left here is to wait, and to pass bytes between them.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from evenside.errors import SourceError
from evenside.sources import SourceItem, SourceRequest
from evenside.sources.line_talk import LineTalk
from evenside.sources.link_timings import LinkTimings, backoff_s
from evenside.sources.serial_line import LineLostError, OpenProblem, SerialLine, explain_open_error

__all__ = ["open_serial", "open_serial_with"]

BAUD = 115200


def open_serial(request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """The nodes of ``request`` on the port that its URL names.

    Raises:
        SourceError: on entering, an option is wrong, the port is no serial port or may not be opened, or with
            ``wait=no`` is not there; from the iterator, where every node was refused before any sample came.
    """
    return open_serial_with(request, request.now_s, LinkTimings(), random.Random())


@asynccontextmanager
async def open_serial_with(
    request: SourceRequest, now_s: Callable[[], float], timings: LinkTimings, rng: random.Random
) -> AsyncIterator[AsyncIterator[SourceItem]]:
    """``open_serial`` on a given session clock, with given patience and chance."""
    source = _SerialSource(request, _options(request, timings), now_s, timings, rng)
    try:
        await source.begin()
        yield source.items()
    finally:
        await source.close()


@dataclass(frozen=True, slots=True)
class _Options:
    baud: int
    wait: bool
    gather_s: float
    lateness_s: float


def _options(request: SourceRequest, timings: LinkTimings) -> _Options:
    given = request.url.options
    unknown = sorted(given.keys() - {"baud", "wait", "gather_s", "lateness_s"})
    if unknown or not request.url.target or not request.nodes:
        what = f"option {unknown[0]!r} of" if unknown else "no port in" if not request.url.target else "no node for"
        raise SourceError(
            f"{what} {request.url.scheme}://{request.url.target}",
            mend="write serial:///dev/ttyUSB0?baud=115200&wait=yes&gather_s=0.25&lateness_s=30 and give it nodes",
        )
    if given.get("wait", "yes") not in ("yes", "no"):
        raise SourceError(f"wait={given['wait']} of {request.url.target}", mend="write wait=yes or wait=no")
    return _Options(
        baud=round(_number(given, "baud", BAUD, 300, 4_000_000)),
        wait=given.get("wait", "yes") == "yes",
        gather_s=_number(given, "gather_s", timings.gather_s, 0.0, 60.0),
        lateness_s=_number(given, "lateness_s", timings.lateness_s, 0.0, 3600.0),
    )


def _number(given: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    try:
        value = float(given.get(name, default))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise SourceError(f"{name}={given[name]} of a serial source", mend=f"write a number from {low:g} to {high:g}")
    return value


class _SerialSource:
    """The port over all its openings. One step waits for bytes or for the next tick, never longer."""

    def __init__(
        self,
        request: SourceRequest,
        options: _Options,
        now_s: Callable[[], float],
        timings: LinkTimings,
        rng: random.Random,
    ) -> None:
        self._path, self._options = request.url.target, options
        self._now_s, self._rng = now_s, rng
        self._timings = replace(timings, gather_s=options.gather_s, lateness_s=options.lateness_s)
        self._talk = LineTalk(request.nodes, request.serials, self._timings, rng, request.prompts)
        self._line: SerialLine | None = None
        self._opened_s = 0.0
        self._failures = 0
        self._retry_s = 0.0
        self._absent = False
        self._trouble = ""

    async def items(self) -> AsyncIterator[SourceItem]:
        while not self._talk.ended:
            for item in await self._step():
                yield item
        for item in self._talk.take():
            yield item

    async def begin(self) -> None:
        """Open the port for the first time. Raises SourceError where waiting will not help, or is not wanted."""
        problem = await self._open()
        if problem is not None and (problem.lasting or not self._options.wait):
            raise problem.error()

    async def close(self) -> None:
        if self._line is not None:
            self._talk.close()
            await self._line.close()
            self._line = None

    async def _step(self) -> list[SourceItem]:
        refusals = self._talk.refusals
        if refusals and not self._talk.connected:
            raise SourceError(f"{self._path}: every node was refused", mend="; ".join(refusals))
        try:
            if self._line is None:
                await self._wait()
            else:
                await self._listen(self._line)
        except LineLostError as error:
            await self._lose(str(error))
        return self._talk.take()

    async def _listen(self, line: SerialLine) -> None:
        try:
            async with asyncio.timeout(self._timings.tick_s):
                chunk = await line.read()
        except TimeoutError:
            if not line.behind:
                self._talk.tick(self._now_s())
        else:
            self._talk.feed(chunk.data, chunk.arrived_s)
            if chunk.waited or line.behind:
                self._talk.excuse(chunk.arrived_s)
            self._talk.tick(chunk.arrived_s if line.behind else self._now_s())
        if self._talk.quiet_s > 0.0:
            raise LineLostError(f"{self._path} is silent")

    async def _wait(self) -> None:
        """Between two openings. A port that was not there and comes is opened at once."""
        self._talk.tick(self._now_s())
        if self._now_s() < self._retry_s and not (self._absent and Path(self._path).exists()):
            await asyncio.sleep(self._timings.tick_s)
        else:
            await self._open()

    async def _open(self) -> OpenProblem | None:
        try:
            line = await SerialLine.open(self._path, self._options.baud, self._now_s)
        except OSError as error:
            problem = explain_open_error(self._path, error)
            self._absent = not Path(self._path).exists()
            if problem.what != self._trouble:
                self._trouble = problem.what
                self._tell("lost", f"{problem.what}; {problem.mend}")
            self._retry_later()
            return problem
        except ValueError as error:
            raise SourceError(f"{self._path}: {error}", mend="take a baud rate that the port has, as 115200") from error
        self._line, self._opened_s, self._trouble = line, self._now_s(), ""
        self._talk.opened(line.write, self._opened_s)
        return None

    async def _lose(self, why: str) -> None:
        line, self._line = self._line, None
        self._talk.lost(why, self._now_s())
        if line is not None:
            await line.close()
        if self._now_s() - self._opened_s >= self._timings.good_s:
            self._failures = 0
        self._absent = not Path(self._path).exists()
        self._retry_later()

    def _retry_later(self) -> None:
        self._failures += 1
        self._retry_s = self._now_s() + backoff_s(self._timings, self._failures, self._rng)

    def _tell(self, kind: str, detail: str) -> None:
        self._talk.tell(kind, detail, self._now_s())
