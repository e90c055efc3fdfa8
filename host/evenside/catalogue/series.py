"""The measurements: their tags, and their fields with unit, words and where the value comes from.

Times are milliseconds UTC, fixed when a row is stored. Numbers are floats. A text stands beside its code where a
server keeps text. Tag and field names of a measurement differ, as InfluxDB 3 demands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from evenside.catalogue.codes import HABIT_SIDE_CODES, OTHER, REASON_CODES, SIDE_CODES

__all__ = [
    "ALERT",
    "EVENT",
    "FIGURE",
    "HABIT",
    "MEASUREMENTS",
    "NODE",
    "SESSION",
    "Field",
    "Measurement",
    "field_values",
    "victoria_name",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``unit`` "" is that of the metric, or none.

    ``of``: the attribute it is taken from, dotted where it lies deeper, "a-b" for a difference; "" for the number 1.
    It is multiplied by ``factor``; ``absent`` stands for "not known". ``codes``: it is a word, kept as its number.
    ``text``: it is kept as text, where a server can.
    """

    name: str
    words: str
    unit: str = ""
    of: str = ""
    factor: float = 1.0
    absent: float = math.nan
    codes: Mapping[str, int] | None = None
    text: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """``tags`` in the order in which they stand in a line."""

    name: str
    words: str
    tags: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """Raises KeyError for a name that is not there."""
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(f"{self.name} has no field {name!r}")


_SHARED = (
    Field("ai", "asymmetry index; above 0 the right is larger, below 0 the left", "AI", of="ai"),
    Field("ci_low", "lower end of its 95 % interval", "AI", of="ai_lo"),
    Field("ci_high", "upper end of its 95 % interval", "AI", of="ai_hi"),
    Field("left", "mean of the left", of="left_mean"),
    Field("right", "mean of the right", of="right_mean"),
    Field("left_sd", "SD of the left", of="left_sd"),
    Field("right_sd", "SD of the right", of="right_sd"),
    Field("difference", "right minus left", of="difference"),
    Field("n", "pairs that were compared", of="n"),
    Field("n_left", "values of the left", of="n_left"),
    Field("n_right", "values of the right", of="n_right"),
    Field("bias_budget_ai", "what clocks, gains and zeros could feign", "AI", of="bias_budget_ai"),
    Field("mdc95_ai", "smallest change that is one, 95 %", "AI", of="mdc95_ai"),
    Field("claim", "how much may be said, 0 to 4", of="claim"),
    Field("side_code", "the larger side: -1 left, 1 right, 0 none", of="side", codes=SIDE_CODES),
    Field("reason_code", "why it is withheld, as a number; 0 where it is not", of="reason", codes=REASON_CODES),
    Field("reason", "why it is withheld", of="reason", text=True),
    Field("completeness_left", "samples of the left that arrived", "share", of="completeness_left"),
    Field("completeness_right", "samples of the right that arrived", "share", of="completeness_right"),
    Field("sync_error_ms", "how far apart the clocks may be", "ms", of="sync_error_s", factor=1000.0),
)

# ``kind`` is how the session came about: a recording that is replayed must not overwrite what was said live.
FIGURE = Measurement(
    "figure",
    "one metric over the last window, of evenside_analysis.types.Figure",
    ("wearer", "site", "metric", "kind"),
    _SHARED,
)
SESSION = Measurement(
    "session",
    "one metric over a whole session, at its end, of Figure",
    ("wearer", "site", "metric", "kind"),
    (*_SHARED, Field("duration_s", "how long the session was", "s", of="end_s-start_s")),
)
NODE = Measurement(
    "node",
    "what a node said of itself, of NodeStatusRow",
    ("wearer", "node", "site", "side", "kind"),
    (
        Field("battery_percent", "charge of the battery", "percent", of="battery_percent"),
        Field("temperature_c", "temperature of the node", "celsius", of="temperature_c"),
        Field("clock_error_ms", "how far its clock may be off", "ms", of="clock_error_s", factor=1000.0),
        Field("frames", "frames that arrived in this session", of="frames", absent=-1.0),
        Field("frames_lost", "frames that did not", of="frames_lost", absent=-1.0),
    ),
)
EVENT = Measurement(
    "event",
    "what happened at one moment, of EventRow",
    ("wearer", "node", "event", "kind"),
    (Field("count", "always 1"), Field("detail", "what was said", of="detail", text=True)),
)
ALERT = Measurement(
    "alert",
    "an alert raised or cleared, of Alert",
    ("wearer", "site", "metric", "rule", "kind"),
    (
        Field("active", "1 raised, 0 cleared", of="active"),
        Field("side_code", "towards: -1 left, 1 right", of="side", codes=SIDE_CODES),
        Field("limit_ai", "the limit that was passed", "AI", of="limit_ai"),
        Field("ai", "the asymmetry index that decided; above 0 the right is larger", "AI", of="figure.ai"),
    ),
)
# ``place``: the node, the site of a pair, or several joined by "+".
HABIT = Measurement(
    "habit",
    "a bout of a habit that is over, at its end, of evenside_analysis.habit_types.HabitEvent",
    ("wearer", "habit", "place", "kind"),
    (
        Field("side_code", "-1 left, 1 right, 0 none, 2 both, 3 not known", of="side", codes=HABIT_SIDE_CODES),
        Field("side", "the side, or why there is none", of="side", text=True),
        Field("lasted_s", "how long it was", "s", of="lasted_s"),
        Field("confidence", "of the side, 0 to 1", of="confidence"),
        Field("mean_n", "mean weight of a bag", "N", of="mean_n"),
        Field("up", "1 stairs up, 0 down", of="up"),
        Field("strides", "strides on the stairs", of="strides"),
        Field("share_right", "weight on the right while standing", "share", of="share_right"),
        Field("angle_deg", "angle of the trunk", "degree", of="angle_deg"),
        Field("height_m", "how high a heel was", "m", of="height_m"),
        Field("repetitions", "movements of an arm at work", of="repetitions"),
    ),
)
MEASUREMENTS = (FIGURE, SESSION, NODE, EVENT, ALERT, HABIT)


def field_values(measurement: Measurement, source: object, *, texts: bool) -> list[tuple[str, float | str]]:
    """All fields of what a line is about, in the order of the catalogue; NaN where a value is not known.

    ``texts``: whether the server keeps text; without it such fields are left out.
    """
    return [(field.name, _value(field, source)) for field in measurement.fields if texts or not field.text]


def victoria_name(measurement: Measurement, field: str) -> str:
    """What VictoriaMetrics calls a field that came by line protocol."""
    return f"{measurement.name}_{measurement.field(field).name}"


def _value(field: Field, source: object) -> float | str:
    if not field.of:
        return 1.0
    if "-" in field.of:
        later, earlier = (float(attrgetter(name)(source)) for name in field.of.split("-"))
        return later - earlier
    found = attrgetter(field.of)(source)
    if field.text:
        return str(found)
    if field.codes is not None:
        return float(field.codes.get(found, OTHER))
    value = float(found)
    return math.nan if value == field.absent else value * field.factor
