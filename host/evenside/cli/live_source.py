"""A plan without evenside.toml: the nodes that a source can name itself, worn by one wearer."""

from __future__ import annotations

from pathlib import Path

from evenside.config import Config, FigureConfig, NodeConfig, RecordingConfig, WearerConfig
from evenside.errors import SourceError
from evenside.sources import known_schemes, parse_source_url
from evenside_analysis.limits import Limit
from evenside_analysis.types import Node

__all__ = ["config_of_source", "nodes_behind"]


def nodes_behind(url: str) -> tuple[Node, ...]:
    """The nodes of a recording or of the simulated wearer.

    Raises:
        SourceError: the URL is wrong, or devices on it must be configured by a person first.
        ReadError, LayoutError: the recording cannot be opened.
    """
    found = parse_source_url(url)
    if found.scheme == "replay":
        from evenside.sources.replay_options import recorded_nodes, replay_options

        return recorded_nodes(replay_options(found))
    if found.scheme == "simulate":
        from evenside.simulator import default_nodes

        return default_nodes()
    if found.scheme not in known_schemes():
        raise SourceError(f"no source for scheme {found.scheme!r}", mend=f"use one of {', '.join(known_schemes())}")
    raise SourceError(
        f"{url}: which sensor is worn where cannot be known from here",
        mend="`evenside scan > evenside.toml` lists the sensors: set sites and sides there, and leave out --source",
    )


def config_of_source(
    url: str,
    wearer: str,
    data: Path,
    *,
    figures: FigureConfig | None = None,
    limits: tuple[Limit, ...] = (),
    record: bool = True,
) -> Config:
    """All nodes of a source on one wearer; raises what ``nodes_behind`` does."""
    nodes = tuple(NodeConfig(node, url) for node in nodes_behind(url))
    return Config(
        path=data / "evenside.toml",
        data=data,
        wearers=(WearerConfig(wearer, nodes, limits),),
        figures=figures or FigureConfig(),
        recording=RecordingConfig(enabled=record),
    )
