"""Changes over days become messages: what differs from the wearer's own usual, and when it no longer does.

The chart of days in the store decides; here its decisions are put into words. A message has the same id however often
the store is asked, so that nothing is said twice and nothing is forgotten when the program ends between the two.
"""

from __future__ import annotations

from pathlib import Path

from evenside.notify.dispatch import message_row
from evenside.notify.message import Message, message_id
from evenside.notify.words import context_words
from evenside.store import ChangedDay, MessageRow, Messages, changed_days
from evenside_analysis.metrics import metric, sided

__all__ = ["change_message", "change_words", "say_changes"]

DAY_NS = 86_400 * 1_000_000_000
RECENT_DAYS = 3  # of a program that was off for long; what is older stands in the chart


def say_changes(path: Path, now_ns: int) -> int:
    """Store a message for every recent change that has none. Returns how many there were already or are now.

    Raises:
        StoreError: the store is in the way.
    """
    rows = [_row(day) for day in changed_days(path, now_ns - RECENT_DAYS * DAY_NS)]
    if rows:
        with Messages(path) as messages:
            messages.put(rows)
    return len(rows)


def change_words(day: ChangedDay) -> str:
    """ "stance time (foot) differs from your usual days: lately 6.1 right, usually 1.0 right, in AI points; …"."""
    name = f"{metric(day.metric, day.site).name} ({day.site})"
    lately, usual = sided(day.usual_ai + day.chart_ai), sided(day.usual_ai)
    if not day.raised:
        return f"{name} is back within your usual days: lately {lately}, usually {usual}, in AI points"
    return (
        f"{name} differs from your usual days: lately {lately}, usually {usual}, in AI points;"
        f" a change of more than {day.limit_ai:.1f} is told"
    )


def change_message(day: ChangedDay) -> Message:
    return Message(
        message_id("change", day.wearer, day.metric, day.site, day.start_ns, day.raised),
        *("change", day.wearer, f"change of {day.metric} ({day.site})", day.end_ns, day.raised),
        side="right" if day.chart_ai > 0.0 else "left",
        title=f"{day.wearer}: {metric(day.metric, day.site).name}",
        text=change_words(day),
        facts=(
            *(("metric", day.metric), ("site", day.site), ("day", day.name), ("value_ai", day.day_ai)),
            *(("p10_p90_ai", [day.lo_ai, day.hi_ai]), ("usual_ai", day.usual_ai), ("chart_ai", day.chart_ai)),
            *(("limit_ai", day.limit_ai), ("windows", day.windows), ("context", context_words(day.metric))),
            *(("completeness", [day.completeness_left, day.completeness_right]), ("claim", 4 if day.raised else 0)),
        ),
    )


def _row(day: ChangedDay) -> MessageRow:
    return message_row(change_message(day), day.metric, day.zone)
