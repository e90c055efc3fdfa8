"""How a sensor writes its samples as lines of numbers, from a TOML file: the built-in ones in ``lines``, or anybody's.

::

    name = "my-sensor"            # the id that `device` names
    advertises = ["Thing"]        # how its advertised name begins; none: it is never recognised by itself
    separator = "comma"           # or semicolon, tab, space
    columns = 3                   # how many a line has, other lines are passed over
    rate_hz = [100, 50]           # what it can be asked for, the best first
    start = "go {rate}\\n"         # written once somebody listens; {rate} is the rate of the node
    stop = "halt\\n"
    [time]                        # without it samples are timed by their arrival
    column = 1
    unit = "ms"
    wraps_at = 65536              # the count at which it starts again
    [channels]
    force = { column = 2, unit = "N", scale = 0.1, sign = -1 }

Everything that can be wrong is refused here with the file and the dotted key. What it never does: run a program on
this machine; ``start`` is text for the sensor.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import cast, get_args

from evenside.errors import EvensideError, LayoutError
from evenside.readers.layout_toml import layout_text
from evenside.readers.toml_section import Section
from evenside.readers.units import CHANNELS, UNITS
from evenside_analysis.types import Site

__all__ = ["LineLayout", "builtin_line_layouts", "load_line_layout", "parse_line_layout"]

SEPARATORS: Mapping[str, str | None] = {"comma": ",", "semicolon": ";", "tab": "\t", "space": None}
_ERROR_S = {"device": 0.03, "arrival": 0.05}


@dataclass(frozen=True, slots=True)
class LineLayout:
    """``columns`` and ``factors`` stand in the order of ``channels``, columns counted from 0; a value is column ·
    factor. ``time_column`` -1: none; ``time_us`` is what one count of it lasts."""

    name: str
    summary: str
    advertises: tuple[str, ...]
    separator: str | None
    width: int
    rates_hz: tuple[float, ...]
    sites: tuple[Site, ...]
    gravity: bool
    right_handed: bool
    error_s: float
    start: str
    stop: str
    channels: tuple[str, ...]
    columns: tuple[int, ...]
    factors: tuple[float, ...]
    time_column: int = -1
    time_us: float = 1.0
    wrap_us: int | None = None


@cache
def builtin_line_layouts() -> tuple[LineLayout, ...]:
    """The layouts that come with evenside, by name."""
    found = sorted(
        (item for item in files("evenside.devices").joinpath("lines").iterdir() if item.name.endswith(".toml")),
        key=lambda item: item.name,
    )
    return tuple(parse_line_layout(item.read_text("utf-8"), f"built-in {item.name}") for item in found)


def load_line_layout(path: Path) -> LineLayout:
    """The layout in a file.

    Raises:
        LayoutError: it cannot be read, or is wrong.
    """
    return parse_line_layout(layout_text(path), str(path))


def parse_line_layout(text: str, place: str) -> LineLayout:
    """A layout from TOML text; ``place`` names it in messages.

    Raises:
        LayoutError: names the dotted key, what was expected, and what was found.
    """
    try:
        top = Section(place, "", tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError(f"{place}: not valid TOML: {error}", mend="README.md shows a layout to start from") from error
    width = top.whole("columns", 1, "how many columns a line has")
    if width is None:
        raise top.wrong("columns", "how many columns a line has")
    rates_hz = top.numbers("rate_hz", "a list of rates above 0, in Hz", above=0)
    if not rates_hz:
        raise top.wrong("rate_hz", "a list of rates above 0, in Hz")
    time_column, time_us, wrap_us = _time(top, width)
    channels, columns, factors = _channels(top.section("channels"), width)
    layout = LineLayout(
        name=top.text("name"),
        summary=top.text("summary", ""),
        advertises=top.texts("advertises"),
        separator=SEPARATORS[top.choice("separator", tuple(SEPARATORS))],
        width=width,
        rates_hz=rates_hz,
        sites=_sites(top),
        gravity=top.flag("gravity", True),
        right_handed=top.flag("right_handed", False),
        error_s=_error_s(top, "arrival" if time_column < 0 else "device"),
        start=top.text("start", ""),
        stop=top.text("stop", ""),
        channels=channels,
        columns=columns,
        factors=factors,
        time_column=time_column,
        time_us=time_us,
        wrap_us=wrap_us,
    )
    top.finish()
    return layout


def _time(top: Section, width: int) -> tuple[int, float, int | None]:
    if not top.has("time"):
        return -1, 1.0, None
    section = top.section("time")
    column = _column(section, width)
    count_us = 1e6 * UNITS["time"][section.choice("unit", tuple(UNITS["time"]))]
    wraps_at = section.whole("wraps_at", 2, "the count at which it starts again, such as 65536")
    section.finish()
    wrap_us = None if wraps_at is None else round(wraps_at * count_us)
    if wrap_us is not None and wrap_us < 2:
        raise section.wrong("wraps_at", "a count of more than a microsecond in all")
    return column, count_us, wrap_us


def _channels(section: Section, width: int) -> tuple[tuple[str, ...], tuple[int, ...], tuple[float, ...]]:
    names, columns, factors = [], [], []
    for name, inner in section.sections():
        quantity = CHANNELS.get(name)
        if quantity is None:
            raise section.refuse(name, "no such channel", mend=f"channels are {', '.join(CHANNELS)}")
        unit = inner.choice("unit", tuple(UNITS[quantity]))
        scale = inner.number("scale", "a number above 0: units per count", above=0)
        sign = inner.number("sign", "1 or -1")
        if sign not in (None, 1.0, -1.0):
            raise inner.wrong("sign", "1 or -1")
        names.append(name)
        columns.append(_column(inner, width))
        factors.append(UNITS[quantity][unit] * (scale or 1.0) * (sign or 1.0))
        inner.finish()
    if not names:
        raise section.refuse("", f"expected at least one of {', '.join(CHANNELS)}")
    return tuple(names), tuple(columns), tuple(factors)


def _column(section: Section, width: int) -> int:
    column = section.whole("column", 1, f"a column from 1 to {width}")
    if column is None or column > width:
        raise section.wrong("column", f"a column from 1 to {width}")
    return column - 1


def _sites(top: Section) -> tuple[Site, ...]:
    known = get_args(Site)
    sites = top.texts("sites")
    if unknown := [site for site in sites if site not in known]:
        raise _one_of(top, "sites", unknown[0], known)
    return cast(tuple[Site, ...], sites or known)


def _one_of(top: Section, name: str, found: str, known: tuple[str, ...]) -> EvensideError:
    return top.refuse(name, f'there is no site "{found}"', mend=f"sites are {', '.join(known)}")


def _error_s(top: Section, by: str) -> float:
    error_s = top.number("error_s", "seconds above 0", above=0)
    return _ERROR_S[by] if error_s is None else error_s
