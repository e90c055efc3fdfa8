"""Contacts of one foot become strides.

::

    IC ----------- TC ------- IC ----------- TC
    |--- stance ---|-- swing -|
    |-------- stride ---------|

A stride runs from one initial contact to the next of the same foot. It is emitted once it is known whether it was the
last before a rest, that is at the next toe-off, or after ``rest_s`` without one. A stance longer than ``rest_s`` is a
rest, not a stance: the stride that holds it is dropped, the next one is flagged FIRST and the one before it LAST.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenside_analysis.types import Contacts, Event, Flag, Floats, Ints


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
    """Strides of one foot in order; every stride that ends before ``settled_s`` has now been emitted."""

    start_s: Floats  # (n,), initial contact
    toe_off_s: Floats  # (n,)
    end_s: Floats  # (n,), next initial contact
    flags: Ints  # (n,)
    peak_force_n: Floats  # (n,), NaN without a force sensor
    impulse_n_s: Floats  # (n,)
    settled_s: float

    @staticmethod
    def none(settled_s: float = -np.inf) -> Strides:
        empty = np.empty(0)
        return Strides(empty, empty, empty, np.empty(0, np.int64), empty, empty, settled_s)

    def followed_by(self, later: Strides) -> Strides:
        return Strides(
            np.concatenate([self.start_s, later.start_s]),
            np.concatenate([self.toe_off_s, later.toe_off_s]),
            np.concatenate([self.end_s, later.end_s]),
            np.concatenate([self.flags, later.flags]),
            np.concatenate([self.peak_force_n, later.peak_force_n]),
            np.concatenate([self.impulse_n_s, later.impulse_n_s]),
            later.settled_s,
        )

    def from_row(self, row: int) -> Strides:
        return Strides(
            self.start_s[row:],
            self.toe_off_s[row:],
            self.end_s[row:],
            self.flags[row:],
            self.peak_force_n[row:],
            self.impulse_n_s[row:],
            self.settled_s,
        )


@dataclass(frozen=True, slots=True, eq=False)
class StrideState:
    """The contacts that an undecided stride, or the next one's FIRST flag, still needs."""

    pending: Contacts = field(default_factory=lambda: Contacts.none(-np.inf))


def _only_ic_tc(contacts: Contacts) -> Contacts:
    keep = (contacts.kind == Event.IC) | (contacts.kind == Event.TC)
    return Contacts(
        contacts.time_s[keep],
        contacts.kind[keep],
        contacts.flags[keep],
        contacts.peak_force_n[keep],
        contacts.impulse_n_s[keep],
        contacts.settled_s,
    )


def _joined(held: Contacts, new: Contacts) -> Contacts:
    return Contacts(
        np.concatenate([held.time_s, new.time_s]),
        np.concatenate([held.kind, new.kind]),
        np.concatenate([held.flags, new.flags]),
        np.concatenate([held.peak_force_n, new.peak_force_n]),
        np.concatenate([held.impulse_n_s, new.impulse_n_s]),
        max(held.settled_s, new.settled_s),
    )


def _from_row(contacts: Contacts, row: int) -> Contacts:
    return Contacts(
        contacts.time_s[row:],
        contacts.kind[row:],
        contacts.flags[row:],
        contacts.peak_force_n[row:],
        contacts.impulse_n_s[row:],
        contacts.settled_s,
    )


def find_strides(settings: StrideSettings, state: StrideState, contacts: Contacts) -> tuple[StrideState, Strides]:
    """Feed the contacts of one foot in order; return the strides that are now decided."""
    held = _joined(state.pending, _only_ic_tc(contacts))
    time_s, kind = held.time_s, held.kind
    n = time_s.size
    is_ic, is_tc = kind == Event.IC, kind == Event.TC
    at = np.flatnonzero(is_ic[:-2] & is_tc[1:-1] & is_ic[2:]) if n >= 3 else np.empty(0, np.int64)
    stance_s, swing_s = time_s[at + 1] - time_s[at], time_s[at + 2] - time_s[at + 1]
    walked = (stance_s >= settings.stance_min_s) & (stance_s <= settings.rest_s)
    walked &= (swing_s >= settings.swing_min_s) & (swing_s <= settings.swing_max_s)
    undecided = n - 3  # a stride at the very end waits for the next toe-off or for the rest to have lasted
    waiting = bool(at.size and at[-1] == undecided and walked[-1])
    waiting = waiting and held.settled_s <= time_s[-1] + settings.rest_s
    at = at[walked]
    if waiting:
        at = at[:-1]
    after, before = np.minimum(at + 3, n - 1), np.maximum(at - 2, 0)
    goes_on = (at + 3 < n) & is_tc[after] & (time_s[after] - time_s[at + 2] <= settings.rest_s)
    came_on = (at >= 2) & is_tc[at - 1] & is_ic[before] & (time_s[at - 1] - time_s[before] <= settings.rest_s)
    flags = held.flags[at] | held.flags[at + 1] | held.flags[at + 2]
    flags |= np.where(goes_on, 0, int(Flag.LAST)) | np.where(came_on, 0, int(Flag.FIRST))
    settled_s = time_s[-1] if waiting else held.settled_s
    strides = Strides(
        time_s[at],
        time_s[at + 1],
        time_s[at + 2],
        flags,
        held.peak_force_n[at + 1],
        held.impulse_n_s[at + 1],
        settled_s,
    )
    # The next stride starts at the last IC (or, while waiting, at the one before); FIRST looks two contacts further
    # back.
    ics = np.flatnonzero(is_ic)
    keep = int(ics[-2 if waiting else -1]) - 2 if ics.size > int(waiting) else n - 2
    return StrideState(_from_row(held, max(keep, 0))), strides
