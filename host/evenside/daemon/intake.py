"""From the sources to the queues of the wearers: one task a source, whatever is behind it.

Each item goes to the wearer whose node it is of; what concerns a whole source goes to every wearer with a node on it. A
full queue makes the source wait; what it cannot keep meanwhile it counts and tells itself. A source that ends, well or
for good, leaves a ``SourceOver`` behind; the others go on. What this never does: look into a block.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from evenside.config import NodeConfig
from evenside.daemon.items import Item, SourceEvent, SourceOver
from evenside.daemon.plan import SessionPlan
from evenside.errors import ConfigError, EvensideError, SourceError
from evenside.sources import LinkEvent, Prompts, SourceItem, SourceRequest, open_source, parse_source_url

__all__ = ["Inlet", "Opener", "inlets_of", "read_source"]

Opener = Callable[[SourceRequest], AbstractAsyncContextManager[AsyncIterator[SourceItem]]]
"""As ``open_source``."""

_log = logging.getLogger("evenside.daemon")


@dataclass(frozen=True, slots=True)
class Inlet:
    """One source with its nodes, and the wearer of each."""

    url: str
    nodes: tuple[NodeConfig, ...]
    wearer_of: Mapping[str, str]  # node id -> wearer id

    def wearers(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every wearer with a node on it, and the ids of those."""
        nodes: dict[str, list[str]] = {}
        for node, wearer in self.wearer_of.items():
            nodes.setdefault(wearer, []).append(node)
        return [(wearer, tuple(found)) for wearer, found in nodes.items()]


def inlets_of(sessions: Sequence[SessionPlan]) -> list[Inlet]:
    """One inlet a source URL, over all wearers, in the order of the configuration.

    Raises:
        ConfigError: two wearers have a node of the same id on one source.
        SourceError: a URL has no scheme.
    """
    nodes: dict[str, list[NodeConfig]] = {}
    wearers: dict[str, dict[str, str]] = {}
    for session in sessions:
        for node in session.nodes:
            parse_source_url(node.source)
            there = wearers.setdefault(node.source, {})
            if node.node.id in there:
                raise ConfigError(
                    f"{there[node.node.id]} and {session.wearer} both have a node {node.node.id!r} on {node.source}",
                    mend="give one of the nodes another id",
                )
            there[node.node.id] = session.wearer
            nodes.setdefault(node.source, []).append(node)
    return [Inlet(url, tuple(found), wearers[url]) for url, found in nodes.items()]


async def read_source(
    inlet: Inlet,
    now_s: Callable[[], float],
    queues: Mapping[str, asyncio.Queue[Item]],
    opener: Opener = open_source,
    prompts: Prompts | None = None,
) -> EvensideError | None:
    """Pass on everything that a source yields until it ends. Returns why it failed, None where it simply ended.

    ``prompts``: what its nodes shall show meanwhile.
    """
    request = SourceRequest(
        parse_source_url(inlet.url),
        tuple(node.node for node in inlet.nodes),
        {node.node.id: node.serial for node in inlet.nodes if node.serial},
        now_s,
        {node.node.id: node.device for node in inlet.nodes if node.device},
        prompts or Prompts(),
    )
    error: EvensideError | None = None
    try:
        async with opener(request) as items:
            async for item in items:
                for wearer, passed in _addressed(inlet, item):
                    await queues[wearer].put(passed)
    except EvensideError as failure:
        error = failure
    except Exception as failure:  # a source may come from anybody, and takes down nobody but itself
        _log.exception("source %s failed", inlet.url)
        error = SourceError(f"source {inlet.url} failed: {failure!r}", mend="report this to whoever wrote the source")
    for wearer, nodes in inlet.wearers():
        await queues[wearer].put(SourceOver(inlet.url, nodes, error))
    return error


def _addressed(inlet: Inlet, item: SourceItem) -> list[tuple[str, Item]]:
    """Who is to get which item. Raises SourceError for a node that nobody asked for."""
    if item.node == "" and isinstance(item, LinkEvent):
        return [(wearer, SourceEvent(nodes, item)) for wearer, nodes in inlet.wearers()]
    if item.node not in inlet.wearer_of:
        raise SourceError(
            f"source {inlet.url} speaks of a node {item.node!r}", mend="it must deliver the nodes that it is asked for"
        )
    return [(inlet.wearer_of[item.node], item)]
