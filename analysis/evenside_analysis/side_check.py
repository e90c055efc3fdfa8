"""Are left and right what they are called? Found from how both feet move, in windows of a few straight strides.

::

    left   |  1 .. 4 strides  |  4 strides   |        mean score of a window
    right  |  1 .. 5 strides  |  4 strides   |        left foot above 0, right foot below 0
              ok                 ok

A window is over when each foot has made enough straight strides since the last one. Its own verdict is ``ok`` where the
feet differ the right way round, ``swapped`` only where *both* speak against what they are called, ``same_side`` where
both look like the same foot (axes mirrored on one side, both nodes on one foot, or no clear gait), else ``unknown``.

The standing verdict changes from unknown to ok at once. To anything else it takes two windows in a row that say so, and
to overturn one that two windows in a row have confirmed it takes four. ``unknown`` overturns nothing. A foot whose
strides seem to go backward has no frame to be trusted, and its strides do not count.

A mirror image of the whole body cannot be told from the body: this is only asked of nodes whose axes are known to be
right-handed on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from evenside_analysis.side_rule import SIDE_RULE, SideRule, scores
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import ACC, GYR, Bools, Floats, Node, Side

__all__ = [
    "SideSettings",
    "SideState",
    "Verdict",
    "VerdictChange",
    "judge_sides",
    "sides_can_be_told",
    "verdict_at",
    "window_verdict",
]

Verdict = Literal["ok", "same_side", "swapped", "unknown"]


@dataclass(frozen=True, slots=True)
class SideSettings:
    """Chosen together with the rule. Levels are scores: 1 is what the rule was made for."""

    rule: SideRule = SIDE_RULE
    strides: int = 4  # of each foot in a window; two windows are 8, and a short walk has 10
    clear: float = 0.2  # both feet beyond it on one side: the same side; half their difference beyond it: ok
    against: float = 0.1  # swapped: both feet beyond it, each against what it is called
    windows: int = 2  # in a row, to say swapped or same side
    windows_against: int = 4  # in a row, to overturn what was said by `windows` in a row
    span_min_m: float = 0.15  # shorter strides have no direction
    stride_min_s: float = 0.8  # faster is running, of which the rule knows nothing
    backward_share: float = 0.25  # of the last strides: above it the frame is not trusted
    backward_strides: int = 12


@dataclass(frozen=True, slots=True, eq=False)
class _Foot:
    """Strides that the other foot has not passed yet; which of the last ones went backward; the open window."""

    end_s: Floats = field(default_factory=lambda: np.empty(0))
    score: Floats = field(default_factory=lambda: np.empty(0))
    backward: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    settled_s: float = -np.inf
    total: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class SideState:
    """``verdict``: the standing one."""

    left: _Foot = field(default_factory=_Foot)
    right: _Foot = field(default_factory=_Foot)
    verdict: Verdict = "unknown"
    confirmed: bool = False  # by as many windows in a row as it takes
    last: Verdict = "unknown"  # of the last window
    row: int = 0  # windows in a row that said so
    windows: int = 0

    @property
    def settled_s(self) -> float:
        """Every change before this moment is known."""
        return min(self.left.settled_s, self.right.settled_s)


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """From ``time_s`` on the standing verdict is another one."""

    time_s: float
    verdict: Verdict


def sides_can_be_told(left: Node, right: Node) -> bool:
    """Whether the two nodes can tell their sides: IMUs on both feet whose axes are known to be right-handed."""
    nodes = (left, right)
    return all(node.site == "foot" and node.right_handed and node.columns((*ACC, *GYR)) is not None for node in nodes)


def judge_sides(
    settings: SideSettings, state: SideState, side: Side, motions: StrideMotions
) -> tuple[SideState, tuple[VerdictChange, ...]]:
    """Add strides of the foot that is called ``side``; return how the standing verdict changed."""
    left = _added(settings, state.left, motions) if side == "left" else state.left
    right = _added(settings, state.right, motions) if side == "right" else state.right
    until_s = min(left.settled_s, right.settled_s)
    changes: list[VerdictChange] = []
    standing = (state.verdict, state.confirmed, state.last, state.row, state.windows)
    left, first = _taken(left, until_s)
    right, second = _taken(right, until_s)
    steps = sorted([(*stride, 0) for stride in first] + [(*stride, 1) for stride in second], key=lambda step: step[::2])
    total, count = [left.total, right.total], [left.count, right.count]
    for end_s, score, foot in steps:
        total[foot] += score
        count[foot] += 1
        if min(count) >= settings.strides:
            own = window_verdict(settings, total[0] / count[0], total[1] / count[1])
            before = standing[0]
            standing = _stands(settings, standing, own)
            total, count = [0.0, 0.0], [0, 0]
            if standing[0] != before:
                changes.append(VerdictChange(end_s, standing[0]))
    left = _Foot(left.end_s, left.score, left.backward, left.settled_s, total[0], count[0])
    right = _Foot(right.end_s, right.score, right.backward, right.settled_s, total[1], count[1])
    return SideState(left, right, *standing), tuple(changes)


def window_verdict(settings: SideSettings, left: float, right: float) -> Verdict:
    """Of the mean scores of the feet that are called left and right."""
    if left * right > 0.0 and min(abs(left), abs(right)) > settings.clear:
        return "same_side"
    if 0.5 * (left - right) > settings.clear:
        return "ok"
    if left < -settings.against and right > settings.against:
        return "swapped"
    return "unknown"


def verdict_at(changes: Sequence[VerdictChange], time_s: float) -> Verdict:
    """The standing verdict at a moment, given all changes so far."""
    verdict: Verdict = "unknown"
    for change in changes:
        if change.time_s <= time_s:
            verdict = change.verdict
    return verdict


_Standing = tuple[Verdict, bool, Verdict, int, int]


def _stands(settings: SideSettings, standing: _Standing, own: Verdict) -> _Standing:
    """The standing verdict after one more window."""
    verdict, confirmed, last, row, windows = standing
    row = row + 1 if own == last else 1
    enough = row >= settings.windows
    if own == verdict:
        confirmed = confirmed or enough
    elif own == "unknown":
        pass
    elif (own == "ok" and verdict == "unknown") or row >= (settings.windows_against if confirmed else settings.windows):
        verdict, confirmed = own, enough
    return verdict, confirmed, own, row, windows + 1


def _added(settings: SideSettings, foot: _Foot, motions: StrideMotions) -> _Foot:
    """Straight strides of a foot, those left out that go nowhere or whose frame is not trusted."""
    straight = np.flatnonzero(motions.straight)
    settled_s = max(foot.settled_s, motions.settled_s)
    if not straight.size:
        return _Foot(foot.end_s, foot.score, foot.backward, settled_s, foot.total, foot.count)
    forward = motions.forward_m[straight]
    width = settings.backward_strides
    backward = np.concatenate([foot.backward, forward <= 0.0])
    running = np.concatenate([[0], np.cumsum(backward)])
    place = np.arange(foot.backward.size, backward.size) + 1
    low = np.maximum(place - width, 0)
    share = (running[place] - running[low]) / (place - low)
    score = scores(settings.rule, motions.features[straight])
    good = (forward > settings.span_min_m) & (share <= settings.backward_share) & np.isfinite(score)
    good &= motions.end_s[straight] - motions.start_s[straight] >= settings.stride_min_s
    return _Foot(
        np.concatenate([foot.end_s, motions.end_s[straight][good]]),
        np.concatenate([foot.score, score[good]]),
        backward[-(width - 1) :],
        settled_s,
        foot.total,
        foot.count,
    )


def _taken(foot: _Foot, until_s: float) -> tuple[_Foot, list[tuple[float, float]]]:
    """Without the strides that end before ``until_s``; and those."""
    count = int(foot.end_s.searchsorted(until_s))
    if not count:
        return foot, []
    taken = list(zip(foot.end_s[:count].tolist(), foot.score[:count].tolist(), strict=True))
    rest = _Foot(foot.end_s[count:], foot.score[count:], foot.backward, foot.settled_s, foot.total, foot.count)
    return rest, taken
