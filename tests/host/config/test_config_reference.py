"""The written reference is what the parser reads: every key, no other, with the default that it really has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenside.config import example_config, parse_config
from evenside.config.reference import KEYS, REQUIRED, Key
from evenside.errors import ConfigError
from evenside_analysis.settings import DEFAULT_TRUST

SINK = """
[[sink]]
id = "clinic"
kind = "influxdb"
url = "http://127.0.0.1:8086"
"""
NOTIFY = """
[[notify]]
id = "hook"
kind = "webhook"
url = "http://127.0.0.1:9000/hook"
"""
NUDGE = """
[[wearer.nudge]]
rule = "same shoulder"
habit = "carrying"
"""
EXAMPLE = example_config() + NUDGE + SINK + NOTIFY
STRANGER = "zzzzzzzz = 0\n"
TABLES = (
    "",
    "[figures]",
    "[store]",
    "[recording]",
    "[trust.SITE]",
    "[[sink]]",
    "[[notify]]",
    "[alerts]",
    "[[wearer]]",
    "[[wearer.node]]",
    "[[wearer.alert]]",
    "[[wearer.nudge]]",
)


def with_stranger(table: str) -> str:
    """The example with a key in ``table`` that is in no table."""
    header = table.replace("SITE", "foot")
    if not header:
        return STRANGER + EXAMPLE
    if header in EXAMPLE:
        return EXAMPLE.replace(header, f"{header}\n{STRANGER}", 1)
    return f"{header}\n{STRANGER}{EXAMPLE}"


@pytest.mark.parametrize("table", TABLES)
def test_the_keys_of_a_table_are_those_that_the_parser_knows(table: str) -> None:
    with pytest.raises(ConfigError, match="zzzzzzzz: no such key") as caught:
        parse_config(with_stranger(table), Path("evenside.toml"))
    known = caught.value.mend.removeprefix("known here: ").split(", ")
    inner = {
        "": {"figures", "store", "recording", "trust", "sink", "notify", "alerts", "wearer"},
        "[[wearer]]": {"node", "alert", "nudge"},
    }
    assert sorted(set(known) - inner.get(table, set())) == sorted(key.name for key in KEYS if key.table == table)


def test_there_is_no_other_table() -> None:
    assert {key.table for key in KEYS} == set(TABLES)


@pytest.mark.parametrize("key", [key for key in KEYS if key.default == REQUIRED], ids=lambda key: key.table + key.name)
def test_what_must_be_there_is_missed(key: Key) -> None:
    start = EXAMPLE.index(key.table)
    text = EXAMPLE[:start] + re.sub(rf"(?m)^{key.name} = .*\n", "", EXAMPLE[start:], count=1)
    with pytest.raises(ConfigError, match=rf"\.{key.name}: .*it is missing"):
        parse_config(text, Path("evenside.toml"))


def test_defaults_are_those_of_a_file_that_says_nothing() -> None:
    stripped = re.sub(r"(?m)^(window_s|hop_s|serial|acc_range|gyr_range|dwell_s|clear_dwell_s) = .*\n", "", EXAMPLE)
    config = parse_config(stripped, Path("evenside.toml"))
    node, (limit,) = config.wearers[0].nodes[0], config.wearers[0].limits
    found = {
        "window_s": f"{config.figures.window_s:g}",
        "hop_s": f"{config.figures.hop_s:g}",
        "enabled": str(config.recording.enabled).lower(),
        "gravity": str(node.node.gravity).lower(),
        "right_handed": str(node.node.right_handed).lower(),
        "dwell_s": f"{limit.dwell_s:g}",
        "clear_dwell_s": f"{limit.clear_dwell_s:g}",
        "side": f"`{limit.side}`",
        "min_claim": str(limit.min_claim),
        "patience_s": f"{limit.patience_s:g}",
    }
    written = {
        key.name: key.default for key in KEYS if key.default != REQUIRED and key.table not in ("[[wearer.nudge]]",)
    }
    assert found == {name: written[name] for name in found}
    assert (config.store.path, config.store.max_mb, config.recording.path, config.recording.max_mb) == (None,) * 4
    assert (node.serial, node.device) == ("", "")
    assert (node.node.acc_range_m_s2, node.node.scale, node.node.clock) == (None, None, "")


def test_the_trust_of_every_site_is_written_with_its_numbers() -> None:
    for name in ("ln_gain_sd", "zero_error_n"):
        (key,) = (key for key in KEYS if key.name == name)
        for site, trust in DEFAULT_TRUST:
            assert re.search(rf"(?:^|; ){getattr(trust, name):g} \([^)]*\b{site}\b", key.default)
