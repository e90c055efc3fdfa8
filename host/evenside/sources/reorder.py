"""Frames of one boot of one node in their order, each once, with what never came named.

A frame that follows its predecessor goes straight through. Behind a hole frames wait, so that what the node sends
again can be merged in; a hole is given up when the caller skips it, or when ``frames_max`` wait. What comes for a place
already passed is counted and dropped: it is a repetition, or too late. Which frames are missing is known to
``wire.sequence``. What this never does: ask for anything, or look into a frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from evenside.wire import SequenceState, announce, place

__all__ = ["Placed", "Reorder"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A frame in its turn; ``lost`` frames before it never came."""

    frame: T
    lost: int


class Reorder(Generic[T]):
    """The waiting room of one node, from ``first_frame`` on."""

    def __init__(self, first_frame: int, *, frames_max: int = 4096) -> None:
        self.repeated = 0
        self._skipped = 0
        self._frames_max = frames_max
        self._sequence = SequenceState(first_frame)
        self._turn = first_frame
        self._waiting: dict[int, T] = {}

    def expect(self, frame_counter: int) -> None:
        """Frames up to ``frame_counter`` exist, so their absence behind the last one is a hole too."""
        self._sequence = announce(self._sequence, frame_counter)

    def hole(self) -> tuple[int, int] | None:
        """First and count of the missing frames that hold up all others, or None."""
        if not self._sequence.missing:
            return None
        first, end = self._sequence.missing[0]
        return first, end - first

    @property
    def lost(self) -> int:
        """Frames given up, also those with nothing behind them."""
        return self._skipped + self._sequence.given_up

    @property
    def waiting(self) -> int:
        """Frames that came and have no turn yet."""
        return len(self._waiting)

    def waiting_from(self, number: int) -> list[tuple[int, T]]:
        """The frames from ``number`` on that have no turn yet, with their numbers, in order."""
        return sorted((item for item in self._waiting.items() if item[0] >= number), key=lambda item: item[0])

    @property
    def turn(self) -> int:
        """The number of the frame that is to be delivered next."""
        return self._turn

    def push(self, seq: int, frame: T, *, backfill: bool) -> tuple[int, list[Placed[T]]]:
        """The full number of this frame, and what can be delivered now that it came."""
        self._sequence, sighting = place(self._sequence, seq, backfill=backfill)
        if sighting.kind == "repeated":
            self.repeated += 1
            return sighting.frame, []
        self._waiting[sighting.frame] = frame
        delivered = self._deliverable()
        while len(self._waiting) > self._frames_max:
            delivered += self.skip()
        return sighting.frame, delivered

    def skip(self, count: int | None = None) -> list[Placed[T]]:
        """Give up the first ``count`` frames of the next hole, or all of it; what waited right behind them."""
        if self._sequence.missing:
            (first, end), *others = self._sequence.missing
            before, first = first, end if count is None else min(first + count, end)
            self._skipped += first - before
            rest = ((first, end),) if first < end else ()
            self._sequence = replace(self._sequence, missing=(*rest, *others))
        return self._deliverable()

    def give_up(self) -> list[Placed[T]]:
        """Everything that waits, over all holes: nothing of what is missing will come."""
        self._skipped += sum(end - first for first, end in self._sequence.missing)
        self._sequence = replace(self._sequence, missing=())
        return self._deliverable()

    def _deliverable(self) -> list[Placed[T]]:
        missing, end = self._sequence.missing, self._sequence.next_frame
        assert end is not None
        limit = missing[0][0] if missing else end
        delivered: list[Placed[T]] = []
        for number in sorted(number for number in self._waiting if number < limit):
            delivered.append(Placed(self._waiting.pop(number), number - self._turn))
            self._turn = number + 1
        return delivered
