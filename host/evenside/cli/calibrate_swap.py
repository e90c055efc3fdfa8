"""The sessions of a side swap, one after the other, with what is to be exchanged in between."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from evenside.cli.calibrate_setup import Setup, setup_of
from evenside.cli.live_run import Show, run_shown, style_of
from evenside.daemon import plan_of
from evenside.errors import CalibrationError, ConfigError

__all__ = ["guided_sessions"]

_BEFORE = "Wear both sensors as usual, and load both sides as in use: walk, or stand and shift your weight."
_AFTER = (
    "Exchange the two sensors: the left one to the right, the right one to the left. "
    "evenside.toml stays as it is. Then do the same once more."
)
_BACK = "Exchange them again, so that both are worn as at first."


def guided_sessions(
    config_path: Path | None,
    sources: Sequence[str],
    data: Path | None,
    wearer: str | None,
    *,
    pairs: int,
    seconds: float,
    as_json: bool,
) -> tuple[Setup, list[str]]:
    """Captures sessions before and after, and gives their ids. ``sources``: where each pair takes its two from.

    Raises:
        ConfigError: nobody can be asked to exchange anything.
        EvensideError: a session cannot be captured.
    """
    if sources and len(sources) != 2:
        raise ConfigError(
            f"{len(sources)} sources for a swap", mend="give --source twice: before and after the exchange"
        )
    if not sources and not sys.stdin.isatty():
        raise ConfigError(
            "there is no terminal to say on when both sensors are exchanged",
            mend="name two sessions: evenside calibrate swap BEFORE AFTER",
        )
    ids: list[str] = []
    setup = setup_of(config_path, sources[0] if sources else None, data, wearer)
    for place in range(2 * pairs):
        if not sources:
            click.echo(_AFTER if place % 2 else f"{_BACK} {_BEFORE}" if place else _BEFORE, err=True)
            click.prompt(f"Enter begins {seconds:g} s", default="", show_default=False, err=True)
        else:
            setup = setup_of(config_path, sources[place % 2], data, wearer)
        ids.append(_captured(setup, f"swap {'after' if place % 2 else 'before'} {place // 2 + 1}", seconds, as_json))
    return setup, ids


def _captured(setup: Setup, name: str, seconds: float, as_json: bool) -> str:
    plan = plan_of(setup.config, wearers=(setup.wearer.id,), kind="capture", name=name, seconds=seconds)
    style = "lines" if as_json else style_of(json=False)
    outcome = run_shown(plan, Show(f"evenside calibrate · {name}", quiet=style == "lines"), style)
    session = outcome.sessions[0]
    if session.summary is None:
        raise CalibrationError(f"the analysis of session {session.session} failed", mend="report this")
    return session.session
