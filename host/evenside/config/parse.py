"""evenside.toml, from text to values: once, as a whole, and with nothing in it left unread."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import cast, get_args

from evenside.config.alerts import read_rules
from evenside.config.nodes import read_nodes
from evenside.config.notify import read_alerts, read_notify
from evenside.config.paths import path_key
from evenside.config.sinks import read_sinks
from evenside.config.values import Config, FigureConfig, NodeConfig, RecordingConfig, StoreConfig, WearerConfig
from evenside.devices import kind_named
from evenside.errors import ConfigError
from evenside.local_time import zone_named
from evenside.readers.toml_section import Section
from evenside_analysis.settings import DEFAULT_TRUST, Trust
from evenside_analysis.types import Site

__all__ = ["default_data", "home_folder", "parse_config"]


def default_data(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder for everything that is written, where evenside.toml names none."""
    base = environ.get("XDG_DATA_HOME", "")
    # The specification says that a relative path there is to be ignored.
    return (Path(base) if Path(base).is_absolute() else home_folder() / ".local/share") / "evenside"


def home_folder() -> Path:
    """Raises ConfigError where this user has none, as in some containers."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise ConfigError("this user has no home folder", mend="set HOME, XDG_DATA_HOME and XDG_CONFIG_HOME") from error


def parse_config(text: str, path: Path, *, environ: Mapping[str, str] = os.environ) -> Config:
    """The values of a configuration. Relative paths in it are taken from the folder of ``path``.

    Raises:
        ConfigError: names the file, the dotted key, what was expected, what was found, and the mend.
    """
    top = Section(str(path), "", _toml(text, path), ConfigError)
    if isinstance(top.peek("wearer"), dict):
        raise top.refuse(
            "wearer",
            "expected tables, each written [[wearer]] in double brackets, with the nodes of that wearer below it",
            mend='put the two lines [[wearer]] and id = "me" above the first [[wearer.node]]',
        )
    config = Config(
        path=path,
        data=_path(top, "data", path) or default_data(environ),
        figures=_figures(top.section("figures", required=False)),
        store=_store(top.section("store", required=False), path),
        recording=_recording(top.section("recording", required=False), path),
        trust=_trusts(top.section("trust", required=False)),
        wearers=_wearers(top),
        sinks=read_sinks(top, path.absolute().parent),
        notify=read_notify(top, path.absolute().parent),
        alerts=read_alerts(top.section("alerts", required=False)),
    )
    top.finish()
    _known_routes(top, config)
    return config


def _known_routes(top: Section, config: Config) -> None:
    known = [entry.id for entry in config.notify]
    for wearer in config.wearers:
        for route in wearer.routes:
            for name in route.notify or ():
                if name not in known:
                    raise top.refuse(
                        f"wearer[{wearer.id}]: {route.rule}: notify",
                        f'there is no [[notify]] with the id "{name}"',
                        mend=f"those there are: {', '.join(known) or 'none'}",
                    )


def _toml(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        lines = text.splitlines()
        number = int(at[1]) if at else len(lines)
        line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        quoted = f"\n  line {number}: {line[:100]}" if line else ""
        mend = "texts stand in quotes, tables in [brackets], one key = value a line"
        raise ConfigError(f"{path}: not valid TOML: {error}{quoted}", mend=mend) from error


def _path(section: Section, name: str, file: Path) -> Path | None:
    found = path_key(section, name, file.absolute().parent, "a folder or file")
    if found is None and section.has(name):
        raise section.wrong(name, "a folder or file")
    return found


def _figures(section: Section) -> FigureConfig:
    window_s, hop_s = (section.number(name, "seconds above 0", above=0) for name in ("window_s", "hop_s"))
    section.finish()
    default = FigureConfig()
    found = FigureConfig(window_s or default.window_s, hop_s or default.hop_s)
    hops = found.window_s / found.hop_s
    if not hops < inf or hops < 1 or hops != int(hops):
        raise section.refuse(
            "window_s",
            f"{found.window_s:g} s is not a whole number of hops of {found.hop_s:g} s",
            mend=f"such as window_s = {max(1.0, hops // 1) * found.hop_s:g}",
        )
    return found


def _max_mb(section: Section) -> float | None:
    return section.number("max_mb", "megabytes above 0", above=0)


def _store(section: Section, file: Path) -> StoreConfig:
    days = (
        section.number(name, "days of 1 or more; leave it out to keep them for ever", least=1)
        for name in ("keep_figures_days", "keep_hours_days", "keep_events_days")
    )
    store = StoreConfig(_path(section, "path", file), _max_mb(section), *days)
    section.finish()
    return store


def _recording(section: Section, file: Path) -> RecordingConfig:
    enabled = section.flag("enabled", RecordingConfig().enabled)
    recording = RecordingConfig(enabled, _path(section, "path", file), _max_mb(section))
    section.finish()
    return recording


def _trusts(section: Section) -> tuple[tuple[Site, Trust], ...]:
    sites = get_args(Site)
    found = [(cast(Site, site), inner) for site in sites if section.has(site) for inner in (section.section(site),)]
    section.finish(known=sites)
    return tuple((site, _trust(site, inner)) for site, inner in found)


def _trust(site: Site, section: Section) -> Trust:
    default = dict(DEFAULT_TRUST).get(site, Trust(inf, inf))
    expected = "a number of 0 or more, or inf where nobody knows"
    gain, zero = (section.number(name, expected, least=0, infinite=True) for name in ("ln_gain_sd", "zero_error_n"))
    section.finish()
    return Trust(default.ln_gain_sd if gain is None else gain, default.zero_error_n if zero is None else zero)


def _wearers(top: Section) -> tuple[WearerConfig, ...]:
    sections = top.tables("wearer", "id")
    if not sections:
        raise top.refuse(
            "wearer",
            "expected at least one [[wearer]] with a [[wearer.node]]",
            mend="`evenside scan` prints the nodes in reach",
        )
    wearers: list[WearerConfig] = []
    serials: dict[str, tuple[str, NodeConfig]] = {}
    for section in sections:
        limits, nudges, routes = read_rules(section)
        wearer = WearerConfig(
            section.text("id"), read_nodes(section), limits, _zone(section), nudges=nudges, routes=routes
        )
        section.finish()
        if wearer.id.casefold() in {other.id.casefold() for other in wearers}:
            raise section.refuse("id", f'two wearers are called "{wearer.id}"', mend="give each its own id")
        for entry in wearer.nodes:
            whose, other = serials.setdefault(entry.serial, (wearer.id, entry))
            if entry.serial and other is not entry and not (whose == wearer.id and _two_sides(entry, other)):
                raise section.refuse(
                    f"node[{entry.node.id}].serial",
                    f'"{entry.serial}" is the device of {whose}/{other.node.id} already',
                    mend="`evenside scan` prints the serial number of each device; where one device measures both "
                    "sides, name its kind with `device` in both nodes",
                )
        wearers.append(wearer)
    return tuple(wearers)


def _zone(section: Section) -> str:
    name = section.text("timezone", "")
    try:
        zone_named(name)
    except ValueError:
        raise section.wrong("timezone", 'a time zone such as "Europe/Berlin", or an offset such as "+05:30"') from None
    return name


def _two_sides(entry: NodeConfig, other: NodeConfig) -> bool:
    """Whether one device can be both nodes: it is of a kind that measures left and right."""
    kind = kind_named(entry.device) if entry.device else None
    alike = (entry.device, entry.source) == (other.device, other.source)
    return kind is not None and kind.both_sides and alike and entry.node.side != other.node.side
