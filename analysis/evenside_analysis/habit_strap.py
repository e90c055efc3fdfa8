"""Which shoulder or hand carries the bag, by load cells in its straps.

Tenths of a second, so that nobody waits for a second to end. The zero of a strap is what it reads while it is empty,
and followed slowly (load cells drift by newtons a day); a load begins above ``on_n`` and ends below ``off_n``. With a
cell on both sides the side is the one that bears most; a rucksack on both is "both"; where the other side was not heard
it is "unknown". One cell alone tells of its own side. What confuses it: a bag that hangs from a hook by its strap reads
as carried, but does not swing: ``moving`` of a bout, the share of its time in which the load swings, is near 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evenside_analysis.epochs import EpochState, find_epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.remembering import remembered
from evenside_analysis.types import FORCE, Block, Bools, Floats, Node

__all__ = ["STRAPS", "StrapPlan", "StrapSettings", "StrapState", "carried", "strap_plan", "watch_straps"]


@dataclass(frozen=True, slots=True)
class StrapSettings:
    """Newtons, and epochs of a tenth of a second."""

    per_s: int = 10
    on_n: float = 15.0
    off_n: float = 10.0
    empty_n: float = 8.0  # no zero is further off than this
    zero_memory_s: float = 300.0
    most: float = 0.75  # of the load: then one side carries it
    swing_s: float = 0.5
    swing_n: float = 2.0
    swing_share: float = 0.10  # of the load
    on_s: float = 10.0
    off_s: float = 5.0


STRAPS = StrapSettings()
_SIDES: tuple[HabitSide, ...] = ("left", "right", "both", "unknown")
_NAMES = ("confidence", "load_n", "moving")


@dataclass(frozen=True, slots=True)
class StrapPlan:
    """The straps worn: left, right, or one of them. Raises nothing; without any of them nothing is watched."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is no strap."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def strap_plan(nodes: tuple[Node, ...]) -> StrapPlan:
    """The straps among the nodes of a wearer, left first."""
    straps = [node for node in nodes if node.site == "strap" and node.columns((FORCE,)) and node.side != "centre"]
    return StrapPlan(tuple(sorted(straps, key=lambda node: node.side)))


@dataclass(frozen=True, slots=True, eq=False)
class _Strap:
    """Of one strap: the filter's carry, whether it was loaded, and the last loads."""

    epochs: EpochState
    zero: Floats
    loaded: bool
    before: Floats  # net loads of the last half second


@dataclass(frozen=True, slots=True, eq=False)
class StrapState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    straps: tuple[_Strap, ...]
    table: TableState
    bouts: tuple[BoutState, ...] = (BoutState(),) * len(_SIDES)

    @staticmethod
    def start(plan: StrapPlan) -> StrapState:
        count = len(plan.nodes)
        fresh = _Strap(EpochState(), np.zeros(1), False, np.empty(0))
        return StrapState((fresh,) * count, TableState.start(count, 3))


def watch_straps(
    plan: StrapPlan, state: StrapState, block: Block, settings: StrapSettings = STRAPS
) -> tuple[StrapState, tuple[HabitEvent, ...]]:
    """Add a block of any node of the wearer; events in the order in which they became known."""
    place = plan.place(block.node)
    if place < 0:
        return state, ()
    strap = state.straps[place]
    epoch_state, epochs = find_epochs(plan.nodes[place], strap.epochs, block.time_s, block.values, per_s=settings.per_s)
    if epochs.settled == strap.epochs.settled:
        return replace(state, straps=_put(state.straps, place, replace(strap, epochs=epoch_state))), ()
    strap, columns = _net(settings, replace(strap, epochs=epoch_state), epochs.force_n)
    table, rows = add_seconds(state.table, place, epochs.second, columns, epochs.settled)
    straps = _put(state.straps, place, strap)
    side, load, moving = carried(settings, plan, rows)
    events: list[HabitEvent] = []
    after = []
    for code, (name, bout) in enumerate(zip(_SIDES, state.bouts, strict=True)):
        chosen = side == code
        told = np.stack([np.ones(int(chosen.sum())), load[chosen], moving[chosen]], axis=1)
        bout, new = find_bouts(_bout(settings, name), bout, rows.second[chosen], told, rows.settled)
        after.append(bout)
        events += new
    return StrapState(straps, table, tuple(after)), tuple(sorted(events, key=lambda event: event.known_s))


def carried(settings: StrapSettings, plan: StrapPlan, rows: TableRows) -> tuple[Floats, Floats, Floats]:
    """Of each epoch (n,) the place of its side in left, right, both, unknown (-1: nothing is carried), the load in N,
    and 1 where it swings.
    """
    net, loaded, moving = (rows.columns[:, :, column] for column in range(3))
    load = np.nansum(np.where(loaded > 0.0, net, 0.0), axis=1)
    swings = np.asarray((np.nan_to_num(moving) > 0.0).any(axis=1), np.float64)
    on = np.asarray(loaded > 0.0)
    if len(plan.nodes) == 1:
        own = _SIDES.index("left" if plan.nodes[0].side == "left" else "right")
        return np.where(on[:, 0], float(own), -1.0), load, swings
    right = np.maximum(np.nan_to_num(net[:, 1]), 0.0) / np.where(load > 0.0, load, 1.0)
    side = np.where(right > settings.most, 1.0, np.where(right < 1.0 - settings.most, 0.0, 2.0))
    side = np.where(np.isnan(net).any(axis=1), 3.0, side)
    return np.where(on.any(axis=1), side, -1.0), load, swings


def _net(settings: StrapSettings, strap: _Strap, force_n: Floats) -> tuple[_Strap, Floats]:
    """Load above the zero, whether it counts as one, and whether it swings: (n, 3)."""
    empty = np.abs(force_n) < settings.empty_n
    pull = 1.0 / (settings.zero_memory_s * settings.per_s)
    zeros, zero = remembered(strap.zero, force_n, empty, 1.0 - pull, pull)
    net = force_n - zeros
    loaded = _held(net > settings.on_n, net < settings.off_n, strap.loaded)
    lag = round(settings.swing_s * settings.per_s)
    held = np.concatenate([strap.before, net])
    earlier = np.full(net.size, np.nan)
    have = max(net.size + strap.before.size - lag, 0)
    if have:
        earlier[net.size - min(have, net.size) :] = held[: held.size - lag][-min(have, net.size) :]
    swing = np.abs(net - earlier)
    moving = swing > np.maximum(settings.swing_n, settings.swing_share * np.abs(net))
    after = _Strap(strap.epochs, zero, bool(loaded[-1]) if loaded.size else strap.loaded, held[-lag:].copy())
    return after, np.stack([net, loaded.astype(np.float64), moving.astype(np.float64)], axis=1)


def _put(straps: tuple[_Strap, ...], place: int, strap: _Strap) -> tuple[_Strap, ...]:
    return (*straps[:place], strap, *straps[place + 1 :])


def _held(begins: Bools, ends: Bools, before: bool) -> Bools:
    """On from where it begins to where it ends; between, as before."""
    told = np.where(begins, 1, np.where(ends, 0, -1))
    known = np.maximum.accumulate(np.where(told >= 0, np.arange(told.size), -1))
    return np.asarray(np.where(known >= 0, told[known] == 1, before), np.bool_)


def _bout(settings: StrapSettings, side: HabitSide) -> BoutSettings:
    on, off = (round(span_s * settings.per_s) for span_s in (settings.on_s, settings.off_s))
    return BoutSettings("carrying", "strap", side, on, off, _NAMES, settings.per_s)
