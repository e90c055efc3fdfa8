"""``evenside demo``: a simulated wearer with a known asymmetry through the real daemon into a real store."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from evenside.cli.demo_ble import ble_opener, over_ble
from evenside.cli.demo_plan import Demo, demo_config, demo_of
from evenside.cli.demo_truth import KnownTruth
from evenside.cli.live_run import Show, run_shown, style_of
from evenside.cli.live_toml import write_config
from evenside.daemon import Outcome, plan_of
from evenside.sources import open_source

__all__ = ["demo"]

SECONDS, SPEED = 36.0, 5.0
BLE_SECONDS = 90.0  # a radio cannot be hurried


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(2, 86_400),
    show_default=f"{SECONDS:g}; {BLE_SECONDS:g} with --ble",
    help="How long it takes.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 100),
    show_default=f"{SPEED:g}; 1 with --ble",
    help="Seconds of the wearer's life a second.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**53), default=1, show_default=True, help="Another one, another wearer."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for its data; else a new one among the temporary files.",
)
@click.option("--ble", is_flag=True, help="Over Bluetooth: emulated sensors and radio, the real stack in between.")
@click.option("--json", "as_json", is_flag=True, help="Everything that happens, one JSON object a line.")
def demo(seconds: float | None, speed: float | None, seed: int, keep: Path | None, ble: bool, as_json: bool) -> None:
    """Watch a simulated wearer being measured: foot sensors, insoles and a bag with two straps.

    For a minute the wearer walks unevenly with the bag on one shoulder, for another evenly with it on both, and so on.
    How uneven is set, so you see it being found: each figure with its interval beside what was set, an alert when it
    holds, and its end. No sensor is needed, and nothing leaves this machine.
    """
    if ble and speed not in (None, 1.0):
        raise click.UsageError("a radio cannot be hurried: leave --speed out with --ble")
    seconds = seconds or (BLE_SECONDS if ble else SECONDS)
    speed = 1.0 if ble else speed or SPEED
    data = (keep or Path(tempfile.mkdtemp(prefix="evenside-demo-"))).absolute()
    found = demo_of(data, seconds=seconds, speed=speed, seed=seed)
    config = over_ble(demo_config(found, found.url)) if ble else demo_config(found, found.url)
    opener = ble_opener(found, seed) if ble else open_source
    write_config(demo_config(found, found.life_url), "made by `evenside demo`: the same wearer at the speed of life")
    truth = KnownTruth(found.wearer, config.figures.window_s, found.end_s)
    how = "over an emulated radio" if ble else f"at {speed:g} times the speed of life"
    title = f"evenside demo · a simulated wearer {how} · seed {seed}"
    footer = "◇ set  ● found  ━ 95 % interval · q or Ctrl-C ends"
    style = style_of(json=as_json)
    outcome = run_shown(
        plan_of(config, kind="demo", seconds=seconds if ble else None),
        Show(title, footer, known_ai=truth.known_ai, scale_ai=found.scale_ai),
        style,
        [truth.told] if style == "picture" else [truth.told, truth.log],
        opener=opener,
    )
    if style != "json":
        click.echo(_report(found, outcome, truth))


def _report(found: Demo, outcome: Outcome, truth: KnownTruth) -> str:
    session = outcome.sessions[0]
    lines = [truth.report(), "", f"figures, events and alerts: {found.data / 'store.sqlite'}"]
    if session.recording is not None:
        lines.append(f"raw samples: {session.recording}")
    toml = found.data / "evenside.toml"
    lines += [
        "",
        "what to do next:",
        f"  evenside status --config {toml}",
        f"  evenside analyse {session.recording}" if session.recording else "",
        f"  evenside run --config {toml}      the same wearer at the speed of life",
        "  evenside scan                     your own sensors, as lines for your own evenside.toml",
    ]
    return "\n".join(lines)
