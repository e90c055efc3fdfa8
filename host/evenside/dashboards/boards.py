"""The dashboards: Now, Today, Trend, Session, Sensors. Each asks by the catalogue, in whatever language it is given.

What a panel may say is what ``evenside_analysis.claims`` allows: sizes with the word of their side, how sure that is,
and nothing about the person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evenside.dashboards.board_days import session_panels, trend_panels
from evenside.dashboards.board_live import now_panels, today_panels
from evenside.dashboards.board_parts import EVERYWHERE, Placed
from evenside.dashboards.board_sensors import sensors_panels
from evenside.dashboards.language import VARIABLES, Json, Language

__all__ = ["BOARDS", "SCHEMA_VERSION", "dashboard"]

SCHEMA_VERSION = 39
UID = "evenside"


@dataclass(frozen=True, slots=True)
class _Board:
    uid: str
    title: str
    words: str
    since: str
    refresh: str
    variables: tuple[str, ...]
    panels: Callable[[Language], list[Placed]]


def dashboard(board: str, language: Language, *, zone: str = "browser", kind: str = "run") -> Json:
    """One of ``BOARDS`` as Grafana reads it. ``kind``: of the sessions shown first; ``zone``: of its times."""
    made = BOARDS[board]
    source: Json = {"type": language.plugin, "uid": UID}
    panels: list[Json] = []
    x = y = row_height = 0
    for place, (panel, width, height) in enumerate(made.panels(language)):
        if x + width > 24:
            x, y, row_height = 0, y + row_height, 0
        grid: Json = {"x": x, "y": y, "w": width, "h": height}
        targets = panel["targets"]
        assert isinstance(targets, list)
        panels.append(
            {
                **panel,
                "id": place + 1,
                "gridPos": grid,
                "datasource": source,
                "targets": [{**target, "datasource": source} for target in targets if isinstance(target, dict)],
            }
        )
        x, row_height = x + width, max(row_height, height)
    return {
        "uid": f"evenside-{made.uid}",
        "title": f"evenside · {made.title}",
        "description": made.words,
        "tags": ["evenside"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "timezone": zone,
        "time": {"from": made.since, "to": "now"},
        "refresh": made.refresh,
        "links": [
            {
                "type": "dashboards",
                "title": "evenside",
                "tags": ["evenside"],
                "asDropdown": False,
                "icon": "",
                "includeVars": True,
                "keepTime": False,
                "targetBlank": False,
                "tooltip": "",
                "url": "",
            }
        ],
        "templating": {"list": [_variable(language, source, tag, kind) for tag in made.variables]},
        "annotations": {"list": []},
        "panels": panels,
    }


def _variable(language: Language, source: Json, tag: str, kind: str) -> Json:
    first = kind if tag == "kind" else None
    return {
        "name": tag,
        "label": {"kind": "sessions"}.get(tag, tag),
        "type": "query",
        "datasource": source,
        "query": language.variable(tag, VARIABLES[tag]),
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": False,
        "hide": 0,
        **({"current": {"text": first, "value": first, "selected": True}} if first else {}),
    }


_ALL = tuple(VARIABLES)
BOARDS: dict[str, _Board] = {
    board.uid: board
    for board in (
        _Board("now", "Now", "The newest figures, and the sensors behind them.", "now-15m", "10s", _ALL, now_panels),
        _Board(
            "today", "Today", "The day so far: figures, the larger side, alerts.", "now/d", "1m", _ALL, today_panels
        ),
        _Board("trend", "Trend", "Day by day: medians, what is usual, change.", "now-90d", "", _ALL, trend_panels),
        _Board(
            "session", "Session", "Figures of whole sessions, and their windows.", "now-6h", "", _ALL, session_panels
        ),
        _Board(
            *(
                "sensors",
                "Sensors",
                "Losses, clocks, batteries, completeness.",
                "now-6h",
                "1m",
                EVERYWHERE,
                sensors_panels,
            )
        ),
    )
}
