"""One wearer being watched: items come out of a bounded queue, one after the other, and everything follows from them.

A block goes through ``step``; its figures and alerts go to the store, the notifier and the listeners, the block itself
to the recorder. Whatever happens to a link becomes an event. Nothing here waits but for the next item and, where a
recording is played fast, for the recorder. Should the analysis fail, the raw samples are still recorded.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from evenside.daemon.archive import Archive
from evenside.daemon.foresight import Foresight
from evenside.daemon.gathering import Gathering
from evenside.daemon.items import END, Item, SourceEvent, SourceOver
from evenside.daemon.meter import NodeMeter, rows_of_the_silent
from evenside.daemon.plan import SessionPlan
from evenside.daemon.recorder import Recorder
from evenside.daemon.rows import event_row, report_rows, status_row, summary_rows
from evenside.daemon.timings import DaemonTimings
from evenside.daemon.told import Tellers
from evenside.notify import Notice, Notifier, NudgeNotice
from evenside.sources import Ahead, LinkEvent, NodeStatus
from evenside.store import SessionEnd, SessionRow
from evenside_analysis import monitor
from evenside_analysis.correction import corrected
from evenside_analysis.report import Report, Summary
from evenside_analysis.types import Block

__all__ = ["Wearing"]

QUEUE_ITEMS_MAX = 256

_log = logging.getLogger("evenside.daemon")
_LINK_STATES = ("connected", "reset", "lost", "silent", "refused", "ended")
_UNHEARD = ("lost", "silent", "refused", "ended")  # kinds after which a silence needs no other word
_WARNINGS = frozenset(
    {"lost", "silent", "refused", "dropped", "garbage", "failed", "clock_stepped", "trouble", "sync_off"}
)


class Wearing:
    """Of one session. ``run`` is a task that ends after ``END``; ``beats`` counts the items that were dealt with."""

    def __init__(
        self,
        plan: SessionPlan,
        session: SessionRow,
        now_s: Callable[[], float],
        archive: Archive,
        recorder: Recorder | None,
        notify: Notifier,
        tell: Tellers,
        timings: DaemonTimings,
    ) -> None:
        self.plan, self.session = plan, session
        self.queue: asyncio.Queue[Item] = asyncio.Queue(QUEUE_ITEMS_MAX)
        self.meters = {node.id: NodeMeter(node) for node in plan.worn}
        self.beats = 0
        self.summary: Summary | None = None
        self.recorder = recorder
        self.trouble = ""  # of the recording
        self._now_s, self._archive = now_s, archive
        self._notify, self._tell, self._timings = notify, tell, timings
        self._state: monitor.MonitorState | None = monitor.start(plan.monitor)
        self._foresight = Foresight(plan.monitor)
        self._gathering = Gathering(timings.gather_s, _awaited(plan), timings.soon_s)
        self._statuses: dict[str, NodeStatus] = {}
        self._statuses_due_s = 0.0
        self._silent: set[str] = set()
        self._spoke: set[str] = set()  # nodes with a status in the store
        self._late_told = 0

    async def run(self) -> None:
        """Begin the session, deal with items until the last, and end it with its summary."""
        self._archive.put([self.session])
        self._tell(self.plan.wearer, self.session)
        while (item := await self.queue.get()) is not END:
            await self._record(self._dealt_with(item))
            self.beats += 1
        self._end()

    async def _record(self, blocks: list[Block]) -> None:
        if self.recorder is not None:
            for block in blocks:
                await self.recorder.put(block)

    def recorded(self) -> None:
        """The recorder has ended: a last look at what it could not keep."""
        self._look_at_recorder()

    def moment_s(self) -> float:
        """Session time for what has no time of its own."""
        heard_s = max((meter.last_s for meter in self.meters.values()), default=-math.inf)
        heard_s = heard_s if math.isfinite(heard_s) else 0.0
        return max(heard_s, self._now_s()) if self.plan.live else heard_s

    def event(self, kind: str, detail: str, node: str = "") -> None:
        """Something that the daemon itself has noticed."""
        self._happened(LinkEvent(node, self.moment_s(), kind, detail))

    def break_off(self) -> None:
        """End the session without what still waits."""
        self._archive.put([SessionEnd(self.session.id, self._end_s(), clean=False)])

    def _dealt_with(self, item: Item) -> list[Block]:
        """Returns the blocks that are to be recorded."""
        match item:
            case Block():
                return self._heard(item)
            case LinkEvent():
                self._linked((item.node,), item)
            case SourceEvent():
                self._linked(item.nodes, item.event)
            case NodeStatus():
                self._said(item)
            case Ahead(node, block):
                self._told_ahead(node, block)
            case SourceOver():
                self._over(item)
            case _:
                return self._second()
        return []

    def _heard(self, block: Block) -> list[Block]:
        meter = self.meters[block.node]
        kept = meter.take(block, self._now_s())
        if kept is None:
            return []
        if block.node in self._silent and meter.heard_s == meter.last_s:
            self._silent.discard(block.node)
            self.event("heard", f"{_place(meter)} is heard again", block.node)
        self._gathered(kept)
        return [kept]

    def _told_ahead(self, node: str, block: Block | None) -> None:
        for joined in self._gathering.take():
            self._step(joined)
        if self._state is not None:
            for found in self._foresight.told(self._state, node, block):
                self._tell(self.plan.wearer, found)

    def _gathered(self, block: Block) -> None:
        node = self.meters[block.node].node
        self._tell(self.plan.wearer, corrected(self.plan.in_force.corrections, node, block))
        for joined in self._gathering.add(block):
            self._step(joined)

    def _step(self, block: Block) -> None:
        if self._state is None:
            return
        try:
            self._state, report = monitor.step(self.plan.monitor, self._state, block)
        except Exception as error:  # the raw samples must be kept whatever happens here
            self._failed(error)
            return
        self._report(report)
        for found in self._foresight.followed(block):
            self._tell(self.plan.wearer, found)

    def _report(self, report: Report) -> None:
        self._archive.put(report_rows(self.session.id, report))
        self._tell(self.plan.wearer, report)
        for found in report.sync:
            kind = "sync" if found.verdict != "disagree" else "sync_off"
            self._happened(LinkEvent("", found.at_s, kind, found.words))
        for alert in report.alerts:
            self._notify(Notice(self.plan.wearer, self.session.id, alert))
        for nudge in report.nudges:
            self._notify(NudgeNotice(self.plan.wearer, self.session.id, nudge))

    def _failed(self, error: Exception) -> None:
        self._state = None
        _log.error("%s: the analysis failed", self.plan.wearer, exc_info=error)
        self.event("failed", f"the analysis failed: {error!r}; raw samples are still recorded\n  mend: report this")

    def _said(self, status: NodeStatus) -> None:
        self._statuses[status.node] = status
        self._tell(self.plan.wearer, status)
        if status.node not in self._spoke:  # the first words of a node are worth a row of their own
            self._spoke.add(status.node)
            self._put_statuses()

    def _linked(self, nodes: tuple[str, ...], event: LinkEvent) -> None:
        if event.kind in _LINK_STATES:
            for node in nodes:
                self.meters[node].link = event.kind
        self._happened(event)

    def _over(self, source: SourceOver) -> None:
        for node in source.nodes:
            self._told_ahead(node, None)
            self.meters[node].over = True
            self.meters[node].link = "failed" if source.error else "ended"
        if source.error is not None:
            self.event("failed", f"source {source.url} failed for good: {source.error}")
        else:
            self.event("ended", f"source {source.url} has ended")

    def _happened(self, event: LinkEvent) -> None:
        level = logging.WARNING if event.kind in _WARNINGS else logging.INFO
        node = f" {event.node}" if event.node else ""
        _log.log(level, "%s%s: %s%s", self.plan.wearer, node, event.kind, f": {event.detail}" if event.detail else "")
        self._archive.put([event_row(self.session.id, event)])
        self._tell(self.plan.wearer, event)

    def _second(self) -> list[Block]:
        now_s = self._now_s()
        for meter in self.meters.values():
            meter.mark()
            self._notice_silence(meter, now_s)
        self._look_at_recorder()
        if now_s >= self._statuses_due_s:
            self._statuses_due_s = now_s + self._timings.status_s
            self._put_statuses()
        rows = rows_of_the_silent(self.meters.values(), now_s, self._timings, live=self.plan.live)
        for row in rows:
            self.meters[row.node].take(row, now_s)
            self._gathered(row)
        for joined in self._gathering.take():
            self._step(joined)
        return rows

    def _notice_silence(self, meter: NodeMeter, now_s: float) -> None:
        node = meter.node.id
        if node in self._silent or meter.over or now_s - max(meter.heard_now_s, 0.0) < self._timings.silent_s:
            return
        self._silent.add(node)
        if meter.link not in _UNHEARD:
            ever = "nothing was heard" if meter.samples else "nothing was heard yet"
            self.event("silent", f"{ever} of {_place(meter)} for {self._timings.silent_s:g} s", node)

    def _look_at_recorder(self) -> None:
        late = sum(meter.late for meter in self.meters.values())
        if late > self._late_told:
            self.event("dropped", f"{late - self._late_told} samples came for a time that had passed")
            self._late_told = late
        if self.recorder is None:
            return
        trouble = self.recorder.trouble()
        if bool(trouble) != bool(self.trouble):
            self.event("trouble" if trouble else "recording", trouble or "raw samples are kept again")
            self.trouble = trouble

    def _put_statuses(self) -> None:
        self._archive.put([status_row(self.session.id, status) for status in self._statuses.values()])
        self._statuses.clear()

    def _end(self) -> None:
        for joined in self._gathering.take():
            self._step(joined)
        self._put_statuses()
        if self._state is not None:
            try:
                self._state, report = monitor.finish(self.plan.monitor, self._state)
                self.summary = monitor.summary(self.plan.monitor, self._state)
            except Exception as error:  # the session must be closed all the same
                self._failed(error)
            else:
                self._report(report)
                self._archive.put(summary_rows(self.session.id, self.summary))
                self._tell(self.plan.wearer, self.summary)
        self._archive.put([SessionEnd(self.session.id, self._end_s())])

    def _end_s(self) -> float:
        return round(self.moment_s() * 1e6) / 1e6


def _awaited(plan: SessionPlan) -> list[str]:
    """Nodes whose news somebody waits for: a nudge about bags is decided by load cells, in tenths of a second."""
    if not any(nudge.kind == "carrying" for nudge in plan.monitor.nudges):
        return []
    return [node.id for node in plan.worn if node.site == "strap"]


def _place(meter: NodeMeter) -> str:
    return f"the {meter.node.side} {meter.node.site} ({meter.node.id})"
