"""``evenside calibrate``: zeros, gains and biases of the sensors at hand, measured, checked and kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import click

from evenside.calibration.file import add_calibrations, calibrations_path, read_calibrations
from evenside.calibration.force import session_force, worn_devices
from evenside.calibration.measuring import (
    POSITIONS,
    SCALE_S,
    STATIC_S,
    TARE_S,
    Made,
    scale_calibrations,
    static_calibrations,
    tare_calibrations,
)
from evenside.cli.calibrate_guide import Step, measured
from evenside.cli.calibrate_setup import Setup, measuring_options, setup_of, setup_options, weight_n
from evenside.cli.calibrate_show import calibration_json, made_text, table_of
from evenside.cli.output import print_json
from evenside.config import default_data, find_config, load_config
from evenside.errors import ConfigError
from evenside_analysis.calibration import Calibration
from evenside_analysis.calibration_readings import TARE_MIN_S
from evenside_analysis.types import ACC, FORCE, GYR, Site

__all__ = ["calibrate"]

HANDS_OFF_S = 3.0
CREEP_S = 2.0  # load cells creep most in the first two seconds


@click.group()
def calibrate() -> None:
    """Measure the sensors at hand, so that what they differ in is not taken for a side.

    What is found belongs to the device (its serial number in evenside.toml), is kept in the data folder, and corrects
    every session from then on; raw recordings stay raw. Repeat it monthly, the tare before every test.
    """


@calibrate.command()
@measuring_options
@click.option(
    "--seconds", type=click.FloatRange(TARE_MIN_S), default=TARE_S, show_default=True, help="How long it is measured."
)
def tare(
    config_path: Path | None,
    source: str | None,
    data: Path | None,
    wearer: str | None,
    site: str | None,
    only: tuple[str, ...],
    at_s: tuple[float, ...],
    as_json: bool,
    seconds: float,
) -> None:
    """The zero of force sensors with nothing on them: insoles, plates, straps, grips.

    Refused where something lies on one, or it is not still.
    """
    setup = setup_of(config_path, source, data, wearer, site=site, only=only, channels=(FORCE,))
    ids = _ids(setup)
    step = Step(f"take all load off {', '.join(ids)}", ids, HANDS_OFF_S, seconds)
    (readings,) = measured("tare", setup.nodes, [step], at_s)
    _keep(setup, tare_calibrations(worn_devices(setup.nodes), readings, _made(setup)), as_json)


@calibrate.command()
@measuring_options
@click.option(
    *("--weight", "weights"),
    multiple=True,
    required=True,
    help="A dead weight with its unit, as 20kg or 196N. Several show whether the sensor is straight.",
)
def scale(
    config_path: Path | None,
    source: str | None,
    data: Path | None,
    wearer: str | None,
    site: str | None,
    only: tuple[str, ...],
    at_s: tuple[float, ...],
    as_json: bool,
    weights: tuple[str, ...],
) -> None:
    """Gain and zero of force sensors from dead weights, in the range in which they are used.

    First all are measured empty, then each under each weight, alone. The same weight on both sides: its own error then
    cancels.
    """
    setup = setup_of(config_path, source, data, wearer, site=site, only=only, channels=(FORCE,))
    loads_n = [weight_n(text) for text in weights]
    ids = _ids(setup)
    steps = [Step(f"take all load off {', '.join(ids)}", ids, HANDS_OFF_S, SCALE_S)]
    steps += [
        Step(f"set {text.strip()} on {node} alone", (node,), CREEP_S, SCALE_S, load_n)
        for text, load_n in zip(weights, loads_n, strict=True)
        for node in ids
    ]
    found = measured("scale", setup.nodes, steps, at_s)
    readings = {node: [stretch[node] for stretch in found if node in stretch] for node in ids}
    made = scale_calibrations(worn_devices(setup.nodes), [0.0, *loads_n], readings, _made(setup))
    _keep(setup, made, as_json)


@calibrate.command()
@measuring_options
@click.option("--seconds", type=click.FloatRange(3.0), default=STATIC_S, show_default=True, help="For each position.")
@click.option(
    "--positions",
    type=click.IntRange(1, 24),
    default=1,
    show_default=True,
    help=f"From {POSITIONS} on (each face once) the accelerometers are calibrated too.",
)
def static(
    config_path: Path | None,
    source: str | None,
    data: Path | None,
    wearer: str | None,
    site: str | None,
    only: tuple[str, ...],
    at_s: tuple[float, ...],
    as_json: bool,
    seconds: float,
    positions: int,
) -> None:
    """The bias of gyroscopes at rest, and with --positions 6 gain and bias of accelerometers.

    Lay the sensors down, or stand still with them. In one position a wrong gain of an accelerometer and a bias look
    alike: what it reads is told, and nothing of it corrected.
    """
    setup = setup_of(config_path, source, data, wearer, site=site, only=only, channels=(*GYR, *ACC))
    ids = _ids(setup)
    words = [f"lay {', '.join(ids)} down and leave them alone"]
    words += [f"turn each onto another of its faces ({place} of {positions})" for place in range(2, positions + 1)]
    found = measured("static", setup.nodes, [Step(text, ids, HANDS_OFF_S, seconds) for text in words], at_s)
    readings = {node: [stretch[node] for stretch in found] for node in ids}
    _keep(setup, static_calibrations(worn_devices(setup.nodes), readings, _made(setup)), as_json)


@calibrate.command()
@setup_options
@click.argument("sessions", nargs=-1, metavar="[BEFORE AFTER]...")
@click.option("--source", "sources", multiple=True, help="Given twice: where the sessions before and after come from.")
@click.option("--seconds", type=click.FloatRange(10.0), default=60.0, show_default=True, help="Of each session.")
@click.option("--pairs", type=click.IntRange(1, 20), default=1, show_default=True, help="How many are captured.")
@click.option(
    "--metric",
    type=click.Choice(["load_share", "impulse", "peak_force"]),
    help="What to compare; else the first of these that all sessions have.",
)
def swap(
    config_path: Path | None,
    data: Path | None,
    wearer: str | None,
    site: str | None,
    as_json: bool,
    sessions: tuple[str, ...],
    sources: tuple[str, ...],
    seconds: float,
    pairs: int,
    metric: str | None,
) -> None:
    """The ratio of two gains, from sessions before and after both sensors were exchanged.

    Name stored sessions in turn (ids or names), or none to be guided through them. The wearer's own asymmetry stays on
    its side, that of the sensors goes with them: so the two can be told apart. Three pairs or more are worth having.
    """
    from evenside.calibration.swap_sessions import find_sessions
    from evenside.calibration.swapping import swap_of
    from evenside.cli.calibrate_swap import guided_sessions
    from evenside.store import Reader

    if sessions and sources:
        raise ConfigError("sessions are named, and sources too", mend="leave out one of them")
    names: tuple[str, ...] | list[str] = sessions
    if sessions:
        config = load_config(config_path) if data is None else None
        store = config.store_path if config else cast(Path, data) / "store.sqlite"
        folder = config.data if config else cast(Path, data)
    else:
        setup, names = guided_sessions(
            config_path, sources, data, wearer, pairs=pairs, seconds=seconds, as_json=as_json
        )
        store, folder = setup.config.store_path, setup.data
    with Reader(store) as reader:
        stored = find_sessions(reader, names, wearer)
        found = swap_of(reader, stored, time.time_ns(), site=cast("Site | None", site), metric=metric)
    add_calibrations(folder, found.calibration)
    if as_json:
        print_json(
            {
                "calibrations": [calibration_json(found.calibration, None, time.time_ns())],
                "true_ai": found.estimate.ai,
                "ln_gain": found.estimate.ln_gain,
                "metric": found.metric,
                "sessions": found.sessions,
                "notes": found.notes,
            }
        )
        return
    from evenside_analysis.metrics import sided

    click.echo(made_text([found.calibration], folder))
    click.echo(f"the wearer's own {found.metric}: {sided(found.estimate.ai) or '0'} (AI)")
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


@calibrate.command("list")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="The folder to look into, instead of that of a configuration."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def list_all(config_path: Path | None, data: Path | None, as_json: bool) -> None:
    """All calibrations, the latest first, and which of them hold for the sensors of evenside.toml."""
    config = None if data is not None or not (config_path or find_config()) else load_config(config_path)
    folder = config.data if config else data or default_data()
    known, now_ns = read_calibrations(folder), time.time_ns()
    holding: set[str] | None = None
    if config is not None:
        forces = [session_force(one.nodes, one.id, known, now_ns, "run") for one in config.wearers]
        holding = {id_ for force in forces for id_ in force.ids}
    if as_json:
        path = calibrations_path(folder)
        print_json({"file": path, "calibrations": [calibration_json(one, holding, now_ns) for one in known]})
    elif known:
        click.echo(table_of(known, holding, now_ns))
    else:
        click.echo(f"there is no calibration in {calibrations_path(folder)}")


def _ids(setup: Setup) -> tuple[str, ...]:
    return tuple(entry.node.id for entry in setup.nodes)


def _made(setup: Setup) -> Made:
    return Made(setup.wearer.id, time.time_ns())


def _keep(setup: Setup, made: tuple[Calibration, ...], as_json: bool) -> None:
    add_calibrations(setup.data, *made)
    if as_json:
        print_json({"calibrations": [calibration_json(one, None, time.time_ns()) for one in made]})
    else:
        click.echo(made_text(made, setup.data))
