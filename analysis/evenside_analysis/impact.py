"""How hard a foot lands: the largest acceleration around each initial contact, less what the sensor reads at rest.

The peak is that of the size of the acceleration from 50 ms before the contact to 100 ms after it: heel strike and foot
slap both fall in there, whatever the moment that a contact detector calls the contact. What stays when the foot is flat
(gravity, and a sensor's error) is taken off; it is the median of the last flat phases. In m/s² at the place of the
sensor: the impact dose of accelerometers (Carter, Fyhrie & Whalen 1987), no force, and no load of any tissue. A peak
lasts a few milliseconds, so sensors of 100 Hz read too little of it, on both feet alike.

None is told where the range of the sensor was reached, or samples are missing: a peak that was cut off is no peak.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.filters import magnitude
from evenside_analysis.foot_settings import FootSettings
from evenside_analysis.types import GRAVITY_M_S2, Bools, Contacts, Event, Floats

__all__ = ["ImpactState", "with_impacts"]

_BEFORE_S, _AFTER_S = 0.05, 0.1
_FLAT_S = 0.1  # after the foot is flat
_FLATS = 9
_HEARD_SHARE = 0.85  # of the samples of such a span


@dataclass(frozen=True, slots=True, eq=False)
class ImpactState:
    """Samples that a contact still to be told may need; sizes at rest of the last flat phases."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    size_m_s2: Floats = field(default_factory=lambda: np.empty(0))  # inf where cut off
    flats_m_s2: tuple[float, ...] = ()


def with_impacts(
    settings: FootSettings, gravity: bool, state: ImpactState, time_s: Floats, acc: Floats, contacts: Contacts
) -> tuple[ImpactState, Contacts]:
    """The contacts that these samples led to, each IC with its impact.

    Args:
        gravity: whether it is in the signal: what a sensor reads at rest before a foot was flat.
        time_s: (n,) what the contact detector was fed.
        acc: (n, 3) m/s²; rows with NaN were not heard.
        contacts: what it told then, 0.1 s or more after each of them.
    """
    size = magnitude(acc)
    if settings.acc_range_m_s2 is not None:
        size[(np.abs(acc) >= settings.clip_share * settings.acc_range_m_s2).any(axis=1)] = np.inf
    heard = ~np.isnan(size)
    time_s, size = np.concatenate((state.time_s, time_s[heard])), np.concatenate((state.size_m_s2, size[heard]))
    flats_m_s2 = state.flats_m_s2
    if contacts.time_s.size:
        flats = contacts.kind == Event.FOOT_FLAT
        rest = _spans(settings, time_s, size, contacts.time_s[flats], 0.0, _FLAT_S)
        flats_m_s2, quiet = _quiet(gravity, flats_m_s2, flats, np.median(rest, axis=1).tolist())
        lands = contacts.kind == Event.IC
        peak = _spans(settings, time_s, size, contacts.time_s[lands], -_BEFORE_S, _AFTER_S).max(axis=1)
        impact = np.full(flats.size, np.nan)
        impact[lands] = np.where(np.isfinite(peak), peak, np.nan) - quiet[lands]
        contacts = replace(contacts, impact_m_s2=impact)
    kept = int(time_s.searchsorted(contacts.settled_s - _BEFORE_S - 1.0 / settings.rate_hz))
    return ImpactState(time_s[kept:].copy(), size[kept:].copy(), flats_m_s2), contacts


def _spans(settings: FootSettings, time_s: Floats, size: Floats, at_s: Floats, from_s: float, to_s: float) -> Floats:
    """(k, width) the sizes in [at + from, at + to] of each time; rows of NaN where too few samples were heard."""
    width = round((to_s - from_s) * settings.rate_hz)
    first = time_s.searchsorted(at_s + from_s)
    count = time_s.searchsorted(at_s + to_s, "right") - first
    place = np.minimum(np.arange(width), np.maximum(count, 1)[:, np.newaxis] - 1)  # the last one again, if need be
    rows: Floats = np.append(size, np.nan).take(first[:, np.newaxis] + place, mode="clip")
    rows[count < _HEARD_SHARE * width] = np.nan
    return rows


def _quiet(
    gravity: bool, before: tuple[float, ...], flats: Bools, rests: list[float]
) -> tuple[tuple[float, ...], Floats]:
    """The last flat phases, and of each event (n,) what the sensor reads at rest as known then."""
    steps = [_median(gravity, before)]
    for rest in rests:
        if np.isfinite(rest):
            before = (*before, rest)[-_FLATS:]
        steps.append(_median(gravity, before))
    return before, np.array(steps)[np.cumsum(flats)]


def _median(gravity: bool, flats: tuple[float, ...]) -> float:
    if flats:
        return sorted(flats)[len(flats) // 2]
    return GRAVITY_M_S2 if gravity else 0.0
