"""Contacts of one foot become strides.

::

    IC ----------- TC ------- IC ----------- TC
    |--- stance ---|-- swing -|
    |-------- stride ---------|

A stride runs from one initial contact to the next of the same foot. It is emitted once it is known whether it was the
last before a rest, that is at the next toe-off, or after ``rest_s`` without one. A stance longer than ``rest_s`` is a
rest, not a stance: the stride that holds it is dropped, the next one is flagged FIRST and the one before it LAST. A
stance that no swing follows is a stride too, LAST and without a swing: it ends with its toe-off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import Bools, Contacts, Event, Flag, Floats, Ints


@dataclass(frozen=True, slots=True)
class StrideSettings:
    """Bounds of what counts as a stride. Walking, shuffling and running all lie well inside."""

    rest_s: float = 1.5  # slow shuffling reaches stances of 1.2 s; standing between bouts lasts longer
    stance_min_s: float = 0.08  # sprinting
    swing_min_s: float = 0.1
    swing_max_s: float = 1.5  # the reach of the movement detector

    @property
    def stride_max_s(self) -> float:
        return self.rest_s + self.swing_max_s


@dataclass(frozen=True, slots=True, eq=False)
class Strides:
    """Strides of one foot in order; every stride that ends before ``settled_s`` has now been emitted.

    Peak force, impulse and the stance times at a low and a high level of force are NaN without a force sensor.
    """

    start_s: Floats  # (n,), initial contact
    toe_off_s: Floats  # (n,)
    end_s: Floats  # (n,), next initial contact
    flags: Ints  # (n,)
    peak_force_n: Floats  # (n,)
    impulse_n_s: Floats  # (n,)
    stance_low_s: Floats  # (n,)
    stance_high_s: Floats  # (n,)
    settled_s: float

    @staticmethod
    def none(settled_s: float = -np.inf) -> Strides:
        empty = np.empty(0)
        return Strides(empty, empty, empty, np.empty(0, np.int64), empty, empty, empty, empty, settled_s)

    def followed_by(self, later: Strides) -> Strides:
        """These strides and then the later ones, settled as far as the later ones."""
        pairs = zip(self._columns(), later._columns(), strict=True)
        start, toe_off, end, peak, impulse, low, high = (np.concatenate(pair) for pair in pairs)
        flags = np.concatenate([self.flags, later.flags])
        return Strides(start, toe_off, end, flags, peak, impulse, low, high, max(self.settled_s, later.settled_s))

    def select(self, chosen: slice | Bools) -> Strides:
        """The chosen strides, with the same ``settled_s``."""
        start, toe_off, end, peak, impulse, low, high = (column[chosen] for column in self._columns())
        return Strides(start, toe_off, end, self.flags[chosen], peak, impulse, low, high, self.settled_s)

    def _columns(self) -> tuple[Floats, ...]:
        return (
            self.start_s,
            self.toe_off_s,
            self.end_s,
            self.peak_force_n,
            self.impulse_n_s,
            self.stance_low_s,
            self.stance_high_s,
        )


@dataclass(frozen=True, slots=True, eq=False)
class StrideState:
    """The contacts that an undecided stride, or the next one's FIRST flag, still needs; the last stride's start."""

    pending: Contacts = field(default_factory=lambda: Contacts.none(-np.inf))
    told_s: float = -np.inf


def find_strides(settings: StrideSettings, state: StrideState, contacts: Contacts) -> tuple[StrideState, Strides]:
    """Feed the contacts of one foot in order; return the strides that are now decided."""
    held = state.pending.followed_by(contacts.select((contacts.kind == Event.IC) | (contacts.kind == Event.TC)))
    stances = _stances(settings, held)
    decided, undecided_s = _decided(settings, held, stances)
    at = stances[decided & (held.time_s[stances] > state.told_s)]
    strides = _strides(settings, held, at, min(held.settled_s, undecided_s))
    # The next stride starts at the last IC or at an undecided one; FIRST looks two contacts further back.
    open_s = min(undecided_s, held.time_s[held.kind == Event.IC][-1]) if (held.kind == Event.IC).any() else np.inf
    keep = max(int(np.searchsorted(held.time_s, open_s)) - 3, 0) if np.isfinite(open_s) else held.time_s.size
    told_s = float(held.time_s[at[-1]]) if at.size else state.told_s
    return StrideState(held.select(slice(keep, None)), told_s), strides


def _stances(settings: StrideSettings, held: Contacts) -> Ints:
    """Places of the initial contacts with which a stance begins that may be one of walking."""
    place = np.flatnonzero((held.kind[:-1] == Event.IC) & (held.kind[1:] == Event.TC))
    stance_s = held.time_s[place + 1] - held.time_s[place]
    return place[(stance_s >= settings.stance_min_s) & (stance_s <= settings.rest_s)]


def _swung(settings: StrideSettings, held: Contacts, stances: Ints) -> Bools:
    """Whether a swing follows the stance."""
    after = np.minimum(stances + 2, held.time_s.size - 1)
    swing_s = held.time_s[after] - held.time_s[stances + 1]
    swung: Bools = (held.kind[after] == Event.IC) & (swing_s >= settings.swing_min_s)
    return swung & (swing_s <= settings.swing_max_s)


def _decided(settings: StrideSettings, held: Contacts, stances: Ints) -> tuple[Bools, float]:
    """Which stances have all they need, and before when every stride of the others has to end."""
    n = held.time_s.size
    decided = np.ones(stances.size, bool)
    if not stances.size:
        return decided, np.inf
    last = int(stances[-1])
    swung = bool(_swung(settings, held, stances[-1:])[0])
    if last + 2 == n:  # waits for the next initial contact
        decided[-1] = held.settled_s > held.time_s[-1] + settings.swing_max_s
    elif last + 3 == n and swung:  # waits for the next toe-off: was this the last stride before a rest?
        decided[-1] = held.settled_s > held.time_s[-1] + settings.rest_s
    return decided, np.inf if decided[-1] else float(held.time_s[last + 1])


def _strides(settings: StrideSettings, held: Contacts, at: Ints, settled_s: float) -> Strides:
    """The strides that begin at the contacts ``at``."""
    time_s, kind, n = held.time_s, held.kind, held.time_s.size
    if not at.size:
        return Strides.none(settled_s)
    swung = _swung(settings, held, at)
    end = np.where(swung, np.minimum(at + 2, n - 1), at + 1)
    after, before = np.minimum(end + 1, n - 1), np.maximum(at - 2, 0)
    goes_on = swung & (end + 1 < n) & (kind[after] == Event.TC) & (time_s[after] - time_s[end] <= settings.rest_s)
    came_on = (at >= 2) & (kind[at - 1] == Event.TC) & (kind[before] == Event.IC)
    came_on &= time_s[at - 1] - time_s[before] <= settings.rest_s
    flags = held.flags[at] | held.flags[at + 1] | held.flags[end]
    flags |= np.where(goes_on, 0, int(Flag.LAST)) | np.where(came_on, 0, int(Flag.FIRST))
    stance = held.select(slice(None))
    assert stance.stance_low_s is not None
    assert stance.stance_high_s is not None
    return Strides(
        time_s[at],
        time_s[at + 1],
        time_s[end],
        flags,
        held.peak_force_n[at + 1],
        held.impulse_n_s[at + 1],
        stance.stance_low_s[at + 1],
        stance.stance_high_s[at + 1],
        settled_s,
    )
