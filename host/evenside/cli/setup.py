"""``evenside setup``: which sensor is on which side, shown by moving one side after the other, into evenside.toml."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import click

from evenside.calibration.siding import SPAN_S, Guide, candidates_of, find_sides
from evenside.cli.calibrate_guide import key_pressed
from evenside.cli.progress import progress_bar
from evenside.cli.scan import LISTEN_S, found_tables
from evenside.config import config_places, find_config, parse_config
from evenside.config.edit import with_nodes, with_sides
from evenside.errors import ConfigError
from evenside.sources.found_toml import FoundTable, node_tables
from evenside_analysis.calibration_readings import Reading
from evenside_analysis.types import Side, Site
from evenside_analysis.who_moved import movement

__all__ = ["setup", "text_with"]

HEAD = """\
# Made by `evenside setup`; `evenside run` obeys it.
[[wearer]]
id = "me"

"""


@click.command()
@click.argument("ports", nargs=-1, metavar="[PORT]...")
@click.option("--site", type=click.Choice(get_args(Site)), help="Where they are worn, if they do not say.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="The evenside.toml to write or to change.")
@click.option("--ble/--no-ble", "with_ble", default=True, show_default=True, help="Look over Bluetooth too.")
@click.option("--adapter", default="", help="The Bluetooth adapter, as hci1; else the first one.")
@click.option("--baud", default=115200, show_default=True, help="Speed of the serial lines.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def setup(
    ports: tuple[str, ...], site: Site | None, path: Path | None, with_ble: bool, adapter: str, baud: int, yes: bool
) -> None:
    """Find the sensors in reach, see which one moves as you move the right side, then the left, and write it down.

    Put the sensors on first and sit down. In an evenside.toml that is there already the sides are changed and new
    sensors added; nothing is written before you have seen it, and the file as it was is kept beside it.
    """
    if not sys.stdin.isatty():
        raise ConfigError(
            "a terminal is needed: a person has to move", mend="`evenside scan` prints lines to fill in by hand"
        )
    with progress_bar("asking who is there"):
        tables = found_tables(ports, baud=baud, patience_s=LISTEN_S, with_ble=with_ble, adapter=adapter)
    candidates = candidates_of(tables, site)
    for candidate in candidates:
        click.echo(f"found: {candidate.table.remark}", err=True)
    if len(candidates) > 1:
        click.echo("connecting to them; keep still meanwhile", err=True)
    pair = asyncio.run(find_sides(candidates, _guide(candidates[0].entry.node.site if candidates else "foot")))
    target = path or find_config() or config_places()[0]
    before = _read(target)
    after = text_with(before, target, pair)
    for table in pair:
        click.echo(f"{table.side}: {table.serial} ({table.remark})", err=True)
    if after == before:
        click.echo(f"{target} says so already", err=True)
        return
    click.echo(_difference(before or "", after, target))
    if not yes and not click.confirm(f"write this to {target}?", err=True):
        raise click.Abort
    _write(target, before, after)
    click.echo(f"written: {target}\nnext: `evenside doctor`, `evenside run`", err=True)


def text_with(before: str | None, path: Path, pair: Sequence[FoundTable]) -> str:
    """The configuration with this pair in it; ``before`` None where there is none yet.

    Raises:
        ConfigError: what is there is wrong, or cannot be changed safely.
    """
    if before is None:
        after = HEAD + node_tables(pair)
        parse_config(after, path)
        return after
    sides: dict[str, Side] = {table.serial: table.side for table in pair if table.side is not None}
    after, missing = with_sides(before, path, sides)
    new = [table for table in pair if table.serial in missing]
    return with_nodes(after, path, node_tables(new)) if new else after


def _guide(site: Site) -> Guide:
    shown = sys.stderr.isatty()

    over = False

    def ready(side: Side) -> Awaitable[object]:
        click.echo(
            f"\nNow the {side.upper()} {site}: press Enter, then lift and shake it until it says done.", err=True
        )
        return key_pressed()

    def again(why: str) -> bool:
        click.echo(f"\r\x1b[K   {why}: once more" if shown else f"   {why}: once more", err=True)
        return True

    def watch(done_s: float, readings: Mapping[str, Reading]) -> None:
        nonlocal over
        before, over = over, done_s >= SPAN_S  # told every now and then, also once it is over
        if shown and not (before and over):
            told = "get going" if done_s < 0.0 else " · ".join(map(_bar, readings.values()))
            click.echo(f"\r\x1b[K   {'done' if over else told}", err=True, nl=over)

    return Guide(ready, again, watch)


def _bar(reading: Reading) -> str:
    score = movement(reading)
    return f"{reading.node.id} {'█' * min(12, round(score)) if math.isfinite(score) else '–'}"


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", mend="name another file with --config") from error


def _difference(before: str, after: str, path: Path) -> str:
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(), after.splitlines(), f"{path} as it is", f"{path} as it will be", lineterm=""
    )
    return "\n".join(lines) if before else after


def _write(path: Path, before: str | None, after: str) -> None:
    draft = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before is not None:
            path.with_name(path.name + ".bak").write_text(before, "utf-8")
        draft.write_text(after, "utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise ConfigError(f"{path}: {error.strerror}", mend="name a file that this user can write: --config") from error
