"""``evenside analyse``: figures of recordings, each with its error, offline and by the same code as live."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from evenside.cli.live_summary import summary_text
from evenside.cli.output import print_json
from evenside.cli.progress import progress_bar
from evenside.cli.text import duration_text
from evenside.config import Config, WearerConfig, load_config
from evenside.errors import ConfigError, EvensideError
from evenside.offline import (
    EVENT_COLUMNS,
    STRIDE_COLUMNS,
    Analysis,
    Listener,
    OrderedCsv,
    analyse_recording,
    as_json,
    event_listener,
    first_sample_s,
    stride_listener,
    table_path,
)
from evenside.readers import Recording, open_recording
from evenside_analysis.calibration import calibrated
from evenside_analysis.settings import MonitorSettings

__all__ = ["analyse"]

_BLOCK_S = 300.0
"""Of blocks: what is found does not depend on it, but a day in blocks of 30 s costs twice as much."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--layout", metavar="NAME|FILE.toml", help="How to read the files; without it the built-in that fits.")
@click.option(
    "--rate", "rate_hz", type=click.FloatRange(0.1, 10_000), help="Samples a second, where the file says none."
)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a recording, one a line.")
@click.option("--events", type=click.Path(path_type=Path), help="Write foot contacts to this CSV file (or folder).")
@click.option("--strides", type=click.Path(path_type=Path), help="Write strides to this CSV file (or folder).")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Take windows, trust and alerts from it."
)
@click.option("--wearer", help="Whose alerts of the configuration, where it has several.")
def analyse(
    paths: tuple[Path, ...],
    layout: str | None,
    rate_hz: float | None,
    as_lines: bool,
    events: Path | None,
    strides: Path | None,
    config_path: Path | None,
    wearer: str | None,
) -> None:
    """Find the left/right figures of recordings, of this or any other maker.

    PATH is a file (plain or .gz), the common stem of the files of one recording (walk/1-1 for 1-1_lf.txt, 1-1_rf.txt),
    or the folder of a recording made by evenside. A recording that cannot be read is told and passed over.
    """
    chosen = _chosen(config_path, wearer)
    failed: EvensideError | None = None
    for path in paths:
        try:
            recording = open_recording(path, layout, _BLOCK_S, rate_hz=rate_hz)
            found = _analysed(recording, chosen, events, strides, len(paths) > 1)
        except EvensideError as error:
            if len(paths) == 1:
                raise
            click.echo(f"error: {error}", err=True)
            failed = failed or error
            continue
        if as_lines:
            print_json(as_json(found))
        else:
            click.echo(_text(found) + ("\n" if len(paths) > 1 else ""))
    if failed is not None:
        sys.exit(failed.exit_code)


def _chosen(config_path: Path | None, wearer: str | None) -> tuple[Config, WearerConfig] | None:
    if config_path is None:
        if wearer is not None:
            raise ConfigError("--wearer needs --config", mend="give the configuration that knows this wearer")
        return None
    config = load_config(config_path)
    for one in config.wearers:
        if wearer is None or one.id == wearer:
            return config, one
    known = ", ".join(one.id for one in config.wearers)
    raise ConfigError(f"{config_path}: there is no wearer {wearer!r}", mend=f"take one of {known}")


def _settings(recording: Recording, chosen: tuple[Config, WearerConfig] | None) -> MonitorSettings:
    """Our own recordings tell how their session corrected the samples."""
    settings = MonitorSettings(recording.nodes)
    if chosen is not None:
        config, wearer = chosen
        figures = config.figures
        settings = MonitorSettings(recording.nodes, figures.window_s, figures.hop_s, wearer.limits, config.trust)
    return calibrated(settings, recording.in_force)


def _analysed(
    recording: Recording,
    chosen: tuple[Config, WearerConfig] | None,
    events: Path | None,
    strides: Path | None,
    several: bool,
) -> Analysis:
    sides = {node.id: node.side for node in recording.nodes}
    with ExitStack() as stack:
        listeners: list[Listener] = []
        tables = ((events, EVENT_COLUMNS, event_listener), (strides, STRIDE_COLUMNS, stride_listener))
        for given, columns, listener in tables:
            if given is not None:
                table = stack.enter_context(OrderedCsv(table_path(given, recording.name, several), columns))
                listeners.append(listener(table, sides, first_sample_s(recording)))
        progress = stack.enter_context(progress_bar(recording.name, recording.bytes_total))
        return analyse_recording(recording, _settings(recording, chosen), progress=progress, listeners=tuple(listeners))


def _text(found: Analysis) -> str:
    recording, summary = found.recording, found.summary
    lines = [f"{recording.name} (layout {recording.layout}, clocks: {recording.sync_source})", summary_text(summary)]
    lines += [
        f"alert {'raised' if alert.active else 'cleared'} at {duration_text(alert.time_s)}: {alert.rule}, {alert.side}"
        for alert in found.alerts
    ]
    lines += [f"{'CHECK' if note.serious else 'note'}: {note.words}" for note in found.notes]
    return "\n".join(lines)
