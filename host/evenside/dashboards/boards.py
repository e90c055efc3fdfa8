"""The dashboards: Now, Today, Trend, Session, Sensors. Each asks by the catalogue, in whatever language it is given.

What a panel may say is what ``evenside_analysis.claims`` allows: sizes with the word of their side, how sure that is,
and nothing about the person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenside.catalogue import ALERT, EVENT, FIGURE, NODE, SESSION
from evenside.dashboards.language import VARIABLES, Json, Language, Question
from evenside.dashboards.panels import (
    CLAIM,
    LEFT,
    RIGHT,
    SIDE,
    WITHHELD,
    Column,
    state_timeline,
    table,
    time_series,
)
from evenside_analysis.metrics import METRICS

__all__ = ["BOARDS", "SCHEMA_VERSION", "dashboard"]

SCHEMA_VERSION = 39
UID = "evenside"
_EVERYWHERE = ("wearer", "kind")
_AI = (("ai", "AI"), ("ci_low", "95 % from"), ("ci_high", "95 % to"))
_FIGURES = (
    *_AI,
    ("side_code", "larger side"),
    ("claim", "how sure"),
    ("left", "left"),
    ("right", "right"),
    ("reason_code", "withheld because"),
)
_AI_COLUMNS = tuple(Column(name, "AI", 1) for name in ("AI", "95 % from", "95 % to", "limit"))
_VALUES = (Column("left", decimals=3), Column("right", decimals=3), Column("pairs", decimals=0))
# By what a series is called: "foot step_time left", or "left {site="foot", metric="step_time"}".
_SIDES = (Column(r"/(^| )left($| \{)/", colour=LEFT), Column(r"/(^| )right($| \{)/", colour=RIGHT))
_METRIC_UNITS = (
    *(
        Column(f"/\\b({'|'.join(row.id for row in METRICS if row.unit == unit)})\\b/", unit)
        for unit in dict.fromkeys(row.unit for row in METRICS)
    ),
    Column("/pedal.*load_share|load_share.*pedal/", "W"),
)
_SIGN = "Above 0 the right is larger, below 0 the left."
_UNITS_WORDS = "; ".join(
    f"{', '.join(row.id for row in METRICS if row.unit == unit)}: {unit}"
    for unit in dict.fromkeys(row.unit for row in METRICS)
)


@dataclass(frozen=True, slots=True)
class _Board:
    uid: str
    title: str
    words: str
    since: str
    refresh: str
    variables: tuple[str, ...]
    panels: Callable[[Language], Sequence[tuple[Json, int, int]]]  # with width and height


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


def _now(language: Language) -> list[tuple[Json, int, int]]:
    everywhere = Question(FIGURE, _FIGURES, _EVERYWHERE, ("metric", "site"))
    one = Question(FIGURE, _AI)
    return [
        (
            table(
                "The newest figures",
                language.newest(everywhere),
                (*_AI_COLUMNS, SIDE, CLAIM, *_VALUES, WITHHELD),
                words=f"{_SIGN} Left and right in the unit of the metric: {_UNITS_WORDS}.",
            ),
            24,
            9,
        ),
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                _AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{_SIGN} The band is the 95 % interval. There is none where the figure is withheld.",
            ),
            12,
            9,
        ),
        (_left_and_right(language), 12, 9),
        (_completeness(language), 12, 7),
        (_nodes(language), 12, 7),
    ]


def _today(language: Language) -> list[tuple[Json, int, int]]:
    one = Question(FIGURE, _AI)
    sides = Question(FIGURE, (("side_code", "larger side"),), _EVERYWHERE, ("metric", "site"), how="last", coarse=True)
    alerts = Question(
        ALERT,
        (("active", "state"), ("side_code", "larger side"), ("ai", "AI"), ("limit_ai", "limit")),
        _EVERYWHERE,
        ("rule", "metric", "site"),
    )
    loads = Question(FIGURE, (("ai", "AI"),), ("wearer", "kind", "site"), ("metric",), coarse=True)
    return [
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                _AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{_SIGN} The band is the mean of the 95 % intervals of the windows.",
            ),
            24,
            9,
        ),
        (
            state_timeline(
                "The larger side, as far as it is seen",
                language.over_time(sides),
                legend=language.legend(sides.by),
                words="A side is named only where its interval leaves zero out. Straps tell which shoulder bears the "
                "bag.",
            ),
            24,
            9,
        ),
        (_left_and_right(language), 12, 8),
        (
            time_series(
                "All metrics at $site",
                language.over_time(loads),
                ai=True,
                words=_SIGN,
                legend=language.legend(loads.by),
            ),
            12,
            8,
        ),
        (
            table(
                "Alerts",
                language.listed(alerts),
                (
                    Column("time", width=180),
                    Column("state", words={0: "cleared", 1: "raised"}),
                    SIDE,
                    *_AI_COLUMNS,
                ),
                words=f"A limit of yours was passed for as long as you said, or left again. {language.list_words}",
            ),
            24,
            7,
        ),
    ]


def _trend(language: Language) -> list[tuple[Json, int, int]]:
    ai = Question(FIGURE, (("ai", "median of the day"),))
    week, month = (Question(FIGURE, (("ai", f"last {days} days"),)) for days in (7, 28))
    values = Question(FIGURE, (("left", "left"), ("right", "right")), by=("site", "metric"))
    complete = Question(FIGURE, (("completeness_left", "left"), ("completeness_right", "right")))
    panels = [
        (
            time_series(
                "Asymmetry index of $metric at $site, day by day",
                language.by_day(ai),
                [Column("median of the day", "AI", 1)],
                ai=True,
                points=True,
                words=f"{_SIGN} {language.days_words}",
            ),
            24,
            9,
        ),
        (
            time_series(
                "What is usual, and the last week",
                _renamed((*language.by_day(month, 28), *language.by_day(week, 7))),
                [Column("/last (7|28) days/", "AI", 1)],
                ai=True,
                words=f"{_SIGN} Means of the medians of days; VictoriaMetrics: medians of all windows of so many days.",
            ),
            24,
            8,
        ),
        (
            time_series(
                "Left and right of $metric at $site, day by day",
                language.by_day(values),
                (*_SIDES, *_METRIC_UNITS),
                legend=language.legend(values.by),
                points=True,
                words=f"In the unit of the metric: {_UNITS_WORDS}.",
            ),
            12,
            8,
        ),
        (
            time_series(
                "Samples that arrived, day by day",
                language.by_day(complete),
                _SIDES,
                unit="share",
                least=0.0,
                most=1.0,
                points=True,
            ),
            12,
            8,
        ),
    ]
    chart = getattr(language, "chart", None)
    if chart is not None:
        panels.insert(
            1,
            (
                time_series(
                    "Change from what is usual, with its limit",
                    chart(),
                    [
                        Column("change", "AI", 1),
                        Column("/limit/", "AI", 1, colour="#8E8E8E"),
                        Column("raised here", "AI", 1),
                    ],
                    ai=True,
                    points=True,
                    words="A weighted mean of what exceeds the usual of the first 28 days; beyond the limit for 3 of 5 "
                    "days it counts as a change. The usual stays until it is renewed.",
                ),
                24,
                8,
            ),
        )
    return panels


def _session(language: Language) -> list[tuple[Json, int, int]]:
    summary = Question(SESSION, (*_FIGURES, ("n", "pairs"), ("duration_s", "length")), _EVERYWHERE, ("metric", "site"))
    marks = Question(EVENT, (("detail", "what"), ("count", "times")), _EVERYWHERE, ("event", "node"), how="count")
    one = Question(FIGURE, _AI)
    return [
        (
            table(
                "Figures of whole sessions",
                language.listed(summary),
                (Column("time", width=180), *_AI_COLUMNS, SIDE, CLAIM, *_VALUES, WITHHELD, Column("length", "s", 0)),
                words=f"{_SIGN} A row stands at the end of its session; choose the session by the time range. "
                f"{language.list_words}",
            ),
            24,
            10,
        ),
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                _AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{_SIGN} Window by window, with the 95 % interval.",
            ),
            12,
            9,
        ),
        (_left_and_right(language), 12, 9),
        (
            table(
                "Markers and events",
                language.listed(marks),
                (Column("time", width=180), Column("times", decimals=0)),
                words=f"Markers that were set, and what happened to links and clocks. {language.list_words}",
            ),
            24,
            8,
        ),
    ]


def _sensors(language: Language) -> list[tuple[Json, int, int]]:
    sync = Question(FIGURE, (("sync_error_ms", "clocks apart"),), _EVERYWHERE, ("site",), how="max")
    frames = Question(NODE, (("frames_lost", "lost"),), _EVERYWHERE, ("node",), how="rise")
    battery = Question(NODE, (("battery_percent", "battery"),), _EVERYWHERE, ("node",))
    clock = Question(NODE, (("clock_error_ms", "clock"),), _EVERYWHERE, ("node",), how="max")
    warm = Question(NODE, (("temperature_c", "temperature"),), _EVERYWHERE, ("node",))
    links = Question(
        EVENT,
        (("count", "times"),),
        _EVERYWHERE,
        ("node", "event"),
        how="count",
        only=(("event", ("lost", "silent", "reset", "refused", "dropped", "garbage")),),
    )
    return [
        (_nodes(language), 24, 7),
        (_completeness(language), 12, 8),
        (
            time_series(
                "How far the clocks of the two sides may be apart",
                language.over_time(sync),
                legend=language.legend(sync.by),
                unit="ms",
                least=0.0,
                words="At 1 ms, walking, step time may show 0.18 AI that is not there. Figures that need both clocks "
                "are withheld above 2 ms.",
            ),
            12,
            8,
        ),
        (
            time_series(
                "Frames lost",
                language.over_time(frames),
                legend=language.legend(frames.by),
                least=0.0,
                axis="in each interval",
            ),
            12,
            8,
        ),
        (
            time_series(
                "Trouble with links",
                language.over_time(links),
                legend=language.legend(links.by),
                least=0.0,
                axis="times",
                points=True,
            ),
            12,
            8,
        ),
        (
            time_series(
                "Battery",
                language.over_time(battery),
                legend=language.legend(battery.by),
                unit="percent",
                least=0.0,
                most=100.0,
            ),
            8,
            7,
        ),
        (
            time_series(
                "Clock error of a node",
                language.over_time(clock),
                legend=language.legend(clock.by),
                unit="ms",
                least=0.0,
            ),
            8,
            7,
        ),
        (time_series("Temperature", language.over_time(warm), legend=language.legend(warm.by), unit="celsius"), 8, 7),
    ]


def _left_and_right(language: Language) -> Json:
    question = Question(FIGURE, (("left", "left"), ("right", "right")), by=("site", "metric"))
    return time_series(
        "Left and right of $metric at $site",
        language.over_time(question),
        (*_SIDES, *_METRIC_UNITS),
        legend=language.legend(question.by),
        words=f"In the unit of the metric: {_UNITS_WORDS}.",
    )


def _completeness(language: Language) -> Json:
    question = Question(
        FIGURE,
        (("completeness_left", "left"), ("completeness_right", "right")),
        _EVERYWHERE,
        ("site",),
        how="min",
    )
    return time_series(
        "Samples that arrived",
        language.over_time(question),
        _SIDES,
        legend=language.legend(question.by),
        unit="share",
        least=0.0,
        most=1.0,
        words="The share of expected samples, the least of all windows of an interval.",
    )


def _nodes(language: Language) -> Json:
    question = Question(
        NODE,
        (
            ("battery_percent", "battery"),
            ("temperature_c", "temperature"),
            ("clock_error_ms", "clock error"),
            ("frames", "frames"),
            ("frames_lost", "frames lost"),
        ),
        _EVERYWHERE,
        ("node", "site", "side"),
    )
    return table(
        "Nodes, as they last said",
        language.newest(question),
        (
            Column("battery", "percent", 0, limits=((-1.0, "red"), (15.0, "orange"), (30.0, "text"))),
            Column("temperature", "celsius", 0),
            Column("clock error", "ms", 2, limits=((2.0, "orange"),)),
            Column("frames", decimals=0),
            Column("frames lost", decimals=0),
        ),
        words="Empty where a node does not say.",
    )


def _renamed(targets: Sequence[Json]) -> tuple[Json, ...]:
    """With letters of their own."""
    return tuple({**target, "refId": chr(65 + place)} for place, target in enumerate(targets))


_ALL = tuple(VARIABLES)
BOARDS: dict[str, _Board] = {
    board.uid: board
    for board in (
        _Board("now", "Now", "The newest figures, and the sensors behind them.", "now-15m", "10s", _ALL, _now),
        _Board("today", "Today", "The day so far: figures, the larger side, alerts.", "now/d", "1m", _ALL, _today),
        _Board("trend", "Trend", "Day by day: medians, what is usual, change.", "now-90d", "", _ALL, _trend),
        _Board("session", "Session", "Figures of whole sessions, and their windows.", "now-6h", "", _ALL, _session),
        _Board(
            *("sensors", "Sensors", "Losses, clocks, batteries, completeness.", "now-6h", "1m", _EVERYWHERE, _sensors)
        ),
    )
}
