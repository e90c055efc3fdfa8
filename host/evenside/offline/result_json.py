"""One analysed recording as the object that ``analyse --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from evenside.offline.fold import Analysis
from evenside.readers.recording import Note
from evenside_analysis.conversions import ai_to
from evenside_analysis.habit_counts import HabitCount
from evenside_analysis.habit_text import count_words
from evenside_analysis.metrics import figure_words, metric
from evenside_analysis.regularity import AxisRegularity, Regularity, regularity_words
from evenside_analysis.report import NodeSummary, Number
from evenside_analysis.sync_watch import SyncFinding
from evenside_analysis.types import Alert, Figure, Node

__all__ = ["alert_json", "as_json", "figure_json", "habit_json", "number_json", "regularity_json", "sync_json"]


def as_json(found: Analysis) -> dict[str, object]:
    """Everything that a program may want to know; NaN and infinities stay floats."""
    summary, nodes = found.summary, {node.id: node for node in found.settings.nodes}
    return {
        "recording": found.recording.name,
        "layout": found.recording.layout,
        "duration_s": summary.end_s - summary.start_s,
        "nodes": [_node_json(nodes[heard.node], heard, found.notes) for heard in summary.nodes],
        "sync": {
            "error_ms": 1000.0 * summary.sync_error_s,
            "source": found.recording.sync_source,
            **sync_json(summary.sync),
        },
        "checks": {
            "sides": summary.checks.sides,
            "words": summary.checks.words,
            "notes": [asdict(note) for note in found.notes],
        },
        "metrics": [figure_json(figure) for figure in summary.figures],
        "numbers": [number_json(number) for number in summary.numbers],
        "regularity": [
            {
                **regularity_json(one),
                "each_bout": [regularity_json(bout) for bout in found.bouts if bout.node == one.node],
            }
            for one in summary.regularity
        ],
        "habits": [habit_json(count) for count in summary.habits],
        "alerts": [alert_json(alert) for alert in found.alerts],
    }


def sync_json(found: Sequence[SyncFinding]) -> dict[str, object]:
    """What sync events say of the clocks; the verdict is that of the worst, "unchecked" where there was none."""
    verdicts = {one.verdict for one in found}
    verdict = next((worst for worst in ("disagree", "agree", "unstated") if worst in verdicts), "unchecked")
    return {"verdict": verdict, "events": [_sync_event_json(one) for one in found]}


def _sync_event_json(found: SyncFinding) -> dict[str, object]:
    return {
        "site": found.site,
        "time_s": found.event.time_s,
        "kind": found.event.kind,
        "shocks": found.event.shocks,
        "lag_ms": 1000.0 * found.event.lag_s,
        "error_ms": 1000.0 * found.event.error_s,
        "stated_ms": 1000.0 * found.stated_s,
        "likeness": found.event.likeness,
        "verdict": found.verdict,
        "words": found.words,
    }


def figure_json(figure: Figure) -> dict[str, object]:
    """One figure with its words."""
    return {
        "id": figure.metric,
        "site": figure.site,
        "unit": metric(figure.metric, figure.site).unit,
        "left": {"mean": figure.left_mean, "sd": figure.left_sd, "n": figure.n_left},
        "right": {"mean": figure.right_mean, "sd": figure.right_sd, "n": figure.n_right},
        "pairs": figure.n,
        "difference": figure.difference,
        "ai": figure.ai,
        "ai_ci95": [figure.ai_lo, figure.ai_hi],
        "right_share_percent": ai_to("right_share_percent", figure.ai),
        "bias_budget_ai": figure.bias_budget_ai,
        "mdc95_ai": figure.mdc95_ai,
        "claim": figure.claim,
        "side": figure.side,
        "reason": figure.reason,
        "completeness": {"left": figure.completeness_left, "right": figure.completeness_right},
        "sync_error_ms": 1000.0 * figure.sync_error_s,
        "words": figure_words(figure),
    }


def number_json(number: Number) -> dict[str, object]:
    """One number that is no left/right figure."""
    return {
        "id": number.id,
        "site": number.site,
        "unit": number.unit,
        "value": number.value,
        "ci95": [number.lo, number.hi],
        "words": number.words,
    }


def habit_json(count: HabitCount) -> dict[str, object]:
    """One habit of a session; it has no label, which takes several days."""
    share = count.share
    return {
        "id": count.id,
        **{side: getattr(count, side) for side in ("left", "right", "both", "none", "unknown")},
        "left_s": count.left_s,
        "right_s": count.right_s,
        "total_s": count.total_s,
        "posterior": {"mean": share.mean, "ci95": [share.lo, share.hi]},
        "label": share.label,
        "words": count_words(count),
    }


def regularity_json(found: Regularity) -> dict[str, object]:
    """Regularity of one bout or of a session; no side is in it."""
    return {
        "node": found.node,
        "site": found.site,
        "start_s": found.start_s,
        "end_s": found.end_s,
        "bouts": found.bouts,
        "strides": found.strides,
        "cadence_per_min": found.cadence_per_min,
        "axes": {name: _axis_json(axis) for name, axis in found.axes},
        "words": regularity_words(found),
    }


def _axis_json(axis: AxisRegularity) -> dict[str, object]:
    return {
        "ad1": axis.ad1,
        "ad2": axis.ad2,
        "ad_ratio": axis.ratio,
        "ad_difference": axis.difference,
        "ad_index": axis.index,
        "ihr_percent": axis.ihr,
        "ihr_ci95": [axis.ihr_lo, axis.ihr_hi],
        "hr": axis.hr,
    }


def alert_json(alert: Alert) -> dict[str, object]:
    """One raising or clearing, with the figure that decided."""
    return {
        "rule": alert.rule,
        "metric": alert.metric,
        "site": alert.site,
        "time_s": alert.time_s,
        "active": alert.active,
        "side": alert.side,
        "limit_ai": alert.limit_ai,
        "ai": alert.figure.ai,
        "ai_ci95": [alert.figure.ai_lo, alert.figure.ai_hi],
        "words": figure_words(alert.figure),
    }


def _node_json(node: Node, heard: NodeSummary, notes: tuple[Note, ...]) -> dict[str, object]:
    serious = tuple(dict.fromkeys(note.kind for note in notes if note.serious and note.node == node.id))
    return {
        "id": node.id,
        "site": node.site,
        "side": node.side,
        "rate_hz": node.rate_hz,
        "channels": node.channels,
        "samples": heard.samples,
        "lost": heard.lost,
        "completeness": heard.completeness,
        "clock_error_ms": 1000.0 * heard.clock_error_s,
        "faults": [*heard.faults, *serious],
    }
