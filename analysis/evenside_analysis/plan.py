"""Who does what: which parts run on which node, and which pairs of nodes are compared by which metrics.

A plan follows from the settings alone. A *group* is a set of metrics of one pair that come from the same rows: strides,
or mean loads of one second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from evenside_analysis.comparison import Estimator
from evenside_analysis.foot_contacts import FootSettings
from evenside_analysis.force_contacts import ForceSettings
from evenside_analysis.habits import HabitPlan, habit_plan
from evenside_analysis.metrics import metric
from evenside_analysis.settings import MonitorSettings, Pair, pairs_of
from evenside_analysis.shank_settings import SHANK_RATE_MIN_HZ, ShankSettings
from evenside_analysis.stride_pairs import FOOT_METRICS, FORCE_METRICS, TIME_METRICS
from evenside_analysis.sync_watch import can_be_watched, same_clocks
from evenside_analysis.trunk_settings import TRUNK_RATE_MIN_HZ, TrunkSettings
from evenside_analysis.types import ACC, FORCE, GYR, POWER, Node, Side

__all__ = [
    "HIDDEN_METRICS",
    "LOAD_HOP_S",
    "TRUNK_SITES",
    "ContactSettings",
    "GroupPlan",
    "NodePlan",
    "Plan",
    "SitePlan",
    "plan_of",
]

ContactSettings = ForceSettings | FootSettings | ShankSettings

TRUNK_SITES = ("pelvis", "sternum", "upper_back")
"""Where one sensor sees the steps of both legs, and neither for itself."""

LOAD_HOP_S = 2.0
"""A window is twice as long: four seconds hold three strides or more, enough for soft edges to even out the steps, and
few enough for a shift of weight in standing to show."""

HIDDEN_METRICS = frozenset({"stance_low", "stance_high"})
"""Not reported: the stance time at two levels of force, for the check of their difference."""


@dataclass(frozen=True, slots=True)
class NodePlan:
    """``load``: the column of force or power. ``groups``: places of the groups this node is one side of. ``loaded_n``:
    a force of this or more is a load; None where no force is measured.
    """

    node: Node
    contacts: ContactSettings | None
    load: int | None
    acc: tuple[int, ...] = ()
    gyr: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    trunk: TrunkSettings | None = None
    loaded_n: float | None = None


@dataclass(frozen=True, slots=True)
class SitePlan:
    """The two nodes of a site, with their places: left, right. ``watched``: whether sync events show there."""

    pair: Pair
    nodes: tuple[int, int]
    watched: bool = False

    def side_of(self, node: int) -> Side:
        return "left" if self.nodes[0] == node else "right"


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """``nodes``: places of the left and the right node. ``magnitudes``: of each metric whether clipping spoils it.
    ``level_step_n``: between the two levels of force at which stances are timed; NaN where no force is measured.
    ``clock_sites``: places of the watched sites on the same two clocks.
    """

    kind: Literal["strides", "load"]
    pair: Pair
    nodes: tuple[int, int]
    metrics: tuple[str, ...]
    estimator: Estimator
    magnitudes: tuple[bool, ...]
    level_step_n: float = math.nan
    clock_sites: tuple[int, ...] = ()

    def side_of(self, node: int) -> Side:
        return "left" if self.nodes[0] == node else "right"


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of every node, and the groups in the order of their pairs."""

    nodes: tuple[NodePlan, ...]
    groups: tuple[GroupPlan, ...]
    sites: tuple[SitePlan, ...]
    habits: HabitPlan

    def site_of(self, group: GroupPlan) -> int:
        """The place of a group's site."""
        return next(at for at, site in enumerate(self.sites) if site.pair.site == group.pair.site)

    def place(self, node_id: str) -> int:
        """Raises ValueError for a node that is not in the settings."""
        for place, plan in enumerate(self.nodes):
            if plan.node.id == node_id:
                return place
        known = ", ".join(plan.node.id for plan in self.nodes)
        raise ValueError(f"node {node_id!r} is not in the settings; known are {known}")


@lru_cache(maxsize=64)
def plan_of(settings: MonitorSettings) -> Plan:
    """The plan that follows from the settings."""
    nodes = tuple(_node_plan(node) for node in settings.nodes)
    places = {plan.node.id: place for place, plan in enumerate(nodes)}
    groups: list[GroupPlan] = []
    sites = tuple(
        SitePlan(pair, (places[pair.left.id], places[pair.right.id]), can_be_watched(pair))
        for pair in pairs_of(settings.nodes)
    )
    for pair, both in ((site.pair, site.nodes) for site in sites):
        left, right = (nodes[place] for place in both)
        if left.contacts is not None and right.contacts is not None:
            groups.append(_stride_group(pair, both, left.contacts, right.contacts))
        if left.load is not None and right.load is not None:
            groups.append(GroupPlan("load", pair, both, ("load_share",), "share", (True,)))
    groups = [replace(group, clock_sites=_clock_sites(group.pair, sites)) for group in groups]
    planned = tuple(_with_groups(plan, place, groups) for place, plan in enumerate(nodes))
    return Plan(planned, tuple(groups), sites, habit_plan(settings.nodes))


def _clock_sites(pair: Pair, sites: tuple[SitePlan, ...]) -> tuple[int, ...]:
    return tuple(at for at, site in enumerate(sites) if site.watched and same_clocks(pair, site.pair))


def _stride_group(pair: Pair, both: tuple[int, int], left: ContactSettings, right: ContactSettings) -> GroupPlan:
    metrics: tuple[str, ...] = TIME_METRICS
    level_step_n = math.nan
    if isinstance(left, ForceSettings) and isinstance(right, ForceSettings):
        metrics, level_step_n = FORCE_METRICS, left.high_n - left.on_n
    elif isinstance(left, FootSettings) and isinstance(right, FootSettings):
        metrics = FOOT_METRICS
    return GroupPlan("strides", pair, both, metrics, "log_ratio", _magnitudes(metrics, pair), level_step_n)


def _magnitudes(metrics: tuple[str, ...], pair: Pair) -> tuple[bool, ...]:
    return tuple(name not in HIDDEN_METRICS and metric(name, pair.site).magnitude for name in metrics)


def _node_plan(node: Node) -> NodePlan:
    load = node.columns((FORCE,)) or node.columns((POWER,))
    acc, gyr = node.columns(ACC), node.columns(GYR)
    contacts: ContactSettings | None = None
    if node.site == "insole" and node.columns((FORCE,)):
        contacts = ForceSettings(node.rate_hz)
    elif node.site == "plate" and node.columns((FORCE,)):
        contacts = ForceSettings(node.rate_hz, toe_off_n=50.0)  # nothing presses on a plate but the foot
    elif node.site == "foot" and acc and gyr:
        contacts = FootSettings(node.rate_hz, node.acc_range_m_s2, node.gyr_range_rad_s)
    elif node.site == "shank" and gyr and node.rate_hz >= SHANK_RATE_MIN_HZ:
        contacts = ShankSettings(node.rate_hz, node.gyr_range_rad_s)
    trunk = None
    if node.site in TRUNK_SITES and acc and node.gravity and node.rate_hz >= TRUNK_RATE_MIN_HZ:
        trunk = TrunkSettings(node.rate_hz)
    loaded_n = None
    if node.columns((FORCE,)):
        # An empty strap reads up to a few newtons.
        loaded_n = contacts.on_n if isinstance(contacts, ForceSettings) else 0.5 * metric("load_share", node.site).floor
    return NodePlan(node, contacts, load[0] if load else None, acc or (), gyr or (), (), trunk, loaded_n)


def _with_groups(plan: NodePlan, place: int, groups: list[GroupPlan]) -> NodePlan:
    own = tuple(at for at, group in enumerate(groups) if place in group.nodes)
    return replace(plan, groups=own)
