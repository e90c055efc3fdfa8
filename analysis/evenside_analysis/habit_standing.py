"""The leg that is stood on: seconds of quiet standing, and on which side more of the weight is.

Relaxed standing has two modes, on one leg and on the other, and its mean hides both (Prado-Rico & Duarte 2019, Motor
Control 23:553-567). So what is told is bouts on one leg, not a mean: a second counts for the side that carries more
than ``one_leg`` of the force of both. A second is standing where the force of both together is nearly the greatest
lately seen (a sitter's feet carry a fifth), and steady on each. What confuses it: leaning on a table takes weight off
both, and then nothing is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.epochs import Epochs
from evenside_analysis.habit_bouts import BoutSettings, BoutState, find_bouts
from evenside_analysis.habit_table import TableRows, TableState, add_seconds
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.types import FORCE, Floats, Ints, Node

__all__ = ["STANDING", "StandingPlan", "StandingSettings", "StandingState", "standing_plan", "watch_standing"]


@dataclass(frozen=True, slots=True)
class StandingSettings:
    """``upright``: of the greatest force lately seen. ``steady``: SD within a second, of that force.

    ``forget_s``: after so long without it the greatest force counts for a third of it.
    """

    one_leg: float = 0.60
    upright: float = 0.75
    steady: float = 0.06
    least_n: float = 200.0
    forget_s: float = 20_000.0
    heard: float = 0.5
    on_s: int = 10
    off_s: int = 5


STANDING = StandingSettings()
_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class StandingPlan:
    """The two force sensors under the feet, left and right; empty where there are none."""

    nodes: tuple[Node, ...]

    def place(self, node_id: str) -> int:
        """-1 for a node that is none of them."""
        return next((place for place, node in enumerate(self.nodes) if node.id == node_id), -1)


def standing_plan(nodes: tuple[Node, ...]) -> StandingPlan:
    """Insoles if both are worn, else plates."""
    for site in ("insole", "plate"):
        found = {node.side: node for node in nodes if node.site == site and node.columns((FORCE,))}
        if {"left", "right"} <= found.keys():
            return StandingPlan((found["left"], found["right"]))
    return StandingPlan(())


@dataclass(frozen=True, slots=True, eq=False)
class StandingState:
    """Everything the past has to say. ``peak``: logarithm of the greatest force, with time added as it fades."""

    table: TableState = field(default_factory=lambda: TableState.start(2, 2))
    peak: float = -np.inf
    bouts: tuple[BoutState, BoutState] = (BoutState(), BoutState())


def watch_standing(
    plan: StandingPlan, state: StandingState, node_id: str, epochs: Epochs, settings: StandingSettings = STANDING
) -> tuple[StandingState, tuple[HabitEvent, ...]]:
    """Add seconds of any node of the wearer that are over; events in the order in which they became known."""
    place = plan.place(node_id)
    if place < 0:
        return state, ()
    enough = epochs.part(np.flatnonzero(epochs.heard >= settings.heard))
    columns = np.stack([enough.force_n, enough.force_sd_n], axis=1)
    table, rows = add_seconds(state.table, place, enough.second, columns, epochs.settled)
    peak, second, share = _standing(settings, state.peak, rows)
    events: list[HabitEvent] = []
    after = []
    for bout, side, of_side in zip(state.bouts, _SIDES, (1.0 - share, share), strict=True):
        chosen = of_side > settings.one_leg
        told = np.stack([np.clip((of_side - 0.5) / 0.25, 0.0, 1.0), of_side], axis=1)[chosen]
        bout, new = find_bouts(_bout(settings, plan, side), bout, second[chosen], told, rows.settled)
        after.append(bout)
        events += new
    state = StandingState(table, peak, (after[0], after[1]))
    return state, tuple(sorted(events, key=lambda event: event.known_s))


def _standing(settings: StandingSettings, peak: float, rows: TableRows) -> tuple[float, Ints, Floats]:
    """Seconds of quiet standing, and the share of the right side in each."""
    heard = np.isfinite(rows.columns).all(axis=(1, 2))
    second, force, spread = rows.second[heard], rows.columns[heard, :, 0], rows.columns[heard, :, 1]
    total = force[:, 0] + force[:, 1]
    fading = second / settings.forget_s
    peaks = np.maximum.accumulate(np.concatenate([[peak], np.log(np.maximum(total, 1.0)) + fading]))
    greatest = np.exp(peaks[1:] - fading)
    upright = (total > settings.upright * greatest) & (total > settings.least_n)
    standing = upright & (spread < settings.steady * greatest[:, np.newaxis]).all(axis=1)
    share = np.clip(force[standing, 1] / total[standing], 0.0, 1.0)
    return float(peaks[-1]), second[standing], share


def _bout(settings: StandingSettings, plan: StandingPlan, side: str) -> BoutSettings:
    names = ("confidence", "share")
    left = side == "left"
    return BoutSettings(
        "standing", plan.nodes[0].site, "left" if left else "right", settings.on_s, settings.off_s, names
    )
