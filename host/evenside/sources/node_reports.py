"""What a node says about itself, in the words of a source."""

from __future__ import annotations

import math

from evenside.sources import LinkEvent, NodeStatus
from evenside.wire import EventCode, EventFrame, StatusFrame

__all__ = ["event_item", "status_item"]

_NAMES = {code.value: code.name.lower() for code in EventCode}
_MARKS = frozenset({EventCode.BUTTON, EventCode.TAP})


def status_item(
    node: str, status: StatusFrame, now_s: float, *, clock_error_s: float, frames_lost: int, firmware: str
) -> NodeStatus:
    """NaN where the node does not measure it."""
    return NodeStatus(
        node=node,
        time_s=now_s,
        battery_percent=_number(status.battery_percent),
        temperature_c=_number(status.temperature_c),
        clock_error_s=clock_error_s,
        frames=status.frame_counter,
        frames_lost=frames_lost,
        firmware=firmware,
    )


def event_item(node: str, event: EventFrame, time_s: float) -> LinkEvent:
    """A press or a tap is a marker, everything else an event, with its name and argument."""
    name = _NAMES.get(event.code, f"event_{event.code}")
    return LinkEvent(node, time_s, "marker" if event.code in _MARKS else "event", f"{name} {event.argument}")


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
