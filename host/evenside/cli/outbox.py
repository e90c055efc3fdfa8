"""``evenside outbox``: what waits for other databases, what they refused, and what is to become of it."""

from __future__ import annotations

import time
from math import inf
from pathlib import Path

import click

from evenside.cli.output import json_text, print_json
from evenside.cli.text import bytes_text, duration_text, table_text, time_text
from evenside.config import load_config
from evenside.errors import StoreError
from evenside.store import Outbox, SinkState, sink_states

__all__ = ["outbox"]

_CONFIG = click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
_SINK = click.argument("sink")


@click.group()
def outbox() -> None:
    """Lines for other databases: what waits, and what was refused.

    Each [[sink]] of evenside.toml has an outbox in the store. Works beside a running daemon and when there is none.
    """


@outbox.command("status")
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def outbox_status(config_path: Path | None, as_json: bool) -> None:
    """How many lines wait, were refused or had to go, for each sink."""
    config = load_config(config_path)
    states = sink_states(config.store_path) if config.store_path.exists() else []
    if as_json:
        print_json({"sinks": states})
    elif states:
        header = ("sink", "waits", "since", "sent", "refused", "dropped", "on disk", "at most")
        click.echo(table_text(header, [_row(state) for state in states]))
    else:
        click.echo("there is no outbox: a [[sink]] in evenside.toml makes one")


@outbox.command("dead")
@_SINK
@_CONFIG
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="How many of the oldest to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def outbox_dead(sink: str, config_path: Path | None, count: int, as_json: bool) -> None:
    """Show the lines that the server of SINK refused, each with its words."""
    with _opened(sink, config_path) as found:
        lines = found.dead(count=count)
        total = found.state().dead
    for dead in lines:
        line = dead.line.decode("utf-8", "replace")
        if as_json:
            click.echo(json_text({"id": dead.id, "at_ns": dead.at_ns, "error": dead.error, "line": line}))
        else:
            click.echo(f"{time_text(dead.at_ns)}  {dead.error}\n  {line}")
    if not as_json:
        click.echo(f"{total} refused" + (f", {len(lines)} shown" if len(lines) < total else ""))


@outbox.command("resend")
@_SINK
@_CONFIG
def outbox_resend(sink: str, config_path: Path | None) -> None:
    """Let the refused lines of SINK wait once more, as they are; the daemon sends them."""
    with _opened(sink, config_path) as found:
        click.echo(f"{found.resend(time.time_ns())} lines wait again")


@outbox.command("drop")
@_SINK
@_CONFIG
@click.option("--dead", is_flag=True, help="The refused lines; else those that wait.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def outbox_drop(sink: str, config_path: Path | None, dead: bool, yes: bool) -> None:
    """Throw away what waits for SINK, or what it refused. The store itself keeps everything."""
    with _opened(sink, config_path) as found:
        state = found.state()
        count, what = (state.dead, "refused lines of") if dead else (state.waiting, "lines that wait for")
        if not yes:
            click.confirm(f"throw away {count} {what} {sink}?", abort=True)
        click.echo(f"{found.drop(dead=dead)} lines are gone")


def _opened(sink: str, config_path: Path | None) -> Outbox:
    """Raises StoreError where there is no store, or nothing was ever kept for this sink."""
    path = load_config(config_path).store_path
    if not path.exists():
        raise StoreError(f"there is no store at {path}", mend="start the daemon once, or give the right path")
    found = Outbox(path, sink)
    try:
        found.state()
    except StoreError:
        found.close()
        raise
    return found


def _row(state: SinkState) -> tuple[str, ...]:
    waits_s = inf if state.oldest_ns is None else max(0.0, (time.time_ns() - state.oldest_ns) / 1e9)
    return (
        *(state.name, str(state.waiting), "" if waits_s == inf else duration_text(waits_s), str(state.sent)),
        *(str(state.dead), str(state.dropped), bytes_text(state.bytes), bytes_text(state.bytes_max)),
    )
