"""``simulate://?script=walk&speed=1``: a simulated wearer through the same path as real sensors, with the truth known.

The script begins when the session begins. Every ``block_s`` of session time the source computes what the sensors felt
meanwhile, waits until that is due on the session clock at ``speed`` times real time (or not at all with ``speed=max``),
and hands on the blocks of all nodes, one after the other. It ends with the script or after ``seconds``; with
``repeat=yes`` the script begins anew. All options: ``simulate_options``. What this never does: depend on chance that no
seed controls; speed, length of blocks and a slow consumer change no time, no value and no stated error.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from evenside.simulator import Device, advance, start
from evenside.simulator.chance import generator
from evenside.sources import LinkEvent, SourceItem, SourceRequest
from evenside.sources.simulate_link import DelayModel, NodeLink, SimulatedClock, gathered
from evenside.sources.simulate_options import SimulateOptions, devices_of, simulate_options
from evenside_analysis.types import Node

__all__ = ["open_simulate", "open_simulate_with", "simulated_items"]

MESSAGE_S = 0.25  # of session time: what a device sends at once


def open_simulate(request: SourceRequest, /) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
    """The nodes of ``request`` on a simulated wearer.

    Raises:
        SourceError: on entering: an option is wrong, or a node is of a kind that the wearer does not wear.
    """
    return open_simulate_with(request, asyncio.sleep)


@asynccontextmanager
async def open_simulate_with(
    request: SourceRequest, sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[AsyncIterator[SourceItem]]:
    """``open_simulate`` with a sleep that fits the session clock of the request."""
    options = simulate_options(request.url)
    ticks = simulated_items(options, request.nodes)
    yield _paced(ticks, options.speed, request.now_s, sleep)


async def _paced(
    ticks: Iterator[tuple[float, list[SourceItem]]],
    speed: float,
    now_s: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> AsyncIterator[SourceItem]:
    for due_s, items in ticks:
        while math.isfinite(speed) and (left_s := due_s / speed - now_s()) > 0.0:
            await sleep(left_s)
        await asyncio.sleep(0)  # others have their turn, however fast this goes
        for item in items:
            yield item


def simulated_items(options: SimulateOptions, nodes: tuple[Node, ...]) -> Iterator[tuple[float, list[SourceItem]]]:
    """Everything that the source will ever say, with the session time at which it becomes known.

    Raises:
        SourceError: at once, for nodes that cannot be worn.
    """
    devices = devices_of(options, nodes)
    delays = DelayModel(options.delay_s, options.jitter_s)
    clocks: dict[str, SimulatedClock] = {}
    links = []
    for device in devices:
        name = device.node.clock or f"of {device.node.id}"
        if name not in clocks:
            rng = generator(options.wearer.seed, "link", name)
            clocks[name] = SimulatedClock(device.oscillator, delays, rng, shared=options.shared)
        links.append(NodeLink(device, clocks[name]))
    return _ticks(options, devices, links)


def _ticks(
    options: SimulateOptions, devices: tuple[Device, ...], links: list[NodeLink]
) -> Iterator[tuple[float, list[SourceItem]]]:
    yield 0.0, [link.connected(0.0) for link in links]
    state = start(options.wearer, devices)
    end_s = min(options.wearer.duration_s, options.seconds)
    messages = 1 if options.shared else max(1, round(options.block_s / MESSAGE_S))
    message_s = options.block_s if options.shared else MESSAGE_S
    count, until_s = 0, 0.0
    while until_s < end_s:
        said: list[list[SourceItem]] = [[] for _ in links]
        for _ in range(messages):
            count += 1
            until_s = min(count * message_s, end_s)
            state, piece = advance(options.wearer, devices, state, until_s)
            for items, link, samples in zip(said, links, piece.samples, strict=True):
                items += link.items(samples, until_s)
            if until_s >= end_s:
                break
        yield until_s, [item for items in said for item in gathered(items)]
    yield until_s, [LinkEvent(link.node.id, until_s, "ended", "the script is over") for link in links]
