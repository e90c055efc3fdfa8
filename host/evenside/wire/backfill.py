"""Which frames are to be sent again, and when: never more than half of the link's slots, and only those left free.

A slot is one chance of the link to carry a frame. Slots that passed unused may be made up for by a few frames at once.
"""

from __future__ import annotations

__all__ = ["Backfill"]

BURST_FRAMES = 4


class Backfill:
    """Paces one range of frames. ``slot_us`` is the distance of slots."""

    def __init__(self, slot_us: int) -> None:
        self.frames = range(0)  # still to be sent
        self._slot_us = slot_us
        self._slot: int | None = None
        self._half_slots = 0  # earned at two a frame
        self._free_slots = 0  # not taken by live frames

    def take(self, now_us: int, live: int, oldest: int) -> range:
        """The frames that may leave now, behind ``live`` live ones. What the ring no longer has is skipped."""
        slot = now_us // self._slot_us
        elapsed = 1 if self._slot is None else max(0, slot - self._slot)
        self._slot = slot
        most = max(2 * BURST_FRAMES, elapsed)
        self._half_slots = min(self._half_slots + elapsed, most)
        self._free_slots = max(-most, min(self._free_slots + elapsed - live, most))
        kept = range(max(self.frames.start, oldest), self.frames.stop)
        count = max(0, min(len(kept), self._half_slots // 2, self._free_slots))
        self._half_slots -= 2 * count
        self._free_slots -= count
        self.frames = kept[count:]
        return kept[:count]
