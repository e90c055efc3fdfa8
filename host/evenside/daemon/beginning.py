"""How a daemon begins: the store with its outboxes, and the recorder of each session."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from evenside.daemon.plan import DaemonPlan, SessionPlan
from evenside.daemon.recorder import Recorder
from evenside.errors import StoreError
from evenside.recording import Manifest
from evenside.store import SessionRow, SinkRow, Store

__all__ = ["open_store", "recorder_of"]


def open_store(plan: DaemonPlan) -> Store:
    """With an outbox for each sink. A store that cannot take these rows yet takes them before all others."""
    store = Store.open(plan.store, plan.store_settings)
    sinks = (*plan.sinks, *plan.notify)
    if sinks:
        with suppress(StoreError, TimeoutError):
            store.submit([SinkRow(sink.request.name, sink.bytes_max) for sink in sinks]).result(plan.timings.store_s)
    return store


async def recorder_of(plan: DaemonPlan, session: SessionPlan, row: SessionRow) -> Recorder | None:
    """Of one session, begun; None where nothing is recorded."""
    if plan.recordings is None:
        return None
    manifest = Manifest(row.id, row.wearer, row.started_ns, row.software, row.nodes, session.in_force)
    recorder = Recorder(
        plan.recordings / row.id,
        manifest,
        plan.recording_settings,
        plan.timings,
        waits=not session.live,
    )
    await asyncio.to_thread(recorder.begin)
    return recorder
