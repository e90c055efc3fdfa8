"""The status frame: how a node is, once a second. What the node does not know is None here, a code of its own there."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from evenside.wire.codes import NOT_KNOWN_U8, NOT_KNOWN_U32, FrameFlag, Kind, NodeState, first_byte

__all__ = ["STATUS", "StatusFrame", "unpack_status"]

STATUS = struct.Struct("<BBHIIIQIIIHHHhBBBB")
_TEMPERATURE_NOT_KNOWN = -32768


@dataclass(frozen=True, slots=True)
class StatusFrame:
    """How the node is, once a second."""

    boot_id: int  # u32, another one after each boot
    frame_counter: int  # u32: data frames made since boot; its low 16 bits are the seq of the next one
    ring_oldest: int  # u32: number of the oldest frame that can be sent again; frame_counter if there is none
    uptime_us: int  # u64, the clock whose low 32 bits stamp the frames
    dropped_samples: int = 0  # u32, lost before they came into a frame
    clock_error_us: int | None = None  # of uptime against session time, where the clock kind promises that
    schema_hash: int = 0  # u32
    connection_interval_ms: float = 0.0  # multiples of 1.25; 0 on a line
    peripheral_latency: int = 0  # connection events
    supervision_timeout_ms: int = 0  # multiples of 10
    temperature_c: float | None = None  # steps of 0.01
    battery_percent: int | None = None
    side: int = 0  # see codes.side_of
    state: NodeState = NodeState.NONE
    flags: FrameFlag = FrameFlag.NONE

    def pack(self) -> bytes:
        return STATUS.pack(
            first_byte(Kind.STATUS),
            self.flags,
            0,
            self.boot_id,
            self.frame_counter,
            self.ring_oldest,
            self.uptime_us,
            self.dropped_samples,
            NOT_KNOWN_U32 if self.clock_error_us is None else self.clock_error_us,
            self.schema_hash,
            round(self.connection_interval_ms / 1.25),
            self.peripheral_latency,
            self.supervision_timeout_ms // 10,
            _TEMPERATURE_NOT_KNOWN if self.temperature_c is None else round(self.temperature_c * 100),
            NOT_KNOWN_U8 if self.battery_percent is None else self.battery_percent,
            self.side,
            self.state,
            0,
        )


def unpack_status(data: bytes) -> StatusFrame:
    """``data`` has at least ``STATUS.size`` bytes."""
    _, flags, _, boot, counter, oldest, uptime, dropped, error, schemas, *rest = STATUS.unpack_from(data)
    interval, latency, timeout, temperature, battery, side, state, _ = rest
    return StatusFrame(
        boot_id=boot,
        frame_counter=counter,
        ring_oldest=oldest,
        uptime_us=uptime,
        dropped_samples=dropped,
        clock_error_us=None if error == NOT_KNOWN_U32 else error,
        schema_hash=schemas,
        connection_interval_ms=interval * 1.25,
        peripheral_latency=latency,
        supervision_timeout_ms=timeout * 10,
        temperature_c=None if temperature == _TEMPERATURE_NOT_KNOWN else temperature / 100,
        battery_percent=None if battery == NOT_KNOWN_U8 else battery,
        side=side,
        state=NodeState(state),
        flags=FrameFlag(flags),
    )
