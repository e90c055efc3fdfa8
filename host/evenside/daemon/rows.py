"""What the analysis and the sources said, as rows of the store. Pure: no clock, no store."""

from __future__ import annotations

import json
import math

from evenside.notify import Notice, NudgeNotice, nudge_words
from evenside.notify.dispatch import message_row
from evenside.notify.message import alert_message, nudge_message
from evenside.sources import LinkEvent, NodeStatus
from evenside.store import AlertRow, EventRow, FigureRow, NodeStatusRow, Row, SessionRow, session_ns
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.report import Report, Summary

__all__ = ["event_row", "habit_row", "notice_rows", "report_rows", "status_row", "summary_rows"]


def report_rows(session: str, report: Report) -> list[Row]:
    """The figures and the bouts of one step. Its alerts go to the store as notices do: see ``Notifier``."""
    rows: list[Row] = [FigureRow(session, "window", figure) for figure in report.figures]
    return rows + [habit_row(session, event) for event in report.habits if event.over]


def habit_row(session: str, event: HabitEvent) -> EventRow:
    """A bout that is over, at its end: the place for the node, and the rest as JSON, its values rounded."""
    values = {name: round(value, 4) for name, value in event.values if math.isfinite(value)}
    span = {"start_s": event.start_s, "end_s": event.end_s, "confidence": round(event.confidence, 3)}
    detail = json.dumps({"kind": event.kind, "side": event.side, **span, **values})
    return EventRow(session, round(event.end_s * 1e6) / 1e6, "habit", event.place, detail)


def summary_rows(session: str, summary: Summary) -> list[Row]:
    return [FigureRow(session, "session", figure) for figure in summary.figures]


def event_row(session: str, event: LinkEvent) -> EventRow:
    """Times in whole microseconds, as the store keeps them."""
    return EventRow(session, round(event.time_s * 1e6) / 1e6, event.kind, event.node, event.detail)


def status_row(session: str, status: NodeStatus) -> NodeStatusRow:
    return NodeStatusRow(
        session,
        status.node,
        round(status.time_s * 1e6) / 1e6,
        battery_percent=status.battery_percent,
        temperature_c=status.temperature_c,
        clock_error_s=status.clock_error_s,
        frames=status.frames,
        frames_lost=status.frames_lost,
        firmware=status.firmware,
    )


def notice_rows(session: SessionRow, notice: Notice | NudgeNotice, *, said: bool) -> list[Row]:
    """What happened, and where somebody shall hear of it (``said``) the message in the same batch."""
    if isinstance(notice, NudgeNotice):
        nudge = notice.nudge
        at_ns = session.started_ns + session_ns(nudge.time_s)
        row: Row = EventRow(session.id, nudge.time_s, "nudge", detail=nudge_words(nudge))
        message, subject = nudge_message(session.wearer, session.id, at_ns, nudge), str(nudge.kind)
    else:
        alert = notice.alert
        at_ns = session.started_ns + session_ns(alert.time_s)
        row = AlertRow(session.id, alert)
        message, subject = alert_message(session.wearer, session.id, at_ns, alert), alert.metric
    return [row, message_row(message, subject, session.zone)] if said else [row]
