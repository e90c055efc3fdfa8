"""Which side a name speaks of, and what a missing side costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import example_config, notes_on, parse_config
from evenside.config.sides import side_said

EXAMPLE = example_config()


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("left_foot", "left"),
        ("foot-right", "right"),
        ("LEFT", "left"),
        ("leftfoot", "left"),
        ("footRight", "right"),
        ("Fuß links", "left"),
        ("1rechts", "right"),
        ("upright", None),
        ("cleft", None),
        ("Brightness", None),
        ("foot_1", None),
        ("left_or_right", None),
        ("", None),
    ],
)
def test_a_side_is_heard_only_where_a_word_says_it(name: str, side: str | None) -> None:
    assert side_said(name) == side


def test_a_whole_configuration_has_no_notes() -> None:
    assert notes_on(parse_config(EXAMPLE, Path("evenside.toml"))) == ()


def test_a_side_without_a_partner_is_told_and_so_is_its_alert() -> None:
    first, second = (EXAMPLE.index("[[wearer.node]]", at) for at in (0, EXAMPLE.index("left_foot")))
    alone = EXAMPLE[:first] + EXAMPLE[second:]
    assert notes_on(parse_config(alone, Path("evenside.toml"))) == (
        "me: right_foot (right foot) has no partner on the left: no left/right figure comes from it",
        'me: alert "longer on one foot" can never be raised: there is no foot on both sides',
    )


def test_a_centre_needs_no_partner() -> None:
    text = EXAMPLE.replace('"left_foot"\nsite = "foot"\nside = "left"', '"hip"\nsite = "pelvis"\nside = "centre"')
    notes = notes_on(parse_config(text, Path("evenside.toml")))
    assert [note for note in notes if "hip" in note] == []
