"""Sides and nodes put into a file that a person wrote: nothing else in it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import example_config, parse_config
from evenside.config.edit import with_nodes, with_sides
from evenside.config.sides import side_turned
from evenside.errors import ConfigError

PATH = Path("evenside.toml")
TEXT = """\
# mine, in my order
[[wearer]]
id = "me"

[[wearer.node]]  # an old pair
id = "left_foot" # called so for years
site = "foot"
side = 'left'   # said the box
source = "ble://"
serial = "EV-1"
channels = ["acc_x", "acc_y", "acc_z"]
rate_hz = 100

[[wearer.node]]
serial = "EV-2"
id = "Fuss rechts"
side = "right"
site = "foot"
source = "ble://"
channels = ["acc_x", "acc_y", "acc_z"]
rate_hz = 100

[store]
max_mb = 100
"""
NODE = """\
[[wearer.node]]
id = "left_wrist"
site = "wrist"
side = "left"
source = "ble://"
serial = "EV-9"
channels = ["acc_x"]
rate_hz = 50
"""


def sides(text: str) -> dict[str, tuple[str, str]]:
    return {
        entry.serial: (entry.node.id, entry.node.side)
        for wearer in parse_config(text, PATH).wearers
        for entry in wearer.nodes
    }


def test_exchanged_sides_change_four_lines_and_nothing_else() -> None:
    changed, missing = with_sides(TEXT, PATH, {"EV-1": "right", "EV-2": "left", "EV-3": "left"})
    assert sides(changed) == {"EV-1": ("right_foot", "right"), "EV-2": ("Fuss links", "left")}
    assert missing == ["EV-3"]
    differ = [(a, b) for a, b in zip(TEXT.splitlines(), changed.splitlines(), strict=True) if a != b]
    assert len(differ) == 4
    assert ("side = 'left'   # said the box", 'side = "right"   # said the box') in differ
    assert ('id = "left_foot" # called so for years', 'id = "right_foot" # called so for years') in differ


def test_sides_that_are_right_change_nothing() -> None:
    assert with_sides(TEXT, PATH, {"EV-1": "left", "EV-2": "right"}) == (TEXT, [])


def test_a_node_that_is_not_written_plainly_is_left_to_a_person() -> None:
    text = TEXT.replace('id = "left_foot"', 'id = "left\\u005ffoot"')
    with pytest.raises(ConfigError, match="EV-1 has no plain line for id and side"):
        with_sides(text, PATH, {"EV-1": "right"})


def test_two_on_one_side_are_refused_as_in_any_configuration() -> None:
    with pytest.raises(ConfigError):
        with_sides(TEXT, PATH, {"EV-1": "right"})


def test_a_new_node_belongs_to_the_one_wearer() -> None:
    changed = with_nodes(TEXT, PATH, NODE)
    assert changed.startswith(TEXT)
    assert sides(changed)["EV-9"] == ("left_wrist", "left")


def test_with_several_wearers_nobody_guesses() -> None:
    with pytest.raises(ConfigError, match="several wearers"):
        with_nodes(TEXT + '\n[[wearer]]\nid = "you"\n\n' + NODE, PATH, NODE)


def test_the_example_can_be_edited() -> None:
    entries = [entry for wearer in parse_config(example_config(), PATH).wearers for entry in wearer.nodes]
    turned = {entry.serial: entry.node.side for entry in entries if entry.serial}
    assert with_sides(example_config(), PATH, turned)[0] == example_config()


@pytest.mark.parametrize(
    ("name", "turned"),
    [("left_foot", "right_foot"), ("footRight", "footLeft"), ("rechts2", "links2"), ("cleft", "cleft")],
)
def test_a_name_speaks_of_the_other_side(name: str, turned: str) -> None:
    assert side_turned(name) == turned
