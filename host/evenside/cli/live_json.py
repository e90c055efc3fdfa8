"""What happens in a run, one JSON object a line, for programs. Samples are not among it: the recording has them."""

from __future__ import annotations

from evenside.cli.output import print_json
from evenside.daemon import Told
from evenside.notify import Notice, NudgeNotice, alert_words, nudge_words
from evenside.offline.result_json import habit_json, sync_json
from evenside.sources import LinkEvent, NodeStatus
from evenside.store import SessionRow
from evenside_analysis.habit_text import bout_words
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.metrics import figure_words
from evenside_analysis.regularity import Regularity, regularity_words
from evenside_analysis.report import Report, Summary
from evenside_analysis.types import Figure

__all__ = ["objects_of", "print_told"]


def print_told(told: Told) -> None:
    """A listener: prints what there is to print of one happening."""
    for found in objects_of(told):
        print_json(found)


def objects_of(told: Told) -> list[dict[str, object]]:
    """With ``type`` and ``wearer``: session, figure, regularity, habit, alert, nudge, event, status or summary."""
    head = {"wearer": told.wearer}
    match told.what:
        case SessionRow() as row:
            keys = {"session": row.id, "kind": row.kind, "name": row.name, "started_ns": row.started_ns}
            return [{"type": "session", **head, **keys}]
        case Report() as report:
            figures = [{"type": "figure", **head, **_figure(figure)} for figure in report.figures]
            steps = [{"type": "regularity", **head, **_regularity(one)} for one in report.regularity]
            return [*figures, *steps, *({"type": "habit", **head, **_habit(one)} for one in report.habits)]
        case Notice(alert=alert):
            keys = {"rule": alert.rule, "metric": alert.metric, "site": alert.site, "time_s": alert.time_s}
            more = {"active": alert.active, "side": alert.side, "limit_ai": alert.limit_ai, "words": alert_words(alert)}
            return [{"type": "alert", **head, **keys, **more}]
        case NudgeNotice(nudge=nudge):
            keys = {"rule": nudge.rule, "habit": nudge.kind, "side": nudge.side, "time_s": nudge.time_s}
            more = {"active": nudge.active, "start_s": nudge.start_s, "words": nudge_words(nudge)}
            return [{"type": "nudge", **head, **keys, **more}]
        case LinkEvent() as event:
            keys = {"node": event.node, "time_s": event.time_s, "kind": event.kind, "detail": event.detail}
            return [{"type": "event", **head, **keys}]
        case NodeStatus() as status:
            return [{"type": "status", **head, "status": status}]
        case Summary() as summary:
            found = [_figure(figure) for figure in summary.figures]
            span = {"start_s": summary.start_s, "end_s": summary.end_s, "sync_error_s": summary.sync_error_s}
            heard = {"nodes": summary.nodes, "figures": found, "numbers": summary.numbers}
            walked = [_regularity(one) for one in summary.regularity]
            checked: dict[str, object] = {"regularity": walked, "sync": sync_json(summary.sync)}
            checked["habits"] = [habit_json(count) for count in summary.habits]
            return [{"type": "summary", **head, **span, **heard, **checked}]
    return []


def _regularity(regularity: Regularity) -> dict[str, object]:
    return {"regularity": regularity, "words": regularity_words(regularity)}


def _habit(event: HabitEvent) -> dict[str, object]:
    return {"habit": event, "words": bout_words(event)}


def _figure(figure: Figure) -> dict[str, object]:
    return {"figure": figure, "words": figure_words(figure)}
