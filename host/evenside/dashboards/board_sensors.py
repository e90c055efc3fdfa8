"""*Sensors*: losses, clocks, batteries, and whether both sides are heard."""

from __future__ import annotations

from evenside.catalogue import EVENT, FIGURE, NODE
from evenside.dashboards.board_parts import (
    EVERYWHERE,
    Placed,
    completeness_panel,
    nodes_panel,
)
from evenside.dashboards.language import Language, Question
from evenside.dashboards.panels import time_series

__all__ = ["sensors_panels"]


def sensors_panels(language: Language) -> list[Placed]:
    sync = Question(FIGURE, (("sync_error_ms", "clocks apart"),), EVERYWHERE, ("site",), how="max")
    frames = Question(NODE, (("frames_lost", "lost"),), EVERYWHERE, ("node",), how="rise")
    battery = Question(NODE, (("battery_percent", "battery"),), EVERYWHERE, ("node",))
    clock = Question(NODE, (("clock_error_ms", "clock"),), EVERYWHERE, ("node",), how="max")
    warm = Question(NODE, (("temperature_c", "temperature"),), EVERYWHERE, ("node",))
    links = Question(
        EVENT,
        (("count", "times"),),
        EVERYWHERE,
        ("node", "event"),
        how="count",
        only=(("event", ("lost", "silent", "reset", "refused", "dropped", "garbage")),),
    )
    return [
        (nodes_panel(language), 24, 7),
        (completeness_panel(language), 12, 8),
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
