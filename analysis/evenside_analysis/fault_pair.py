"""What both feet of a person do alike, whoever walks: the checks that compare the sides.

On straight walking nobody has, over several strides, strides of different duration left and right, nor of different
length; the order of the feet in time comes back after every stride; where one foot travels the other does too; and both
turn by the same. Step and swing times may differ, and are not judged, but for a word where one side looks late.

Told by rows of both feet (see ``fault_pair_rows``), the last few of them together, and by windows at absolute places
for what must be counted. A lasting change of the order in time counts as the walker's own after a while.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.fault_pair_judged import compared, in_phase, out_of_order
from evenside_analysis.fault_pair_rows import PairRows, SideMoves, added, rows_until
from evenside_analysis.fault_pair_settings import PairWatchSettings
from evenside_analysis.fault_pair_turns import TurnWatch, turned_apart, with_strides
from evenside_analysis.fault_rest import Rests
from evenside_analysis.fault_silence import HEARD_ALL, Silences
from evenside_analysis.fault_spans import OpenSpan, Queue, queued, spanned
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Side

__all__ = ["PairWatch", "PairWatchSettings", "watch_pair"]

_KINDS = ("stride_time", "stride_length", "phase", "delay", "strides", "still", "turn_pair")
_Found = dict[str, list[tuple[float, float, float]]]


@dataclass(frozen=True, slots=True, eq=False)
class PairWatch:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    left: SideMoves = field(default_factory=SideMoves)
    right: SideMoves = field(default_factory=SideMoves)
    done_s: float = -np.inf  # rows that end before are done
    rows: PairRows = field(default_factory=PairRows.none)
    usual: float | None = None  # phase
    strange: int = 0  # rows since the phase is another one
    window: int | None = None  # the next one to be counted
    turns: TurnWatch = field(default_factory=TurnWatch)
    rests: tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]] = ((), ())  # not looked at yet
    gravity: tuple[float, float] = (np.nan, np.nan)  # of the last rests
    heard_s: tuple[float, float] = (-np.inf, -np.inf)
    rest_pair_s: float | None = None
    open: tuple[OpenSpan, ...] = (OpenSpan(),) * len(_KINDS)
    queue: Queue = field(default_factory=Queue)

    @property
    def settled_s(self) -> float:
        """Every event known before this moment has been told."""
        return self.queue.settled_s


def watch_pair(
    settings: PairWatchSettings,
    state: PairWatch,
    side: Side,
    motions: StrideMotions,
    rests: Rests,
    heard_s: float,
    silences: Silences = HEARD_ALL,
) -> tuple[PairWatch, tuple[FaultEvent, ...]]:
    """Add the strides and the rests of one side, of which everything up to ``heard_s`` was heard.

    Windows in which a side was silent count nothing.
    """
    place, level_m = 0 if side == "left" else 1, settings.level_m if settings.gravity else np.inf
    if place == 0:
        state = replace(state, left=added(state.left, motions, level_m))
    else:
        state = replace(state, right=added(state.right, motions, level_m))
    state = replace(state, turns=with_strides(state.turns, place, motions))
    until_s = min(state.left.settled_s, state.right.settled_s, silences.settled_s)
    found: _Found = {kind: [] for kind in _KINDS}
    if until_s > state.done_s:
        turns, found["turn_pair"] = turned_apart(settings, state.turns, until_s)
        state = replace(_walked(settings, state, until_s, found), turns=turns)
        state = _counted(settings, state, until_s, found, silences)
    state, events = _rested(settings, state, place, rests, heard_s)
    opens = []
    for kind, span in zip(_KINDS, state.open, strict=True):
        join_s = settings.window_s if kind in ("strides", "still") else settings.join_s
        name = "stride_length_free" if kind == "stride_length" and not settings.gravity else kind
        span, more = spanned(name, settings.place, join_s, span, found[kind], until_s)
        opens.append(span)
        events += more
    settled_s = min(until_s, *state.heard_s)
    queue, ready = queued(state.queue, events, settled_s)
    return replace(state, open=tuple(opens), queue=queue), ready


def _walked(settings: PairWatchSettings, state: PairWatch, until_s: float, found: _Found) -> PairWatch:
    """Rows up to a moment."""
    new = rows_until(state.left, state.right, state.done_s, until_s)
    if not new.end_s.size:
        return replace(state, done_s=until_s)
    rows = state.rows.followed_by(new)
    phased = in_phase(settings, rows, new.end_s.size, state.usual, state.strange)
    odd = out_of_order(settings, rows, new.end_s.size)
    found["phase"] += sorted((*phased.found, *odd), key=lambda extent: extent[2])
    for kind, extents in compared(settings, rows, new.end_s.size).items():
        found[kind] += extents
    kept = max(settings.strides, settings.phase_rows, settings.phase_odd_rows) - 1
    return replace(state, rows=rows.last(kept), usual=phased.usual, strange=phased.strange, done_s=until_s)


def _counted(
    settings: PairWatchSettings, state: PairWatch, until_s: float, found: _Found, silences: Silences
) -> PairWatch:
    """Windows that are over: movements and ways of each side in them."""
    window = state.window
    if window is None:
        firsts = [float(side.off_s[0]) for side in (state.left, state.right) if side.off_s.size]
        window = math.ceil(min(firsts) / settings.window_s) if firsts else None
    if window is not None:
        end = max(math.floor(until_s / settings.window_s), window)
        for index in range(window, end):
            _one_window(settings, state, index, found, silences)
        window = end
    # The last movement before is kept: a row may begin with it.
    keep_s = until_s if window is None else min(until_s, window * settings.window_s)
    left, right = (
        side.part(slice(max(int(side.off_s.searchsorted(keep_s)) - 2, 0), None)) for side in (state.left, state.right)
    )
    return replace(state, left=left, right=right, window=window)


def _one_window(settings: PairWatchSettings, state: PairWatch, index: int, found: _Found, silences: Silences) -> None:
    start_s, end_s = index * settings.window_s, (index + 1) * settings.window_s
    if silences.hide(start_s, end_s):
        return
    counts, ways = [], []
    for side in (state.left, state.right):
        first, end = side.off_s.searchsorted([start_s, end_s])
        counts.append(int(end - first))
        ways.append(float(np.nansum(np.maximum(side.way_m[first:end], 0.0))))
    span = (start_s, end_s, end_s)
    more, fewer = max(counts), min(counts)
    if more >= settings.fewest and more - fewer > settings.strides_share * more:
        found["strides"].append(span)
        if fewer == 0 and max(ways) > settings.travel_m:
            found["still"].append(span)


def _rested(
    settings: PairWatchSettings, state: PairWatch, place: int, rests: Rests, heard_s: float
) -> tuple[PairWatch, list[FaultEvent]]:
    """The sizes of gravity at rest, in the order of time of both sides."""
    waiting = [list(state.rests[0]), list(state.rests[1])]
    waiting[place] += list(zip(rests.end_s.tolist(), rests.gravity_m_s2.tolist(), strict=True))
    heard = [*state.heard_s]
    heard[place] = max(heard[place], heard_s)
    until_s = min(heard)
    ready = sorted((end_s, side, size) for side in (0, 1) for end_s, size in waiting[side] if end_s < until_s)
    gravity, since_s = [*state.gravity], state.rest_pair_s
    events: list[FaultEvent] = []
    for end_s, side, size in ready:
        gravity[side] = size
        if not settings.gravity or not all(value > 0.0 for value in gravity):
            continue
        wrong = abs(math.log(gravity[1] / gravity[0])) > settings.rest_pair
        if wrong and since_s is None:
            since_s = end_s
            events.append(FaultEvent("rest_pair", settings.place, end_s, np.inf, end_s))
        elif since_s is not None and not wrong:
            events.append(FaultEvent("rest_pair", settings.place, since_s, end_s, end_s))
            since_s = None
    left, right = (tuple(rest for rest in side if rest[0] >= until_s) for side in waiting)
    after = replace(
        state,
        rests=(left, right),
        gravity=(gravity[0], gravity[1]),
        heard_s=(heard[0], heard[1]),
        rest_pair_s=since_s,
    )
    return after, events
