"""An evenside.toml from values, for those commands that make one; reading it back gives the same values."""

from __future__ import annotations

import json
from pathlib import Path

from evenside.config import Config, NodeConfig
from evenside.errors import ConfigError
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit

__all__ = ["config_toml", "write_config"]


def write_config(config: Config, remark: str) -> None:
    """Write ``config.path``, unless somebody else's file is there.

    Raises:
        ConfigError: it is there and was not made by this, or the folder cannot be written.
    """
    head = f"# {remark}\n"
    try:
        if config.path.exists() and not config.path.read_text("utf-8").startswith(head):
            raise ConfigError(f"{config.path} is there already", mend="give another folder")
        config.path.parent.mkdir(parents=True, exist_ok=True)
        config.path.write_text(head + config_toml(config), "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{config.path}: {error}", mend="give a folder that this user can write") from error


def config_toml(config: Config) -> str:
    """Data folder, windows, wearers with their nodes and alerts; all else is left at its default."""
    data = "." if config.data == config.path.parent else config.data
    lines = [f"data = {_text(data)}", "", "[figures]"]
    lines += [f"window_s = {config.figures.window_s!r}", f"hop_s = {config.figures.hop_s!r}"]
    for wearer in config.wearers:
        lines += ["", "[[wearer]]", f"id = {_text(wearer.id)}"]
        for node in wearer.nodes:
            lines += ["", *_node(node)]
        for limit in wearer.limits:
            lines += ["", *_alert(limit)]
    return "\n".join(lines) + "\n"


def _node(entry: NodeConfig) -> list[str]:
    node = entry.node
    lines = [
        *("[[wearer.node]]", f"id = {_text(node.id)}", f"site = {_text(node.site)}", f"side = {_text(node.side)}"),
        *(f"source = {_text(entry.source)}", f"channels = {json.dumps(list(node.channels))}"),
        *(f"rate_hz = {node.rate_hz!r}", f"gravity = {_flag(node.gravity)}"),
        f"right_handed = {_flag(node.right_handed)}",
    ]
    lines += [f"serial = {_text(entry.serial)}"] if entry.serial else []
    lines += [f"device = {_text(entry.device)}"] if entry.device else []
    lines += [f"clock = {_text(node.clock)}"] if node.clock else []
    lines += [f"scale = {list(node.scale)!r}"] if node.scale is not None else []
    if node.acc_range_m_s2 is not None:
        lines.append(f'acc_range = {{ value = {node.acc_range_m_s2!r}, unit = "m/s2" }}')
    if node.gyr_range_rad_s is not None:
        lines.append(f'gyr_range = {{ value = {node.gyr_range_rad_s!r}, unit = "rad/s" }}')
    return lines


def _alert(limit: Limit) -> list[str]:
    return [
        *("[[wearer.alert]]", f"rule = {_text(limit.rule)}", f"metric = {_text(limit.metric)}"),
        *(f"site = {_text(limit.site)}", f"side = {_text(limit.side)}"),
        *(f"raise = {_threshold(limit.raise_at)}", f"clear = {_threshold(limit.clear_at)}"),
        *(f"dwell_s = {limit.dwell_s!r}", f"clear_dwell_s = {limit.clear_dwell_s!r}"),
        *(f"patience_s = {limit.patience_s!r}", f"min_claim = {limit.min_claim}"),
    ]


def _threshold(threshold: Threshold) -> str:
    return f"{{ value = {threshold.value!r}, formula = {_text(threshold.formula)} }}"


def _text(text: str | Path) -> str:
    # A TOML string may be written as a JSON one, but for two things.
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _flag(flag: bool) -> str:
    return str(flag).lower()
