"""Bouts of habits as what their lines are about. The store keeps a bout as an event with JSON beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from math import isfinite, nan

from evenside.store import EventRow

__all__ = ["Bout", "bout_of"]


@dataclass(frozen=True, slots=True)
class Bout:
    """One that is over, told at its end. Numbers are NaN where they were not measured."""

    session: str
    time_s: float
    habit: str
    place: str
    side: str
    lasted_s: float
    confidence: float = nan
    mean_n: float = nan
    up: float = nan
    strides: float = nan
    share_right: float = nan
    angle_deg: float = nan
    height_m: float = nan
    repetitions: float = nan


_MEASURED = tuple(field.name for field in fields(Bout))[6:]


def bout_of(row: EventRow) -> Bout | None:
    """None where the event tells of no bout."""
    if row.kind != "habit":
        return None
    try:
        cells = json.loads(row.detail)
        lasted_s = float(cells["end_s"]) - float(cells["start_s"])
        measured = {name: float(cells[name]) for name in _MEASURED if name in cells}
        habit, side = str(cells["kind"]), str(cells["side"])
    except (ValueError, KeyError, TypeError):
        return None
    return Bout(row.session, row.time_s, habit, row.node, side, lasted_s, **measured) if isfinite(lasted_s) else None
