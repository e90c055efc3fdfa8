"""Samples into data frames, such that every sample lies exactly on its frame's grid of whole microseconds.

Where the next sample does not continue the grid a new frame begins: a time is never rounded to fit. A frame is closed
when it is full, when the grid breaks, or when it is told to be.
"""

from __future__ import annotations

from evenside.wire.codes import FrameFlag
from evenside.wire.frames import DataFrame
from evenside.wire.schemas import Schema, clip_flags, encode_samples
from evenside_analysis.types import Floats, Ints

__all__ = ["Framer"]

PERIOD_US_MAX = 0xFFFF
TICKS = 1 << 32


class Framer:
    """One stream of one schema. ``next_frame`` is the number of the frame that is being filled."""

    def __init__(self, schema: Schema, period_us: int, samples_max: int, next_frame: int) -> None:
        self.schema = schema
        self.next_frame = next_frame
        self.period_us = period_us  # nominal; a frame of one sample carries it
        self._samples_max = samples_max
        self._flags = FrameFlag.NONE
        self._ticks: list[int] = []
        self._payload = bytearray()

    def add(self, t_us: Ints, values: Floats) -> list[DataFrame]:
        """The frames that are complete now. Raises ValueError as ``encode_samples`` does."""
        payload, size = encode_samples(self.schema, values), self.schema.sample_bytes
        frames: list[DataFrame] = []
        for at, tick in enumerate(t_us.tolist()):
            if not self._continues(tick):
                frames += self.close()
            self._ticks.append(tick)
            self._payload += payload[at * size : (at + 1) * size]
            if len(self._ticks) == self._samples_max:
                frames += self.close()
        return frames

    def mark(self, flag: FrameFlag) -> list[DataFrame]:
        """The next frame to begin carries ``flag``; returns the one that ends here."""
        frames = self.close()
        self._flags |= flag
        return frames

    def close(self) -> list[DataFrame]:
        """The unfinished frame, if there is one."""
        if not self._ticks:
            return []
        payload, ticks = bytes(self._payload), self._ticks
        period = ticks[1] - ticks[0] if len(ticks) > 1 else self.period_us
        frame = DataFrame(
            seq=self.next_frame & 0xFFFF,
            t_first_us=ticks[0] % TICKS,
            period_us=period if period <= PERIOD_US_MAX else 0,
            count=len(ticks),
            schema=self.schema.id,
            payload=payload,
            flags=self._flags | clip_flags(self.schema, payload),
        )
        self.next_frame += 1
        self._flags = FrameFlag.NONE
        self._ticks = []
        self._payload = bytearray()
        return [frame]

    def _continues(self, tick: int) -> bool:
        ticks = self._ticks
        if len(ticks) < 2:
            return not ticks or tick - ticks[0] <= PERIOD_US_MAX
        return tick - ticks[-1] == ticks[1] - ticks[0]
