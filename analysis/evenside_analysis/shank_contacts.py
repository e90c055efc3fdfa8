"""Contacts of one leg from the gyroscope on its shank, as they become final.

::

    rows ─► regular ─► signed ──────► track ─► mid-swings ─► two times ─► flags ─► Contacts
            (holes)    (axis, sign)   (FIR)    (peaks)       (minima)

After Salarian et al. (2004), IEEE Trans. Biomed. Eng. 51:1434-1443, and Aminian et al. (2002), J. Biomech. 35:689-699:
mid-swings are the peaks of the rate about the mediolateral axis, initial contact is the first minimum after one,
terminal contact the minimum before it. Deviations: axis and sign come from the signal; symmetric filters; shallow
ripples are passed over; the minimum is that of a parabola between samples.

What to expect of it, from publications: initial contact 10 ms late, terminal contact unbiased (Aminian 2002); 33.9 ±
10.4 and 3.8 ± 28.7 ms (Greene et al. 2012); off by less than 25 and 75 ms outdoors and on slopes (Catalfamo et al.
2010). A soft landing leaves no dip in the rate, and then the minimum is that of the leg taking the load: from smoothed
motion capture of one walker initial contact came 63 ms late and terminal contact 53 ms early, both legs within 6 ms of
each other. Nothing is taken off here. A bias common to both legs cancels in step times, and shrinks or stretches the
asymmetry of stance and swing a little; one of 10 ms on one leg alone makes 0.75 AI of stance.

A movement is looked at when nothing later can change it: when the next mid-swing is certain, at the latest some three
seconds after its own. What it never does: change an event, guess without saying so, look at the length of a block, ask
which way the node is mounted or which leg it is on, or look at the acceleration.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.regular import Piece, RegularState, regular
from evenside_analysis.shank_axis import AxisHabit
from evenside_analysis.shank_emit import Movements, Usual, emitted
from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.shank_signed import TIME
from evenside_analysis.shank_swings import SwingState, find_swings
from evenside_analysis.shank_track import Track, begin, close, extend, forget
from evenside_analysis.types import Contacts, Floats

__all__ = ["ShankSettings", "ShankState", "detect_shank_contacts"]

_ROWS_AT_ONCE = 16_384  # keeps the working set small, whatever the length of a block


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What an unbroken run of samples has left to decide."""

    start_s: float
    lost: float  # samples lost before the last contact; -inf where a break came before
    track: Track = field(default_factory=begin)
    swings: SwingState = field(default_factory=SwingState)
    previous: int | None = None  # the last mid-swing that was looked at
    pending: int | None = None  # a mid-swing that is certain, but not looked at


@dataclass(frozen=True, slots=True, eq=False)
class ShankState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed on another day."""

    regular: RegularState = field(default_factory=RegularState)
    run: _Run | None = None
    axis: AxisHabit = field(default_factory=AxisHabit)
    usual: Usual | None = None
    broken: bool = False  # a run has ended before
    settled_s: float = -np.inf


def detect_shank_contacts(
    settings: ShankSettings, state: ShankState, time_s: Floats, gyr: Floats
) -> tuple[ShankState, Contacts]:
    """Feed rows of one shank IMU; return the events that are now final: TC and IC.

    A row with NaN in it was not heard: it only lets time pass. Holes up to ``break_s`` are bridged for the filters and
    flagged where they matter; a longer one ends the run. So a row of NaN more than ``break_s`` after the end of a
    recording hands out its last step. ``settled_s``: every event before it was emitted.

    Flags: GUESSED where the time of this event comes from the leg's habit, or the sign of the axis is not clear; TURN
    on both events of a movement, from half-way since the last mid-swing to half-way to the next, in which the leg
    changed its heading by more than ``turn_deg``; GAP where more than ``gap_s`` was lost between the two contacts, for
    terminal contact also since the last initial contact; CLIPPED where the gyroscope stood at its range between them,
    if the settings name it.

    Args:
        time_s: (n,) session time, strictly increasing, also across calls.
        gyr: (n, 3) rad/s, in any axes.

    Raises:
        ValueError: shapes that do not fit, or times that do not increase.
    """
    if gyr.shape != (time_s.size, 3):
        raise ValueError(f"{time_s.size} times need gyr of three columns, got {gyr.shape}")
    heard, pieces = regular(settings.rate_hz, settings.break_s, state.regular, time_s, gyr)
    state, found = replace(state, regular=heard), list[Contacts]()
    for piece in pieces:
        if piece.fresh:
            state, contacts = _ended(settings, state)
            found.append(contacts)
            state = replace(state, run=_Run(float(piece.time_s[0]), -np.inf if state.broken else 0.0))
        for part in _parts(piece):
            state, contacts = _went_on(settings, state, part)
            found.append(contacts)
    if heard.heard_s is None:
        state, contacts = _ended(settings, state)
        found.append(contacts)
    bound_s = heard.time_s if state.run is None else _bound_s(settings, state.run)
    settled_s = max(state.settled_s, float(np.rint(bound_s * 1e6) / 1e6))
    return replace(state, settled_s=settled_s), _joined(found, settled_s)


def _parts(piece: Piece) -> list[Piece]:
    cuts = [slice(at, at + _ROWS_AT_ONCE) for at in range(0, piece.time_s.size, _ROWS_AT_ONCE)]
    return [Piece(False, piece.time_s[cut], piece.rows[cut], piece.lost[cut]) for cut in cuts]


def _went_on(settings: ShankSettings, state: ShankState, piece: Piece) -> tuple[ShankState, Contacts]:
    assert state.run is not None
    axis, track = extend(settings, state.axis, state.run.track, piece)
    return _looked_at(settings, replace(state, axis=axis), replace(state.run, track=track), ended=False)


def _ended(settings: ShankSettings, state: ShankState) -> tuple[ShankState, Contacts]:
    """The open run, if there is one, is over."""
    if state.run is None:
        return state, Contacts.none(-np.inf)
    axis, track = close(settings, state.axis, state.run.track)
    state, contacts = _looked_at(settings, replace(state, axis=axis), replace(state.run, track=track), ended=True)
    return replace(state, run=None, broken=True), contacts


def _looked_at(settings: ShankSettings, state: ShankState, run: _Run, ended: bool) -> tuple[ShankState, Contacts]:
    """Measure the movements that are ready, and forget what no later one can need."""
    swings, found = find_swings(settings, run.swings, run.track, ended)
    ready = found if run.pending is None else [run.pending, *found]
    pending, following = None, None
    if ready and not ended and swings.frontier <= ready[-1] + 2 * settings.reach:
        pending = following = ready[-1]
        ready = ready[:-1]
    usual, lost, contacts = state.usual, run.lost, Contacts.none(-np.inf)
    if ready:
        moved = _movements(settings, run, ready, following)
        cut = ended and int(moved.high[-1]) < ready[-1] + settings.reach
        usual, lost, contacts = emitted(settings, usual, lost, run.track, moved, cut)
    previous = ready[-1] if ready else run.previous
    oldest = swings.frontier if pending is None else pending
    kept = oldest - settings.reach - settings.count(settings.turn_block_s) - 1
    track = forget(run.track, min(kept, swings.seen - 1))
    run = replace(run, track=track, swings=swings, previous=previous, pending=pending, lost=lost)
    return replace(state, run=run, usual=usual), contacts


def _movements(settings: ShankSettings, run: _Run, ready: list[int], following: int | None) -> Movements:
    swing = np.array(ready, np.int64)
    last = run.track.end - 1
    before = _half_way(run.previous, ready[0])
    after = last if following is None else _half_way(ready[-1], following)
    between = (swing[:-1] + swing[1:]) // 2
    low = np.maximum(np.concatenate([[before], between]), swing - settings.reach)
    high = np.minimum(np.concatenate([between, [after]]), swing + settings.reach)
    return Movements(low, swing, high)


def _half_way(previous: int | None, swing: int) -> int:
    return 0 if previous is None else (previous + swing) // 2


def _bound_s(settings: ShankSettings, run: _Run) -> float:
    """Session time before which no further event of the run can lie."""
    if not run.track.columns.shape[1]:
        return run.start_s
    swing = run.swings.frontier if run.pending is None else run.pending
    low = max(_half_way(run.previous, swing), swing - settings.reach)
    return float(run.track.at(TIME, np.array([low]))[0])


def _joined(found: list[Contacts], settled_s: float) -> Contacts:
    contacts = Contacts.none(settled_s)
    for more in found:
        contacts = contacts.followed_by(more)
    return contacts
