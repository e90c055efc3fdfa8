"""What is sent of an alert: one value with everything needed to judge it, and its form as a line of JSON.

The id depends on what happened and on nothing else. A receiver that gets a message a second time, because its answer to
the first was lost, knows it by that.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from evenside.notify.habit_words import minutes_words, nudge_words
from evenside.notify.words import alert_words, context_words
from evenside_analysis.metrics import METRICS
from evenside_analysis.nudge import Nudge
from evenside_analysis.types import Alert, Figure

__all__ = [
    "Message",
    "MessageKind",
    "alert_message",
    "message_id",
    "message_of_line",
    "message_to_line",
    "nudge_message",
]

# limit: a figure passed its limit; nudge: a habit went on for long; change: days differ from the usual ones
MessageKind = Literal["limit", "nudge", "change", "digest", "test"]
_NAMES = ("id", "kind", "wearer", "rule", "at_ns", "active", "side", "title", "text")
_UNITS = {row.id: row.unit for row in METRICS}


@dataclass(frozen=True, slots=True)
class Message:
    """``at_ns``: UTC of what it tells of. ``active``: it began; False where it is over. ``facts``: value, interval, n,
    context, completeness, claim level and whatever else was measured, as JSON has words for it.
    """

    id: str
    kind: MessageKind
    wearer: str
    rule: str
    at_ns: int
    active: bool
    side: str
    title: str
    text: str
    facts: tuple[tuple[str, object], ...] = ()


def message_id(*parts: object) -> str:
    """The same for the same parts: 32 hexadecimal digits."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def alert_message(wearer: str, session: str, at_ns: int, alert: Alert) -> Message:
    """Of a limit that was passed or left. Raises ValueError for a metric that nobody knows."""
    return Message(
        message_id(wearer, session, alert.rule, alert.metric, alert.site, at_ns, alert.active),
        "limit",
        wearer,
        alert.rule,
        at_ns,
        alert.active,
        alert.side,
        f"{wearer}: {alert.rule}",
        alert_words(alert),
        (
            *(("session", session), ("metric", alert.metric), ("site", alert.site), ("limit_ai", alert.limit_ai)),
            *_figure_facts(alert.figure),
        ),
    )


def nudge_message(wearer: str, session: str, at_ns: int, nudge: Nudge) -> Message:
    """Of a habit that goes on for long, or does so no more."""
    event = nudge.event
    return Message(
        message_id(wearer, session, nudge.rule, nudge.kind, nudge.side, at_ns, nudge.active),
        "nudge",
        wearer,
        nudge.rule,
        at_ns,
        nudge.active,
        nudge.side,
        f"{wearer}: {nudge.rule}",
        nudge_words(nudge),
        (
            *(("session", session), ("habit", nudge.kind), ("place", event.place), ("confidence", event.confidence)),
            *(("start_s", nudge.start_s), ("after_s", nudge.after_s), ("lasted", minutes_words(_lasted_s(nudge)))),
            ("measured", dict(event.values)),
        ),
    )


def message_to_line(message: Message) -> bytes:
    """One line of JSON, without its end. NaN and infinities are null."""
    moment = datetime.fromtimestamp(message.at_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    cells = {name: getattr(message, name) for name in _NAMES}
    facts = _sound(dict(message.facts))
    return json.dumps({**cells, "at": moment, "facts": facts}, allow_nan=False, ensure_ascii=False).encode()


def message_of_line(line: bytes) -> Message:
    """Raises ValueError for what is no such line."""
    try:
        cells = json.loads(line)
        return Message(**{name: cells[name] for name in _NAMES}, facts=tuple(cells["facts"].items()))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no message: {error!r}") from error


def _lasted_s(nudge: Nudge) -> float:
    return nudge.time_s - nudge.start_s


def _figure_facts(figure: Figure) -> tuple[tuple[str, object], ...]:
    unit = _UNITS.get(figure.metric, "")
    return (
        ("value_ai", figure.ai),
        ("interval_ai", [figure.ai_lo, figure.ai_hi]),
        ("n", figure.n),
        ("context", context_words(figure.metric)),
        ("left", figure.left_mean),
        ("right", figure.right_mean),
        ("difference", figure.difference),
        ("unit", unit),
        ("bias_budget_ai", figure.bias_budget_ai),
        ("mdc95_ai", figure.mdc95_ai),
        ("claim", figure.claim),
        ("completeness", [figure.completeness_left, figure.completeness_right]),
        ("span_s", [figure.start_s, figure.end_s]),
    )


def _sound(value: object) -> object:
    match value:
        case dict():
            return {str(name): _sound(cell) for name, cell in value.items()}
        case list() | tuple():
            return [_sound(cell) for cell in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
