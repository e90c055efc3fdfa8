"""*Now* and *Today*: the newest figures, and the day so far."""

from __future__ import annotations

from evenside.catalogue import ALERT, FIGURE
from evenside.dashboards.board_parts import (
    AI,
    AI_COLUMNS,
    EVERYWHERE,
    FIGURES,
    SIGN,
    UNITS_WORDS,
    VALUES,
    Placed,
    completeness_panel,
    left_and_right_panel,
    nodes_panel,
)
from evenside.dashboards.language import Language, Question
from evenside.dashboards.panels import CLAIM, SIDE, WITHHELD, Column, state_timeline, table, time_series

__all__ = ["now_panels", "today_panels"]


def now_panels(language: Language) -> list[Placed]:
    everywhere = Question(FIGURE, FIGURES, EVERYWHERE, ("metric", "site"))
    one = Question(FIGURE, AI)
    return [
        (
            table(
                "The newest figures",
                language.newest(everywhere),
                (*AI_COLUMNS, SIDE, CLAIM, *VALUES, WITHHELD),
                words=f"{SIGN} Left and right in the unit of the metric: {UNITS_WORDS}.",
            ),
            24,
            9,
        ),
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{SIGN} The band is the 95 % interval. There is none where the figure is withheld.",
            ),
            12,
            9,
        ),
        (left_and_right_panel(language), 12, 9),
        (completeness_panel(language), 12, 7),
        (nodes_panel(language), 12, 7),
    ]


def today_panels(language: Language) -> list[Placed]:
    one = Question(FIGURE, AI)
    sides = Question(FIGURE, (("side_code", "larger side"),), EVERYWHERE, ("metric", "site"), how="last", coarse=True)
    alerts = Question(
        ALERT,
        (("active", "state"), ("side_code", "larger side"), ("ai", "AI"), ("limit_ai", "limit")),
        EVERYWHERE,
        ("rule", "metric", "site"),
    )
    loads = Question(FIGURE, (("ai", "AI"),), ("wearer", "kind", "site"), ("metric",), coarse=True)
    return [
        (
            time_series(
                "Asymmetry index of $metric at $site",
                language.over_time(one),
                AI_COLUMNS,
                ai=True,
                band=("95 % from", "95 % to"),
                words=f"{SIGN} The band is the mean of the 95 % intervals of the windows.",
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
        (left_and_right_panel(language), 12, 8),
        (
            time_series(
                "All metrics at $site",
                language.over_time(loads),
                ai=True,
                words=SIGN,
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
                    *AI_COLUMNS,
                ),
                words=f"A limit of yours was passed for as long as you said, or left again. {language.list_words}",
            ),
            24,
            7,
        ),
    ]
