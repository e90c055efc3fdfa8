"""``evenside status``: how things stand, from the store and from what the running daemon last said of itself."""

from __future__ import annotations

from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.cli.status_facts import Status, gather
from evenside.cli.status_text import status_text
from evenside.config import load_config

__all__ = ["status"]


@click.command()
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def status(config_path: Path | None, as_json: bool) -> None:
    """Show whether the daemon runs, its nodes, the last figures, standing alerts, and how much is stored.

    Works beside a running daemon and when there is none. Nothing is changed.
    """
    found: Status = gather(load_config(config_path))
    if as_json:
        print_json(found)
    else:
        click.echo(status_text(found))
