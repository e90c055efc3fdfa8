"""The sensor side of a modelled node: samples become frames in the ring, whoever listens.

Samples that cannot be sent (a NaN in an integer channel) are dropped, counted and leave a gap that the next frame
tells. What happened on the way (a stepped clock, a finished tare) is handed back as notices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenside.wire.codes import EventCode, FrameFlag
from evenside.wire.frame_ring import FrameRing
from evenside.wire.framer import Framer
from evenside.wire.frames import DataFrame, encode_frame
from evenside.wire.node_keep import TareStage
from evenside.wire.schemas import Schema
from evenside_analysis.types import Floats, Ints

__all__ = ["Notice", "Sampler"]

U32_MAX = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Notice:
    """An event in the making."""

    code: EventCode
    argument: int
    t_us: int


class Sampler:
    """One boot's worth of samples: ring, frame in the making, and zero of the force cells."""

    def __init__(self, ring_bytes: int, schema: Schema, period_us: int, samples_max: int) -> None:
        self.ring = FrameRing(ring_bytes)
        self.dropped_samples = 0
        self.steady_flags = FrameFlag.NONE  # on every frame
        self.tare = _tare_of(schema)
        self._last_us = -1
        self._begin(schema, period_us, samples_max)

    def use(self, schema: Schema, period_us: int, samples_max: int) -> None:
        """From now on samples are of this schema. The zero of the force cells outlives a mere change of rate."""
        self.close()
        if schema != self.schema:
            self.tare = _tare_of(schema)
        self._begin(schema, period_us, samples_max)

    def _begin(self, schema: Schema, period_us: int, samples_max: int) -> None:
        self._framer = Framer(schema, period_us, samples_max, self.ring.next_frame)
        self._integers = [at for at, channel in enumerate(schema.channels) if not channel.type.is_float]

    @property
    def schema(self) -> Schema:
        return self._framer.schema

    @property
    def period_us(self) -> int:
        return self._framer.period_us

    def sample(self, t_us: Ints, values: Floats) -> list[Notice]:
        """Take samples (n, channels). Raises ValueError for wrong shapes, or times that do not increase strictly."""
        if values.shape != (len(t_us), len(self.schema.channels)):
            raise ValueError(f"{len(t_us)} times, values of shape {values.shape}, {len(self.schema.channels)} channels")
        if not t_us.size:
            return []
        if int(t_us[0]) < 0 or not bool(np.all(np.diff(t_us) > 0)):
            raise ValueError("t_us must not be negative and must increase strictly")
        notices = self._stepped(int(t_us[0]))
        self._last_us = int(t_us[-1])
        whole = ~np.isnan(values[:, self._integers]).any(axis=1)
        edges = np.flatnonzero(np.diff(whole, prepend=True, append=True)).tolist()
        first = 0
        for hole, end in zip(edges[::2], edges[1::2], strict=True):
            notices += self._take(t_us[first:hole], values[first:hole])
            self.gap(end - hole)
            first = end
        return notices + self._take(t_us[first:], values[first:])

    def gap(self, samples: int) -> None:
        """So many samples were lost before the next one."""
        self.dropped_samples = min(self.dropped_samples + samples, U32_MAX)
        self._store(self._framer.mark(FrameFlag.GAP))

    def close(self) -> None:
        """Put the unfinished frame into the ring."""
        self._store(self._framer.close())

    def _stepped(self, t_us: int) -> list[Notice]:
        if t_us > self._last_us:
            return []
        self._store(self._framer.mark(FrameFlag.CLOCK_STEPPED))
        return [Notice(EventCode.CLOCK_STEPPED, t_us - self._last_us, t_us)]

    def _take(self, t_us: Ints, values: Floats) -> list[Notice]:
        tared, averaged = self.tare.take(t_us, values)
        self._store(self._framer.add(t_us, tared))
        return [] if averaged is None else [Notice(EventCode.TARE_DONE, averaged, int(t_us[-1]))]

    def _store(self, frames: list[DataFrame]) -> None:
        for frame in frames:
            data = encode_frame(frame)
            self.ring.append(bytes((data[0], data[1] | self.steady_flags)) + data[2:])


def _tare_of(schema: Schema) -> TareStage:
    return TareStage([at for at, name in enumerate(schema.names) if name.startswith("force")])
