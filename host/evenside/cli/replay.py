"""``evenside replay``: a recording through the monitor as if it were live, or played as a device on a serial line."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import click

from evenside.cli.live_replay import run_replay
from evenside.cli.live_run import style_of
from evenside.cli.live_summary import summary_text
from evenside.cli.progress import progress_bar
from evenside.config import Config, default_data, load_config
from evenside.errors import ConfigError, SourceError
from evenside.sources.replay_options import ReplayOptions, open_replayed, speed_of
from evenside_analysis.limits import Limit

__all__ = ["replay"]


def _speed(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        return speed_of(value)
    except SourceError as error:
        raise click.BadParameter(f"{value!r}: {error.mend}", ctx, param) from error


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--layout", metavar="NAME|FILE.toml", help="How to read it; without it the built-in that fits.")
@click.option(
    "--rate", "rate_hz", type=click.FloatRange(0.1, 10_000), help="Samples a second, where the file says none."
)
@click.option(
    "--speed",
    callback=_speed,
    default="1",
    show_default=True,
    metavar="FACTOR|max",
    help="Times as fast as it was, or max.",
)
@click.option("--pty", "as_device", is_flag=True, help="Play it as a device on a pseudo-terminal for `evenside run`.")
@click.option("--link", type=click.Path(path_type=Path), help="With --pty: a link of this name to the terminal.")
@click.option("--data", type=click.Path(path_type=Path), help="The folder whose store takes the figures.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Take data, windows and alerts from it.")
@click.option("--record", is_flag=True, help="Keep the raw samples once more, as a recording of evenside.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so many real seconds.")
@click.option("--json", "as_json", is_flag=True, help="Everything that happens, one JSON object a line.")
def replay(
    path: Path,
    layout: str | None,
    rate_hz: float | None,
    speed: float,
    as_device: bool,
    link: Path | None,
    data: Path | None,
    config_path: Path | None,
    record: bool,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Play the recording at PATH (as for `analyse`) through the monitor into the store.

    With --pty nothing is analysed here: a serial device appears that sends the recording when a program asks for it.
    Its path is printed; `evenside scan THAT_PATH` prints what to write into evenside.toml.
    """
    options = ReplayOptions(path, layout, speed, rate_hz)
    if as_device:
        _play(options, link, seconds)
        return
    if link is not None:
        raise ConfigError("--link is for --pty", mend="leave it out, or add --pty")
    config = load_config(config_path) if config_path else None
    folder = data or (config.data if config else default_data())
    style = style_of(json=as_json)
    outcome = run_replay(
        options,
        folder,
        style,
        wearer=config.wearers[0].id if config else "replay",
        figures=config.figures if config else None,
        limits=_limits(config),
        record=record,
        seconds=seconds,
    )
    if style != "json":
        session = outcome.sessions[0]
        click.echo(summary_text(session.summary) if session.summary else "the analysis failed")
        click.echo(f"\nsession {session.session} in {folder / 'store.sqlite'}")


def _limits(config: Config | None) -> tuple[Limit, ...]:
    return config.wearers[0].limits if config else ()


def _play(options: ReplayOptions, link: Path | None, seconds: float | None) -> None:
    from evenside.sources.replay_pty import play_on_pty

    recording = open_replayed(options)
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set) if seconds is not None else None

    def opened(terminal: str) -> None:
        if link is not None:
            _link(link, terminal)
        click.echo(terminal)
        click.echo(f"waiting for a host: evenside scan {link or terminal} > evenside.toml, then evenside run", err=True)

    try:
        if timer is not None:
            timer.start()
        with progress_bar(f"playing {recording.name}", 1.0) as tell:
            play_on_pty(
                recording,
                opened=opened,
                speed=options.speed,
                progress=lambda done, total: tell(done / total if total else math.nan),
                stop=stop,
            )
    finally:
        if timer is not None:
            timer.cancel()
        if link is not None and link.is_symlink():
            link.unlink()


def _link(link: Path, terminal: str) -> None:
    try:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(terminal)
    except OSError as error:
        raise ConfigError(f"--link {link}: {error.strerror}", mend="name a link that is not there yet") from error
