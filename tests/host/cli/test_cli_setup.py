"""``evenside setup``: what it writes, and what it refuses; the moving itself is tested with the calibration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.cli.setup import text_with
from evenside.config import parse_config
from evenside.errors import ConfigError
from evenside.sources.found_toml import FoundTable
from evenside_analysis.types import ACC

PATH = Path("evenside.toml")
LEFT = FoundTable("a", "ble://", "EV-1", ACC, "foot", "left", 100.0, device="evenside")
RIGHT = FoundTable("b", "ble://", "EV-2", ACC, "foot", "right", 100.0, device="evenside")


def sides(text: str) -> dict[str, tuple[str, str]]:
    (wearer,) = parse_config(text, PATH).wearers
    return {entry.serial: (entry.node.id, entry.node.side) for entry in wearer.nodes}


def test_a_new_file_is_a_whole_configuration() -> None:
    text = text_with(None, PATH, (LEFT, RIGHT))
    assert sides(text) == {"EV-1": ("left_foot", "left"), "EV-2": ("right_foot", "right")}


def test_sensors_that_were_exchanged_are_set_right_in_a_file() -> None:
    before = text_with(None, PATH, (LEFT, RIGHT))
    after = text_with(before, PATH, (replace(RIGHT, side="left"), replace(LEFT, side="right")))
    assert sides(after) == {"EV-1": ("right_foot", "right"), "EV-2": ("left_foot", "left")}
    assert text_with(after, PATH, (replace(RIGHT, side="left"), replace(LEFT, side="right"))) == after


def test_new_sensors_are_added_to_a_file() -> None:
    before = text_with(None, PATH, (LEFT, RIGHT))
    wrists = tuple(
        replace(table, serial=f"W-{table.serial}", site="wrist")  # the feet stay what they are
        for table in (LEFT, RIGHT)
    )
    after = text_with(before, PATH, wrists)
    assert after.startswith(before)
    assert sides(after)["W-EV-2"] == ("right_wrist", "right")


def test_another_pair_at_the_same_place_is_refused() -> None:
    before = text_with(None, PATH, (LEFT, RIGHT))
    others = tuple(replace(table, serial=f"X-{table.serial}") for table in (LEFT, RIGHT))
    with pytest.raises(ConfigError):
        text_with(before, PATH, others)


def test_without_a_terminal_nobody_can_be_asked_to_move(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "--no-ble"]) == 2
    assert "a terminal is needed" in capsys.readouterr().err
