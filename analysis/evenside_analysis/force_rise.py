"""How fast a foot takes on load: the mean slope of the vertical force from contact to its first peak.

::

                  ·     the first peak: afterwards the force falls below 95 % of it
             80 % ‾‾‾
            /
      20 % /            of the time from contact to peak
    __·___/             contact: the force rises through on_n

The slope between 20 % and 80 % of that time is the average loading rate of Milner et al. (2006), Med. Sci. Sports
Exerc. 38:323-328, who took it up to the impact peak of runners. Where no impact peak stands out, as in walking, the
first peak is that of taking on the weight. A force that goes on rising for longer than ``_REACH_S`` has no rate. A
sensor of less than 200 Hz has a handful of samples there and should not be asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.force_settings import ForceSettings
from evenside_analysis.types import Contacts, Event, Floats

__all__ = ["RiseState", "with_loading_rates"]

_REACH_S = 0.3  # slow walkers peak after a fifth of a stance of 1.2 s
_DROP = 0.95
_FROM, _TO = 0.2, 0.8
_LOST_PERIODS = 2.5  # one lost sample is interpolated, two are a gap


@dataclass(frozen=True, slots=True, eq=False)
class RiseState:
    """Samples that an open rise needs, from the one before it on, else the last one; rates that wait for a stance."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    force_n: Floats = field(default_factory=lambda: np.empty(0))
    contact_s: Floats = field(default_factory=lambda: np.empty(0))
    rate_n_per_s: Floats = field(default_factory=lambda: np.empty(0))
    begun_s: float = np.nan  # the initial contact of the stance at hand


def with_loading_rates(
    settings: ForceSettings, state: RiseState, time_s: Floats, force_n: Floats, contacts: Contacts
) -> tuple[RiseState, Contacts]:
    """The contacts that these samples led to, each TC with the loading rate of its stance.

    Args:
        time_s, force_n: (n,) what the contact detector was fed.
        contacts: what it told then.
    """
    heard = np.isfinite(force_n)
    time_s = np.concatenate((state.time_s, time_s[heard]))
    force_n = np.concatenate((state.force_n, force_n[heard]))
    rises = ((force_n[1:] >= settings.on_n) & (force_n[:-1] < settings.on_n)).nonzero()[0] + 1
    contact_s, rate, keep = state.contact_s, state.rate_n_per_s, max(time_s.size - 1, 0)
    for at in rises.tolist():
        found = _rate(settings, time_s, force_n, at)
        if found is None:
            keep = min(keep, at - 1)
        else:
            contact_s, rate = np.append(contact_s, found[0]), np.append(rate, found[1])
    begun_s = np.append(state.begun_s, np.where(contacts.kind == Event.IC, contacts.time_s, np.nan))
    of_stance = begun_s[:-1]  # the initial contact just before each event
    place = contact_s.searchsorted(of_stance)
    claimed = (contacts.kind == Event.TC) & (np.append(contact_s, np.nan)[place] == of_stance)
    contacts = replace(contacts, loading_n_per_s=np.where(claimed, np.append(rate, np.nan)[place], np.nan))
    waits = (contact_s >= contacts.settled_s) | (contact_s == begun_s[-1])
    after = RiseState(time_s[keep:].copy(), force_n[keep:].copy(), contact_s[waits], rate[waits], float(begun_s[-1]))
    return after, contacts


def _rate(settings: ForceSettings, time_s: Floats, force_n: Floats, at: int) -> tuple[float, float] | None:
    """When the force rose through ``on_n`` to sample ``at``, and its loading rate; None while it may yet rise on."""
    before_s, before_n = time_s[at - 1], force_n[at - 1]
    # As the contact detector says it, to the last bit.
    contact_s = float(before_s + (settings.on_n - before_n) / (force_n[at] - before_n) * (time_s[at] - before_s))
    reach = int(time_s.searchsorted(contact_s + _REACH_S, "right"))
    rise = force_n[at:reach]
    highest = np.maximum.accumulate(rise)
    peaked = ((rise < _DROP * highest) & (highest >= settings.loaded_n)) | (rise < settings.off_n)
    if not peaked.any():
        return (contact_s, np.nan) if reach < time_s.size else None
    end = at + int(peaked.argmax())
    peak = at + int(force_n[at:end].argmax())
    span_s = float(time_s[peak]) - contact_s
    gaps_s = time_s[at : end + 1] - time_s[at - 1 : end]
    if force_n[peak] < settings.loaded_n or gaps_s.max() > _LOST_PERIODS / settings.rate_hz:
        return contact_s, np.nan
    times = contact_s + np.array([_FROM, _TO]) * span_s
    low_n, high_n = np.interp(times, time_s[at - 1 : peak + 1], force_n[at - 1 : peak + 1]).tolist()
    return contact_s, (high_n - low_n) / float(times[1] - times[0])
