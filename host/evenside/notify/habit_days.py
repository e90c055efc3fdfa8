"""Habits over days: on which side something was done, how sure that is, and whether it is so at all times of day.

Counts go into the proportion of ``evenside_analysis.proportion``, whose label needs ten bouts on three days and a share
that is large. Bouts of one place and time are alike (one staircase decides which leg comes first), so shares stand
beside by part of the day and, for stairs, by the length of the flight. A label found is said once, as a habit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

from evenside.local_time import zone_named
from evenside.notify.dispatch import message_row
from evenside.notify.habit_words import IF_PAIN, habit_words, suggestion
from evenside.notify.message import Message, message_id
from evenside.store import MessageRow, Messages, StoredBout, habit_bouts, habit_wearers
from evenside_analysis.habit_types import HabitKind
from evenside_analysis.proportion import Proportion, proportion

__all__ = ["Cluster", "HabitOverDays", "habit_message", "habits_over_days", "say_habits"]

DAY_NS = 86_400 * 1_000_000_000
SPAN_DAYS = 28
_PARTS = ((5, "night"), (11, "morning"), (17, "midday"), (22, "evening"), (24, "night"))  # until this hour
_UNCOUNTED = ("worn",)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Bouts that are alike: "morning", or "flights of 6 strides"."""

    name: str
    found: Proportion


@dataclass(frozen=True, slots=True)
class HabitOverDays:
    """``id`` is the kind, or ``stairs_up`` and ``stairs_down``. ``last_ns``: UTC of the end of the last bout."""

    wearer: str
    id: str
    kind: HabitKind
    found: Proportion
    left_s: float
    right_s: float
    clusters: tuple[Cluster, ...]
    last_ns: int
    zone: str

    @property
    def words(self) -> str:
        up_or_down = self.id.partition("_")[2]
        return habit_words(self.kind, self.found, up_or_down)


def habits_over_days(bouts: Iterable[StoredBout]) -> tuple[HabitOverDays, ...]:
    """What bouts of one wearer come to, in the order of the kinds."""
    by_id: dict[str, list[StoredBout]] = {}
    for bout in bouts:
        if bout.kind in get_args(HabitKind) and bout.kind not in _UNCOUNTED:
            by_id.setdefault(_id(bout), []).append(bout)
    kinds = get_args(HabitKind)
    ids = sorted(by_id, key=lambda id_: (kinds.index(by_id[id_][0].kind), id_))
    return tuple(_habit(id_, by_id[id_]) for id_ in ids)


def habit_message(habit: HabitOverDays) -> Message:
    """That a habit is one-sided, with one thing to vary."""
    found = habit.found
    clusters = {cluster.name: {"left": cluster.found.left, "right": cluster.found.right} for cluster in habit.clusters}
    return Message(
        message_id("habit", habit.wearer, habit.id, found.label),
        *("change", habit.wearer, f"habit of {habit.id}", habit.last_ns, True, found.label),
        title=f"{habit.wearer}: a habit",
        text=f"{habit.words}; {IF_PAIN}",
        facts=(
            *(("habit", habit.id), ("left", found.left), ("right", found.right), ("unknown", found.unknown)),
            *(("n", found.n), ("days", found.days), ("share_right", found.mean), ("interval", [found.lo, found.hi])),
            *(("clusters", clusters), ("suggestion", suggestion(habit.kind, found.label)), ("context", "any")),
        ),
    )


def say_habits(path: Path, now_ns: int) -> int:
    """Store a message for every one-sided habit of the last weeks that has none. Returns how many there are.

    Raises:
        StoreError: the store is in the way.
    """
    since_ns = now_ns - SPAN_DAYS * DAY_NS
    rows: list[MessageRow] = [
        message_row(habit_message(habit), habit.kind, habit.zone)
        for wearer in habit_wearers(path)
        for habit in habits_over_days(habit_bouts(path, wearer, since_ns))
        if habit.found.label != "none"
    ]
    if rows:
        with Messages(path) as messages:
            messages.put(rows)
    return len(rows)


def _habit(id_: str, bouts: list[StoredBout]) -> HabitOverDays:
    named: dict[str, list[StoredBout]] = {}
    for bout in bouts:
        named.setdefault(_part_of_day(bout), []).append(bout)
    for bout in bouts:
        if bout.kind == "stairs" and "strides" in bout.values:
            named.setdefault(f"flights of {bout.values['strides']:.0f} strides", []).append(bout)
    last = max(bouts, key=lambda bout: bout.start_ns)
    spans_s = {side: sum(bout.lasted_s for bout in bouts if bout.side == side) for side in ("left", "right")}
    return HabitOverDays(
        *(last.wearer, id_, cast(HabitKind, last.kind), _proportion(bouts), spans_s["left"], spans_s["right"]),
        clusters=tuple(Cluster(name, _proportion(alike)) for name, alike in named.items()),
        last_ns=last.start_ns + round(last.lasted_s * 1e9),
        zone=last.zone,
    )


def _proportion(bouts: list[StoredBout]) -> Proportion:
    left, right, unknown = (sum(bout.side == side for bout in bouts) for side in ("left", "right", "unknown"))
    days = {_local(bout).date() for bout in bouts if bout.side in ("left", "right")}
    return proportion(left, right, unknown, len(days))


def _id(bout: StoredBout) -> str:
    if bout.kind != "stairs":
        return bout.kind
    return "stairs_up" if bout.values.get("up", 0.0) > 0.0 else "stairs_down"


def _part_of_day(bout: StoredBout) -> str:
    hour = _local(bout).hour
    return next(name for until, name in _PARTS if hour < until)


def _local(bout: StoredBout) -> datetime:
    return datetime.fromtimestamp(bout.start_ns // 1_000_000_000, zone_named(bout.zone))
