"""What is done every second of a running daemon, whatever comes in: clocks, answers of the store, signs of life."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from evenside.daemon.archive import Archive
from evenside.daemon.items import TICK
from evenside.daemon.live_file import LiveNode, LiveSession, LiveSink, LiveState, write_live
from evenside.daemon.meter import NodeMeter
from evenside.daemon.moments import Moments
from evenside.daemon.timings import DaemonTimings
from evenside.daemon.wearing import Wearing
from evenside.series import Forwarding
from evenside.service_notify import ServiceNotifier

__all__ = ["live_sessions", "upkeep", "watchdog"]

_log = logging.getLogger("evenside.daemon")


async def upkeep(
    wearings: Sequence[Wearing],
    archive: Archive,
    forwarding: Forwarding,
    moments: Moments,
    data: Path,
    timings: DaemonTimings,
) -> None:
    """Until cancelled."""
    live_due_s = 0.0
    while True:
        for wearing in wearings:
            with suppress(asyncio.QueueFull):  # then it has enough to do
                wearing.queue.put_nowait(TICK)
        step_s = moments.step_s()
        if step_s is not None:
            _tell_all(wearings, "clock_stepped", f"the wall clock was moved by {step_s:+.1f} s; no time here changes")
        words = archive.check()
        if words:
            _tell_all(wearings, "store", words)
        for words in forwarding.news():
            _tell_all(wearings, "sink", words)
        if moments.now_s() >= live_due_s:
            live_due_s = moments.now_s() + timings.live_s
            store = archive.health()
            sessions = live_sessions(wearings, moments.now_s())
            sinks = tuple(
                LiveSink(name, health.state, health.words, health.mend) for name, health in forwarding.health().items()
            )
            state = LiveState(os.getpid(), time.time_ns(), store.state, store.words, store.backlog, sessions, sinks)
            with suppress(OSError):  # the disk may be full; nothing depends on this file
                await asyncio.to_thread(write_live, data, state)
        await asyncio.sleep(timings.tick_s)


async def watchdog(wearings: Sequence[Wearing], service: ServiceNotifier) -> None:
    """Tell the service manager, if it asks, that every wearer's items are still being dealt with."""
    if service.watchdog_s is None:
        return
    beats = [-1 for _ in wearings]
    while True:
        now = [wearing.beats for wearing in wearings]
        if all(new != old for new, old in zip(now, beats, strict=True)):
            service.alive()
            beats = now
        await asyncio.sleep(service.watchdog_s)


def live_sessions(wearings: Sequence[Wearing], now_s: float) -> tuple[LiveSession, ...]:
    return tuple(
        LiveSession(
            wearing.session.id,
            wearing.plan.wearer,
            wearing.moment_s(),
            wearing.queue.qsize(),
            str(wearing.recorder.directory) if wearing.recorder else "",
            wearing.trouble,
            tuple(_node(meter, now_s) for meter in wearing.meters.values()),
        )
        for wearing in wearings
    )


def _node(meter: NodeMeter, now_s: float) -> LiveNode:
    return LiveNode(
        meter.node.id,
        meter.link,
        meter.samples,
        meter.rate_hz,
        meter.lost_share,
        now_s - max(meter.heard_now_s, 0.0),
        meter.clock_error_s,
    )


def _tell_all(wearings: Sequence[Wearing], kind: str, words: str) -> None:
    for wearing in wearings:
        wearing.event(kind, words)
