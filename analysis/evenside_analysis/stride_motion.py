"""How a foot moves from stride to stride: its way, its turn, and how well the sensor's channels fit together.

::

    contacts    heel rise .. toe-off .. contact .. flat          heel rise .. toe-off ..
    foot       ___/                                \\____________/
    strides     |---------------- one stride ----------------|
            mid-stance                                   mid-stance

A movement is looked at once both mid-stances are certain: the next movement has begun, or the foot has been flat for
long enough. All that became ready in one call are worked on together and emitted for good. The first ones wait for the
third, which settles how the node is mounted, but not for ever.

Nothing here asks which side the foot is on, or how the node is strapped to it. A gap is never bridged over more than
some samples: such a stride is emitted, flagged, and not sound.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.side_features import side_features
from evenside_analysis.stride_motion_frame import Frames, FrameState, learnt, main_axes
from evenside_analysis.stride_motion_lag import LagState, lags
from evenside_analysis.stride_motion_level import leveled
from evenside_analysis.stride_motion_moves import Moves, moves
from evenside_analysis.stride_motion_path import Paths, paths
from evenside_analysis.stride_motion_rests import Rests, gravity_at, rests
from evenside_analysis.stride_motion_rows import TIME, HeldRows, ImuRows, extended, forgotten, imu_rows
from evenside_analysis.stride_motion_settings import MotionSettings
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.stride_motion_vectors import dot, length, turning
from evenside_analysis.types import GRAVITY_M_S2, Bools, Contacts, Flag, Floats, Ints

__all__ = ["ImuRows", "MotionSettings", "MotionState", "StrideMotions", "follow_strides", "imu_rows"]

_ROWS_AT_ONCE = 16_384  # keeps the working set small, whatever the length of a block
_STRIDES_AT_ONCE = 128


@dataclass(frozen=True, slots=True, eq=False)
class MotionState:
    """Everything the past has to say. Plain data: it can be pickled, and resumed on another day."""

    held: HeldRows = field(default_factory=HeldRows)
    pending: Moves = field(default_factory=Moves.none)
    flat_s: float = -np.inf  # when the movement before those was over
    frame: FrameState = field(default_factory=FrameState)
    lag: LagState = field(default_factory=LagState)
    settled_s: float = -np.inf


def follow_strides(
    settings: MotionSettings, state: MotionState, rows: ImuRows, contacts: Contacts
) -> tuple[MotionState, StrideMotions]:
    """Feed the rows of one foot IMU and what its contact detector made of them; return the strides now certain.

    Args:
        rows: of a block, from ``imu_rows``.
        contacts: what ``detect_foot_contacts`` returned for the same block.

    Raises:
        ValueError: a movement lacks one of its four contacts.
    """
    state = replace(state, pending=state.pending.followed_by(moves(contacts)))
    found = StrideMotions.none(state.settled_s)
    cuts = list(range(0, rows.time_s.size, _ROWS_AT_ONCE)) or [0]
    for first in cuts:
        last = first == cuts[-1]
        part = rows.part(slice(first, first + _ROWS_AT_ONCE), last)
        state = replace(state, held=extended(settings.rate_hz, state.held, part))
        state, more = _went_on(settings, state, min(contacts.settled_s, state.held.latest_s))
        found = found.followed_by(more)
    return state, found


def _went_on(settings: MotionSettings, state: MotionState, settled_s: float) -> tuple[MotionState, StrideMotions]:
    found = []
    while True:
        ready = _ready(settings, state, settled_s)
        if not ready:
            break
        state, more = _looked_at(settings, state, ready, settled_s)
        if not more.flags.size:
            break
        found.append(more)
    pending = state.pending
    bound_s = float(pending.flat_s[0]) if pending.flat_s.size else settled_s
    oldest_s = float(pending.rise_s[0]) if pending.rise_s.size else settled_s
    keep_s = oldest_s - settings.rest_reach_s - 2.0 * settings.rest_window_s
    state = replace(state, held=forgotten(state.held, keep_s), settled_s=max(state.settled_s, bound_s))
    motions = StrideMotions.none(state.settled_s)
    for more in found:
        motions = motions.followed_by(more)
    return state, motions


def _until_s(settings: MotionSettings, pending: Moves) -> Floats:
    """How far the mid-stance behind each movement may lie."""
    following = np.append(pending.rise_s[1:], np.inf)
    return np.asarray(np.minimum(following, pending.flat_s + settings.rest_reach_s))


def _ready(settings: MotionSettings, state: MotionState, settled_s: float) -> int:
    """How many of the movements can be looked at."""
    pending = state.pending
    if not pending.rise_s.size:
        return 0
    certain = pending.flat_s + settings.rest_reach_s <= settled_s
    certain[:-1] = True
    certain &= _until_s(settings, pending) + settings.rest_window_s <= state.held.latest_s
    return int(certain.size if certain.all() else certain.argmin())


def _looked_at(
    settings: MotionSettings, state: MotionState, ready: int, settled_s: float
) -> tuple[MotionState, StrideMotions]:
    """The next strides, as many as go together; none while the first ones wait."""
    if state.frame.count >= settings.settle:
        measured = _measured(settings, state, min(ready, _STRIDES_AT_ONCE))
        frame, frames = learnt(settings, state.frame, measured.path, measured.gravity, measured.sound)
        return _done(settings, state, measured, frame, frames)
    flat_s = state.pending.flat_s
    limit_s = float(flat_s[0]) + settings.settle_wait_s
    early = int(flat_s.searchsorted(limit_s, side="right"))
    measured = _measured(settings, state, min(ready, early))
    frame, frames = learnt(settings, state.frame, measured.path, measured.gravity, measured.sound)
    enough = np.flatnonzero(frames.count >= settings.settle)
    if enough.size:
        measured = _measured(settings, state, int(enough[0]) + 1)
        frame, frames = learnt(settings, state.frame, measured.path, measured.gravity, measured.sound)
        return _done(settings, state, measured, frame, frames.last())
    if ready < early or not (early < flat_s.size or settled_s > limit_s):
        return state, StrideMotions.none(state.settled_s)
    return _done(settings, state, measured, frame, frames.unknown())


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Movements (m,) and the strides they make, before anything is known of the mounting."""

    moves: Moves
    start_s: Floats
    end_s: Floats
    path: Paths
    gravity: Floats  # (3, m), acceleration about the mid-stance before
    flags: Ints
    sound: Bools
    before: Rests
    behind: Rests
    gravity_behind: Floats | None  # (3, m), about the mid-stance behind, in the axes there; None: it does not tell up


def _measured(settings: MotionSettings, state: MotionState, count: int) -> _Measured:
    chosen = state.pending.part(slice(count))
    before_s = np.concatenate([[state.flat_s], chosen.flat_s[:-1]])
    before = rests(settings, state.held, np.maximum(before_s, chosen.rise_s - settings.rest_reach_s), chosen.rise_s)
    behind = rests(settings, state.held, chosen.flat_s, _until_s(settings, state.pending)[:count])
    longest = round(1.1 * settings.stride_max_s * settings.rate_hz)
    last = np.clip(behind.row, before.row, before.row + longest)
    path = paths(settings, state.held, before.row, last)
    start_s, end_s = state.held.columns[TIME][before.row], state.held.columns[TIME][behind.row]
    gap = path.longest_s > settings.bridge_s + 1.5 / settings.rate_hz
    flags = chosen.flags | np.where(gap, int(Flag.GAP), 0)
    return _Measured(
        chosen,
        start_s,
        end_s,
        path,
        gravity_at(settings, state.held, before),
        flags,
        _sound(settings, chosen, path, before, behind) & ~gap,
        before,
        behind,
        gravity_at(settings, state.held, behind) if settings.gravity else None,
    )


def _speed2(settings: MotionSettings, path: Paths) -> Floats:
    """Mean square of the rate of rotation, rad²/s²."""
    spread = path.own_spread
    step_s = settings.step / settings.rate_hz
    return np.asarray((spread[0] + spread[2] + spread[5]) / np.maximum(path.total_s * step_s, 1e-9))


def _sound(settings: MotionSettings, chosen: Moves, path: Paths, before: Rests, behind: Rests) -> Bools:
    span_s = path.total_s
    rate = np.sqrt(_speed2(settings, path))
    limit = np.maximum(settings.rest_rad_s, settings.rest_share * rate)
    sound = (before.speed < limit) & (behind.speed < limit)
    swing_s = chosen.contact_s - chosen.toe_off_s
    runs = (rate >= settings.run_rad_s) & (span_s <= settings.run_max_s) & (swing_s >= settings.run_swing * span_s)
    sound &= ~runs
    return np.asarray(sound & (span_s >= settings.stride_min_s) & (span_s <= settings.stride_max_s))


def _done(
    settings: MotionSettings, state: MotionState, measured: _Measured, frame: FrameState, frames: Frames
) -> tuple[MotionState, StrideMotions]:
    count = measured.start_s.size
    contact_s, sound = measured.moves.contact_s, measured.sound
    lag, lag_s = lags(settings, state.lag, state.held, contact_s, measured.before, measured.behind, sound)
    motions = _described(settings, measured, frames, lag_s, state.settled_s)
    after = replace(
        state,
        pending=state.pending.part(slice(count, None)),
        flat_s=float(measured.moves.flat_s[-1]),
        frame=frame,
        lag=lag,
    )
    return after, motions


def _described(
    settings: MotionSettings, measured: _Measured, frames: Frames, lag_s: Floats, settled_s: float
) -> StrideMotions:
    path = measured.path
    ahead = np.stack([dot(path.rotation[row], frames.forward) for row in range(3)])
    turn = np.arctan2(dot(ahead, frames.left), dot(ahead, frames.forward))
    mean = path.left_m_s / np.maximum(path.total_s, 1e-9)
    up, tilt = leveled(settings, path, frames.up, measured.gravity, measured.gravity_behind)
    extra = mean - GRAVITY_M_S2 * up if settings.gravity else mean
    numbers = (
        measured.start_s,
        measured.moves.toe_off_s,
        measured.moves.contact_s,
        measured.end_s,
        dot(path.way_m, frames.forward),
        dot(path.way_m, frames.left),
        dot(path.way_m, frames.up),
        turn,
        tilt,
        np.where(np.isfinite(frames.up[0]), length(extra), np.nan),
        dot(mean, up),
        length(measured.gravity),
        np.sqrt(_speed2(settings, path)),
        lag_s,
        length(turning(path.rotation)),
        frames.anew.astype(np.float64),
    )
    turned = np.where(np.abs(turn) > np.radians(settings.turn_deg), int(Flag.TURN), 0)
    return StrideMotions(
        np.stack(numbers, axis=1),
        np.concatenate([frames.left, frames.up, main_axes(path.own_spread)]).T,
        side_features(settings, path, frames).T,
        measured.flags | turned,
        measured.sound,
        settled_s,
    )
