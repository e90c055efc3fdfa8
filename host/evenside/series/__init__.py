"""The series to other databases: lines made of what is stored, kept in the store's outbox, sent without loss.

A line is made once, when its row is stored, and never changes: same series, same millisecond, same value however often
it is sent. ``Forwarding`` sends from the outbox in threads of its own; a server that is away delays nothing but its own
lines. What another package adds as a kind of sink it registers in the entry-point group ``evenside.sinks``.
"""

from __future__ import annotations

from evenside.series.forwarder import SinkHealth, SinkTrouble
from evenside.series.forwarding import Forwarding, SinkPlan, sink_plan
from evenside.series.points import Points
from evenside.series.secret import Secret
from evenside.series.settings import SendSettings
from evenside.series.sink import Answer, Server, SinkKind, SinkRequest, Transport, known_kinds, sink_kind

__all__ = [
    "Answer",
    "Forwarding",
    "Points",
    "Secret",
    "SendSettings",
    "Server",
    "SinkHealth",
    "SinkKind",
    "SinkPlan",
    "SinkRequest",
    "SinkTrouble",
    "Transport",
    "known_kinds",
    "sink_kind",
    "sink_plan",
]
