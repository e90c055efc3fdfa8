"""Frames of one node in the order of their sequence numbers, each once, with the holes named that nothing filled.

A frame that follows its predecessor goes straight through. Behind a hole frames wait, so that what the node sends
again can be merged in; a hole is given up when nothing arrived for it within ``patience_s``, when the node says that it
has no more, or when ``frames_max`` wait. What comes for a place already passed is counted and dropped: it is a
repetition, or too late. Sequence numbers are unwrapped ones. What this never does: ask for anything, or look into a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Placed", "Reorder"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A frame in its turn; ``lost`` frames before it never came."""

    sequence: int
    frame: T
    lost: int


class Reorder(Generic[T]):
    """The waiting room of one node."""

    def __init__(self, *, patience_s: float = 2.0, frames_max: int = 4096) -> None:
        self.repeated = 0  # frames for a place already passed
        self.lost = 0
        self._patience_s = patience_s
        self._frames_max = frames_max
        self._next: int | None = None
        self._waiting: dict[int, T] = {}
        self._progress_s = 0.0

    @property
    def last(self) -> int | None:
        """The sequence number delivered last, or None before the first frame."""
        return None if self._next is None else self._next - 1

    def hole(self) -> tuple[int, int] | None:
        """First and count of the missing frames that hold up the others, or None."""
        if not self._waiting or self._next is None:
            return None
        return self._next, min(self._waiting) - self._next

    def push(self, sequence: int, frame: T, now_s: float) -> list[Placed[T]]:
        """What can be delivered now that this frame came."""
        if self._next is None:
            self._next = sequence
        if sequence < self._next or sequence in self._waiting:
            self.repeated += 1
            return []
        if not self._waiting or sequence < max(self._waiting):
            self._progress_s = now_s  # the hole is new, or shrinks
        self._waiting[sequence] = frame
        delivered = self._contiguous(0)
        while len(self._waiting) > self._frames_max:
            delivered += self._skip()
        return delivered

    def give_up(self) -> list[Placed[T]]:
        """Everything that waits, over all holes: the node has no more of what is missing, or the line ended."""
        delivered: list[Placed[T]] = []
        while self._waiting:
            delivered += self._skip()
        return delivered

    def overdue(self, now_s: float) -> bool:
        """Whether a hole has waited for ``patience_s`` without any frame for it."""
        return bool(self._waiting) and now_s - self._progress_s >= self._patience_s

    def _skip(self) -> list[Placed[T]]:
        assert self._next is not None
        first = min(self._waiting)
        lost, self._next = first - self._next, first
        self.lost += lost
        return self._contiguous(lost)

    def _contiguous(self, lost: int) -> list[Placed[T]]:
        assert self._next is not None
        delivered: list[Placed[T]] = []
        while self._next in self._waiting:
            delivered.append(Placed(self._next, self._waiting.pop(self._next), lost))
            self._next += 1
            lost = 0
        return delivered
