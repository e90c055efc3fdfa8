"""What a display shows of one wearer, folded from what the daemon tells. No terminal, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evenside.daemon import Provisional, Told
from evenside.notify import Notice
from evenside.sources import LinkEvent, NodeStatus
from evenside.store import SessionRow
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.metrics import metric
from evenside_analysis.report import PairRows, Report, Summary
from evenside_analysis.types import ACC, FORCE, POWER, Alert, Block, Figure, Floats, Node

__all__ = ["Level", "WearerState", "fold"]

_SHOWN = ("step_time", "stance_time", "swing_time")  # of the last stride


@dataclass(slots=True)
class Level:
    """What both sides of a site do at this moment, in ``unit``. ``full``: the largest seen."""

    name: str
    unit: str
    left: float = math.nan
    right: float = math.nan
    full: float = 0.0

    def put(self, side: str, value: float) -> None:
        if side == "left":
            self.left = value
        else:
            self.right = value
        if math.isfinite(value):
            self.full = max(self.full, value)


@dataclass(slots=True)
class WearerState:
    """Of one wearer, mutable: ``fold`` changes it."""

    wearer: str
    session: SessionRow | None = None
    at_s: float = 0.0
    nodes: dict[str, Node] = field(default_factory=dict)
    battery_percent: dict[str, float] = field(default_factory=dict)  # by node
    levels: dict[tuple[str, str], Level] = field(default_factory=dict)  # of the last moment or stride, by site and name
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)  # the last, by site and metric
    alerts: dict[tuple[str, str, str], Alert] = field(default_factory=dict)  # standing
    habits: dict[tuple[str, str, str], HabitEvent] = field(default_factory=dict)  # that go on
    markers: int = 0
    summary: Summary | None = None


def fold(state: WearerState, told: Told) -> None:
    """Take in one thing that happened to this wearer."""
    match told.what:
        case SessionRow() as session:
            state.session = session
            state.nodes = {node.id: node for node in session.nodes}
        case Block() as block:
            _heard(state, block)
        case Report() as report:
            for figure in report.figures:
                state.figures[figure.site, figure.metric] = figure
            for pair in report.rows:
                _rows(state, pair)
            for habit in report.habits:
                if habit.over:
                    state.habits.pop((habit.kind, habit.place, habit.side), None)
                else:
                    state.habits[habit.kind, habit.place, habit.side] = habit
        case Provisional(report):  # until the report of the same windows comes
            for figure in report.figures:
                state.figures[figure.site, figure.metric] = figure
        case Notice(alert=alert):
            key = (alert.rule, alert.metric, alert.site)
            if alert.active:
                state.alerts[key] = alert
            else:
                state.alerts.pop(key, None)
        case LinkEvent() as event:
            state.markers += event.kind == "marker"
        case NodeStatus() as status:
            state.battery_percent[status.node] = status.battery_percent
        case Summary() as summary:
            state.summary = summary


def _heard(state: WearerState, block: Block) -> None:
    heard = np.flatnonzero(np.isfinite(block.values).all(axis=1))
    node = state.nodes[block.node]
    if not heard.size:
        return
    state.at_s = max(state.at_s, float(block.time_s[heard[-1]]))
    if node.side == "centre":
        return
    name, unit, value = _level(node, block.values[heard])
    state.levels.setdefault((node.site, name), Level(name, unit)).put(node.side, value)


def _rows(state: WearerState, pair: PairRows) -> None:
    """The last stride, for the times; loads are shown as they are at this moment."""
    for column, id_ in enumerate(pair.metrics):
        if id_ not in _SHOWN or not pair.rows.end_s.size:
            continue
        found = metric(id_, pair.site)
        level = state.levels.setdefault((pair.site, id_), Level(f"last {found.name}", found.unit))
        level.put("left", float(pair.rows.left[-1, column]))
        level.put("right", float(pair.rows.right[-1, column]))


def _level(node: Node, rows: Floats) -> tuple[str, str, float]:
    """Name, unit and value of what this node does now: its mean load or power, else how strongly it is moved."""
    for channel, name, unit in ((FORCE, "load", "N"), (POWER, "power", "W")):
        column = node.columns((channel,))
        if column is not None:
            return name, unit, float(rows[:, column[0]].mean())
    columns = node.columns(ACC)
    if columns is None:
        return node.channels[0], "", float(np.abs(rows[:, 0]).mean())
    size = np.sqrt((rows[:, list(columns)] ** 2).sum(axis=1))
    return "motion", "m/s²", float(size.std())
