"""What a scan found, as node tables for evenside.toml. What a device does not say stands as "?", for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from evenside_analysis.types import Side, Site

__all__ = ["FoundTable", "node_tables"]

UNKNOWN_RATE_HZ = 100.0


@dataclass(frozen=True, slots=True)
class FoundTable:
    """One ``[[wearer.node]]``. None, "" or () where the device does not say. ``remark``: what a person knows it by.

    ``sites``: where such a device can be worn, if it does not say where it is.
    """

    remark: str
    source: str
    serial: str
    channels: tuple[str, ...]
    site: Site | None = None
    side: Side | None = None
    rate_hz: float | None = None
    scale: tuple[float, ...] = ()
    device: str = ""
    gravity: bool = True
    right_handed: bool = False
    sites: tuple[Site, ...] = ()


def node_tables(found: Sequence[FoundTable]) -> str:
    """All of them, each with an id of its own."""
    taken: set[str] = set()
    return "\n".join(_table(table, _unique(_id_of(table), taken)) for table in found)


def _table(table: FoundTable, name: str) -> str:
    where = f"one of {', '.join(table.sites)}" if table.sites else "the device does not say where it is worn"
    lines = [
        f"# {_one_line(table.remark)}",
        "[[wearer.node]]",
        f"id = {_text(name)}",
        f"site = {_text(table.site or '?')}" + ("" if table.site else f"  # {where}"),
        f"side = {_text(table.side or '?')}"
        + ("" if table.side else "  # left, right or centre: the device does not say"),
        f"source = {_text(table.source)}",
        f"serial = {_text(table.serial)}",
        *([f"device = {_text(table.device)}"] if table.device else []),
        f"channels = [{', '.join(map(_text, table.channels))}]",
        f"rate_hz = {table.rate_hz or UNKNOWN_RATE_HZ}" + ("" if table.rate_hz else "  # the device does not say"),
        *([f"scale = [{', '.join(map(repr, table.scale))}]"] if table.scale else []),
        *([] if table.gravity else ["gravity = false"]),
        *(["right_handed = true"] if table.right_handed else []),
    ]
    return "\n".join(lines) + "\n"


def _id_of(table: FoundTable) -> str:
    known = [word for word in (table.side, table.site) if word]
    return "_".join(known) if len(known) == 2 else _one_line(table.serial) or "node"


def _unique(name: str, taken: set[str]) -> str:
    candidate, count = name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate.casefold())
    return candidate


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(value: str) -> str:
    return "".join(letter for letter in value if letter.isprintable())
