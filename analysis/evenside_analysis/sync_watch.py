"""Sync events of a session: somebody marks a moment, and what both sides' accelerometers felt around it is compared.

::

    block, mark ─► hold some seconds of every pair ─► all have passed the moment ─► lag ► agrees with the clocks or not

Strategy: of each node that has a partner the last seconds are held, and those around a mark that waits. A mark is
decided when both nodes of a pair are well past it, from the samples in a fixed span around it and no others, so live,
offline and any cut into blocks find the same. A pair that felt nothing there was not part of it. What this never does:
change a time, or a figure of a window that is over; ``monitor.summary`` takes the findings into those of the session.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenside_analysis.settings import MonitorSettings, Pair, pairs_of
from evenside_analysis.sync_event import SyncEvent, Unfit, find_sync_event
from evenside_analysis.sync_shocks import Shaken
from evenside_analysis.types import ACC, Block, Node

__all__ = [
    "AFTER_S",
    "BEFORE_S",
    "SyncFinding",
    "SyncWatch",
    "finish_watch",
    "start_watch",
    "sync_words",
    "watch_block",
    "watch_mark",
]

BEFORE_S = 5.0  # a tap may come before the key
AFTER_S = 10.0
_LATE_S = 5.0  # a mark may be told so long after its moment


@dataclass(frozen=True, slots=True)
class SyncFinding:
    """What one pair tells of one mark. ``stated_s``: the error that the clocks state between them (95 %)."""

    site: str
    mark_s: float
    event: SyncEvent | Unfit
    stated_s: float
    clocks: tuple[str, str]  # of the left and the right node

    @property
    def agrees(self) -> bool | None:
        """None where nothing can be told."""
        return self.event.agrees(self.stated_s) if isinstance(self.event, SyncEvent) else None

    @property
    def words(self) -> str:
        """A sentence for people."""
        if not isinstance(self.event, SyncEvent):
            return f"{self.site}: no sync event near {self.mark_s:.1f} s: {_WHY[self.event]}"
        found = self.event
        side = "right" if found.lag_s > 0.0 else "left"
        felt = {"taps": f"{found.shocks} taps", "stamps": f"{found.shocks} stamps"}[found.kind]
        head = (
            f"{self.site}: by {felt} at {found.time_s:.1f} s the {side} clock is {1e3 * abs(found.lag_s):.1f} ms late "
            f"(± {1e3 * found.error_s:.1f})"
        )
        if self.stated_s == math.inf:
            return f"{head}; the clocks themselves state no error"
        stated = f"the clocks state ± {1e3 * self.stated_s:.1f} ms between them"
        if self.agrees:
            return f"{head}, {stated}: they agree"
        return f"{head}, but {stated}: {1e3 * found.shown_s(self.stated_s):.1f} ms are counted with in this session"

    def raised_s(self, pair: Pair, error_s: float) -> float:
        """The sync error of a pair with what was found: of this site, or of another pair on the same two clocks."""
        same = pair.site == self.site or (all(self.clocks) and (pair.left.clock, pair.right.clock) == self.clocks)
        if not same or self.agrees is not False or not isinstance(self.event, SyncEvent):
            return error_s
        return max(error_s, self.event.shown_s(self.stated_s))


_WHY: dict[Unfit, str] = {
    "lost": "samples are missing there",
    "no_shocks": "both sides did not feel the same two shocks or more",
    "unlike": "what both sides felt is not alike",
}


@dataclass(frozen=True, slots=True, eq=False)
class SyncWatch:
    """What is held. ``held`` by node of a watched pair, in the order of ``pairs``: left, right, left, …"""

    pairs: tuple[Pair, ...]
    held: tuple[tuple[Block, ...], ...]
    marks_s: tuple[tuple[float, ...], ...]  # those that wait, by pair


def start_watch(settings: MonitorSettings, marks_s: Sequence[float] = ()) -> SyncWatch:
    """All pairs with an accelerometer on both sides. ``marks_s``: those that are known already."""
    pairs = tuple(pair for pair in pairs_of(settings.nodes) if pair.left.columns(ACC) and pair.right.columns(ACC))
    return SyncWatch(pairs, ((),) * (2 * len(pairs)), (tuple(sorted(marks_s)),) * len(pairs))


def watch_mark(watch: SyncWatch, mark_s: float) -> SyncWatch:
    """Somebody says that the event is now, or was just, or will be in a moment."""
    return replace(watch, marks_s=tuple((*marks_s, mark_s) for marks_s in watch.marks_s))


def watch_block(watch: SyncWatch, block: Block) -> tuple[SyncWatch, tuple[SyncFinding, ...]]:
    """Take a block; what is decided by it."""
    findings: list[SyncFinding] = []
    for place, pair in enumerate(watch.pairs):
        if block.node not in (pair.left.id, pair.right.id) or not block.time_s.size:
            continue
        at = 2 * place + (block.node == pair.right.id)
        recent_s = float(block.time_s[-1]) - _LATE_S - BEFORE_S
        held = tuple(one for one in watch.held[at] if _is_needed(one, recent_s, watch.marks_s[place]))
        watch = replace(watch, held=(*watch.held[:at], (*held, block), *watch.held[at + 1 :]))
        watch, found = _decided(watch, place)
        findings += found
    return watch, tuple(findings)


def finish_watch(watch: SyncWatch) -> tuple[SyncFinding, ...]:
    """The session is over: what still waits is decided from what there is."""
    findings: list[SyncFinding] = []
    for place in range(len(watch.pairs)):
        watch, found = _decided(watch, place, at_end=True)
        findings += found
    return tuple(findings)


def sync_words(findings: Iterable[SyncFinding]) -> tuple[str, ...]:
    """Sentences in the order of the marks. Pairs that felt nothing were not part of an event that others felt."""
    ordered = sorted(findings, key=lambda finding: (finding.mark_s, finding.site))
    felt = {finding.mark_s for finding in ordered if finding.agrees is not None}
    return tuple(finding.words for finding in ordered if finding.agrees is not None or finding.mark_s not in felt)


def _is_needed(block: Block, recent_s: float, marks_s: tuple[float, ...]) -> bool:
    first_s, last_s = float(block.time_s[0]), float(block.time_s[-1])
    return last_s >= recent_s or any(first_s <= mark_s + AFTER_S and last_s >= mark_s - BEFORE_S for mark_s in marks_s)


def _decided(watch: SyncWatch, place: int, *, at_end: bool = False) -> tuple[SyncWatch, list[SyncFinding]]:
    left, right = watch.held[2 * place : 2 * place + 2]
    passed_s = min((float(blocks[-1].time_s[-1]) if blocks else -math.inf) for blocks in (left, right))
    due = tuple(mark_s for mark_s in watch.marks_s[place] if at_end or passed_s > mark_s + AFTER_S)
    if not due:
        return watch, []
    waiting = tuple(mark_s for mark_s in watch.marks_s[place] if mark_s not in due)
    marks_s = (*watch.marks_s[:place], waiting, *watch.marks_s[place + 1 :])
    return replace(watch, marks_s=marks_s), [_finding(watch.pairs[place], left, right, mark_s) for mark_s in due]


def _finding(pair: Pair, left: tuple[Block, ...], right: tuple[Block, ...], mark_s: float) -> SyncFinding:
    felt_left, error_left_s = _felt(pair.left, left, mark_s)
    felt_right, error_right_s = _felt(pair.right, right, mark_s)
    stated_s = 0.0 if pair.shares_clock else math.hypot(error_left_s, error_right_s)
    return SyncFinding(
        pair.site, mark_s, find_sync_event(felt_left, felt_right), stated_s, (pair.left.clock, pair.right.clock)
    )


def _felt(node: Node, blocks: tuple[Block, ...], mark_s: float) -> tuple[Shaken, float]:
    """Acceleration around a mark, and the largest clock error of what was heard there (inf where nothing was)."""
    columns = node.columns(ACC)
    assert columns is not None  # only such pairs are watched
    times, accs, errors_s = [np.empty(0)], [np.empty((0, 3))], list[float]()
    for block in blocks:
        inside = (block.time_s >= mark_s - BEFORE_S) & (block.time_s <= mark_s + AFTER_S)
        inside &= np.isfinite(block.values).all(axis=1)
        if inside.any():
            times.append(block.time_s[inside])
            accs.append(block.values[inside][:, columns])
            errors_s.append(block.clock_error_s)
    return Shaken(np.concatenate(times), np.concatenate(accs), node.rate_hz), max(errors_s, default=math.inf)
