"""``evenside run``: the daemon in the foreground, as a service runs it too."""

from __future__ import annotations

from pathlib import Path

import click

from evenside.cli.live_run import Show, run_shown, style_of
from evenside.config import load_config, notes_on
from evenside.daemon import plan_of

__all__ = ["run"]


@click.command()
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option("--wearer", "wearers", multiple=True, help="Only this wearer; may be given more than once.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so long; else when you end it.")
@click.option("--quiet", "-q", is_flag=True, help="Only warnings and errors.")
@click.option("--verbose", "-v", is_flag=True, help="Every figure as a line, and more about links.")
@click.option("--json", "as_json", is_flag=True, help="Everything that happens, one JSON object a line.")
def run(
    config_path: Path | None, wearers: tuple[str, ...], seconds: float | None, quiet: bool, verbose: bool, as_json: bool
) -> None:
    """Watch all wearers of evenside.toml until told to stop (Ctrl-C, or SIGTERM).

    Figures, events and alerts go to the store, raw samples to the recordings. On a terminal you see what happens as
    it happens, elsewhere there is a line for everything worth a line.
    """
    config = load_config(config_path)
    plan = plan_of(config, wearers=wearers, seconds=seconds)
    title = f"evenside run · {config.path} · into {config.data}"
    show = Show(title, quiet=quiet, verbose=verbose, notes=notes_on(config))
    run_shown(plan, show, style_of(json=as_json))
