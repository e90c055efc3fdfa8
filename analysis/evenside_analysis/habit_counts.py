"""What a session's habits come to: how often each was seen on which side, for how long, and the share of the right.

A bout counts once, when it is first told of. No label is given here: a habit is one over days (see ``proportion``), and
a session is one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from evenside_analysis.habit_types import HabitEvent, HabitKind, HabitSide
from evenside_analysis.proportion import Proportion, proportion

__all__ = ["HabitCount", "HabitCounts", "count_habits", "habit_counts", "habit_id"]

_UNCOUNTED = ("worn",)


@dataclass(frozen=True, slots=True)
class HabitCount:
    """Of one habit: bouts, and seconds of those that are over, a side. ``none``: bouts that have no side at all.

    ``id`` is the kind; flights up and down stand apart, as ``stairs_up`` and ``stairs_down``. ``share``: the posterior
    of the share of the right side among left and right, NaN-free even without any (then it is the prior).
    """

    id: str
    left: int
    right: int
    both: int
    none: int
    unknown: int
    left_s: float
    right_s: float
    total_s: float
    share: Proportion


@dataclass(frozen=True, slots=True)
class _Tally:
    counts: tuple[int, ...] = (0,) * len(get_args(HabitSide))
    spans_s: tuple[float, ...] = (0.0,) * len(get_args(HabitSide))


@dataclass(frozen=True, slots=True)
class HabitCounts:
    """By id, in the order of the kinds; and the bouts that go on."""

    tallies: tuple[tuple[str, _Tally], ...] = ()
    open: tuple[HabitEvent, ...] = ()


_SIDES: tuple[HabitSide, ...] = get_args(HabitSide)
_ORDER: tuple[HabitKind, ...] = get_args(HabitKind)


def habit_id(event: HabitEvent) -> str:
    """What an event counts for."""
    if event.kind != "stairs":
        return event.kind
    return "stairs_up" if event.value("up") > 0.0 else "stairs_down"


def count_habits(counts: HabitCounts, events: tuple[HabitEvent, ...]) -> HabitCounts:
    """Add events; those of one kind are in the order in which they became known."""
    if not events:
        return counts
    tallies, going_on = dict(counts.tallies), list(counts.open)
    for event in events:
        begun = next((one for one in going_on if _same(one, event)), None)
        if event.kind not in _UNCOUNTED:
            id_ = habit_id(event)
            tallies[id_] = _counted(tallies.get(id_, _Tally()), event, begun is None)
        if begun is not None and event.over:
            going_on.remove(begun)
        elif begun is None and not event.over:
            going_on.append(event)
    return HabitCounts(tuple(sorted(tallies.items(), key=_place)), tuple(sorted(going_on, key=_of_open)))


def habit_counts(counts: HabitCounts) -> tuple[HabitCount, ...]:
    """Every habit that was seen at all."""
    return tuple(_count(id_, tally) for id_, tally in counts.tallies)


def _counted(tally: _Tally, event: HabitEvent, new: bool) -> _Tally:
    at = _SIDES.index(event.side)
    counts, spans_s = list(tally.counts), list(tally.spans_s)
    counts[at] += new
    if event.over:
        spans_s[at] += event.end_s - event.start_s
    return _Tally(tuple(counts), tuple(spans_s))


def _count(id_: str, tally: _Tally) -> HabitCount:
    n = dict(zip(_SIDES, tally.counts, strict=True))
    span_s = dict(zip(_SIDES, tally.spans_s, strict=True))
    share = proportion(n["left"], n["right"], n["unknown"])
    total_s = sum(tally.spans_s)
    spans_s = (span_s["left"], span_s["right"], total_s)
    return HabitCount(id_, n["left"], n["right"], n["both"], n["none"], n["unknown"], *spans_s, share)


def _same(one: HabitEvent, other: HabitEvent) -> bool:
    return (one.kind, one.place, one.start_s, one.side) == (other.kind, other.place, other.start_s, other.side)


def _place(entry: tuple[str, _Tally]) -> tuple[int, str]:
    id_ = entry[0]
    return next(at for at, kind in enumerate(_ORDER) if id_.startswith(kind)), id_


def _of_open(event: HabitEvent) -> tuple[int, str, float, str]:
    return _ORDER.index(event.kind), event.place, event.start_s, event.side
