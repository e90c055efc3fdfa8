"""Layouts from TOML: the built-in ones beside this module, and those that people write themselves.

Everything that can be wrong in a layout is refused here, with the file, the dotted key, and what was expected; that a
layout does not fit a recording is found where the recording is opened. The format is explained in ``LAYOUTS.md``.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast, get_args

from evenside.errors import LayoutError
from evenside.readers.layout import (
    ChannelLayout,
    Header,
    Layout,
    NodeLayout,
    Separator,
    Share,
    TableFormat,
    TimeFormat,
)
from evenside.readers.toml_section import Section
from evenside.readers.units import CHANNELS, UNITS
from evenside_analysis.types import Side, Site

__all__ = ["OWN_LAYOUT", "built_in", "builtin_layouts", "layout_text", "load_layout", "parse_layout"]

OWN_LAYOUT = "evenside"
_OWN_SUMMARY = "our own raw recordings: a folder with recording.json"
_RATE_MAX_HZ = 10_000.0
_RATE_MIN_HZ = 0.1


@cache
def built_in() -> tuple[Layout, ...]:
    """The layouts that come with evenside as TOML, by name."""
    found = sorted(
        (item for item in files("evenside.readers").joinpath("layouts").iterdir() if item.name.endswith(".toml")),
        key=lambda item: item.name,
    )
    return tuple(parse_layout(item.read_text("utf-8"), f"built-in {item.name}") for item in found)


def builtin_layouts() -> list[tuple[str, str]]:
    """(name, summary) of every built-in layout, by name; "evenside" stands for our own recordings."""
    return sorted([(layout.name, layout.summary) for layout in built_in()] + [(OWN_LAYOUT, _OWN_SUMMARY)])


def load_layout(name_or_path: str | Path) -> Layout:
    """A built-in layout by its name, or a layout file.

    Raises:
        LayoutError: there is no such layout, or the file is wrong.
    """
    for layout in built_in():
        if str(name_or_path) == layout.name:
            return layout
    path = Path(name_or_path)
    if path.suffix.lower() == ".toml" or path.is_file():
        return parse_layout(layout_text(path), str(path))
    names = [name for name, _ in builtin_layouts()]
    close = get_close_matches(str(name_or_path), names, 1)
    mend = f"did you mean {close[0]}? " if close else ""
    raise LayoutError(
        f"no layout is called {str(name_or_path)!r}",
        mend=f"{mend}Built in: {', '.join(names)}; or give the path of a layout file (.toml)",
    )


def layout_text(path: Path) -> str:
    """The text of a layout file of any kind.

    Raises:
        LayoutError: it cannot be read, or is no text.
    """
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LayoutError(f"{path}: not UTF-8 text (byte {error.start})", mend="save the layout as UTF-8") from error
    except OSError as error:
        raise LayoutError(f"{path}: cannot be read: {error.strerror}", mend="check the path of the layout") from error


def parse_layout(text: str, place: str) -> Layout:
    """A layout from TOML text; ``place`` names it in messages.

    Raises:
        LayoutError: names the dotted key, what was expected, and what was found.
    """
    try:
        top = Section(place, "", tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError(
            f"{place}: not valid TOML: {error}", mend="LAYOUTS.md has an example to start from"
        ) from error
    name, summary, caution = top.text("name"), top.text("summary", ""), top.text("caution", "")
    table, time = _table(top.section("table")), _time(top.section("time"))
    nodes = top.section("node")
    layout = Layout(name, summary, place, table, time, _nodes(nodes), caution)
    top.finish()
    _check_together(layout, nodes)
    return layout


def _table(section: Section) -> TableFormat:
    encoding = section.text("encoding", "utf-8")
    try:
        "".encode(encoding)
    except LookupError:
        raise section.wrong("encoding", 'an encoding such as "utf-8", "cp1252" or "utf-16"') from None
    table = TableFormat(
        separator=cast(Separator, section.choice("separator", get_args(Separator))),
        decimal="comma" if section.choice("decimal", ("point", "comma"), "point") == "comma" else "point",
        header=cast(Header, section.choice("header", get_args(Header))),
        header_line=section.whole("header_line", 1, "the number of the header line, counted from 1"),
        header_after=section.text("header_after", ""),
        comment=section.text("comment", ""),
        encoding=encoding,
        lost=section.texts("lost"),
        columns=section.whole("columns", 1, "how many columns each line has"),
    )
    section.finish()
    if table.separator == "comma" and table.decimal == "comma":
        raise section.wrong("decimal", '"point" where the separator is a comma', mend='separator = "semicolon"?')
    if table.header == "last_comment" and not table.comment:
        raise section.wrong("comment", 'the sign that starts a comment, such as "#", because header = "last_comment"')
    return table


def _time(section: Section) -> TimeFormat:
    units = (*UNITS["time"], "samples", "auto")
    time = TimeFormat(
        column=section.column("column", required=False),
        unit=section.choice("unit", units, "s"),
        rate_hz=section.number("rate_hz", "a rate above 0, in Hz", above=0),
        wraps_at=section.whole("wraps_at", 2, "the count at which the counter starts again, such as 65536"),
        shared=section.flag("shared", False),
        rate_text=section.text("rate_text", ""),
        clock_error_s=section.number("clock_error_s", "seconds, 0 or more", least=0),
    )
    section.finish()
    counts = time.column is None or time.unit in ("samples", "auto")
    if time.rate_hz is None and counts:
        raise section.wrong("rate_hz", "the sampling rate in Hz, because there is no column of times in seconds")
    if time.rate_hz is not None and not _RATE_MIN_HZ <= time.rate_hz <= _RATE_MAX_HZ:
        raise section.wrong("rate_hz", f"a rate from {_RATE_MIN_HZ:g} to {_RATE_MAX_HZ:g} Hz")
    if time.wraps_at is not None and time.unit != "samples":
        raise section.wrong("wraps_at", 'no such key unless unit = "samples"')
    if time.rate_text and "{}" not in time.rate_text:
        raise section.wrong("rate_text", "the text around the rate with {} in its place")
    return time


def _nodes(section: Section) -> tuple[NodeLayout, ...]:
    nodes = tuple(_node(name, inner) for name, inner in section.sections())
    if not nodes:
        raise LayoutError(f"{section.place}: node: expected at least one [node.NAME], there is none")
    return nodes


def _node(name: str, section: Section) -> NodeLayout:
    site = cast(Site, section.choice("site", get_args(Site)))
    side = cast(Side, section.choice("side", get_args(Side)))
    channels = tuple(_channel(channel, side, inner) for channel, inner in section.section("channels").sections())
    if not channels:
        raise section.wrong("channels", f"at least one of {', '.join(CHANNELS)}")
    acceleration = any(CHANNELS[channel.name] == "acceleration" for channel in channels)
    node = NodeLayout(
        id=name,
        site=site,
        side=side,
        channels=channels,
        gravity=section.flag("gravity") if acceleration else section.flag("gravity", True),
        right_handed=section.flag("right_handed", False),
        acc_range_m_s2=section.measure("acc_range", "acceleration"),
        gyr_range_rad_s=section.measure("gyr_range", "angular rate"),
        file=section.text("file", ""),
        optional=section.flag("optional", False),
    )
    section.finish()
    return node


def _channel(name: str, side: Side, section: Section) -> ChannelLayout:
    quantity = CHANNELS.get(name)
    if quantity is None:
        raise LayoutError(
            f"{section.place}: {section.path}: no such channel", mend=f"channels are {', '.join(CHANNELS)}"
        )
    unit = section.choice("unit", tuple(UNITS[quantity]))
    scale = section.number("scale", "a number above 0: units per count", above=0)
    sign = section.number("sign", "1 or -1")
    if sign not in (None, 1.0, -1.0):
        raise section.wrong("sign", "1 or -1")
    column = section.column("column")
    assert column is not None  # required above
    channel = ChannelLayout(
        name=name,
        column=column,
        unit=unit,
        factor=UNITS[quantity][unit] * (scale or 1.0) * (sign or 1.0),
        optional=section.flag("optional", False),
        share=_share(section, side) if section.has("share") else None,
    )
    if channel.share is not None and quantity != "power":
        raise section.wrong("share", f"no such key for {name}: only power is told as a share")
    section.finish()
    return channel


def _share(channel: Section, side: Side) -> Share:
    section = channel.section("share")
    if side == "centre":
        raise channel.wrong("share", "no such key at a node whose side is centre")
    percent = section.column("right_percent")
    assert percent is not None  # required above
    minimum = section.number("minimum_total", "a power of 0 or more, in W", least=0)
    known = section.column("known", required=False)
    bit = section.whole("known_bit", 0, "the number of a bit, 0 to 31")
    section.finish()
    if bit is not None and bit > 31:
        raise section.wrong("known_bit", "the number of a bit, 0 to 31")
    return Share(percent, 30.0 if minimum is None else minimum, known, 7 if bit is None else bit)


def _check_together(layout: Layout, nodes: Section) -> None:
    """What only the whole layout can show."""
    if layout.table.header == "none":
        for node in layout.nodes:
            for channel in node.channels:
                if isinstance(channel.column, str):
                    key = f"{nodes.key(node.id)}.channels.{channel.name}.column"
                    raise LayoutError(
                        f'{layout.place}: {key}: expected a number, because header = "none", got {channel.column!r}'
                    )
        if isinstance(layout.time.column, str):
            raise LayoutError(f'{layout.place}: time.column: expected a number, because header = "none"')
    if len(layout.files) > 1 and "" in layout.files:
        bare = next(node.id for node in layout.nodes if not node.file)
        raise LayoutError(f"{layout.place}: {nodes.key(bare)}.file: expected, because other nodes have one")
