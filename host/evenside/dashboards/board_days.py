"""*Trend* and *Session*: day by day, and whole sessions."""

from __future__ import annotations

from collections.abc import Sequence

from evenside.catalogue import EVENT, FIGURE, SESSION
from evenside.dashboards.board_parts import (
    AI,
    AI_COLUMNS,
    EVERYWHERE,
    FIGURES,
    METRIC_UNITS,
    SIDES,
    SIGN,
    UNITS_WORDS,
    VALUES,
    Placed,
    left_and_right_panel,
)
from evenside.dashboards.language import Json, Language, Question
from evenside.dashboards.panels import CLAIM, SIDE, WITHHELD, Column, table, time_series

__all__ = ["session_panels", "trend_panels"]


def trend_panels(language: Language) -> list[Placed]:
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
                words=f"{SIGN} {language.days_words}",
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
                words=f"{SIGN} Means of the medians of days; VictoriaMetrics: medians of all windows of so many days.",
            ),
            24,
            8,
        ),
        (
            time_series(
                "Left and right of $metric at $site, day by day",
                language.by_day(values),
                (*SIDES, *METRIC_UNITS),
                legend=language.legend(values.by),
                points=True,
                words=f"In the unit of the metric: {UNITS_WORDS}.",
            ),
            12,
            8,
        ),
        (
            time_series(
                "Samples that arrived, day by day",
                language.by_day(complete),
                SIDES,
                unit="share",
                least=0.0,
                most=1.0,
                points=True,
            ),
            12,
            8,
        ),
    ]
    chart = language.chart()
    if chart:
        panels.insert(
            1,
            (
                time_series(
                    "Change from what is usual, with its limit",
                    chart,
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


def session_panels(language: Language) -> list[Placed]:
    summary = Question(SESSION, (*FIGURES, ("n", "pairs"), ("duration_s", "length")), EVERYWHERE, ("metric", "site"))
    marks = Question(EVENT, (("detail", "what"), ("count", "times")), EVERYWHERE, ("event", "node"), how="count")
    one = Question(FIGURE, AI)
    return [
        (
            table(
                "Figures of whole sessions",
                language.listed(summary),
                (Column("time", width=180), *AI_COLUMNS, SIDE, CLAIM, *VALUES, WITHHELD, Column("length", "s", 0)),
                words=f"{SIGN} A row stands at the end of its session; choose the session by the time range. "
                f"{language.list_words}",
            ),
            24,
            10,
        ),
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{SIGN} Window by window, with the 95 % interval.",
            ),
            12,
            9,
        ),
        (left_and_right_panel(language), 12, 9),
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


def _renamed(targets: Sequence[Json]) -> tuple[Json, ...]:
    """With letters of their own."""
    return tuple({**target, "refId": chr(65 + place)} for place, target in enumerate(targets))
