"""``evenside capture NAME``: one session with a name, live figures and markers, and its figures at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evenside.cli.live_run import Show, run_shown, style_of
from evenside.cli.live_source import config_of_source
from evenside.cli.live_summary import summary_text
from evenside.config import Config, default_data, load_config, notes_on
from evenside.daemon import DaemonPlan, Outcome, plan_of
from evenside.errors import ConfigError

__all__ = ["capture"]

MARKS = {"m": "", " ": "", **{str(number): str(number) for number in range(1, 10)}}
ENDS = "q\n\r"


@click.command()
@click.argument("name")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option("--source", help="Take all nodes of this source (replay://PATH, simulate://) instead of evenside.toml.")
@click.option("--wearer", help="Who it is; needed where evenside.toml has several.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so long; else by key.")
@click.option("--data", type=click.Path(path_type=Path), help="With --source: the folder to write into.")
@click.option("--json", "as_json", is_flag=True, help="Everything that happens, one JSON object a line.")
def capture(
    name: str,
    config_path: Path | None,
    source: str | None,
    wearer: str | None,
    seconds: float | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Record a session called NAME, with the figures on the terminal as they come.

    Keys: m or space put a marker, 1 to 9 a numbered one; q or Enter ends the session. Then its figures are shown, each
    with its interval, what this setup could feign, and how much may be said of it.
    """
    if seconds is None and not sys.stdin.isatty():
        raise ConfigError("there is no terminal with a key to end this", mend="say how long, as --seconds 60")
    if source is None and data is not None:
        raise ConfigError("--data is for --source", mend="name the folder in evenside.toml (`data`)")
    config = load_config(config_path) if source is None else config_of_source(source, wearer or "me", _folder(data))
    plan = plan_of(config, wearers=(_wearer(config, wearer),), kind="capture", name=name, seconds=seconds)
    keys = "m, space, 1-9: marker · q, Enter or Ctrl-C: end"
    show = Show(f"evenside capture · {name}", keys, True, marks=MARKS, ends=ENDS, notes=notes_on(config))
    style = style_of(json=as_json)
    outcome = run_shown(plan, show, style)
    if style != "json":
        click.echo(_report(name, plan, outcome))


def _folder(data: Path | None) -> Path:
    return data if data is not None else default_data()


def _wearer(config: Config, wearer: str | None) -> str:
    known = [found.id for found in config.wearers]
    if wearer is None and len(known) > 1:
        raise ConfigError(f"{config.path} has several wearers", mend=f"say whose session: --wearer {known[0]}")
    return wearer or known[0]


def _report(name: str, plan: DaemonPlan, outcome: Outcome) -> str:
    session = outcome.sessions[0]
    words = summary_text(session.summary) if session.summary else "the analysis failed; the raw samples are kept"
    lines = [f"{name}: session {session.session}, {outcome.reason}", "", words, "", f"stored in {plan.store}"]
    if session.recording is not None:
        lines.append(f"raw samples in {session.recording}")
    return "\n".join(lines)
