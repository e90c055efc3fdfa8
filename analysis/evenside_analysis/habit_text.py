"""Habits of a session in one sentence each: how often, for how long, on which side, and how little that yet says."""

from __future__ import annotations

from evenside_analysis.habit_counts import HabitCount
from evenside_analysis.habit_types import HabitEvent

__all__ = ["bout_words", "count_words"]


def bout_words(event: HabitEvent) -> str:
    """What goes on, or was: "carrying, left side, on the strap, since 120 s"."""
    side = "" if event.side == "none" else f", {event.side}" + (" side" if event.side in ("left", "right") else "")
    span = f"{event.start_s:.0f} to {event.end_s:.0f} s" if event.over else f"since {event.start_s:.0f} s"
    return f"{event.kind}{side} ({event.place}), {span}"


def count_words(count: HabitCount) -> str:
    """Counts and time a side, and the share of the right with its interval where there is any side to speak of."""
    name = count.id.replace("_", " ")
    sided = count.left + count.right + count.unknown
    if not sided:
        times = count.both + count.none
        return f"{name}: {times} {'time' if times == 1 else 'times'}, {_minutes(count.total_s)} in all"
    words = f"{name}: {count.left} left ({_minutes(count.left_s)}), {count.right} right ({_minutes(count.right_s)})"
    words += "".join(
        f", {n} {what}"
        for n, what in ((count.both, "on both"), (count.none, "on neither"), (count.unknown, "unknown"))
        if n
    )
    if not count.left + count.right:
        return words
    share = count.share
    found = f"{100 * share.mean:.0f} % [{100 * share.lo:.0f}, {100 * share.hi:.0f}]"
    return f"{words}; share of the right {found}; one session makes no habit"


def _minutes(span_s: float) -> str:
    return f"{span_s:.0f} s" if span_s < 60.0 else f"{span_s / 60.0:.1f} min"
