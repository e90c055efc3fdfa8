"""Strides of one foot and what was found of the movements they are made of: how high they climb, and which are stairs.

A stride ends with the initial contact of its own movement, and begins with that of the one before. It waits for both,
and carries Flag.STAIRS if either went up or down stairs: then its stance or its swing was none of level walking.

Who goes down stairs lands on the toes, which is told late, so that the stance looks as short as in running. A runner's
foot goes on turning in the air, so that its toe-off is told late and its stance looks longer. So of a foot whose rate
of rotation is known, running is told by that rate too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.stairs import Climbs
from evenside_analysis.strides import Strides, StrideSettings
from evenside_analysis.types import Bools, Flag, Floats, Ints

__all__ = ["TerrainState", "with_stairs"]


@dataclass(frozen=True, slots=True, eq=False)
class TerrainState:
    """Strides that wait for their movements, and movements that strides may still ask for."""

    waiting: Strides = field(default_factory=Strides.none)
    climbs: Climbs = field(default_factory=Climbs.none)


def with_stairs(
    settings: StrideSettings, state: TerrainState, strides: Strides, climbs: Climbs
) -> tuple[TerrainState, Strides]:
    """Feed strides and movements of one foot, of each movement one; return the strides of which all is known."""
    if not (strides.start_s.size or climbs.contact_s.size):
        first_s = float(state.waiting.end_s[0]) if state.waiting.end_s.size else np.inf
        return state, strides if first_s >= strides.settled_s else Strides.none(first_s)
    waiting = state.waiting.followed_by(strides)
    known = state.climbs.followed_by(climbs) if climbs.contact_s.size else state.climbs
    if not waiting.start_s.size:
        return _held(settings, waiting, known), Strides.none(waiting.settled_s)
    needed_s = np.where(waiting.end_s > waiting.toe_off_s, waiting.end_s, waiting.start_s)
    latest_s = float(known.contact_s[-1]) if known.contact_s.size else -np.inf
    count = int(needed_s.searchsorted(latest_s, "right"))
    rest = waiting.select(slice(count, None))
    settled_s = min(waiting.settled_s, float(rest.end_s[0])) if rest.end_s.size else waiting.settled_s
    ready = replace(waiting.select(slice(count)), settled_s=settled_s)
    if count:
        ready = _told(settings, ready, known)
    return _held(settings, rest, known), ready


def _held(settings: StrideSettings, waiting: Strides, known: Climbs) -> TerrainState:
    oldest_s = float(waiting.start_s[0]) if waiting.start_s.size else waiting.settled_s - settings.stride_max_s
    return TerrainState(waiting, known.since(oldest_s - settings.stride_max_s))


def _told(settings: StrideSettings, strides: Strides, known: Climbs) -> Strides:
    own, ended = _places(known, strides.end_s)
    before, begun = _places(known, strides.start_s)
    stairs = np.where(ended, known.stairs[own], 0)
    either = (stairs != 0) | (begun & (known.stairs[before] != 0))
    stride_s, stance_s = strides.end_s - strides.start_s, strides.toe_off_s - strides.start_s
    runs = ended & (known.rate_rad_s[own] >= settings.run_rad_s) & ~either
    runs &= (stride_s <= settings.run_stride_s) & (stance_s <= settings.run_rad_duty * stride_s)
    flags = (strides.flags & ~int(Flag.RUNNING)) | np.where(runs, int(Flag.RUNNING), 0)
    flags |= np.where(either, int(Flag.STAIRS), 0)
    return replace(strides, flags=flags, climb_m=np.where(ended, known.climb_m[own], np.nan), stairs=stairs)


def _places(known: Climbs, contact_s: Floats) -> tuple[Ints, Bools]:
    """Places of the movements that end with these contacts, and whether there are such."""
    at = np.minimum(known.contact_s.searchsorted(contact_s), known.contact_s.size - 1)
    return at, np.asarray(known.contact_s[at] == contact_s)
