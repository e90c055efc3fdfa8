"""Contacts of one foot from its IMU, as they become final.

::

    rows ─► regular ─► track ─► humps ─► movements ─► habits ─► four times ─► flags ─► Contacts
            (holes)    (FIR)    (peaks)  (quiet points)  (once a movement)

A movement is looked at when nothing later can change it: its peak is confirmed, and the quiet point behind it is known
or out of reach; that is mostly when the next swing begins, at the latest some two seconds after the peak. All that
became ready in one call are worked on together, and emitted for good. The first movements wait for the third one, which
settles the direction of the axis. A break ends a run the way the end of a recording does: what has landed by then is
emitted, what has not is dropped.

What it never does: change an event, guess without saying so, look at the length of a block, or ask which way the node
is mounted, which foot it is on, or whether gravity is in the signal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.foot_emit import Events, emitted
from evenside_analysis.foot_events import foot_flat
from evenside_analysis.foot_habits import FootHabits, Movements, measured, settle
from evenside_analysis.foot_movements import HumpState, find_humps, first_quiet, quiet_between
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import TIME, Track, begin, close, extend, forget
from evenside_analysis.regular import Piece, RegularState, regular
from evenside_analysis.types import Contacts, Floats

__all__ = ["FootSettings", "FootState", "detect_foot_contacts"]

_ROWS_AT_ONCE = 16_384  # keeps the working set small, whatever the length of a block


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What an unbroken run of samples has left to decide."""

    start_s: float
    track: Track
    lost: float  # samples lost before the foot was last flat; -inf where a break came before
    humps: HumpState = field(default_factory=HumpState)
    previous: int = -1  # peak of the last movement that was looked at
    pending: int | None = None  # peak that is confirmed, but not looked at
    waiting: Movements = field(default_factory=Movements.none)


@dataclass(frozen=True, slots=True, eq=False)
class FootState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed on another day."""

    regular: RegularState = field(default_factory=RegularState)
    run: _Run | None = None
    habits: FootHabits = field(default_factory=FootHabits)
    broken: bool = False  # a run has ended before
    settled_s: float = -np.inf

    @staticmethod
    def start(settings: FootSettings) -> FootState:
        """The state before the first row."""
        return FootState()


def detect_foot_contacts(
    settings: FootSettings, state: FootState, time_s: Floats, acc: Floats, gyr: Floats
) -> tuple[FootState, Contacts]:
    """Feed rows of one foot IMU; return the events that are now final: IC, TC, HEEL_RISE and FOOT_FLAT.

    A row with NaN in it was not heard: it only lets time pass. Holes up to ``break_s`` are bridged for the filters and
    flagged where they matter; a longer one ends the run. So a row of NaN more than ``break_s`` after the end of a
    recording hands out its last step. ``settled_s`` moves with the quiet points: every event before it was emitted.

    Flags: GUESSED where the time of this event comes from the foot's habit; TURN on all four events of a movement that
    changed the heading of the foot by more than ``turn_deg``; GAP where more than ``gap_s`` was lost inside, for heel
    rise and toe-off also since the foot was last flat; CLIPPED where a signal that the event was read from stood at the
    range of its sensor, if the settings name it.

    Args:
        time_s: (n,) session time, strictly increasing, also across calls.
        acc: (n, 3) m/s², with gravity or without.
        gyr: (n, 3) rad/s, in the same axes.

    Raises:
        ValueError: shapes that do not fit, or times that do not increase.
    """
    if acc.shape != (time_s.size, 3) or gyr.shape != acc.shape:
        raise ValueError(f"{time_s.size} times need acc and gyr of three columns, got {acc.shape} and {gyr.shape}")
    rows = np.concatenate([acc, gyr], axis=1)
    heard, pieces = regular(settings.rate_hz, settings.break_s, state.regular, time_s, rows)
    run, habits, broken, found = state.run, state.habits, state.broken, []
    for piece in pieces:
        if piece.fresh:
            if run is not None:
                habits, events = _ended(settings, habits, run)
                broken = True
                found.append(events)
            run = _Run(float(piece.time_s[0]), begin(settings, piece), -np.inf if broken else 0.0)
        assert run is not None
        for part in _parts(piece):
            run, habits, events = _went_on(settings, habits, run, part)
            found.append(events)
    if heard.heard_s is None and run is not None:
        habits, events = _ended(settings, habits, run)
        run, broken = None, True
        found.append(events)
    bound_s = heard.time_s if run is None else _bound_s(settings, run)
    settled_s = max(state.settled_s, float(np.rint(bound_s * 1e6) / 1e6))
    return FootState(heard, run, habits, broken, settled_s), _contacts(found, settled_s)


def _parts(piece: Piece) -> list[Piece]:
    if piece.time_s.size <= _ROWS_AT_ONCE:
        return [piece]
    cuts = [slice(at, at + _ROWS_AT_ONCE) for at in range(0, piece.time_s.size, _ROWS_AT_ONCE)]
    return [Piece(False, piece.time_s[cut], piece.rows[cut], piece.lost[cut]) for cut in cuts]


def _went_on(settings: FootSettings, habits: FootHabits, run: _Run, piece: Piece) -> tuple[_Run, FootHabits, Events]:
    track = extend(settings, run.track, piece)
    humps, peaks = find_humps(settings, run.humps, track)
    run, habits, events = _looked_at(settings, habits, replace(run, track=track, humps=humps), peaks, ended=False)
    kept = _oldest_open(run) - settings.reach
    if run.waiting.peak.size:
        kept = min(kept, int(run.waiting.start[0]))
    return replace(run, track=forget(track, kept - settings.margin)), habits, events


def _ended(settings: FootSettings, habits: FootHabits, run: _Run) -> tuple[FootHabits, Events]:
    track = close(settings, run.track)
    humps, peaks = find_humps(settings, run.humps, track)
    _, habits, events = _looked_at(settings, habits, replace(run, track=track, humps=humps), peaks, ended=True)
    return habits, events


def _looked_at(
    settings: FootSettings, habits: FootHabits, run: _Run, peaks: list[int], ended: bool
) -> tuple[_Run, FootHabits, Events]:
    """Measure the movements that are ready, and emit those whose axis is settled."""
    track, newest = run.track, run.track.end - 1
    peaks = peaks if run.pending is None else [run.pending, *peaks]
    if peaks and not ended and not _known_behind(settings, run.humps, peaks[-1], newest):
        pending, following, peaks = peaks[-1], peaks[-1], peaks[:-1]
    else:
        pending, following = None, newest
    waiting, lost = run.waiting, run.lost
    if peaks:
        peak = np.array(peaks, np.int64)
        before = np.concatenate([[max(run.previous, 0)], peak[:-1]])
        start = quiet_between(track, np.maximum(before, peak - settings.reach), peak)
        end = quiet_between(track, peak, np.minimum(np.concatenate([peak[1:], [following]]), peak + settings.reach))
        if ended and newest < peak[-1] + settings.reach and not foot_flat(settings, track, peak[-1:], end[-1:])[1][0]:
            start, peak, end = start[:-1], peak[:-1], end[:-1]
        if peak.size:
            habits, moved = measured(settings, habits, track, start, peak, end)
            waiting = waiting.followed_by(moved)
    events = Events.none()
    if waiting.peak.size:
        waiting, ready, known = settle(settings, waiting, newest, ended)
        if ready.peak.size:
            habits, lost, events = emitted(settings, habits, lost, track, ready, known)
    previous = peaks[-1] if peaks else run.previous
    return replace(run, lost=lost, previous=previous, pending=pending, waiting=waiting), habits, events


def _known_behind(settings: FootSettings, humps: HumpState, peak: int, newest: int) -> bool:
    """Whether the quiet point behind the last confirmed peak can change no more, and what is read about it is there."""
    if newest >= peak + settings.reach + settings.margin:
        return True
    return humps.rising and newest >= max(peak, humps.low_at) + settings.margin


def _oldest_open(run: _Run) -> int:
    """No peak that is yet to be looked at lies before this sample."""
    if run.pending is not None:
        return run.pending
    return run.humps.top_at if run.humps.rising else run.track.end


def _bound_s(settings: FootSettings, run: _Run) -> float:
    """Session time before which no further event of the run can lie."""
    track = run.track
    if run.waiting.peak.size:
        return float(track.at(TIME, run.waiting.start[:1])[0])
    if not track.columns.shape[1]:
        return run.start_s
    peak = min(_oldest_open(run), track.end)
    return float(track.at(TIME, np.array([first_quiet(settings, track, run.previous, peak)]))[0])


def _contacts(found: list[Events], settled_s: float) -> Contacts:
    found = [events for events in found if events.time_s.size]
    if not found:
        return Contacts.none(settled_s)
    time_s = np.concatenate([events.time_s for events in found])
    kind = np.concatenate([events.kind for events in found])
    flags = np.concatenate([events.flags for events in found])
    unknown = np.full(time_s.size, np.nan)
    return Contacts(time_s, kind, flags, unknown, unknown, settled_s)
