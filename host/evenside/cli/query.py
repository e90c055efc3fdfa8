"""``evenside query``: a metric over a span, as a table, as CSV, as JSON, or as a picture in the terminal."""

from __future__ import annotations

import csv
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from math import isfinite, isnan
from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.query_picture import picture
from evenside.cli.text import table_text, time_text
from evenside.config import load_config
from evenside.errors import ConfigError, StoreError
from evenside.store import By, SeriesKey, SeriesPoint, series_keys, series_points
from evenside_analysis.metrics import METRICS, metric, sided, sided_interval

__all__ = ["query", "span_ns"]

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_557_600}
_DEFAULT_KINDS = ("run", "capture", "demo", "replay", "analyse")  # of these the first that has the metric
ROWS_MAX = 100_000


class _Span(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else span_ns(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def span_ns(text: str) -> int:
    """ "7d", "36h", "90m", "2w" or "1y" in nanoseconds. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([mhdwy])", text)
    if found is None or float(found[1]) == 0.0:
        raise ValueError(f"{text!r} is no span: write a number and m, h, d, w or y, as in 7d")
    return round(float(found[1]) * _UNITS[found[2]] * 1e9)


@click.command()
@click.argument("metric_id", metavar="METRIC")
@click.option("--last", "span", type=_Span(), default="7d", show_default=True, help="How far back: 90m, 36h, 7d, 1y.")
@click.option("--by", type=click.Choice(["window", "hour", "day"]), help="What a row is; by the span if left out.")
@click.option("--wearer", help="Whose; may be left out where there is one only.")
@click.option("--site", help="Where; may be left out where it is measured at one only.")
@click.option("--kind", type=click.Choice(_DEFAULT_KINDS), help="Of which sessions; the first that has it by default.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--plot", "as_plot", is_flag=True, help="A picture of text.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
def query(
    metric_id: str,
    span: int,
    by: By | None,
    wearer: str | None,
    site: str | None,
    kind: str | None,
    as_csv: bool,
    as_json: bool,
    as_plot: bool,
    config_path: Path | None,
) -> None:
    """Show METRIC over the last hours, days or years.

    The asymmetry index stands with the side that is larger; "-" where it is withheld. Rows by hour and day hold the
    median of their windows, and from which to which AI eight in ten of them lay.
    """
    if sum((as_csv, as_json, as_plot)) > 1:
        raise ConfigError("--csv, --json and --plot are three ways to show the same", mend="give one of them")
    if metric_id not in {row.id for row in METRICS}:
        raise ConfigError(
            f"there is no metric {metric_id!r}", mend=f"take one of {', '.join(row.id for row in METRICS)}"
        )
    path = load_config(config_path).store_path
    key = _key(series_keys(path), metric_id, wearer, site, kind, path)
    by = by or ("window" if span <= 6 * 3600 * 10**9 else "hour" if span <= 4 * 86_400 * 10**9 else "day")
    # What a simulated wearer did may lie ahead of the clock.
    points = series_points(path, key, by, time.time_ns() - span, 2**63 - 1)
    if as_json:
        print_json({"series": key, "unit": metric(key.metric, key.site).unit, "by": by, "points": points})
    elif as_csv:
        _print_csv(points)
    elif not points:
        raise StoreError(f"there is nothing of {_words(key)} in this span", mend="give a longer one, as in --last 30d")
    elif as_plot:
        width = shutil.get_terminal_size((100, 24)).columns
        click.echo(picture(f"{_words(key)}, AI by {by}", points, width))
    else:
        click.echo(_table(key, by, points[-ROWS_MAX:]))


def _key(
    keys: Sequence[SeriesKey], metric_id: str, wearer: str | None, site: str | None, kind: str | None, path: Path
) -> SeriesKey:
    """The one series that is meant.

    Raises:
        StoreError: none fits.
        ConfigError: several do.
    """
    if not keys:
        raise StoreError(
            f"{path} holds no figures yet", mend="let the daemon run for some minutes, or try `evenside demo`"
        )
    fitting = [
        key
        for key in keys
        if key.metric == metric_id and wearer in (None, key.wearer) and site in (None, key.site)
        and kind in (None, key.kind)
    ]  # fmt: skip
    if not fitting:
        known = "; ".join(sorted({_words(key) for key in keys}))
        raise StoreError(f"the store holds nothing that fits {metric_id}", mend=f"there is: {known}")
    if kind is None:
        first = next(kind for kind in _DEFAULT_KINDS if any(key.kind == kind for key in fitting))
        fitting = [key for key in fitting if key.kind == first]
    for option, name in (("--wearer", "wearer"), ("--site", "site")):
        values = sorted({getattr(key, name) for key in fitting})
        if len(values) > 1:
            raise ConfigError(
                f"there are several of {metric_id}: {', '.join(values)}", mend=f"say which, as in {option} {values[0]}"
            )
    return fitting[0]


def _words(key: SeriesKey) -> str:
    return f"{key.metric} at {key.site} of {key.wearer} ({key.kind})"


def _table(key: SeriesKey, by: By, points: Sequence[SeriesPoint]) -> str:
    unit = metric(key.metric, key.site).unit
    range_title = "95 % interval" if by == "window" else "8 of 10 windows"
    header = (
        by if by != "window" else "until",
        "AI towards",
        range_title,
        f"left, {unit}",
        f"right, {unit}",
        "windows",
    )
    if by == "window":
        header = (*header[:-1], "withheld")
    rows = [
        (
            point.name or time_text(point.end_ns),
            sided(point.ai) or "-",
            sided_interval(point.ai_low, point.ai_high),
            _number(point.left),
            _number(point.right),
            point.reason if by == "window" else f"{point.given} of {point.windows}",
        )
        for point in points
    ]
    return f"{_words(key)}\n\n{table_text(header, rows)}"


def _print_csv(points: Sequence[SeriesPoint]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [field.name for field in fields(SeriesPoint)]
    writer.writerow(["start_utc", *names[1:]])
    for point in points:
        cells = [getattr(point, name) for name in names[2:]]
        writer.writerow(
            [
                _utc(point.start_ns),
                point.end_ns,
                *("" if isinstance(cell, float) and isnan(cell) else cell for cell in cells),
            ]
        )


def _utc(ts_ns: int) -> str:
    return f"{datetime.fromtimestamp(ts_ns // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: float) -> str:
    return f"{value:.3g}" if isfinite(value) else "-"
