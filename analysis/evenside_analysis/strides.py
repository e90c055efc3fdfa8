"""Contacts of one foot become strides.

::

    IC ----------- TC ------- IC ----------- TC
    |--- stance ---|-- swing -|
    |-------- stride ---------|

A stride runs from one initial contact to the next of the same foot. It is emitted once it is known whether it was the
last before a rest, that is at the next toe-off, or after ``rest_s`` without one. A stance longer than ``rest_s`` is a
rest, not a stance: the stride that holds it is dropped, the next one is flagged FIRST and the one before it LAST. A
stance that no swing follows (the foot stays in the air for more than ``swing_max_s``) is a stride too, LAST and without
a swing: it ends with its toe-off, and the one after it is FIRST.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from evenside_analysis.types import Bools, Contacts, Event, Flag, Floats, Ints

_COLUMNS = (
    *("start_s", "toe_off_s", "end_s", "peak_force_n", "impulse_n_s", "stance_low_s", "stance_high_s"),
    *("loading_n_per_s", "impact_m_s2", "climb_m", "stairs"),
)


@dataclass(frozen=True, slots=True)
class StrideSettings:
    """Bounds of what counts as a stride. Walking, shuffling and running all lie well inside."""

    rest_s: float = 1.5  # slow shuffling reaches stances of 1.2 s; standing between bouts lasts longer
    stance_min_s: float = 0.08  # sprinting
    swing_min_s: float = 0.1
    swing_max_s: float = 1.5  # the reach of the movement detector
    run_duty: float = 0.47  # a stance of less than half of the stride: the feet never stand together. Contacts from
    # foot IMUs make it shorter by 0.02 to 0.03; the fastest walkers still stand for 0.55
    run_rad_s: float = 6.0  # root mean square of a foot's rate of rotation, where it is known: in walking up to 5.6
    run_rad_duty: float = 0.58  # and then of a foot whose toe-off is told late, as it turns on in the air
    run_stride_s: float = 1.0  # who limps may stand as shortly on one leg, but takes longer for a stride

    @property
    def stride_max_s(self) -> float:
        return self.rest_s + self.swing_max_s


@dataclass(frozen=True, slots=True, eq=False)
class Strides:
    """Strides of one foot in order; every stride that ends before ``settled_s`` has now been emitted.

    Peak force, impulse, the stance times at a low and a high level of force and the loading rate are NaN without a
    force sensor, the impact at the start without an accelerometer. Height and stairs are told by ``stride_stairs``.
    """

    start_s: Floats  # (n,), initial contact
    toe_off_s: Floats  # (n,)
    end_s: Floats  # (n,), next initial contact
    flags: Ints  # (n,)
    peak_force_n: Floats  # (n,)
    impulse_n_s: Floats  # (n,)
    stance_low_s: Floats  # (n,)
    stance_high_s: Floats  # (n,)
    loading_n_per_s: Floats  # (n,)
    impact_m_s2: Floats  # (n,)
    climb_m: Floats  # (n,), height gained in the swing; NaN where unknown
    stairs: Ints  # (n,), of the swing: 1 up, -1 down, 0 neither, or unknown
    settled_s: float

    @staticmethod
    def none(settled_s: float = -np.inf) -> Strides:
        empty, whole = np.empty(0), np.empty(0, np.int64)
        return Strides(*(empty,) * 3, whole, *(empty,) * 7, whole, settled_s)

    def followed_by(self, later: Strides) -> Strides:
        """These strides and then the later ones, settled as far as the later ones."""
        if not later.start_s.size:
            return replace(self, settled_s=max(self.settled_s, later.settled_s))
        flags = np.concatenate([self.flags, later.flags])
        columns = {name: np.concatenate([getattr(self, name), getattr(later, name)]) for name in _COLUMNS}
        return replace(self, flags=flags, settled_s=max(self.settled_s, later.settled_s), **columns)

    def select(self, chosen: slice | Bools) -> Strides:
        """The chosen strides, with the same ``settled_s``."""
        columns = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return replace(self, flags=self.flags[chosen], **columns)


@dataclass(frozen=True, slots=True)
class Wait:
    """For the contact that decides over the last stance: one, or more than ``span_s`` without any after ``since_s``.

    No stride that ends before ``toe_off_s`` is missing meanwhile.
    """

    toe_off_s: float
    since_s: float
    span_s: float

    def over(self, settled_s: float) -> bool:
        # The very difference that a contact after settled_s would be judged by, for the same rounding.
        return settled_s - self.since_s > self.span_s


@dataclass(frozen=True, slots=True, eq=False)
class StrideState:
    """The contacts that an undecided stride, or the next one's FIRST flag, still needs; the last stride's start."""

    pending: Contacts = field(default_factory=lambda: Contacts.none(-np.inf))
    wait: Wait | None = None
    told_s: float = -np.inf


def find_strides(settings: StrideSettings, state: StrideState, contacts: Contacts) -> tuple[StrideState, Strides]:
    """Feed the contacts of one foot in order; return the strides that are now decided."""
    if not contacts.time_s.size and not (state.wait and state.wait.over(contacts.settled_s)):
        pending = state.pending.followed_by(contacts)
        return StrideState(pending, state.wait, state.told_s), Strides.none(_settled_s(pending, state.wait))
    held = state.pending.followed_by(contacts.select((contacts.kind == Event.IC) | (contacts.kind == Event.TC)))
    stances = _stances(settings, held)
    wait = _wait(settings, held, stances)
    decided = stances[: stances.size - (wait is not None)]
    at = decided[held.time_s[decided] > state.told_s]
    strides = _strides(settings, held, at, _settled_s(held, wait))
    told_s = float(held.time_s[at[-1]]) if at.size else state.told_s
    # The next stride begins at the undecided stance, or at a last IC, or later; FIRST looks two contacts further back.
    n = held.time_s.size
    next_at = int(stances[-1]) if wait else n - int(n > 0 and held.kind[-1] == Event.IC)
    return StrideState(held.select(slice(max(next_at - 2, 0), None)), wait, told_s), strides


def _settled_s(held: Contacts, wait: Wait | None) -> float:
    return held.settled_s if wait is None else min(held.settled_s, wait.toe_off_s)


def _stances(settings: StrideSettings, held: Contacts) -> Ints:
    """Places of the initial contacts with which a stance begins that may be one of walking."""
    place = np.flatnonzero((held.kind[:-1] == Event.IC) & (held.kind[1:] == Event.TC))
    stance_s = held.time_s[place + 1] - held.time_s[place]
    return place[(stance_s >= settings.stance_min_s) & (stance_s <= settings.rest_s)]


def _swung(settings: StrideSettings, held: Contacts, toe_offs: Ints) -> Bools:
    """Whether a swing, and then a contact, follows each toe-off."""
    after = np.minimum(toe_offs + 1, held.time_s.size - 1)
    swing_s = held.time_s[after] - held.time_s[toe_offs]
    swung: Bools = (held.kind[after] == Event.IC) & (swing_s >= settings.swing_min_s)
    return swung & (swing_s <= settings.swing_max_s)


def _wait(settings: StrideSettings, held: Contacts, stances: Ints) -> Wait | None:
    """What the last stance waits for. Those before it have all they need: contacts stand between."""
    if not stances.size:
        return None
    toe_off, n = int(stances[-1]) + 1, held.time_s.size
    toe_off_s, last_s = float(held.time_s[toe_off]), float(held.time_s[-1])
    wait: Wait | None = None
    if toe_off + 1 == n:
        wait = Wait(toe_off_s, last_s, settings.swing_max_s)  # for the next initial contact
    elif toe_off + 2 == n and bool(_swung(settings, held, np.array([toe_off]))[0]):
        wait = Wait(toe_off_s, last_s, settings.rest_s)  # for the next toe-off: was this the last before a rest?
    return None if wait is None or wait.over(held.settled_s) else wait


def _strides(settings: StrideSettings, held: Contacts, at: Ints, settled_s: float) -> Strides:
    """The strides that begin at the contacts ``at``."""
    time_s, kind, n = held.time_s, held.kind, held.time_s.size
    if not at.size:
        return Strides.none(settled_s)
    swung = _swung(settings, held, at + 1)
    end = np.where(swung, np.minimum(at + 2, n - 1), at + 1)
    after, before = np.minimum(end + 1, n - 1), np.maximum(at - 2, 0)
    goes_on = swung & (end + 1 < n) & (kind[after] == Event.TC) & (time_s[after] - time_s[end] <= settings.rest_s)
    came_on = (at >= 2) & (kind[at - 1] == Event.TC) & (kind[before] == Event.IC)
    came_on &= (time_s[at - 1] - time_s[before] <= settings.rest_s) & _swung(settings, held, np.maximum(at - 1, 0))
    flags = held.flags[at] | held.flags[at + 1] | held.flags[end]
    flags |= np.where(goes_on, 0, int(Flag.LAST)) | np.where(came_on, 0, int(Flag.FIRST))
    flags |= np.where(swung & _runs(settings, time_s[at], time_s[at + 1], time_s[end]), int(Flag.RUNNING), 0)
    stance = held.select(at + 1)
    return Strides(
        time_s[at],
        stance.time_s,
        time_s[end],
        flags,
        stance.peak_force_n,
        stance.impulse_n_s,
        stance.or_nan(stance.stance_low_s),
        stance.or_nan(stance.stance_high_s),
        stance.or_nan(stance.loading_n_per_s),
        held.or_nan(held.impact_m_s2)[at],
        np.full(at.size, np.nan),
        np.zeros(at.size, np.int64),
        settled_s,
    )


def _runs(settings: StrideSettings, start_s: Floats, toe_off_s: Floats, end_s: Floats) -> Bools:
    """Whether a foot stands for less than half of the stride (duty factor below 0.5: Alexander 1989)."""
    stride_s = end_s - start_s
    return np.asarray((toe_off_s - start_s < settings.run_duty * stride_s) & (stride_s <= settings.run_stride_s))
