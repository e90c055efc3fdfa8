"""Measured movements become events: their four times, put in order, with flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.foot_events import foot_flat, heel_rise, pattern
from evenside_analysis.foot_habits import FootHabits, Movements
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.foot_track import ACC_CLIPPED, GYR_CLIPPED, LOST, Track
from evenside_analysis.types import Bools, Event, Flag, Floats, Ints

__all__ = ["Events", "emitted"]

_ORDER = (Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """In the order of time."""

    time_s: Floats  # (n,), whole microseconds
    kind: Ints  # (n,)
    flags: Ints  # (n,)

    @staticmethod
    def none() -> Events:
        return Events(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class _Times:
    """Places between samples (m,) of the four events, and whether toe-off and contact were seen."""

    rise: Floats
    off: Floats
    contact: Floats
    flat: Floats
    off_seen: Bools
    contact_seen: Bools


def emitted(
    settings: FootSettings, habits: FootHabits, lost: float, track: Track, moved: Movements, known: Bools
) -> tuple[FootHabits, float, Events]:
    """The events of movements (m,), at least one, whose axis is settled, or not ``known``.

    ``lost`` counts the samples lost before the foot was last flat; the new count is returned.
    """
    rise = heel_rise(settings, track, moved.start, moved.peak, moved.quiet)
    flat, _ = foot_flat(settings, track, moved.peak, moved.end)
    flat = np.maximum(flat, rise)
    seen = pattern(settings, track, moved.start, moved.peak, moved.end, moved.axis)
    off, contact = np.where(known, seen.toe_off, np.nan), np.where(known, seen.contact, np.nan)
    habits, times = _completed(settings, habits, moved.whole, rise, off, contact, flat)
    places = np.stack([times.rise, times.off, times.contact, times.flat], axis=1)
    places = np.clip(places, moved.start[:, np.newaxis], moved.end[:, np.newaxis])
    lost, flags = _flags(settings, track, moved, times, lost)
    time_s = np.rint(track.time_at(places.ravel()) * 1e6).reshape(places.shape) / 1e6
    order = np.argsort(time_s, axis=1, kind="stable")
    kind = np.array(_ORDER, np.int64)[order]
    return (
        habits,
        lost,
        Events(
            np.take_along_axis(time_s, order, axis=1).ravel(),
            kind.ravel(),
            np.take_along_axis(flags, order, axis=1).ravel(),
        ),
    )


def _completed(
    settings: FootSettings,
    habits: FootHabits,
    whole: Bools,
    rise: Floats,
    off: Floats,
    contact: Floats,
    flat: Floats,
) -> tuple[FootHabits, _Times]:
    """Toe-off and contact that were not seen, or stand in no possible order, taken from this foot's usual lags."""
    slack, swing = settings.order_s * settings.rate_hz, settings.swing_min_s * settings.rate_hz
    crossed = contact - off <= swing  # False where either is NaN
    off_seen = (off > rise - slack) & (off < rise + settings.lead_max_s * settings.rate_hz)
    off_seen &= (off < flat - swing) & ~crossed
    contact_seen = (contact > rise + swing) & (contact < flat + 2.0 * slack) & ~crossed
    learn = off_seen & contact_seen & whole
    habits, lead, tail = _usual(settings, habits, learn, off - rise, flat - contact)
    # A movement too short for the usual lags and a swing between them: all three shrink together.
    share = np.minimum((flat - rise) / (np.maximum(lead, 0.0) + np.maximum(tail, 0.0) + swing), 1.0)
    guess = rise + share * lead
    guess = np.where(contact_seen, np.minimum(guess, contact - swing), guess)
    off = np.where(off_seen, off, guess)
    contact = np.where(contact_seen, contact, np.maximum(flat - share * tail, off + swing * share))
    return habits, _Times(rise, off, contact, flat, off_seen, contact_seen)


def _usual(
    settings: FootSettings, habits: FootHabits, learn: Bools, lead: Floats, tail: Floats
) -> tuple[FootHabits, Floats, Floats]:
    """The usual lags before each movement, and the habits after the last."""
    default = settings.usual_s * settings.rate_hz
    usual, keep = habits.usual or (default, default), settings.memory
    before = []
    for counts, new_lead, new_tail in zip(learn.tolist(), lead.tolist(), tail.tolist(), strict=True):
        before.append(usual)
        if counts:
            usual = (keep * usual[0] + (1.0 - keep) * new_lead, keep * usual[1] + (1.0 - keep) * new_tail)
    lags = np.array(before)
    return FootHabits(habits.mounting, habits.quiet, usual), lags[:, 0], lags[:, 1]


def _flags(settings: FootSettings, track: Track, moved: Movements, times: _Times, lost: float) -> tuple[float, Ints]:
    """(m, 4), one column an event: heel rise, toe-off, contact, foot flat."""
    near = settings.count(settings.quiet_s)
    first = np.maximum(np.floor(times.rise).astype(np.int64), moved.start) - near
    last = np.minimum(np.ceil(times.flat).astype(np.int64), moved.end) + near
    flags = np.zeros((len(moved.turn), 4), np.int64)
    flags |= np.where(moved.turn > np.radians(settings.turn_deg), int(Flag.TURN), 0)[:, np.newaxis]
    flags[:, 1] |= np.where(times.off_seen, 0, int(Flag.GUESSED))
    flags[:, 2] |= np.where(times.contact_seen, 0, int(Flag.GUESSED))
    # A gap inside hides a contact; one before it, since the foot was last flat, may hide a whole step.
    gone, limit = track.at(LOST, last), settings.gap_s * settings.rate_hz
    since = np.concatenate([[lost], track.at(LOST, last - 2 * near)[:-1]])
    flags[:, :2] |= np.where(gone - since > limit, int(Flag.GAP), 0)[:, np.newaxis]
    flags[:, 2:] |= np.where(gone - track.at(LOST, first) > limit, int(Flag.GAP), 0)[:, np.newaxis]
    # Toe-off and contact are read from the rate of rotation alone, unless they were guessed from the other two.
    turned = track.at(GYR_CLIPPED, last) > track.at(GYR_CLIPPED, first)
    pushed = turned | (track.at(ACC_CLIPPED, last) > track.at(ACC_CLIPPED, first))
    for column, clipped in enumerate(
        (pushed, np.where(times.off_seen, turned, pushed), np.where(times.contact_seen, turned, pushed), pushed)
    ):
        flags[:, column] |= np.where(clipped, int(Flag.CLIPPED), 0)
    return float(track.at(LOST, last[-1:] - 2 * near)[0]), flags
