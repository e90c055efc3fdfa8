"""Mid-swings become terminal and initial contacts: put in order, with flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.shank_events import contact_after, toe_off_before, turned
from evenside_analysis.shank_settings import ShankSettings
from evenside_analysis.shank_signed import CLIPPED, LOST, UNSURE
from evenside_analysis.shank_track import Track
from evenside_analysis.types import Bools, Contacts, Event, Flag, Floats, Ints

__all__ = ["Movements", "Usual", "emitted"]

Usual = tuple[float, float]
"""Samples from terminal contact to mid-swing, and on to initial contact, as this leg mostly has them."""


@dataclass(frozen=True, slots=True, eq=False)
class Movements:
    """Mid-swings in order, in samples of the run, and half-ways to the ones before and after."""

    low: Ints  # (m,)
    swing: Ints  # (m,)
    high: Ints  # (m,)


@dataclass(frozen=True, slots=True, eq=False)
class _Times:
    """Places between samples (m,), and whether they were seen."""

    off: Floats
    contact: Floats
    off_seen: Bools
    contact_seen: Bools


def emitted(
    settings: ShankSettings, usual: Usual | None, lost: float, track: Track, moved: Movements, cut: bool
) -> tuple[Usual | None, float, Contacts]:
    """The events of movements (m,), at least one; those with neither contact to be seen have none.

    ``lost`` counts the samples lost before the last contact; the new count is returned. ``cut``: the run ended within
    the last movement, so without a contact the leg has not landed.
    """
    off = toe_off_before(settings, track, moved.low, moved.swing)
    contact = contact_after(settings, track, moved.swing, moved.high)
    swing_s = (contact - off) / settings.rate_hz
    possible = (swing_s >= settings.swing_min_s) & (swing_s <= settings.swing_max_s)
    walked = np.where(np.isnan(swing_s), np.isfinite(off) | np.isfinite(contact), possible)
    if cut:
        walked[-1] &= np.isfinite(contact[-1])
    if not walked.any():
        return usual, lost, Contacts.none(-np.inf)
    moved = Movements(moved.low[walked], moved.swing[walked], moved.high[walked])
    usual, times = _completed(settings, usual, moved, off[walked], contact[walked])
    lost, flags = _flags(settings, track, moved, times, lost)
    places = np.stack([times.off, times.contact], axis=1)
    time_s = np.rint(track.time_at(places.ravel()) * 1e6) / 1e6
    kind = np.tile(np.array([Event.TC, Event.IC], np.int64), len(moved.swing))
    unknown = np.full(time_s.size, np.nan)
    return usual, lost, Contacts(time_s, kind, flags.ravel(), unknown, unknown, -np.inf)


def _completed(
    settings: ShankSettings, usual: Usual | None, moved: Movements, off: Floats, contact: Floats
) -> tuple[Usual | None, _Times]:
    """A contact that was not seen is taken from the usual lags of this leg, which both seen ones teach."""
    off_seen, contact_seen = np.isfinite(off), np.isfinite(contact)
    default = (settings.usual_s[0] * settings.rate_hz, settings.usual_s[1] * settings.rate_hz)
    keep, lags = settings.memory, []
    learn = (off_seen & contact_seen).tolist()
    for counts, lead, tail in zip(learn, (moved.swing - off).tolist(), (contact - moved.swing).tolist(), strict=True):
        lags.append(usual or default)
        if counts:
            before = usual or (lead, tail)
            usual = (keep * before[0] + (1.0 - keep) * lead, keep * before[1] + (1.0 - keep) * tail)
    lead, tail = np.array(lags).T
    off = np.where(off_seen, off, np.maximum(moved.swing - lead, moved.low))
    contact = np.where(contact_seen, contact, np.minimum(moved.swing + tail, moved.high))
    return usual, _Times(np.maximum(off, moved.low), np.minimum(contact, moved.high), off_seen, contact_seen)


def _flags(settings: ShankSettings, track: Track, moved: Movements, times: _Times, lost: float) -> tuple[float, Ints]:
    """(m, 2), one column an event: terminal contact, initial contact."""
    first, last = np.floor(times.off).astype(np.int64), np.ceil(times.contact).astype(np.int64)
    flags = np.zeros((len(moved.swing), 2), np.int64)
    angle = turned(settings, track, moved.low, moved.swing, moved.high)
    flags |= np.where(angle > np.radians(settings.turn_deg), int(Flag.TURN), 0)[:, np.newaxis]
    flags |= np.where(track.at(UNSURE, moved.swing) > 0.0, int(Flag.GUESSED), 0)[:, np.newaxis]
    flags[:, 0] |= np.where(times.off_seen, 0, int(Flag.GUESSED))
    flags[:, 1] |= np.where(times.contact_seen, 0, int(Flag.GUESSED))
    # A gap inside hides a contact; one before it, since the foot last landed, may hide a whole step.
    gone, limit = track.at(LOST, last), settings.gap_s * settings.rate_hz
    since = np.concatenate([[lost], gone[:-1]])
    flags[:, 0] |= np.where(gone - since > limit, int(Flag.GAP), 0)
    flags[:, 1] |= np.where(gone - track.at(LOST, first) > limit, int(Flag.GAP), 0)
    clipped = track.at(CLIPPED, last) > track.at(CLIPPED, first - 1)
    flags |= np.where(clipped, int(Flag.CLIPPED), 0)[:, np.newaxis]
    return float(gone[-1]), flags
