"""``evenside alerts``: what was said to people, whether it was useful, and what shall be silent for a while."""

from __future__ import annotations

import time
from pathlib import Path
from typing import get_args

import click

from evenside.cli.output import json_text
from evenside.cli.text import table_text, time_text
from evenside.config import Config, load_config
from evenside.errors import ConfigError, EvensideError, StoreError
from evenside.notify.message import Message, message_id, message_of_line, message_to_line
from evenside.notify.target import Target, opener_of
from evenside.series import Secret
from evenside.store import Messages, StoredMessage
from evenside_analysis.habit_types import HabitKind
from evenside_analysis.metrics import METRICS

__all__ = ["alerts"]

DAY_NS = 86_400 * 1_000_000_000
_CONFIG = click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
_WEARER = click.option("--wearer", help="Of which wearer, where there are several.")
_SAID = {
    "new": "not decided yet",
    "held": "waits for the end of quiet hours",
    "digest": "waits for the digest",
    "digested": "sent with the digest",
    "sent": "sent",
    "snoozed": "not sent: snoozed",
    "quiet": "not sent: quiet hours",
    "too_soon": "not sent: cooldown",
    "nowhere": "not sent: nobody is to hear of it",
}


@click.group()
def alerts() -> None:
    """What was said to people, and what they want to hear.

    Each [[notify]] of evenside.toml is a way to tell somebody. Works beside a running daemon and when there is none.
    """


@alerts.command("list")
@_CONFIG
@_WEARER
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="How many of the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def alerts_list(config_path: Path | None, wearer: str | None, count: int, as_json: bool) -> None:
    """The newest messages, what became of each, and what is snoozed."""
    with _messages(load_config(config_path)) as messages:
        found = messages.last(count, wearer)
        snoozes = messages.snoozes(time.time_ns())
    if as_json:
        for one in found:
            click.echo(json_text(_object(one)))
        return
    if found:
        click.echo(table_text(("id", "when", "wearer", "what", "became", "useful"), [_row(one) for one in found]))
    else:
        click.echo("nothing was said yet")
    for (who, subject), until_ns in sorted(snoozes.items()):
        click.echo(f"{who}: {subject} is snoozed until {time_text(until_ns)}")


@alerts.command("snooze")
@click.argument("metric")
@click.option("--days", type=click.FloatRange(0), default=7.0, show_default=True, help="For how long; 0 ends a snooze.")
@_CONFIG
@_WEARER
def alerts_snooze(metric: str, days: float, config_path: Path | None, wearer: str | None) -> None:
    """Say nothing of METRIC (a metric or a habit) for some days. It is measured and stored all the same."""
    known = [*(row.id for row in METRICS), *get_args(HabitKind)]
    if metric not in known:
        raise ConfigError(f"there is no metric or habit {metric!r}", mend=f"take one of {', '.join(known)}")
    config = load_config(config_path)
    who = _wearer(config, wearer)
    until_ns = time.time_ns() + round(days * DAY_NS)
    with _messages(config) as messages:
        messages.snooze(who, metric, until_ns)
    click.echo(f"{who}: {metric} is " + (f"snoozed until {time_text(until_ns)}" if days else "no longer snoozed"))


@alerts.command("useful")
@click.argument("id_", metavar="ID")
@_CONFIG
def alerts_useful(id_: str, config_path: Path | None) -> None:
    """The message ID (or the beginning of it) was worth reading."""
    _rate(config_path, id_, useful=True)


@alerts.command("not-useful")
@click.argument("id_", metavar="ID")
@_CONFIG
def alerts_not_useful(id_: str, config_path: Path | None) -> None:
    """The message ID (or the beginning of it) was not worth reading: its metric will need a clearer change."""
    _rate(config_path, id_, useful=False)


@alerts.command("test")
@click.argument("target")
@_CONFIG
def alerts_test(target: str, config_path: Path | None) -> None:
    """Send a message to TARGET, the id of a [[notify]], at once, and say what became of it."""
    config = load_config(config_path)
    entry = next((entry for entry in config.notify if entry.id == target), None)
    if entry is None:
        known = ", ".join(entry.id for entry in config.notify) or "none"
        raise ConfigError(f"{config.path}: there is no [[notify]] {target!r}", mend=f"those there are: {known}")
    secret = Secret(entry.token_env, entry.token_file)
    transport = opener_of(entry.kind)(Target(entry.id, entry.url, entry.topic, secret, entry.ca_file))
    now_ns = time.time_ns()
    message = Message(
        *(message_id("test", target, now_ns), "test", config.wearers[0].id, "test", now_ns, True, "none"),
        title="evenside: a test",
        text=f"this is a test of {target}: alerts arrive here",
    )
    try:
        answer = transport.send(message_to_line(message))
    finally:
        transport.close()
    if answer.outcome != "taken":
        raise EvensideError(f"{target} did not take it: {answer.words or answer.outcome}", mend=answer.mend)
    click.echo(f"{target} took it")


def _rate(config_path: Path | None, id_: str, *, useful: bool) -> None:
    with _messages(load_config(config_path)) as messages:
        found = messages.rate(id_, useful=useful)
    click.echo(f"noted: {message_of_line(found.row.line).text}")


def _messages(config: Config) -> Messages:
    if not config.store_path.exists():
        raise StoreError(f"there is no store at {config.store_path}", mend="start the daemon once: `evenside run`")
    return Messages(config.store_path)


def _wearer(config: Config, wearer: str | None) -> str:
    known = [one.id for one in config.wearers]
    if wearer is None and len(known) == 1:
        return known[0]
    if wearer not in known:
        what = "which wearer" if wearer is None else f"there is no wearer {wearer!r}"
        raise ConfigError(f"{config.path}: {what}", mend=f"--wearer is one of {', '.join(known)}")
    return wearer


def _row(stored: StoredMessage) -> tuple[str, ...]:
    message = message_of_line(stored.row.line)
    useful = "" if stored.useful is None else "yes" if stored.useful else "no"
    became = _SAID[stored.state] + (f" to {', '.join(_targets(stored))}" if stored.targets else "")
    return message.id[:8], time_text(message.at_ns), message.wearer, message.text.replace("\n", " "), became, useful


def _targets(stored: StoredMessage) -> list[str]:
    return [name.partition(":")[2] for name in stored.targets]


def _object(stored: StoredMessage) -> dict[str, object]:
    message = message_of_line(stored.row.line)
    head = {"state": stored.state, "targets": _targets(stored), "useful": stored.useful, "subject": stored.row.subject}
    return {"id": message.id, "kind": message.kind, "wearer": message.wearer, "rule": message.rule, **head,
            "at_ns": message.at_ns, "active": message.active, "side": message.side, "text": message.text,
            "facts": dict(message.facts)}  # fmt: skip
