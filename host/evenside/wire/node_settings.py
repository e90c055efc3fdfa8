"""What a modelled node is, and what it currently feels."""

from __future__ import annotations

from dataclasses import dataclass

from evenside.wire.codes import FRAME_BYTES_MAX, ClockKind
from evenside.wire.schemas import Schema
from evenside_analysis.types import Side, Site

__all__ = ["NodeSettings", "Signal", "Vitals"]

FRAME_BYTES_MIN = 97  # of an ATT MTU of 100: the longest HELLO reply must fit
DATA_HEADER_BYTES = 12


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Everything fixed for one boot of a node. Times are microseconds of the node's own clock.

    ``frame_bytes`` is what the link carries in one piece: the ATT MTU less 3, on a line up to FRAME_BYTES_MAX.
    ``slot_us`` is how often the link could carry a frame (the connection interval, or a frame's time at the baud rate):
    a backfill uses at most half of these slots. Nodes behind one hub share its line: give each its share of the slots.
    ``ring_bytes`` bounds the store.
    """

    serial: str
    boot_id: int
    schemas: tuple[Schema, ...]  # offered, the preferred one first
    period_us: int  # nominal, 0 where there is none
    other_periods_us: tuple[int, ...] = ()  # also offered
    firmware: str = "model"
    side: Side | None = None
    site: Site | None = None
    clock_kind: ClockKind = ClockKind.OWN
    clock_error_us: int | None = None
    frame_bytes: int = 244
    frame_samples: int = 8
    ring_bytes: int = 65_536
    slot_us: int = 10_000
    status_period_us: int = 1_000_000
    calibration: bytes = b""

    def __post_init__(self) -> None:
        if not FRAME_BYTES_MIN <= self.frame_bytes <= FRAME_BYTES_MAX:
            raise ValueError(f"frame_bytes {self.frame_bytes}, expected {FRAME_BYTES_MIN} to {FRAME_BYTES_MAX}")
        if not 1 <= self.frame_samples <= 255 or min(self.slot_us, self.status_period_us) < 1:
            raise ValueError("frame_samples must lie in 1 to 255, slot_us and status_period_us be positive")
        if not all(0 <= period <= 0xFFFF for period in (self.period_us, *self.other_periods_us)):
            raise ValueError("periods must lie in 0 to 65535 us")
        for schema in self.schemas:
            if self.samples_in_frame(schema) < 1:
                raise ValueError(f"schema {schema.id}: a sample of {schema.sample_bytes} bytes fits no frame")
        if not self.schemas or self.ring_bytes < self.frame_bytes:
            raise ValueError("a node needs a schema, and a ring for one frame at least")

    def samples_in_frame(self, schema: Schema) -> int:
        """How many samples one frame may have."""
        return min(self.frame_samples, (self.frame_bytes - DATA_HEADER_BYTES) // schema.sample_bytes)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a node reports of itself and of its link. None where it does not measure it."""

    battery_percent: int | None = None
    low_battery: bool = False
    temperature_c: float | None = None
    connection_interval_ms: float = 0.0
    peripheral_latency: int = 0
    supervision_timeout_ms: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """What the wearer is to see or feel."""

    lamp: bool
    buzz: bool
    duration_ms: int
    times: int
