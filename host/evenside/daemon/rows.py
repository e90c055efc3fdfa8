"""What the analysis and the sources said, as rows of the store. Pure: no clock, no store."""

from __future__ import annotations

from evenside.sources import LinkEvent, NodeStatus
from evenside.store import EventRow, FigureRow, NodeStatusRow, Row
from evenside_analysis.report import Report, Summary

__all__ = ["event_row", "report_rows", "status_row", "summary_rows"]


def report_rows(session: str, report: Report) -> list[Row]:
    """The figures of one step. Its alerts go to the store as notices do: see ``Notifier``."""
    return [FigureRow(session, "window", figure) for figure in report.figures]


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
