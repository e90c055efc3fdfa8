"""``[[wearer.node]]``: one sensor as worn, each key checked by itself and against the others."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import cast, get_args

from evenside.config.sides import side_said
from evenside.config.values import NodeConfig
from evenside.devices import EVENSIDE, LAYOUT_SUFFIX, kind_named, known_kinds
from evenside.readers.toml_section import Section
from evenside.readers.units import CHANNELS
from evenside.wire import CLOCK_ERROR, QUANTITIES
from evenside_analysis.types import Node, Side, Site

__all__ = ["read_nodes"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_KNOWN_CHANNELS = tuple(name for name in dict.fromkeys((*CHANNELS, *QUANTITIES.values())) if name != CLOCK_ERROR)
# What a device measures that this software has no name for.
_NAMELESS = re.compile(r"quantity_\d+")


def read_nodes(wearer: Section) -> tuple[NodeConfig, ...]:
    """All nodes of one wearer.

    Raises:
        ConfigError: a key is wrong, two nodes cannot be told apart, or a side is doubtful.
    """
    sections = wearer.tables("node", "id")
    if not sections:
        raise wearer.refuse("node", "expected at least one node", mend="`evenside scan` prints the nodes in reach")
    nodes: list[NodeConfig] = []
    for section in sections:
        entry = _node(section)
        for other in nodes:
            _check_pair(section, entry, other)
        nodes.append(entry)
    return tuple(nodes)


def _node(section: Section) -> NodeConfig:
    name = section.text("id")
    site = cast(Site, section.choice("site", get_args(Site)))
    side = cast(Side, section.choice("side", get_args(Side)))
    channels = _channels(section)
    node = Node(
        id=name,
        site=site,
        side=side,
        channels=channels,
        rate_hz=_rate_hz(section),
        gravity=section.flag("gravity", True),
        right_handed=section.flag("right_handed", False),
        acc_range_m_s2=section.measure("acc_range", "acceleration"),
        gyr_range_rad_s=section.measure("gyr_range", "angular rate"),
        scale=_scale(section, len(channels)),
        clock=section.text("clock", ""),
    )
    entry = NodeConfig(node, _source(section), section.text("serial", ""), _device(section))
    _check_side(section, node, confirmed=section.flag("side_confirmed", False))
    section.finish()
    return entry


def _channels(section: Section) -> tuple[str, ...]:
    channels = section.texts("channels")
    if not channels:
        raise section.wrong("channels", 'a list of what the sensor measures, such as ["acc_x", "acc_y", "acc_z"]')
    for channel in channels:
        if channel not in _KNOWN_CHANNELS and not _NAMELESS.fullmatch(channel):
            close = get_close_matches(channel, _KNOWN_CHANNELS, 1)
            mend = f'write "{close[0]}"' if close else f"channels are {', '.join(_KNOWN_CHANNELS)}"
            raise section.refuse("channels", f'no channel is called "{channel}"', mend=mend)
        if channels.count(channel) > 1:
            raise section.refuse("channels", f'"{channel}" stands there more than once', mend="name each channel once")
    return channels


def _rate_hz(section: Section) -> float:
    expected = "samples a second, 0.1 to 10000"
    rate_hz = section.number("rate_hz", expected)
    if rate_hz is None or not 0.1 <= rate_hz <= 10_000:
        raise section.wrong("rate_hz", expected)
    return rate_hz


def _scale(section: Section, channels: int) -> tuple[float, ...] | None:
    expected = f"a list of {channels} numbers above 0, one for each channel: the SI value of one count"
    scale = section.numbers("scale", expected, above=0)
    if section.has("scale") and len(scale) != channels:
        raise section.wrong("scale", expected)
    return scale or None


def _source(section: Section) -> str:
    source = section.text("source")
    if not _URL.match(source):
        raise section.wrong(
            "source", "where its samples come from, as a URL", mend="such as serial:///dev/ttyUSB0 or replay://PATH"
        )
    return source


def _device(section: Section) -> str:
    """An id as it stands there; the path of a layout of lines as seen from the folder of this file."""
    name = section.text("device", "")
    if name.endswith(LAYOUT_SUFFIX):
        path = str(Path(section.place).parent / Path(name).expanduser())
        kind_named(path)  # a wrong layout is told now
        return path
    kinds = (EVENSIDE, *(kind.id for kind in known_kinds())) if name else ()
    if name and name not in kinds:
        mend = f"use one of {', '.join(kinds)}, or the path of a layout of lines (.toml)"
        raise section.refuse("device", f'no kind of device is called "{name}"', mend=mend)
    return name


def _check_side(section: Section, node: Node, *, confirmed: bool) -> None:
    said = side_said(node.id)
    if said is None or said == node.side or confirmed:
        return
    raise section.refuse(
        "side",
        f'the node is called "{node.id}" but its side is "{node.side}"',
        mend=f'write side = "{said}" if it is worn on the {said}; if the side is right and only the name is not, '
        "rename the node, or confirm the side with side_confirmed = true",
    )


def _check_pair(section: Section, entry: NodeConfig, other: NodeConfig) -> None:
    node, before = entry.node, other.node
    if node.id.casefold() == before.id.casefold():  # folders on some file systems do not tell capital letters
        raise section.refuse("id", f'two nodes of this wearer are called "{node.id}"', mend="give each its own id")
    if node.side != "centre" and (node.site, node.side) == (before.site, before.side):
        raise section.refuse(
            "side",
            f'"{before.id}" and "{node.id}" are both worn at the {node.side} {node.site}',
            mend=f"set the side of one of them to {'right' if node.side == 'left' else 'left'}, or leave one out",
        )
