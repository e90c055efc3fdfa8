"""``evenside store``: look after the store: check it, copy it, bring a copy back, let old figures go."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.text import bytes_text
from evenside.config import load_config
from evenside.errors import StoreError
from evenside.store import Retention, Roller, back_up, check, compact, prune, restore

__all__ = ["store"]

_config = click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")


@click.group()
def store() -> None:
    """Look after the store. All of it works beside a running daemon."""


@store.command("check")
@_config
@_json
@click.pass_context
def store_check(ctx: click.Context, config_path: Path | None, as_json: bool) -> None:
    """Whether the store is whole: pages, tables, and that everything belongs to something.

    Changes nothing. Exits with 1 where something is wrong.
    """
    path = load_config(config_path).store_path
    findings = check(path)
    if as_json:
        print_json({"store": path, "ok": not findings, "findings": findings})
    else:
        for finding in findings:
            click.echo(f"{finding.words}\n  mend: {finding.mend}")
        click.echo(f"{path}: {len(findings)} findings" if findings else f"{path}: all is well")
    if findings:
        ctx.exit(1)


@store.command("compact")
@_config
@_json
def store_compact(config_path: Path | None, as_json: bool) -> None:
    """Give the room of what was pruned back to the disk. The daemon's rows wait meanwhile."""
    path = load_config(config_path).store_path
    freed = compact(path)
    if as_json:
        print_json({"store": path, "bytes_freed": freed})
    else:
        click.echo(f"{path}: {bytes_text(freed)} freed")


@store.command("prune")
@_config
@_json
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.FloatRange(min=1.0),
    help="Let figures of single windows, events and status older than this go; else as [store] in evenside.toml says.",
)
def store_prune(config_path: Path | None, as_json: bool, older_than: float | None) -> None:
    """Let go what is too old, never before it is in the figures by hour and day."""
    config = load_config(config_path)
    keep = config.store
    if older_than is None:
        retention = Retention(keep.keep_figures_days, keep.keep_hours_days, keep.keep_events_days)
    else:
        retention = Retention(older_than, None, older_than)
    if not retention.anything:
        raise StoreError(
            "nothing says how long anything is kept",
            mend="say --older-than DAYS, or set keep_figures_days in [store] of evenside.toml",
        )
    _must_be_there(config.store_path)
    gone = prune(config.store_path, retention, time.time_ns())
    if as_json:
        print_json({"store": config.store_path, "pruned": asdict(gone)})
    else:
        click.echo(
            f"{config.store_path}: {gone.figures} figures of windows, {gone.hours} by hour, and {gone.events} events"
            " and status went; `evenside store compact` gives the room back to the disk"
        )


@store.command("rollup")
@_config
@_json
def store_rollup(config_path: Path | None, as_json: bool) -> None:
    """Bring the figures by hour and day up to date, as the daemon does every few minutes."""
    path = load_config(config_path).store_path
    _must_be_there(path)
    with Roller(path) as roller:
        days = roller.all_due()
    if as_json:
        print_json({"store": path, "days": days})
    else:
        click.echo(f"{path}: {days} days brought up to date")


@store.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace FILE where it is there already.")
@_config
@_json
def store_backup(file: Path, replace: bool, config_path: Path | None, as_json: bool) -> None:
    """Copy the store to FILE as it is at one moment, and look at the copy before it gets its name."""
    path = load_config(config_path).store_path
    size = back_up(path, file, replace=replace)
    if as_json:
        print_json({"store": path, "backup": file, "bytes": size})
    else:
        click.echo(f"{file}: {bytes_text(size)}, checked")


@store.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@_config
@_json
def store_restore(file: Path, config_path: Path | None, as_json: bool) -> None:
    """Bring back from FILE what the store lacks. What is there stays as it is."""
    path = load_config(config_path).store_path
    new = restore(path, file)
    with Roller(path) as roller:
        roller.all_due()
    if as_json:
        print_json({"store": path, "backup": file, "new": new})
    else:
        told = ", ".join(f"{count} of {table}" for table, count in new.items() if count)
        click.echo(f"{path}: new rows: {told}" if told else f"{path}: nothing was missing")


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"there is no store at {path}", mend="start the daemon once, or give the right path")
