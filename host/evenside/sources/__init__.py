"""Where samples come from. A source is a scheme: ``serial://``, ``simulate://``, ``replay://`` and what others add.

A source is a callable found by its scheme in the entry-point group ``evenside.sources``; the built-in ones register the
same way, so that path is always in use. It yields items in the order in which they became known. What it never does:
compute a figure, touch the store, or bridge a gap. Silence is told as a block of one NaN row ("nothing heard up to
here") and as a ``LinkEvent``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from evenside.errors import SourceError
from evenside.sources.prompts import Prompt, Prompts
from evenside_analysis.types import Block, Node

__all__ = [
    "Ahead",
    "LinkEvent",
    "NodeStatus",
    "Prompt",
    "Prompts",
    "Source",
    "SourceItem",
    "SourceRequest",
    "SourceUrl",
    "known_schemes",
    "open_source",
    "parse_source_url",
    "session_clock",
]


def session_clock() -> Callable[[], float]:
    """Seconds since this call, whatever is done to the wall clock; where the system can tell, sleep counts too."""
    # Linux stops CLOCK_MONOTONIC while the machine sleeps; what the sensors saw meanwhile lies that much later.
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    started_ns = time.clock_gettime_ns(clock)
    return lambda: (time.clock_gettime_ns(clock) - started_ns) / 1e9


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """``scheme://target?key=value``: the target is a path, a port or nothing."""

    scheme: str
    target: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What the daemon asks of one source: the URL and the nodes of evenside.toml that it must deliver.

    ``serials`` names the physical device of each node where the configuration does ("" where it does not), ``devices``
    its kind (an id of ``evenside.devices``, or "evenside") in the same way. Blocks must carry exactly the channels of
    their node, in its order. ``now_s`` is the session clock: all sources of one session are given the same, so that
    their times share one zero. ``prompts``: the way back, for sources whose nodes have a light or a buzzer.
    """

    url: SourceUrl
    nodes: tuple[Node, ...]
    serials: Mapping[str, str] = field(default_factory=dict)  # node id -> device serial number
    now_s: Callable[[], float] = field(default_factory=session_clock)
    devices: Mapping[str, str] = field(default_factory=dict)  # node id -> kind of device
    prompts: Prompts = field(default_factory=Prompts)  # what its nodes shall show or buzz


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something happened to the link of one node (or of the whole source: ``node`` is then ""). ``time_s``: session."""

    node: str
    time_s: float
    kind: str  # connected, lost, silent, reset, refused, backfill, dropped, garbage, marker, event, note, ended
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What a node last said about itself. NaN or -1 where it did not say."""

    node: str
    time_s: float
    battery_percent: float = float("nan")
    temperature_c: float = float("nan")
    clock_error_s: float = float("nan")
    frames: int = -1
    frames_lost: int = -1
    firmware: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What is here of a node while something before it is still awaited: for a live view, never for a record.

    ``block`` follows the last block of this node or the last one that was told ahead, and comes again among the blocks
    when its turn has come; then a ``block`` of None says that nothing of this node is told ahead any more.
    """

    node: str
    block: Block | None = None


SourceItem = Block | LinkEvent | NodeStatus | Ahead


class Source(Protocol):
    """**Protocol:** opens what a URL names; leaving the context closes it within a bounded time.

    The iterator ends when the source has ended for good (a recording is over); a link that is merely lost does not end
    it.
    """

    def __call__(self, request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]: ...


def parse_source_url(url: str) -> SourceUrl:
    """Split a source URL.

    Raises:
        SourceError: there is no ``scheme://`` in it.
    """
    parts = urlsplit(url)
    if not parts.scheme or "://" not in url:
        raise SourceError(
            f"source {url!r} has no scheme", mend="write it as serial:///dev/ttyUSB0, simulate:// or replay://PATH"
        )
    return SourceUrl(parts.scheme, parts.netloc + parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))


def known_schemes() -> list[str]:
    """Schemes of all installed sources, sorted."""
    return sorted({found.name for found in entry_points(group="evenside.sources")})


def open_source(request: SourceRequest) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """Open a source; only the module behind its scheme is imported.

    Raises:
        SourceError: nobody provides this scheme.
    """
    found = tuple(entry_points(group="evenside.sources", name=request.url.scheme))
    if not found:
        raise SourceError(
            f"no source for scheme {request.url.scheme!r}",
            mend=f"use one of {', '.join(known_schemes())}, or install the package that adds it",
        )
    source: Source = found[0].load()
    return source(request)
