"""The daemon: every source, queue, wearer, recording and the store of one plan, from the first moment to the last.

One task group holds everything. Items flow one way: source, queue, wearer, and from there to the store's and the
recorder's threads. It ends when all sources have, when the plan's seconds are over, or when ``stop`` is called; then
sources are closed, queues drained, sessions summed up and everything written, each within a bounded time. What this
never does: know a scheme, compute a figure, or draw anything.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress

from evenside import __version__
from evenside.daemon.archive import Archive
from evenside.daemon.beginning import open_store, recorder_of
from evenside.daemon.compaction import compact_hourly, compact_now
from evenside.daemon.ending import Reader, close_sources, drain, finish
from evenside.daemon.intake import Opener, inlets_of, read_source
from evenside.daemon.live_file import LiveSession, remove_live
from evenside.daemon.lock import hold
from evenside.daemon.moments import Moments
from evenside.daemon.outcome import Outcome, SessionOutcome
from evenside.daemon.plan import DaemonPlan, session_id, settings_to_json
from evenside.daemon.prompting import Prompting
from evenside.daemon.rows import notice_rows
from evenside.daemon.store_care import care_for_store, roll_up_now
from evenside.daemon.told import Listener, Tellers
from evenside.daemon.upkeep import live_sessions, upkeep, watchdog
from evenside.daemon.wearing import Wearing
from evenside.errors import EvensideError
from evenside.local_time import local_zone_name
from evenside.notify import Notice, Notifier, NudgeNotice, log_sink
from evenside.notify.dispatch import Dispatching
from evenside.notify.message import Message
from evenside.series import Forwarding, Points
from evenside.service_notify import ServiceNotifier
from evenside.sources import open_source
from evenside.store import SessionRow

__all__ = ["Daemon"]

_log = logging.getLogger("evenside.daemon")


class Daemon:
    """Runs one plan, once. All methods belong to one event loop."""

    def __init__(
        self,
        plan: DaemonPlan,
        listeners: Iterable[Listener] = (),
        *,
        opener: Opener = open_source,
        now_s: Callable[[], float] | None = None,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """``now_s`` and ``wall_ns`` are the two clocks of the world, ``opener`` is the way to the sources.

        Raises:
            ConfigError, SourceError: the plan cannot work; see ``inlets_of``.
        """
        self._plan = plan
        self._zone = local_zone_name()
        self._inlets = inlets_of(plan.sessions)
        self._opener = opener
        self._clocks = now_s, wall_ns
        self._moments: Moments | None = None
        self._tell = Tellers(listeners)
        self._wearings: dict[str, Wearing] = {}
        self._dispatching: Dispatching | None = None
        self._prompting: Prompting | None = None
        self._stop = asyncio.Event()
        self._reason = ""

    def stop(self, reason: str) -> None:
        """End cleanly and soon. ``reason``: in words."""
        self._reason = self._reason or reason
        self._stop.set()

    def mark(self, name: str) -> None:
        """Put a marker into every session, at this moment."""
        for wearing in self._wearings.values():
            wearing.event("marker", name)

    def live(self) -> tuple[LiveSession, ...]:
        """How the sessions stand this moment; empty before the first one begins."""
        return live_sessions(list(self._wearings.values()), self._moments.now_s()) if self._moments else ()

    async def run(self) -> Outcome:
        """From the lock of the data folder to its release.

        Raises:
            StoreError: another daemon holds the folder, or the store cannot be opened.
        """
        timings = self._plan.timings
        with hold(self._plan.data), closing(ServiceNotifier.from_environment()) as service:
            store = await asyncio.to_thread(open_store, self._plan)
            sinks = self._plan.sinks
            points = Points({sink.request.name: sink.kind.texts for sink in sinks}) if sinks else None
            archive = Archive(store, points)
            forwarding = Forwarding(self._plan.store, (*sinks, *self._plan.notify), self._plan.send_settings)
            if self._plan.gate.anybody:
                self._dispatching = Dispatching(
                    self._plan.store, self._plan.gate, forwarding.wake, buzz=self._buzzer(asyncio.get_running_loop())
                )
            try:
                failures = await self._work(archive, forwarding, service)
            finally:
                service.stopping()
                rows_lost = await asyncio.to_thread(store.close, timings.store_s)
                archive.check()
                if self._dispatching is not None:
                    await asyncio.to_thread(self._dispatching.stop, timings.sinks_s)
                await asyncio.to_thread(forwarding.stop, timings.sinks_s)
                remove_live(self._plan.data)
            await self._roll_up()
            if rows_lost:
                _log.error("%d rows could not be written to %s", rows_lost, self._plan.store)
            await self._compact()
        return Outcome(self._sessions(), len(self._inlets), failures, self._reason, rows_lost)

    async def _work(
        self, archive: Archive, forwarding: Forwarding, service: ServiceNotifier
    ) -> tuple[EvensideError, ...]:
        """Everything between the first item and the last. Returns the failures of sources."""
        timings = self._plan.timings
        self._moments = moments = Moments(*self._clocks)
        self._prompting = prompting = Prompting(self._inlets, moments.now_s)
        await self._make_wearings(archive, moments)
        wearings = list(self._wearings.values())
        recorders = [wearing.recorder for wearing in wearings if wearing.recorder is not None]
        async with asyncio.TaskGroup() as group:
            writing = [group.create_task(recorder.run()) for recorder in recorders]
            consuming = [group.create_task(wearing.run()) for wearing in wearings]
            helping = [
                group.create_task(upkeep(wearings, archive, forwarding, moments, self._plan.data, timings)),
                group.create_task(watchdog(wearings, service)),
                group.create_task(care_for_store(self._plan.store, self._plan.retention, timings, said=self._said())),
            ]
            if self._plan.recordings is not None:
                current = [recorder.directory for recorder in recorders]
                helping.append(
                    group.create_task(compact_hourly(self._plan.recordings, current, timings.compact_every_s))
                )
            queues = {wearing.plan.wearer: wearing.queue for wearing in wearings}
            readers = [
                group.create_task(read_source(inlet, moments.now_s, queues, self._opener, prompting.boxes[inlet.url]))
                for inlet in self._inlets
            ]
            service.ready(f"{len(wearings)} wearers, {len(readers)} sources")
            await self._until_over(readers)
            service.stopping()
            await close_sources(readers, timings.close_sources_s)
            await drain(wearings, consuming, timings.drain_s)
            for helper in helping:
                helper.cancel()
            await finish(recorders, writing, timings.record_s)
            for wearing in wearings:
                wearing.recorded()
        results = [reader.result() for reader in readers if not reader.cancelled()]
        return tuple(error for error in results if error is not None)

    def _buzzer(self, loop: asyncio.AbstractEventLoop) -> Callable[[Message], None]:
        def show(message: Message) -> None:
            if self._prompting is not None:
                self._prompting.show(message)

        def buzz(message: Message) -> None:
            with suppress(RuntimeError):  # the loop is over, and so is the moment
                loop.call_soon_threadsafe(show, message)

        return buzz

    def _said(self) -> Callable[[], None] | None:
        return None if self._dispatching is None else self._dispatching.wake

    async def _make_wearings(self, archive: Archive, moments: Moments) -> None:
        def store_alert(notice: Notice | NudgeNotice) -> None:
            session = self._wearings[notice.wearer].session
            dispatching = self._dispatching
            archive.put(
                notice_rows(session, notice, said=dispatching is not None),
                then=None if dispatching is None else dispatching.wake,
            )

        def show_alert(notice: Notice | NudgeNotice) -> None:
            self._tell(notice.wearer, notice)

        notify = Notifier({"log": log_sink, "store": store_alert, "terminal": show_alert})
        for plan in self._plan.sessions:
            started_ns = moments.started_ns if plan.started_ns is None else plan.started_ns
            row = SessionRow(
                *(session_id(moments.started_ns), plan.wearer, plan.kind, started_ns, __version__),
                name=plan.name,
                nodes=plan.worn,
                settings_json=settings_to_json(plan.monitor, plan.nodes),
                zone=plan.zone or self._zone,
            )
            recorder = await recorder_of(self._plan, plan, row)
            wearing = Wearing(plan, row, moments.now_s, archive, recorder, notify, self._tell, self._plan.timings)
            self._wearings[plan.wearer] = wearing

    async def _until_over(self, readers: Sequence[Reader]) -> None:
        stopped = asyncio.create_task(self._stop.wait())
        ended = asyncio.create_task(asyncio.wait(readers))
        try:
            await asyncio.wait({stopped, ended}, timeout=self._plan.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            ended.cancel()
        self._reason = self._reason or ("every source has ended" if ended.done() else "the time is over")
        _log.info("ending: %s", self._reason)

    async def _roll_up(self) -> None:
        """The last hour and day of this run; what is not done in time is done at the next start."""
        end_s = time.monotonic() + self._plan.timings.roll_up_s
        await asyncio.to_thread(roll_up_now, self._plan.store, lambda: time.monotonic() > end_s)

    async def _compact(self) -> None:
        """The last hours of this run. What is not done in time is done at the next start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._plan.timings.compact_s):
                for wearing in self._wearings.values():
                    if wearing.recorder is not None and wearing.recorder.recording:
                        await compact_now(wearing.recorder.directory)

    def _sessions(self) -> tuple[SessionOutcome, ...]:
        return tuple(
            SessionOutcome(
                wearing.plan,
                wearing.session.id,
                wearing.recorder.directory if wearing.recorder and wearing.recorder.recording else None,
                wearing.summary,
            )
            for wearing in self._wearings.values()
        )
