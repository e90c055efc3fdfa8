"""``evenside service``: install, remove or ask the service of this user."""

from __future__ import annotations

from pathlib import Path

import click

from evenside.cli.output import print_json
from evenside.config import config_places, find_config, load_config, notes_on
from evenside.service import ServicePlan, install, is_lingering, plan_here, remove, service_status, user_name

__all__ = ["service"]

EXIT_NOT_RUNNING = 3  # as systemctl does


@click.group()
def service() -> None:
    """Run the monitor as a service of this user: systemd on Linux, launchd on macOS.

    It starts at login (or at boot, where the user lingers), is watched, and is started anew when it fails.
    """


@service.command("install")
@click.option("--config", type=click.Path(path_type=Path), help="The evenside.toml to run; else the one found.")
@click.option("--print", "only_print", is_flag=True, help="Show what would be written and run; change nothing.")
def service_install(config: Path | None, only_print: bool) -> None:
    """Write the service and start it. Installing again starts it anew, with what evenside.toml says now."""
    if only_print:
        _show(plan_here(config or find_config() or config_places()[-1]))
        return
    loaded = load_config(config)
    for note in notes_on(loaded):
        click.echo(f"note: {note}", err=True)
    chosen = plan_here(loaded.path)
    install(chosen)
    click.echo(f"installed and running: {chosen.path}")
    if chosen.kind == "systemd" and is_lingering(user_name()) is False:
        click.echo("It runs while you are logged in. To have it run from boot on: loginctl enable-linger", err=True)


def _show(chosen: ServicePlan) -> None:
    click.echo(f"# {chosen.path}")
    click.echo(chosen.content.decode())
    for command in chosen.start:
        click.echo(f"# then: {' '.join(command)}")


@service.command("remove")
def service_remove() -> None:
    """Stop the service and delete its file. Data and evenside.toml stay."""
    chosen = plan_here(config_places()[-1])
    click.echo(f"removed: {chosen.path}" if remove(chosen) else f"there is no service: {chosen.path} is not there")


@service.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def service_state(ctx: click.Context, as_json: bool) -> None:
    """How the service is. Exits with 0 where it runs, else with 3."""
    chosen = plan_here(config_places()[-1])
    status = service_status(chosen)
    if as_json:
        print_json({"installed": status.installed, "state": status.state, "words": status.words, "file": chosen.path})
    else:
        click.echo(f"service: {status.words}")
        if status.state in ("failed", "stopped", "unknown"):
            click.echo(f"  see `{chosen.logs}`")
        elif status.state == "absent":
            click.echo("  `evenside service install` installs it")
    if status.state not in ("running", "starting"):
        ctx.exit(EXIT_NOT_RUNNING)
