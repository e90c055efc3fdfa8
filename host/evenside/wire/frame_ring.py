"""The store of a node: its last data frames, packed, bounded in bytes. The oldest give way.

Frames are numbered from 0 at boot without a wrap; ``seq`` on the wire is the low 16 bits of that number.
"""

from __future__ import annotations

from collections import deque

from evenside.wire.codes import FrameFlag

__all__ = ["FrameRing"]


class FrameRing:
    """Frames [oldest, next_frame) can be had."""

    def __init__(self, bytes_max: int) -> None:
        self.next_frame = 0
        self._bytes_max = bytes_max
        self._bytes = 0
        self._frames: deque[bytes] = deque()

    @property
    def oldest(self) -> int:
        return self.next_frame - len(self._frames)

    def append(self, frame: bytes) -> None:
        """Keep the frame of number ``next_frame``."""
        self._frames.append(frame)
        self._bytes += len(frame)
        self.next_frame += 1
        while self._bytes > self._bytes_max:
            self._bytes -= len(self._frames.popleft())

    def get(self, number: int, flags: FrameFlag = FrameFlag.NONE) -> bytes:
        """Frame ``number`` with ``flags`` added. Raises IndexError where it is not kept."""
        if not self.oldest <= number < self.next_frame:
            raise IndexError(f"frame {number} is not among {self.oldest} to {self.next_frame - 1}")
        frame = self._frames[number - self.oldest]
        return frame if not flags else bytes((frame[0], frame[1] | flags)) + frame[2:]
