"""What several dashboards show: the columns of figures, and panels that stand on more than one of them."""

from __future__ import annotations

from evenside.catalogue import FIGURE, NODE
from evenside.dashboards.language import Json, Language, Question
from evenside.dashboards.panels import LEFT, RIGHT, Column, table, time_series
from evenside_analysis.metrics import METRICS

__all__ = [
    "AI",
    "AI_COLUMNS",
    "EVERYWHERE",
    "FIGURES",
    "METRIC_UNITS",
    "SIDES",
    "SIGN",
    "UNITS_WORDS",
    "VALUES",
    "Placed",
    "completeness_panel",
    "left_and_right_panel",
    "nodes_panel",
]

Placed = tuple[Json, int, int]  # a panel with its width, of 24, and its height
EVERYWHERE = ("wearer", "kind")
AI = (("ai", "AI"), ("ci_low", "95 % from"), ("ci_high", "95 % to"))
FIGURES = (
    *AI,
    ("side_code", "larger side"),
    ("claim", "how sure"),
    ("left", "left"),
    ("right", "right"),
    ("reason_code", "withheld because"),
)
AI_COLUMNS = tuple(Column(name, "AI", 1) for name in ("AI", "95 % from", "95 % to", "limit"))
VALUES = (Column("left", decimals=3), Column("right", decimals=3), Column("pairs", decimals=0))
# By what a series is called: "foot step_time left", or "left {site="foot", metric="step_time"}".
SIDES = (Column(r"/(^| )left($| \{)/", colour=LEFT), Column(r"/(^| )right($| \{)/", colour=RIGHT))
METRIC_UNITS = (
    *(
        Column(f"/\\b({'|'.join(row.id for row in METRICS if row.unit == unit)})\\b/", unit)
        for unit in dict.fromkeys(row.unit for row in METRICS)
    ),
    Column("/pedal.*load_share|load_share.*pedal/", "W"),
)
SIGN = "Above 0 the right is larger, below 0 the left."
UNITS_WORDS = "; ".join(
    f"{', '.join(row.id for row in METRICS if row.unit == unit)}: {unit}"
    for unit in dict.fromkeys(row.unit for row in METRICS)
)


def left_and_right_panel(language: Language) -> Json:
    question = Question(FIGURE, (("left", "left"), ("right", "right")), by=("site", "metric"))
    return time_series(
        "Left and right of $metric at $site",
        language.over_time(question),
        (*SIDES, *METRIC_UNITS),
        legend=language.legend(question.by),
        words=f"In the unit of the metric: {UNITS_WORDS}.",
    )


def completeness_panel(language: Language) -> Json:
    question = Question(
        FIGURE,
        (("completeness_left", "left"), ("completeness_right", "right")),
        EVERYWHERE,
        ("site",),
        how="min",
    )
    return time_series(
        "Samples that arrived",
        language.over_time(question),
        SIDES,
        legend=language.legend(question.by),
        unit="share",
        least=0.0,
        most=1.0,
        words="The share of expected samples, the least of all windows of an interval.",
    )


def nodes_panel(language: Language) -> Json:
    question = Question(
        NODE,
        (
            ("battery_percent", "battery"),
            ("temperature_c", "temperature"),
            ("clock_error_ms", "clock error"),
            ("frames", "frames"),
            ("frames_lost", "frames lost"),
        ),
        EVERYWHERE,
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
