"""Which sensors are worn: spans in which a node stirs as only a living body lets it.

A sensor on a body is never still for a quarter of an hour: breath, pulse and small moves turn it (after van Hees et al.
2011, PLoS ONE 6:e22922, who ask for an hour). A second stirs where the mean acceleration has moved since the second
before, or its size varies; of a force sensor, where the force does. A span begins with ten such seconds and ends with
the last one before 15 minutes without any, so its end is known that much later. What confuses it: a bag that is carried
about stirs its sensors as well, a sensor that is noisy by more than 10 mg always looks worn, and an empty strap that
hangs on a still shoulder does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_types import HabitEvent, HabitSide
from evenside_analysis.types import ACC, FORCE, Bools, Node

__all__ = ["STILL_S", "WornPlan", "WornState", "watch_worn", "worn_plan"]

STILL_S = 900
_MOVED_M_S2 = 0.05
_VARIED_M_S2 = 0.1
_MOVED_N, _VARIED_N = 3.0, 3.0
_NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True)
class WornPlan:
    """The nodes that tell whether they are worn."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def worn_plan(nodes: tuple[Node, ...]) -> WornPlan:
    """All with acceleration or force; a plate is stood on, and a pedal or grip held, at times only."""
    sites = ("plate", "pedal", "grip")
    able = (node for node in nodes if node.site not in sites and (node.columns(ACC) or node.columns((FORCE,))))
    return WornPlan(tuple(able))


@dataclass(frozen=True, slots=True, eq=False)
class _Worn:
    """Of one node; ``last``: its last second (0 or 1 row)."""

    settled: int = _NEVER
    last: Epochs | None = None
    bout: BoutState = field(default_factory=BoutState)


@dataclass(frozen=True, slots=True, eq=False)
class WornState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    nodes: tuple[_Worn, ...]

    @staticmethod
    def start(plan: WornPlan) -> WornState:
        return WornState(tuple(_Worn() for _ in plan.nodes))

    @property
    def until(self) -> float:
        """All spans known before have been told, of every node."""
        settled = min((worn.settled for worn in self.nodes), default=_NEVER)
        return float(settled) if settled > _NEVER else -np.inf


def watch_worn(
    plan: WornPlan, state: WornState, node_id: str, epochs: Epochs
) -> tuple[WornState, tuple[HabitEvent, ...]]:
    """Add seconds of any node that are over; events of one node in the order in which they became known."""
    place = plan.place(node_id)
    if place < 0:
        return state, ()
    node, worn = plan.nodes[place], state.nodes[place]
    every = epochs if worn.last is None else worn.last.followed_by(epochs)
    stirs = _stirs(every)[every.second.size - epochs.second.size :]
    side: HabitSide = "none" if node.side == "centre" else node.side
    settings = BoutSettings("worn", node.id, side, 10, STILL_S)
    columns = np.ones((int(stirs.sum()), 1))
    bout, events = find_bouts(settings, worn.bout, epochs.second[stirs], columns, epochs.settled)
    last = every.part(slice(-1, None)) if every.second.size else worn.last
    worn = _Worn(epochs.settled, last, bout)
    return WornState((*state.nodes[:place], worn, *state.nodes[place + 1 :])), events


def _stirs(epochs: Epochs) -> Bools:
    """(n,); the first one only by what varies within it."""
    moved = np.zeros(epochs.second.size, np.bool_)
    change = np.diff(epochs.acc_m_s2, axis=0)
    far = change[:, 0] * change[:, 0] + change[:, 1] * change[:, 1] + change[:, 2] * change[:, 2]
    moved[1:] = (far > _MOVED_M_S2 * _MOVED_M_S2) | (np.abs(np.diff(epochs.force_n)) > _MOVED_N)
    varied = (epochs.acc_sd_m_s2 > _VARIED_M_S2) | (epochs.force_sd_n > _VARIED_N)
    return np.asarray(moved | varied)
