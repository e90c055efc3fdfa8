"""``evenside doctor``: what is wrong with this machine and its setup, and the mend."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.doctor import Check, State, examine

__all__ = ["doctor"]

_COLOURS: dict[State, str] = {"ok": "green", "warn": "yellow", "fail": "red", "unknown": "cyan"}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The evenside.toml to look at; else the one found.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def doctor(ctx: click.Context, config: Path | None, as_json: bool) -> None:
    """Look at Python, evenside.toml, disk, store, recordings, serial ports, Bluetooth, clock and service.

    Changes nothing and opens no device. Exits with 1 where something fails.
    """
    with progress_bar("looking"):
        checks = examine(config)
    failed = any(check.state == "fail" for check in checks)
    if as_json:
        print_json({"ok": not failed, "checks": checks})
    else:
        _print(checks)
    if failed:
        ctx.exit(1)


def _print(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        state = click.style(f"{check.state:<7}", fg=_COLOURS[check.state], bold=check.state == "fail")
        click.echo(f"{state}  {check.name:<{width}}  {check.words}")
        if check.mend:
            click.echo(f"{'':<7}  {'':<{width}}  mend: {check.mend}")
    count = Counter(check.state for check in checks)
    told = [f"{count[state]} {state}" for state in ("fail", "warn", "unknown") if count[state]]
    click.echo(f"\n{', '.join(told)}, {count['ok']} ok" if told else "\nall is well")
