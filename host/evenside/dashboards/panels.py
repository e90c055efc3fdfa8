"""Panels of Grafana as plain values: time series, tables, state timelines. Nothing here knows a language or a metric.

An asymmetry index is drawn with its zero in the middle and the words of both sides at its axis; a code stands as its
word. Colours tell left from right and never good from bad: only battery, losses and clocks have limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evenside.catalogue import CLAIM_WORDS, SIDE_CODES, code_words
from evenside.dashboards.language import Json, Table

__all__ = ["AI_AXIS", "Column", "override", "state_timeline", "table", "time_series"]

AI_AXIS = "← left larger · AI · right larger →"
DAY_MS = 86_400_000
LEFT, RIGHT, NEITHER = "#3274D9", "#FF9830", "#8E8E8E"

# Units of the catalogue and of the metrics, as Grafana calls them.
_UNITS = {
    "AI": "none",
    "percent": "percent",
    "share": "percentunit",
    "celsius": "celsius",
    "ms": "ms",
    "s": "s",
    "N": "forceN",
    "W": "watt",
    "m/s²": "accMS2",
    "": "none",
}


@dataclass(frozen=True, slots=True)
class Column:
    """How a column or series is shown: ``unit`` of the catalogue, words for codes, limits as (value, colour)."""

    name: str
    unit: str = ""
    decimals: int | None = None
    words: Mapping[int, str] | None = None
    limits: tuple[tuple[float, str], ...] = ()
    colour: str = ""
    width: int | None = None


SIDE_WORDS = {code: "neither" if word == "none" else word for word, code in SIDE_CODES.items()}
SIDE_COLOURS = {-1: LEFT, 0: NEITHER, 1: RIGHT}


def time_series(
    title: str,
    targets: Sequence[Json],
    columns: Sequence[Column] = (),
    *,
    words: str = "",
    axis: str = "",
    unit: str = "",
    ai: bool = False,
    band: tuple[str, str] | None = None,
    points: bool = False,
    legend: str = "",
    least: float | None = None,
    most: float | None = None,
) -> Json:
    """Lines over time. ``ai``: zero in the middle; ``band``: two series that are filled between, lower one first.

    ``points``: one a day; ``legend``: what a series is called, as of ``Language.legend``.
    """
    custom: Json = {
        "drawStyle": "line",
        "lineWidth": 2,
        "fillOpacity": 0,
        "showPoints": "always" if points else "auto",
        "pointSize": 4,
        "spanNulls": 2 * DAY_MS if points else 60_000,  # a longer silence is a gap
        "axisLabel": AI_AXIS if ai else axis,
        "axisCenteredZero": ai,
        "insertNulls": False,
    }
    defaults: Json = {"unit": grafana_unit(unit), "custom": custom}
    if legend:
        defaults["displayName"] = legend
    if least is not None:
        defaults["min"] = least
    if most is not None:
        defaults["max"] = most
    overrides = [override(column) for column in columns]
    if band is not None:
        low, high = band
        overrides += [
            _by_name(low, [("custom.lineWidth", 0), ("custom.showPoints", "never"), ("custom.hideFrom", _HIDDEN)]),
            _by_name(
                high,
                [
                    ("custom.lineWidth", 0),
                    ("custom.showPoints", "never"),
                    ("custom.fillBelowTo", low),
                    ("custom.fillOpacity", 20),
                ],
            ),
        ]
    options: Json = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "none"},
    }
    panel = _panel("timeseries", title, words, targets, defaults, overrides, options)
    panel["interval"] = "6h" if points else "10s"  # no finer than there is something
    return panel


def table(title: str, found: Table, columns: Sequence[Column], *, words: str = "") -> Json:
    """A table; a column that is not named is shown as it comes."""
    defaults: Json = {"custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False}}
    options: Json = {"showHeader": True, "cellHeight": "sm"}
    panel = _panel("table", title, words, found.targets, defaults, [override(column) for column in columns], options)
    panel["transformations"] = list(found.transformations)
    return panel


def state_timeline(title: str, targets: Sequence[Json], *, words: str = "", legend: str = "") -> Json:
    """Which side, over time: one bar for each series."""
    defaults: Json = {
        "custom": {"fillOpacity": 80, "lineWidth": 0},
        "mappings": [_mapping(SIDE_WORDS, SIDE_COLOURS)],
        "unit": "none",
        "decimals": 0,
    }
    if legend:
        defaults["displayName"] = legend
    options: Json = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "center",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return _panel("state-timeline", title, words, targets, defaults, [], options)


def grafana_unit(unit: str) -> str:
    """Of a unit of the catalogue; one that Grafana does not know stands behind the number as it is."""
    return _UNITS.get(unit, f"suffix: {unit}")


def override(column: Column) -> Json:
    """What is particular to one column or series, found by its name; a name between slashes is a pattern."""
    properties: list[tuple[str, object]] = []
    if column.unit:
        properties.append(("unit", grafana_unit(column.unit)))
    if column.decimals is not None:
        properties.append(("decimals", column.decimals))
    if column.words is not None:
        properties.append(("mappings", [_mapping(column.words, SIDE_COLOURS if column.words is SIDE_WORDS else {})]))
    if column.limits:
        steps: list[object] = [{"color": "text", "value": None}]
        steps += [{"color": colour, "value": value} for value, colour in column.limits]
        properties.append(("thresholds", {"mode": "absolute", "steps": steps}))
        properties.append(("custom.cellOptions", {"type": "color-text"}))
    if column.colour:
        properties.append(("color", {"mode": "fixed", "fixedColor": column.colour}))
    if column.width is not None:
        properties.append(("custom.width", column.width))
    return _by_name(column.name, properties)


SIDE = Column("larger side", words=SIDE_WORDS, decimals=0)
CLAIM = Column("how sure", words=CLAIM_WORDS, width=260)
WITHHELD = Column("withheld because", words=code_words(), width=260)
_HIDDEN = {"legend": True, "tooltip": False, "viz": False}


def _by_name(name: str, properties: Sequence[tuple[str, object]]) -> Json:
    pattern = name.startswith("/")
    matcher: Json = {"id": "byRegexp" if pattern else "byName", "options": name}
    return {"matcher": matcher, "properties": [{"id": key, "value": value} for key, value in properties]}


def _mapping(words: Mapping[int, str], colours: Mapping[int, str]) -> Json:
    options: Json = {}
    for place, (code, word) in enumerate(words.items()):
        shown: Json = {"text": word, "index": place}
        if code in colours:
            shown["color"] = colours[code]
        options[str(code)] = shown
    return {"type": "value", "options": options}


def _panel(
    kind: str,
    title: str,
    words: str,
    targets: Sequence[Json],
    defaults: Json,
    overrides: Sequence[Json],
    options: Json,
) -> Json:
    return {
        "type": kind,
        "title": title,
        "description": words.strip(),
        "targets": list(targets),
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
    }
