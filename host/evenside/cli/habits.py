"""``evenside habits``: what is done on one side, over days, with how sure that is."""

from __future__ import annotations

import time
from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.text import duration_text, table_text
from evenside.config import load_config
from evenside.errors import ConfigError
from evenside.notify.habit_days import HabitOverDays, habits_over_days
from evenside.store import habit_bouts, habit_wearers

__all__ = ["habits"]

DAY_NS = 86_400 * 1_000_000_000


@click.command()
@click.option("--days", type=click.FloatRange(0, min_open=True), default=28.0, show_default=True, help="The last days.")
@click.option("--wearer", help="Of which wearer, where there are several.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def habits(days: float, wearer: str | None, config_path: Path | None, as_json: bool) -> None:
    """Which side the bag, the first step of stairs, the crossed leg and the sleep are on, over days.

    One-sided is what was so in ten bouts or more on three days or more, and in more than two thirds of them for sure.
    """
    path = load_config(config_path).store_path
    known = habit_wearers(path)
    if wearer not in known and (wearer is not None or len(known) > 1):
        raise ConfigError(
            "which wearer?", mend=f"--wearer is one of {', '.join(known) or '(nobody was monitored yet)'}"
        )
    who = wearer or (known[0] if known else "")
    found = habits_over_days(habit_bouts(path, who, time.time_ns() - round(days * DAY_NS)))
    if as_json:
        print_json({"wearer": who, "days": days, "habits": [_object(habit) for habit in found]})
    elif found:
        click.echo("\n".join(_text(habit) for habit in found))
    else:
        click.echo(f"no habit was seen in the last {days:g} days")


def _text(habit: HabitOverDays) -> str:
    rows = [
        (cluster.name, str(cluster.found.left), str(cluster.found.right), str(cluster.found.unknown))
        for cluster in habit.clusters
    ]
    time_text = f"{duration_text(habit.left_s)} left, {duration_text(habit.right_s)} right in all"
    table = "\n".join(f"  {line}" for line in table_text(("when", "left", "right", "unknown"), rows).splitlines())
    return f"{habit.words}; {time_text}\n{table}"


def _object(habit: HabitOverDays) -> dict[str, object]:
    found = habit.found
    return {
        "id": habit.id,
        "left": found.left,
        "right": found.right,
        "unknown": found.unknown,
        "days": found.days,
        "posterior": {"mean": found.mean, "ci95": [found.lo, found.hi]},
        "label": found.label,
        "left_s": habit.left_s,
        "right_s": habit.right_s,
        "words": habit.words,
        "clusters": {cluster.name: [cluster.found.left, cluster.found.right] for cluster in habit.clusters},
    }
