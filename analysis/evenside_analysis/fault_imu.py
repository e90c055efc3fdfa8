"""All checks of one IMU: was it heard, what do its samples say, what does it say at rest, do its strides fit together.

Events come out in the order of the moments at which they are known, once no other can come before; so they are the same
for any cut of the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from evenside_analysis.fault_hearing import HearingSettings, HearingWatch, watch_hearing
from evenside_analysis.fault_rest import Rests, RestSettings, RestWatch, watch_rests
from evenside_analysis.fault_rows import RowSettings, RowWatch, watch_rows
from evenside_analysis.fault_spans import Queue, queued
from evenside_analysis.fault_strides import StrideWatch, StrideWatchSettings, watch_strides
from evenside_analysis.fault_types import FaultEvent
from evenside_analysis.stride_motion_rows import ImuRows
from evenside_analysis.stride_motion_types import StrideMotions
from evenside_analysis.types import Node

__all__ = ["ImuWatch", "ImuWatchSettings", "NodeFaults", "watch_imu"]


@dataclass(frozen=True, slots=True)
class ImuWatchSettings:
    """Of one node that has an accelerometer and a gyroscope."""

    hearing: HearingSettings
    rows: RowSettings
    rest: RestSettings
    strides: StrideWatchSettings

    @staticmethod
    def of(node: Node) -> ImuWatchSettings:
        return ImuWatchSettings(
            HearingSettings(node.id, node.rate_hz),
            RowSettings(node.id, node.rate_hz),
            RestSettings(node.id, node.rate_hz, node.gravity),
            StrideWatchSettings(node.id, node.gravity),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ImuWatch:
    """Everything the past has to say. Plain data: it can be pickled, and resumed."""

    hearing: HearingWatch = field(default_factory=HearingWatch)
    rows: RowWatch = field(default_factory=RowWatch)
    rest: RestWatch = field(default_factory=RestWatch)
    strides: StrideWatch = field(default_factory=StrideWatch)
    queue: Queue = field(default_factory=Queue)


@dataclass(frozen=True, slots=True, eq=False)
class NodeFaults:
    """New events of a node; every one known before ``settled_s`` has now been told. Its new rests, for its partner."""

    events: tuple[FaultEvent, ...]
    rests: Rests
    settled_s: float


def watch_imu(
    settings: ImuWatchSettings, state: ImuWatch, rows: ImuRows, motions: StrideMotions | None
) -> tuple[ImuWatch, NodeFaults]:
    """Add the rows of a block, and the strides that ``follow_strides`` made of it (None: not on a foot)."""
    latest_s = max(rows.latest_s, state.queue.settled_s) if motions is None else rows.latest_s
    hearing, heard = watch_hearing(settings.hearing, state.hearing, rows.time_s, latest_s)
    row_watch, signal = watch_rows(settings.rows, state.rows, rows.time_s, rows.values, latest_s)
    rest, still, rests = watch_rests(settings.rest, state.rest, rows.time_s, rows.values)
    strides, walked = state.strides, list[FaultEvent]()
    settled_s = latest_s
    if motions is not None:
        strides, walked = watch_strides(settings.strides, state.strides, motions)
        settled_s = min(latest_s, motions.settled_s)
    queue, events = queued(state.queue, [*heard, *signal, *still, *walked], settled_s)
    return ImuWatch(hearing, row_watch, rest, strides, queue), NodeFaults(events, rests, queue.settled_s)
