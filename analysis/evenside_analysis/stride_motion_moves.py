"""Movements of a foot as its contact detector tells them: four times each, some of which are still awaited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside_analysis.types import Contacts, Event, Flag, Floats, Ints

__all__ = ["Moves", "moves"]

_KEPT = int(Flag.GUESSED | Flag.GAP | Flag.CLIPPED)


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """In the order of time; all columns have the same length."""

    rise_s: Floats  # (n,)
    toe_off_s: Floats  # (n,)
    contact_s: Floats  # (n,)
    flat_s: Floats  # (n,)
    flags: Ints  # (n,), of all four events

    @staticmethod
    def none() -> Moves:
        empty = np.empty(0)
        return Moves(empty, empty, empty, empty, np.empty(0, np.int64))

    def part(self, chosen: slice) -> Moves:
        return Moves(
            self.rise_s[chosen],
            self.toe_off_s[chosen],
            self.contact_s[chosen],
            self.flat_s[chosen],
            self.flags[chosen],
        )

    def followed_by(self, later: Moves) -> Moves:
        if not later.rise_s.size:
            return self
        return Moves(
            np.concatenate([self.rise_s, later.rise_s]),
            np.concatenate([self.toe_off_s, later.toe_off_s]),
            np.concatenate([self.contact_s, later.contact_s]),
            np.concatenate([self.flat_s, later.flat_s]),
            np.concatenate([self.flags, later.flags]),
        )


def moves(contacts: Contacts) -> Moves:
    """The movements of some contacts.

    Raises:
        ValueError: a movement lacks one of its four events.
    """
    places = [np.flatnonzero(contacts.kind == kind) for kind in (Event.HEEL_RISE, Event.TC, Event.IC, Event.FOOT_FLAT)]
    counts = [place.size for place in places]
    if len(set(counts)) > 1:
        raise ValueError(
            f"contacts of a foot IMU come as four events a movement, got {counts} heel rises, toe-offs, contacts, flats"
        )
    rise, off, contact, flat = (contacts.time_s[place] for place in places)
    flags = np.zeros(counts[0], np.int64)
    for place in places:
        flags |= contacts.flags[place] & _KEPT
    return Moves(rise, off, contact, flat, flags)
