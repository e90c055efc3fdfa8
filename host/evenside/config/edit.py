"""Sides and nodes put into an evenside.toml that a person wrote: line by line, so that all else stays as it is.

What comes out is read back as a configuration before anybody may keep it. What this never does: write a file, or touch
a line that it was not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from evenside.config.parse import parse_config
from evenside.config.sides import side_said, side_turned
from evenside.errors import ConfigError
from evenside_analysis.types import Side

__all__ = ["with_nodes", "with_sides"]

_NODE = re.compile(r"\s*\[\[\s*wearer\s*\.\s*node\s*\]\]")
_TABLE = re.compile(r"\s*\[")
_KEY = re.compile(r'(\s*(?P<key>\w+)\s*=\s*)(?P<value>"[^"\\]*"|\'[^\']*\')(?P<rest>.*)', re.DOTALL)


def with_sides(text: str, path: Path, sides: Mapping[str, Side]) -> tuple[str, list[str]]:
    """The text with these sides, by serial number, and the serial numbers that are not in it.

    A node whose id names the other side is renamed too.

    Raises:
        ConfigError: a line cannot be changed safely, or the result would be no configuration.
    """
    lines = text.splitlines(keepends=True)
    there: set[str] = set()
    for block in _blocks(lines):
        keys = {found["key"]: (at, found) for at in block if (found := _KEY.fullmatch(lines[at]))}
        serial = keys["serial"][1]["value"][1:-1] if "serial" in keys else ""
        if serial not in sides:
            continue
        there.add(serial)
        if "side" not in keys or "id" not in keys:
            raise ConfigError(f"{path}: the node {serial} has no plain line for id and side", mend="set its side there")
        side, name = sides[serial], keys["id"][1]["value"][1:-1]
        if keys["side"][1]["value"][1:-1] != side:
            _set(lines, *keys["side"], side)
        if side_said(name) not in (None, side):
            _set(lines, *keys["id"], side_turned(name))
    changed = "".join(lines)
    _check(changed, path, {serial: sides[serial] for serial in there})
    return changed, [serial for serial in sides if serial not in there]


def with_nodes(text: str, path: Path, tables: str) -> str:
    """The text with node tables at its end, for the last wearer in it.

    Raises:
        ConfigError: there is more than one wearer, or the result would be no configuration.
    """
    wearers = [wearer.id for wearer in parse_config(text, path).wearers]
    if len(wearers) != 1:
        raise ConfigError(f"{path} has several wearers: {', '.join(wearers)}", mend="paste the lines where they belong")
    changed = f"{text.rstrip()}\n\n{tables}"
    parse_config(changed, path)
    return changed


def _blocks(lines: list[str]) -> list[list[int]]:
    """The numbers of the lines of each node."""
    found: list[list[int]] = []
    inside = False
    for at, line in enumerate(lines):
        if _TABLE.match(line):
            inside = _NODE.match(line) is not None
            if inside:
                found.append([])
        if inside:
            found[-1].append(at)
    return found


def _set(lines: list[str], at: int, found: re.Match[str], value: str) -> None:
    lines[at] = f'{found[1]}"{value}"{found["rest"]}'


def _check(text: str, path: Path, sides: Mapping[str, Side]) -> None:
    for wearer in parse_config(text, path).wearers:
        for entry in wearer.nodes:
            if sides.get(entry.serial, entry.node.side) != entry.node.side:
                raise ConfigError(
                    f"{path}: the side of {entry.serial} could not be changed safely", mend="set it there by hand"
                )
