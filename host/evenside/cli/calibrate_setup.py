"""What the calibrating commands have in common: their options, whose sensors, and which of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import click

from evenside.cli.live_source import config_of_source
from evenside.config import Config, NodeConfig, WearerConfig, default_data, load_config
from evenside.errors import ConfigError
from evenside_analysis.types import Site

__all__ = ["Setup", "measuring_options", "setup_of", "setup_options", "weight_n"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

G_M_S2 = 9.80665
_UNITS = {"kg": G_M_S2, "g": G_M_S2 / 1000.0, "lb": 0.45359237 * G_M_S2, "N": 1.0}


@dataclass(frozen=True, slots=True)
class Setup:
    """Whose sensors, which of them, and the data folder that keeps what is found."""

    config: Config
    wearer: WearerConfig
    nodes: tuple[NodeConfig, ...]

    @property
    def data(self) -> Path:
        return self.config.data


def setup_options(command: _Command) -> _Command:
    """Where the sensors are described, whose they are, and where it is kept."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="What was found as one JSON object."),
        click.option("--site", type=click.Choice(get_args(Site)), help="Only sensors at this site."),
        click.option("--data", type=click.Path(path_type=Path), help="With --source: the folder to keep it in."),
        click.option("--wearer", help="Whose sensors; needed where evenside.toml has several wearers."),
        click.option("--config", "config_path", type=click.Path(path_type=Path), help="The evenside.toml to use."),
    ):
        command = option(command)
    return command


def measuring_options(command: _Command) -> _Command:
    """Those, and for sensors that are left alone: which, and when."""
    for option in (
        click.option(
            *("--at", "at_s"),
            type=click.FloatRange(0.0),
            multiple=True,
            metavar="SECONDS",
            help="Session second at which a step begins, one for each step; else each begins by key.",
        ),
        click.option("--node", "only", multiple=True, help="Only this node (may be given more than once)."),
        click.option("--source", help="Take all nodes of this source (simulate://, replay://PATH) instead."),
    ):
        command = option(command)
    return setup_options(command)


def setup_of(
    config_path: Path | None,
    source: str | None,
    data: Path | None,
    wearer: str | None,
    *,
    site: str | None = None,
    only: Sequence[str] = (),
    channels: Sequence[str] = (),
) -> Setup:
    """The sensors with any of ``channels`` that are meant.

    Raises:
        ConfigError: the configuration is wrong, or there is no such sensor.
    """
    if source is None and data is not None:
        raise ConfigError("--data is for --source", mend="name the folder in evenside.toml (`data`)")
    config = (
        load_config(config_path) if source is None else config_of_source(source, wearer or "me", data or default_data())
    )
    found = _wearer(config, wearer)
    for name in only:
        if name not in {entry.node.id for entry in found.nodes}:
            known = ", ".join(entry.node.id for entry in found.nodes)
            raise ConfigError(f"{found.id} has no node {name!r}", mend=f"take one of {known}")
    nodes = tuple(
        entry
        for entry in found.nodes
        if (site is None or entry.node.site == cast(Site, site))
        and (not only or entry.node.id in only)
        and (not channels or set(channels) & set(entry.node.channels))
    )
    if not nodes:
        raise ConfigError(
            f"{found.id} has no sensor of {' or '.join(channels)}{f' at the {site}' if site else ''}",
            mend="leave out --site and --node, or add the node to evenside.toml",
        )
    return Setup(config, found, nodes)


def _wearer(config: Config, wearer: str | None) -> WearerConfig:
    for one in config.wearers:
        if wearer == one.id or (wearer is None and len(config.wearers) == 1):
            return one
    known = ", ".join(one.id for one in config.wearers)
    raise ConfigError(
        f"{config.path} has several wearers" if wearer is None else f"there is no wearer {wearer!r}",
        mend=f"say whose: --wearer with one of {known}",
    )


def weight_n(text: str) -> float:
    """ "20kg", "20 kg", "44lb", "500g" or "196N" in newtons. Raises BadParameter."""
    bare = text.strip()
    for unit in sorted(_UNITS, key=len, reverse=True):
        if bare.endswith(unit):
            try:
                value = float(bare.removesuffix(unit)) * _UNITS[unit]
            except ValueError:
                break
            if 0.0 < value < 1e5:
                return value
            break
    raise click.BadParameter(f"{text!r} is no weight: write it with its unit, as 20kg, 44lb or 196N")
