"""Sync events of a session: what both sides' accelerometers felt at one moment, against the error their clocks state.

::

    block ─► bursts between two rests, each side for itself ─► the same shocks on both ─► lag ► the clocks agree or not

Strategy: whoever holds both sensors together, keeps still, taps them twice and keeps still once more (or stamps with
both feet three times from a stand) gives both sides a short burst at one time. Bursts that both sides felt are
compared; nobody has to say when, so live, replayed and recorded sessions find the same. A figure that needs both
clocks is withheld from an event on that contradicts them, until a later one agrees. What this never does: change a
time, or take clocks for wrong because of what two feet do each for itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import numpy as np

from evenside_analysis.hearing import whole
from evenside_analysis.settings import Pair
from evenside_analysis.sync_bursts import RATE_MIN_HZ, Burst, BurstSettings, BurstState, find_bursts
from evenside_analysis.sync_event import SyncEvent, SyncSettings, find_sync_event
from evenside_analysis.sync_shocks import find_shocks
from evenside_analysis.types import ACC, Block, Floats, Side

__all__ = ["SyncFinding", "SyncWatch", "can_be_watched", "clocks_at", "same_clocks", "sync_words", "watch_sync"]

_T = TypeVar("_T")

_TOGETHER_S = 0.5  # between the ends of one burst on both sides; bursts lie further apart than that
_SHOCKS = (2, 5)
_STAMPS_LEAST = 3
"""Two feet feel two things at once more often than three: of 5,840 pairs of real bursts of different walks laid upon
each other 509 looked like two stamps, 2 like three, and none like taps."""
_SCATTER_S = 0.02  # between the single shocks of one event
_KEPT = 32

# Bursts are matched as wholes, so even clocks that lie far apart are found out. Nobody said that what looks like
# stamps was meant for it, and who jumps may land on one foot first each time.
_EVENT = SyncSettings(lag_max_s=0.4, habit_s=0.03)


@dataclass(frozen=True, slots=True)
class SyncFinding:
    """One event of one pair. ``stated_s``: the error that the clocks state between them (95 %; inf: none).

    It holds from ``at_s`` on. ``clocks``: of the left and the right node.
    """

    site: str
    at_s: float
    event: SyncEvent
    stated_s: float
    clocks: tuple[str, str]

    @property
    def verdict(self) -> Literal["agree", "disagree", "unstated"]:
        """``unstated``: there is nothing that it could contradict."""
        if self.stated_s == math.inf:
            return "unstated"
        return "agree" if self.event.agrees(self.stated_s) else "disagree"

    @property
    def shown_s(self) -> float:
        """The error between the clocks to be counted with."""
        return self.event.shown_s(self.stated_s)

    @property
    def words(self) -> str:
        """A sentence for people."""
        found = self.event
        side = "right" if found.lag_s > 0.0 else "left"
        head = (
            f"{self.site}: by {found.shocks} {found.kind} at {found.time_s:.1f} s the {side} clock is "
            f"{1e3 * abs(found.lag_s):.1f} ms late (± {1e3 * found.error_s:.1f})"
        )
        if self.verdict == "unstated":
            return f"{head}; the clocks themselves state no error"
        stated = f"the clocks state ± {1e3 * self.stated_s:.1f} ms between them"
        if self.verdict == "agree":
            return f"{head}, {stated}: they agree"
        return f"{head}, but {stated}: figures that need both are withheld"


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A burst with few shocks."""

    burst: Burst
    shocks_s: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SyncWatch:
    """Of one pair. ``waiting``: bursts of the left and of the right side whose partner may still come.

    ``findings``: the last ones, in the order of time. ``off``: whether any finding so far disagreed, and by ``off_s``
    at most.
    """

    bursts: tuple[BurstState, BurstState] = field(default_factory=lambda: (BurstState(), BurstState()))
    waiting: tuple[tuple[_Candidate, ...], tuple[_Candidate, ...]] = ((), ())
    findings: tuple[SyncFinding, ...] = ()
    off: bool = False
    off_s: float = 0.0

    @property
    def settled_s(self) -> float:
        """Every finding before this moment has been told."""
        left, right = self.bursts
        return min(left.settled_s, right.settled_s)


def can_be_watched(pair: Pair) -> bool:
    """Whether both sides have an accelerometer that is fast enough."""
    return all(node.columns(ACC) and node.rate_hz >= RATE_MIN_HZ for node in (pair.left, pair.right))


def same_clocks(pair: Pair, other: Pair) -> bool:
    """Whether what is found of the clocks of one pair holds for the other one too."""
    clocks = (pair.left.clock, pair.right.clock)
    return pair.site == other.site or (all(clocks) and clocks == (other.left.clock, other.right.clock))


def watch_sync(pair: Pair, watch: SyncWatch, side: Side, block: Block) -> tuple[SyncWatch, tuple[SyncFinding, ...]]:
    """Take a block of one side; the findings that it decides."""
    at = 0 if side == "left" else 1
    node = (pair.left, pair.right)[at]
    acc = block.values[:, node.columns(ACC)]
    lost = np.logical_not(whole(block.values))
    if lost.any():  # a row of which anything is missing was not heard
        acc = np.where(lost[:, np.newaxis], np.nan, acc)
    state, new = find_bursts(BurstSettings(node.rate_hz), watch.bursts[at], block.time_s, acc, block.clock_error_s)
    watch = replace(watch, bursts=_with(watch.bursts, at, state))
    candidates = [found for found in map(_candidate, new) if found is not None]
    if not (candidates or any(watch.waiting)):
        return watch, ()
    watch = replace(watch, waiting=_with(watch.waiting, at, (*watch.waiting[at], *candidates)))
    watch, pairs = _matched(watch)
    findings = tuple(found for found in (_finding(pair, *both) for both in pairs) if found is not None)
    return _with_findings(watch, findings), findings


def clocks_at(watches: Iterable[SyncWatch], end_s: float) -> SyncFinding | None:
    """The last finding before a moment, if it disagrees with the clocks; ``watches``: of pairs on the same clocks."""
    found = [finding for watch in watches for finding in watch.findings if finding.at_s < end_s]
    last = max(found, key=lambda finding: (finding.at_s, finding.site), default=None)
    return last if last is not None and last.verdict == "disagree" else None


def sync_words(watches: Iterable[SyncWatch]) -> tuple[str, ...]:
    """Sentences in the order of time."""
    found = [finding for watch in watches for finding in watch.findings]
    return tuple(finding.words for finding in sorted(found, key=lambda finding: (finding.at_s, finding.site)))


def _with_findings(watch: SyncWatch, new: tuple[SyncFinding, ...]) -> SyncWatch:
    if not new:
        return watch
    off_s = max((finding.shown_s for finding in new if finding.verdict == "disagree"), default=0.0)
    return replace(
        watch,
        findings=(*watch.findings, *new)[-_KEPT:],
        off=watch.off or off_s > 0.0,
        off_s=max(watch.off_s, off_s),
    )


def _candidate(burst: Burst) -> _Candidate | None:
    shocks_s = find_shocks(burst.shaken)
    return _Candidate(burst, shocks_s) if _SHOCKS[0] <= shocks_s.size <= _SHOCKS[1] else None


def _matched(watch: SyncWatch) -> tuple[SyncWatch, list[tuple[_Candidate, _Candidate]]]:
    """Bursts of both sides that are one; those that can no longer have a partner are let go."""
    left, right = (list(waiting) for waiting in watch.waiting)
    pairs: list[tuple[_Candidate, _Candidate]] = []
    for one in tuple(left):
        for other in right:
            if _together(one.burst, other.burst):
                pairs.append((one, other))
                left.remove(one)
                right.remove(other)
                break
    waiting = (_hopeful(left, watch.bursts[1].settled_s), _hopeful(right, watch.bursts[0].settled_s))
    return replace(watch, waiting=waiting), pairs


def _together(one: Burst, other: Burst) -> bool:
    return abs(one.start_s - other.start_s) <= _TOGETHER_S and abs(one.end_s - other.end_s) <= _TOGETHER_S


def _hopeful(waiting: Sequence[_Candidate], settled_s: float) -> tuple[_Candidate, ...]:
    return tuple(one for one in waiting if settled_s <= one.burst.start_s + _TOGETHER_S)


def _finding(pair: Pair, left: _Candidate, right: _Candidate) -> SyncFinding | None:
    if left.shocks_s.size != right.shocks_s.size or float(np.std(right.shocks_s - left.shocks_s)) > _SCATTER_S:
        return None
    event = find_sync_event(left.burst.shaken, right.burst.shaken, _EVENT)
    if not isinstance(event, SyncEvent) or event.shocks != left.shocks_s.size:
        return None
    if event.kind == "stamps" and event.shocks < _STAMPS_LEAST:
        return None
    errors_s = left.burst.clock_error_s, right.burst.clock_error_s
    return SyncFinding(
        pair.site,
        max(left.burst.start_s, right.burst.start_s),
        event,
        0.0 if pair.shares_clock else math.hypot(*errors_s),
        (pair.left.clock, pair.right.clock),
    )


def _with(both: tuple[_T, _T], at: int, one: _T) -> tuple[_T, _T]:
    return (one, both[1]) if at == 0 else (both[0], one)
