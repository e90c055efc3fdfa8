"""Blocks in, figures out: the one entrance. Live, replay and offline fold ``step`` over blocks, for the same bits.

::

    block ─► corrected as calibrated ─► its node: hearing, contacts ► strides, loads
          ─► each group of its pair: rows ► figures ─► limits ► alerts
          ─► habits ► nudges

The law: for any cut of the input into blocks, and any interleaving of the nodes, the reports of each site concatenate
to the same bits. Everything here keeps it by carrying its own state, and by emitting only what no later sample can
change; when a session is over, ``finish`` lets time pass for what is still undecided. Results depend on the samples
heard and their times: rows of NaN let time pass, which is what makes a silent side hold nothing up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np

from evenside_analysis.correction import corrected
from evenside_analysis.figures import Circumstances
from evenside_analysis.group_numbers import arm_numbers
from evenside_analysis.group_part import (
    GroupState,
    group_rows,
    group_step,
    group_words,
    session_figures,
    session_numbers,
)
from evenside_analysis.habit_counts import habit_counts
from evenside_analysis.habits import HabitState, end_habits, find_habits, watch_nudges
from evenside_analysis.hearing import Hearing
from evenside_analysis.limits import LimitState, watch
from evenside_analysis.node_checks import NodeChecks, check_node
from evenside_analysis.node_part import NodeFound, NodeState, node_regularity, node_step, node_words
from evenside_analysis.nudge import NudgeState
from evenside_analysis.plan import GroupPlan, NodePlan, Plan, plan_of
from evenside_analysis.report import Checks, NodeContacts, NodeStrides, NodeSummary, Number, PairRows, Report, Summary
from evenside_analysis.settings import MonitorSettings, pairs_of
from evenside_analysis.side_check import verdict_at
from evenside_analysis.site_checks import SiteChecks, check_site, fault_words, judged_session, node_faults, side_words
from evenside_analysis.sync_watch import SyncFinding, SyncWatch, sync_words, watch_sync
from evenside_analysis.types import ACC, Alert, Block, Figure

__all__ = ["MonitorState", "finish", "start", "step", "summary"]

_Part = TypeVar("_Part")

_DECIDED_S = 15.0
"""After so long a silence nothing waits any more: movements settle in 5 s, strides in 3 and their rows in 3 more, or in
7 where only forces were measured."""


@dataclass(frozen=True, slots=True, eq=False)
class MonitorState:
    """Everything the past has to say. Plain data: it can be pickled and resumed."""

    nodes: tuple[NodeState, ...]
    groups: tuple[GroupState, ...]
    limits: tuple[LimitState, ...]
    checks: tuple[NodeChecks, ...]
    sites: tuple[SiteChecks, ...]  # one a pair
    sync: tuple[SyncWatch, ...]  # one a pair
    habits: HabitState
    nudges: tuple[NudgeState, ...]  # one a rule
    passed_s: float = -math.inf  # the latest moment that any block told of


def start(settings: MonitorSettings) -> MonitorState:
    """The state before the first block."""
    plan = plan_of(settings)
    return MonitorState(
        tuple(NodeState.start(node) for node in plan.nodes),
        tuple(GroupState.start(group) for group in plan.groups),
        tuple(LimitState.start() for _ in settings.limits),
        tuple(NodeChecks.start(node) for node in plan.nodes),
        tuple(SiteChecks.start(site.pair, *(plan.nodes[place] for place in site.nodes)) for site in plan.sites),
        tuple(SyncWatch() for _ in plan.sites),
        HabitState.start(plan.habits),
        tuple(NudgeState() for _ in settings.nudges),
    )


def step(settings: MonitorSettings, state: MonitorState, block: Block) -> tuple[MonitorState, Report]:
    """Advance by one block of one node, of raw readings.

    Raises:
        ValueError: the settings do not name the node, or the block has other channels.
    """
    plan = plan_of(settings)
    place = plan.place(block.node)
    node = plan.nodes[place]
    if block.values.shape[1] != len(node.node.channels):
        raise ValueError(f"node {block.node}: {block.values.shape[1]} channels, expected {len(node.node.channels)}")
    block = corrected(settings.corrections, node.node, block)
    node_state, found = node_step(node, settings.hop_s, state.nodes[place], block, _keep_bin(settings, state, node))
    nodes = _replaced(state.nodes, place, node_state)
    checks, sites = _checked(settings, plan, state, place, block, found)
    sync, events = _synced(plan, state.sync, place, block)
    groups, rows, figures = state.groups, list[PairRows](), list[Figure]()
    for at in node.groups:
        group = plan.groups[at]
        group_state, new = group_rows(group, groups[at], group.side_of(place), found)
        left, right = (nodes[side].hearing for side in group.nodes)
        clocks = tuple(sync[site] for site in group.clock_sites)
        site = sites[plan.site_of(group)]
        group_state, made = group_step(settings, group, group_state, new, left, right, site, clocks)
        groups = _replaced(groups, at, group_state)
        figures += made
        if new.end_s.size:
            rows.append(PairRows(group.pair.site, group.metrics, new))
    limits, alerts = _watched(settings, state.limits, tuple(figures))
    walked = found.strides, found.motions
    habits, habits_found = find_habits(plan.habits, state.habits, block, *walked)
    nudge_states, nudges = watch_nudges(settings.nudges, state.nudges, habits_found)
    report = Report(
        () if found.contacts is None or not found.contacts.time_s.size else (NodeContacts(block.node, found.contacts),),
        () if found.strides is None or not found.strides.start_s.size else (NodeStrides(block.node, found.strides),),
        tuple(rows),
        tuple(figures),
        alerts,
        found.regularity,
        events,
        habits_found.events,
        nudges,
    )
    passed_s = max(state.passed_s, float(block.time_s[-1])) if block.time_s.size else state.passed_s
    return MonitorState(nodes, groups, limits, checks, sites, sync, habits, nudge_states, passed_s), report


def _synced(
    plan: Plan, watches: tuple[SyncWatch, ...], place: int, block: Block
) -> tuple[tuple[SyncWatch, ...], tuple[SyncFinding, ...]]:
    """The watch of a node's site, advanced by a block."""
    for at, site in enumerate(plan.sites):
        if site.watched and place in site.nodes:
            watch, events = watch_sync(site.pair, watches[at], site.side_of(place), block)
            return _replaced(watches, at, watch), events
    return watches, ()


def _checked(
    settings: MonitorSettings, plan: Plan, state: MonitorState, place: int, block: Block, found: NodeFound
) -> tuple[tuple[NodeChecks, ...], tuple[SiteChecks, ...]]:
    """The checks of a node and of its site, advanced by a block."""
    node = plan.nodes[place]
    after, checked = check_node(node, state.checks[place], block, found)
    sites = state.sites
    for at, site in enumerate(plan.sites):
        if place in site.nodes:
            keep_s = _keep_bin(settings, state, node) * settings.hop_s
            sites = _replaced(sites, at, check_site(site.pair, sites[at], site.side_of(place), checked, keep_s))
    return _replaced(state.checks, place, after), sites


def finish(settings: MonitorSettings, state: MonitorState) -> tuple[MonitorState, Report]:
    """The session is over: let time pass until all is decided that can be, and nothing is heard any more.

    Whoever folds ``step`` to its end calls this once, before ``summary``. It depends on the state alone, so that a
    session and its recording end alike. Without it the last steps stay undecided.
    """
    report = Report()
    if math.isfinite(state.passed_s):
        silent_s = np.array([np.rint((state.passed_s + _DECIDED_S) * 1e6) / 1e6])
        # What tells of clocks first: others wait for it.
        for node in sorted(settings.nodes, key=lambda node: not node.columns(ACC)):
            nothing = Block(node.id, silent_s, np.full((1, len(node.channels)), np.nan))
            state, more = step(settings, state, nothing)
            report = report.followed_by(more)
        habits, events = end_habits(plan_of(settings).habits, state.habits, state.passed_s)
        state, report = replace(state, habits=habits), replace(report, habits=report.habits + events)
    return state, report


def summary(settings: MonitorSettings, state: MonitorState) -> Summary:
    """The session up to now."""
    plan = plan_of(settings)
    hearings = [node.hearing for node in state.nodes]
    spoke = [hearing for hearing in hearings if hearing.samples]
    start_s = min((hearing.first_s for hearing in spoke), default=0.0)
    end_s = max((hearing.last_s for hearing in spoke), default=0.0)
    nodes = tuple(
        _node_summary(node, hearing, start_s, end_s, _faults(plan, state, place, hearing))
        for place, (node, hearing) in enumerate(zip(plan.nodes, hearings, strict=True))
    )
    figures, numbers = list[Figure](), list[Number]()
    for group, group_state in zip(plan.groups, state.groups, strict=True):
        around = _session_circumstances(settings, group, nodes, hearings, start_s, end_s, state.sync)
        around = replace(around, judged=judged_session(state.sites[plan.site_of(group)], start_s, end_s))
        compared = session_figures(settings, group, group_state, around)
        left, right = (state.nodes[place].dose for place in group.nodes)
        figures += compared
        numbers += session_numbers(group, group_state, compared, (left, right))
    errors_s = [_sync_error_s(group, hearings, state.sync) for group in plan.groups]
    sync_s = max((error for error in errors_s if not math.isnan(error)), default=math.nan)
    words = (*_words(settings, plan, nodes, state), *sync_words(state.sync))
    trunks = [node_regularity(node, found) for node, found in zip(plan.nodes, state.nodes, strict=True)]
    regularity = tuple(found for found in trunks if found is not None)
    checks = Checks(_sides(state), words)
    events = sorted((one for watch in state.sync for one in watch.findings), key=lambda one: (one.at_s, one.site))
    numbers += arm_numbers(state.habits.arms.totals)
    habits = habit_counts(state.habits.counts)
    made = tuple(figures), tuple(numbers)
    return Summary(start_s, end_s, nodes, sync_s, checks, *made, regularity, tuple(events), habits)


def _keep_bin(settings: MonitorSettings, state: MonitorState, node: NodePlan) -> int:
    """The first bin of hearing that a figure still to be made may need."""
    hops = round(settings.window_s / settings.hop_s)
    waiting = [state.groups[at].windows.next for at in node.groups]
    if None in waiting:
        return -(1 << 62)
    return min((index for index in waiting if index is not None), default=1 << 62) - hops


def _watched(
    settings: MonitorSettings, states: tuple[LimitState, ...], figures: tuple[Figure, ...]
) -> tuple[tuple[LimitState, ...], tuple[Alert, ...]]:
    if not figures:
        return states, ()
    after, alerts = [], list[Alert]()
    for limit, limit_state in zip(settings.limits, states, strict=True):
        watched, raised = watch(limit, limit_state, figures)
        after.append(watched)
        alerts += raised
    return tuple(after), tuple(alerts)


def _replaced(parts: tuple[_Part, ...], place: int, part: _Part) -> tuple[_Part, ...]:
    return (*parts[:place], part, *parts[place + 1 :])


def _node_summary(
    node: NodePlan, hearing: Hearing, start_s: float, end_s: float, faults: tuple[str, ...]
) -> NodeSummary:
    rate_hz = node.node.rate_hz
    if hearing.samples:
        outside_s = (hearing.first_s - start_s, end_s - hearing.last_s)
        lost = hearing.holes + sum(max(0, round(span_s * rate_hz)) for span_s in outside_s)
    else:
        lost = round((end_s - start_s) * rate_hz)
    expected = hearing.samples + lost
    completeness = hearing.samples / expected if expected else math.nan
    return NodeSummary(node.node.id, hearing.samples, lost, completeness, hearing.largest_error_s, faults)


def _faults(plan: Plan, state: MonitorState, place: int, hearing: Hearing) -> tuple[str, ...]:
    """Of one node, those that were found at its site included."""
    found: set[str] = set()
    for site, checks in zip(plan.sites, state.sites, strict=True):
        if place in site.nodes:
            found.update(node_faults(checks, plan.nodes[place].node.id, hearing.last_s))
    return tuple(sorted(found))


def _sides(state: MonitorState) -> Literal["ok", "swapped", "unknown"]:
    """What the feet say; where several pairs can tell, exchanged outranks unknown, and that ok."""
    verdicts = {verdict_at(site.changes, math.inf) for site in state.sites if site.sides is not None}
    if "swapped" in verdicts:
        return "swapped"
    return "ok" if verdicts == {"ok"} else "unknown"


def _session_circumstances(
    settings: MonitorSettings,
    group: GroupPlan,
    nodes: tuple[NodeSummary, ...],
    hearings: list[Hearing],
    start_s: float,
    end_s: float,
    sync: tuple[SyncWatch, ...],
) -> Circumstances:
    left, right = group.nodes
    return Circumstances(
        group.pair.site,
        start_s,
        end_s,
        group.pair.rate_hz,
        settings.trust_of(group.pair.site),
        _sync_error_s(group, hearings, sync),
        nodes[left].completeness,
        nodes[right].completeness,
        clocks_off=any(sync[site].off for site in group.clock_sites),
    )


def _sync_error_s(group: GroupPlan, hearings: list[Hearing], sync: tuple[SyncWatch, ...]) -> float:
    """Between the clocks of both sides: each error bounds 95 %, and they are independent; or what an event showed."""
    left, right = (hearings[place] for place in group.nodes)
    if not (left.samples and right.samples):
        return math.nan
    error_s = 0.0 if group.pair.shares_clock else math.hypot(left.largest_error_s, right.largest_error_s)
    return max([error_s, *(sync[site].off_s for site in group.clock_sites)])


def _words(
    settings: MonitorSettings, plan: Plan, nodes: tuple[NodeSummary, ...], state: MonitorState
) -> tuple[str, ...]:
    """A sentence for everything that a reader of the figures should know."""
    pairs = {pair.site for pair in pairs_of(settings.nodes)}
    compared = {group.pair.site for group in plan.groups}
    words = [
        f"{node.node.id} has no partner on the other side: no left/right figure comes from it"
        for node in plan.nodes
        if node.node.side != "centre" and node.node.site not in pairs
    ]
    words += [f"{site}: no left/right figure is made of what these nodes measure" for site in sorted(pairs - compared)]
    words += [f"{node.node} was never heard" for node in nodes if not node.samples]
    words += [word for node, found in zip(plan.nodes, state.nodes, strict=True) for word in node_words(node, found)]
    words += [
        word
        for group, found in zip(plan.groups, state.groups, strict=True)
        for word in group_words(settings, group, found)
    ]
    words += [side_words(site.pair, found) for site, found in zip(plan.sites, state.sites, strict=True)]
    words += [word for found in state.sites for word in fault_words(found)]
    return tuple(word for word in words if word)
