"""Every key of evenside.toml in one table: what it may be, its default, and what it means.

The README holds this table as Markdown (``python -m evenside.config.reference`` prints it), the tests hold it against
what the parser knows and against the defaults of the values. So what is written down is what is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from evenside.config.alerts import DWELL_S, NUDGE_AFTER_S
from evenside.config.notify import clock_text
from evenside.config.values import AlertsConfig, FigureConfig, NotifyConfig, RecordingConfig, SinkConfig
from evenside_analysis.conversions import FORMULAS
from evenside_analysis.habit_types import HabitKind
from evenside_analysis.limits import Limit
from evenside_analysis.nudge import NudgeSettings
from evenside_analysis.settings import DEFAULT_TRUST

__all__ = ["KEYS", "Key", "example_config", "reference_markdown"]

REQUIRED = "must be there"


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``table`` is the header that it stands under, "" at the top; ``default`` is as in the README."""

    table: str
    name: str
    value: str
    default: str
    meaning: str


def _limit_default(name: str) -> str:
    return f"{Limit.__dataclass_fields__[name].default:g}"


def _trust_default(name: str) -> str:
    by_value: dict[float, list[str]] = {}
    for site, trust in DEFAULT_TRUST:
        by_value.setdefault(getattr(trust, name), []).append(site)
    listed = "; ".join(f"{value:g} ({', '.join(sites)})" for value, sites in sorted(by_value.items()))
    return f"{listed}; inf elsewhere"


_FIGURES = FigureConfig()
_RECORDING = RecordingConfig()
_SINK = SinkConfig("", "", "")
_ALERTS = AlertsConfig()
_NUDGE = NudgeSettings("", "carrying", 3600.0)
_FOLDER = "`$XDG_DATA_HOME/evenside` or `~/.local/share/evenside`"

KEYS: tuple[Key, ...] = (
    Key("", "data", "folder", _FOLDER, "everything that is written; relative paths start at this file"),
    Key("[figures]", "window_s", "seconds", f"{_FIGURES.window_s:g}", "a figure is made of this much time"),
    Key(
        "[figures]", "hop_s", "seconds", f"{_FIGURES.hop_s:g}", "and this often; `window_s` is a whole number of these"
    ),
    Key("[store]", "path", "file", "`store.sqlite` in `data`", "figures, events, alerts"),
    Key("[store]", "max_mb", "megabytes", "no limit", "the store grows no larger"),
    Key("[store]", "keep_figures_days", "days", "for ever", "figures of single windows; those by hour and day stay"),
    Key("[store]", "keep_hours_days", "days", "for ever", "figures by hour; those by day and of sessions always stay"),
    Key("[store]", "keep_events_days", "days", "for ever", "events, alerts, and what nodes said of themselves"),
    Key("[recording]", "enabled", "`true`, `false`", str(_RECORDING.enabled).lower(), "whether raw samples are kept"),
    Key("[recording]", "path", "folder", "`recordings` in `data`", "one folder a session"),
    Key("[recording]", "max_mb", "megabytes", "no limit", "how much a recording keeps before it becomes Parquet"),
    Key(
        *("[trust.SITE]", "ln_gain_sd", "number, `inf`", _trust_default("ln_gain_sd")),
        "SD of ln(gain right / gain left) of the sensors at this site: no smaller asymmetry of sizes is claimed",
    ),
    Key(
        *("[trust.SITE]", "zero_error_n", "newtons, `inf`", _trust_default("zero_error_n")),
        "how far one side's zero may be off",
    ),
    Key("[[sink]]", "id", "text", REQUIRED, "the sink's name: another database that the figures go to as well"),
    Key("[[sink]]", "kind", "`influxdb`, `victoriametrics`", REQUIRED, "what runs there"),
    Key("[[sink]]", "url", "`http://…`, `https://…`", REQUIRED, "its address"),
    Key("[[sink]]", "bucket", "text", f"`{_SINK.bucket}`", "the bucket, in InfluxDB 1 the database"),
    Key("[[sink]]", "org", "text", "none", "the organisation, in InfluxDB 2"),
    Key(*("[[sink]]", "token_env", "name", "no token"), "the environment variable with the token (or `user:password`)"),
    Key("[[sink]]", "token_file", "file", "no token", "the file with the token; its mode must be 0600"),
    Key("[[sink]]", "ca_file", "file", "those of the system", "the certificates to trust, in PEM"),
    Key(
        *("[[sink]]", "max_mb", "megabytes", f"{_SINK.max_mb:g}"),
        "what may wait for it in the store; then the oldest goes, counted",
    ),
    Key("[[sink]]", "max_days", "days", "no limit", "what waited for longer goes too, counted"),
    Key("[[notify]]", "id", "text", REQUIRED, "the name of a way to tell somebody of alerts"),
    Key("[[notify]]", "kind", "`desktop`, `webhook`, `mqtt`, `apprise`", REQUIRED, "what way it is"),
    Key(
        *("[[notify]]", "url", "`https://…`, `mqtt://…`, `mqtts://…`", "none"),
        "where to, for `webhook` and `mqtt`; that of `apprise` is its secret",
    ),
    Key("[[notify]]", "topic", "text", f"`{NotifyConfig('', '').topic}`", "what the topics begin with, for `mqtt`"),
    Key(
        *("[[notify]]", "token_env", "name", "no secret"),
        "the environment variable with the token, the `user:password` or the URL of Apprise",
    ),
    Key("[[notify]]", "token_file", "file", "no secret", "the file with it; its mode must be 0600"),
    Key("[[notify]]", "ca_file", "file", "those of the system", "the certificates to trust, in PEM"),
    Key(
        *("[alerts]", "quiet", '`"22:00-07:00"`', "never"),
        "local time of the wearer in which nothing is sent; it is sent when that is over",
    ),
    Key(
        *("[alerts]", "changes_per_week", "whole number", str(_ALERTS.changes_per_week)),
        "how many changes over days are sent at once, all metrics together; the others come with the digest",
    ),
    Key("[alerts]", "digest", '`"18:00"`', f'`"{clock_text(_ALERTS.digest_minute)}"`', "when the digest is sent"),
    Key("[[wearer]]", "id", "text", REQUIRED, "who wears the nodes"),
    Key(
        *("[[wearer]]", "timezone", '`"Europe/Berlin"`, `"+05:30"`', "that of the machine"),
        "whose hours and days are the wearer's",
    ),
    Key("[[wearer.node]]", "id", "text", REQUIRED, "the sensor's name, one for each of a wearer"),
    Key(
        *("[[wearer.node]]", "site", "`foot`, `shank`, `thigh`, `pelvis`, …", REQUIRED),
        "where it is worn, or what it is, as in LAYOUTS.md",
    ),
    Key("[[wearer.node]]", "side", "`left`, `right`, `centre`", REQUIRED, "one node a site and side"),
    Key(
        "[[wearer.node]]",
        "source",
        "URL",
        REQUIRED,
        "`serial://PORT`, `ble://`, `evdev://`, `simulate://`, `replay://PATH`",
    ),
    Key("[[wearer.node]]", "serial", "text", "any device", "the one device that this node must be"),
    Key(
        *("[[wearer.node]]", "device", "`evenside`, the id of a kind, or the path of a layout of lines"),
        "as it advertises itself",
        "what kind of Bluetooth sensor it is",
    ),
    Key("[[wearer.node]]", "channels", "list", REQUIRED, "what it measures: `acc_x` … `gyr_z`, `force`, `power`, …"),
    Key("[[wearer.node]]", "rate_hz", "Hz", REQUIRED, "samples a second, 0.1 to 10000"),
    Key("[[wearer.node]]", "gravity", "`true`, `false`", "true", "whether the acceleration still holds gravity"),
    Key(
        *("[[wearer.node]]", "right_handed", "`true`, `false`", "false"),
        "true only where the axes are known to be right-handed on this very side: it lets exchanged feet be found",
    ),
    Key(
        *("[[wearer.node]]", "acc_range", '`{ value = 16, unit = "g" }`', "unknown"),
        "what the accelerometer can measure, for the clipping check",
    ),
    Key("[[wearer.node]]", "gyr_range", '`{ value = 2000, unit = "deg/s" }`', "unknown", "the same of the gyroscope"),
    Key(
        *("[[wearer.node]]", "scale", "list of numbers", "unknown"),
        "the SI value of one count of each channel: raw recordings are then a quarter of the size",
    ),
    Key("[[wearer.node]]", "clock", "text", "its own", "nodes that name the same clock are stamped by one oscillator"),
    Key(
        *("[[wearer.node]]", "side_confirmed", "`true`, `false`", "false"),
        "true where the side is right although the id speaks of the other one",
    ),
    Key("[[wearer.alert]]", "rule", "text", REQUIRED, "the alert's name"),
    Key("[[wearer.alert]]", "metric", "metric id", REQUIRED, "of the table of metrics"),
    Key("[[wearer.alert]]", "site", "as of a node", REQUIRED, "where it is measured"),
    Key(
        *("[[wearer.alert]]", "raise", '`{ value = 10, formula = "ai" }`', REQUIRED),
        f"beyond this it is raised; the formula is one of {', '.join(f'`{formula}`' for formula in FORMULAS)}",
    ),
    Key("[[wearer.alert]]", "clear", "the same", REQUIRED, "below this it is cleared; not above `raise`"),
    Key("[[wearer.alert]]", "dwell_s", "seconds", f"{DWELL_S:g}", "how long it must stay beyond"),
    Key("[[wearer.alert]]", "clear_dwell_s", "seconds", f"{DWELL_S:g}", "how long it must stay below"),
    Key("[[wearer.alert]]", "side", "`left`, `right`, `either`", "`either`", "the larger side that is watched"),
    Key("[[wearer.alert]]", "min_claim", "0 to 4", _limit_default("min_claim"), "the least claim level that counts"),
    Key(
        *("[[wearer.alert]]", "patience_s", "seconds", _limit_default("patience_s")),
        "after this long without figures a waiting alert starts afresh",
    ),
    Key("[[wearer.alert]]", "cooldown_s", "seconds", "0", "it is sent no more often than this"),
    Key("[[wearer.alert]]", "notify", "list of ids", "all", "where it is sent to"),
    Key("[[wearer.alert]]", "buzz", "`true`, `false`", "false", "the node of that side lights up and buzzes too"),
    Key("[[wearer.nudge]]", "rule", "text", REQUIRED, "the nudge's name"),
    Key(
        *("[[wearer.nudge]]", "habit", ", ".join(f"`{kind}`" for kind in get_args(HabitKind)), REQUIRED),
        "what goes on for long",
    ),
    Key(
        *("[[wearer.nudge]]", "side", "`left`, `right`, `either`, `any`", "`either` for `carrying`, else `any`"),
        "`either` times left and right, each on its own",
    ),
    Key(
        *("[[wearer.nudge]]", "after_s", "seconds"),
        "; ".join(f"{span_s:g} ({kind})" for kind, span_s in NUDGE_AFTER_S.items()) + "; must be there for others",
        "after how long; what you wish, no evidence says when long is too long",
    ),
    Key("[[wearer.nudge]]", "on_s", "seconds", f"{_NUDGE.on_s:g}", "it counts once it was seen for so long"),
    Key("[[wearer.nudge]]", "off_s", "seconds", f"{_NUDGE.off_s:g}", "pauses of no more than this do not end it"),
    Key("[[wearer.nudge]]", "cooldown_s", "seconds", f"{_NUDGE.cooldown_s:g}", "it is raised no more often than this"),
    Key("[[wearer.nudge]]", "notify", "list of ids", "all", "where it is sent to"),
    Key("[[wearer.nudge]]", "buzz", "`true`, `false`", "false", "the node of that side lights up and buzzes too"),
)


def reference_markdown() -> str:
    """The tables as they stand in the README."""
    parts: list[str] = []
    for table in dict.fromkeys(key.table for key in KEYS):
        rows = [f"| `{key.name}` | {key.value} | {key.default} | {key.meaning} |" for key in KEYS if key.table == table]
        title = f"`{table}`" if table else "At the top"
        parts.append(
            "\n".join((f"{title}\n", "| key | value | default | meaning |", "| --- | --- | --- | --- |", *rows))
        )
    return "\n\n".join(parts) + "\n"


def example_config() -> str:
    """A whole evenside.toml with two feet and an alert, to start from."""
    return _EXAMPLE


_EXAMPLE = """\
# data = "evenside-data"  # everything that is written; if left out, in your home

[figures]
window_s = 60
hop_s = 10

[[wearer]]
id = "me"

[[wearer.node]]
id = "left_foot"
site = "foot"
side = "left"
source = "serial:///dev/ttyACM0?baud=115200"
serial = "EV-0001"  # the one device that this must be; `evenside scan` prints it
channels = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
rate_hz = 100
acc_range = { value = 16, unit = "g" }
gyr_range = { value = 2000, unit = "deg/s" }

[[wearer.node]]
id = "right_foot"
site = "foot"
side = "right"
source = "serial:///dev/ttyACM1?baud=115200"
serial = "EV-0002"
channels = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
rate_hz = 100
acc_range = { value = 16, unit = "g" }
gyr_range = { value = 2000, unit = "deg/s" }

[[wearer.alert]]
rule = "longer on one foot"
metric = "stance_time"
site = "foot"
raise = { value = 8, formula = "ai" }  # a number is never without its formula
clear = { value = 5, formula = "ai" }
dwell_s = 120
clear_dwell_s = 60
"""


if __name__ == "__main__":
    print(reference_markdown(), end="")
