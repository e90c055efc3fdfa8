"""Layout files: what they may say, and how a wrong one is refused."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import LayoutError
from evenside.readers import builtin_layouts, load_layout, open_recording
from evenside.readers.layout_toml import built_in, parse_layout

GUIDE = files("evenside.readers").joinpath("LAYOUTS.md").read_text("utf-8")
GOOD = """
name = "two"
[table]
separator = "comma"
header = "line"
[time]
column = "t"
rate_hz = 100
[node.left]
site = "foot"
side = "left"
gravity = true
[node.left.channels]
acc_x = { column = "ax", unit = "g" }
"""


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    return found.group(1)


def test_the_worked_example_of_the_guide_reads_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "my-lab.toml").write_text(example("toml"), "utf-8")
    (tmp_path / "walk.csv").write_text(example("text"), "utf-8")
    recording = open_recording(tmp_path / "walk.csv", tmp_path / "my-lab.toml")
    blocks = {block.node: block for block in recording.read()}
    np.testing.assert_array_equal(blocks["left_insole"].time_s, [0.0, 0.01, 0.02])
    np.testing.assert_array_equal(blocks["left_insole"].values[:, 0], [402.5, 401.0, 403.5])
    np.testing.assert_array_equal(blocks["right_insole"].values[:, 0], [388.1, np.nan, 389.0])
    wrist = blocks["right_wrist"].values
    np.testing.assert_allclose(wrist[0], np.array([-20, -15, 998]) * 9.80665e-3, rtol=1e-12)
    assert recording.nodes[2].acc_range_m_s2 == pytest.approx(16 * 9.80665)


def test_every_key_a_layout_may_hold_is_in_the_guide() -> None:
    source = files("evenside.readers").joinpath("layout_toml.py").read_text("utf-8")
    keys = set(re.findall(r"\.(?:text|choice|flag|number|whole|column|texts|section)\(\s*\"(\w+)\"", source))
    assert len(keys) > 30
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", GUIDE.replace("```", "")))))
    assert sorted(keys - named) == []


def test_every_built_in_layout_is_listed_with_a_summary_and_in_the_guide() -> None:
    listed = dict(builtin_layouts())
    assert set(listed) == {
        "evenside", "gaitmap", "ipol-265", "ipol-497", "moticon-opengo", "opensim-forces", "pedal-balance",
        "physionet-gaitpdb",
    }  # fmt: skip
    assert all(listed.values())
    assert all(f"`{name}`" in GUIDE for name in listed)
    assert all(load_layout(layout.name) is layout for layout in built_in())


def test_both_sides_of_every_built_in_layout_have_the_same_channels_and_units() -> None:
    for layout in built_in():
        left, right = ([node for node in layout.nodes if node.side == side] for side in ("left", "right"))
        for one, other in zip(left, right, strict=True):
            assert [(c.name, c.unit, c.factor) for c in one.channels] == [
                (c.name, c.unit, c.factor) for c in other.channels
            ]
            assert (
                {c.column for c in one.channels}.isdisjoint(c.column for c in other.channels)
                or one.file != other.file
                or (one.channels[0].share is not None)
            )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('unit = "g"', 'unit = "furlong"', r'node\.left\.channels\.acc_x\.unit: expected one of "m/s2".*got .furlong'),
        ('unit = "g"', 'unit = "N"', r"acc_x\.unit: expected one of"),
        ("acc_x", "acc_w", r"node\.left\.channels\.acc_w: no such channel(.|\n)*acc_x"),
        ('side = "left"', 'side = "links"', r'node\.left\.side: expected one of "left", "right", "centre", got .links'),
        ('side = "left"', "", r"node\.left\.side: expected .*it is missing"),
        ("gravity = true", "", r"node\.left\.gravity: expected true or false, it is missing"),
        ("gravity = true", "gravity = 1", r"node\.left\.gravity: expected true or false, got 1"),
        ("gravity", "gravty = true\ngravity", r"node\.left\.gravty: no such key(.|\n)*write gravity"),
        ('separator = "comma"', 'separator = ","', r'table\.separator: expected one of "comma"'),
        ("rate_hz = 100", 'rate_hz = "100"', r"time\.rate_hz: expected a rate above 0, in Hz, got '100'"),
        ("rate_hz = 100", "rate_hz = -1", r"time\.rate_hz: expected a rate above 0"),
        ("rate_hz = 100", "rate_hz = 1e6", r"time\.rate_hz: expected a rate from 0.1 to 10000 Hz"),
        ('column = "t"\nrate_hz = 100', "", r"time\.rate_hz: expected the sampling rate"),
        ('column = "t"', 'column = "t"\nunit = "hours"', r'time\.unit: expected one of "s"'),
        ('column = "t"', 'column = "t"\nwraps_at = 256', r"time\.wraps_at: expected no such key unless"),
        ('column = "t"', "column = 0", r"time\.column: expected a column number of 1 or more"),
        ('column = "ax"', "column = true", r"acc_x\.column: expected a column"),
        ('header = "line"', 'header = "none"', r"acc_x\.column: expected a number, because header"),
        ('header = "line"', 'header = "last_comment"', r"table\.comment: expected the sign"),
        ('header = "line"', 'header = "line"\nencoding = "klingon"', r"table\.encoding: expected an encoding"),
        ('header = "line"', 'header = "line"\nlost = "-"', r"table\.lost: expected a list of texts"),
        ('unit = "g"', 'unit = "g", sign = 2', r"acc_x\.sign: expected 1 or -1, got 2"),
        ('unit = "g"', 'unit = "g", share = {}', r"acc_x\.share"),
        ("[node.left]", "[node.left]\nacc_range = 16", r"node\.left\.acc_range: expected a table"),
        ("[node.left.channels]", "[node.left.channnels]", r"node\.left\.channels: expected a table"),
        ('name = "two"', "", r"name: expected text in quotes, it is missing"),
        ('name = "two"', "name =", r"not valid TOML"),
        ("[table]", "[tabel]", r"table: expected a table"),
    ],
)
def test_a_wrong_layout_names_the_dotted_key_and_what_was_expected(old: str, new: str, words: str) -> None:
    assert old in GOOD
    parse_layout(GOOD, "good.toml")
    with pytest.raises(LayoutError, match=words) as raised:
        parse_layout(GOOD.replace(old, new, 1), "my.toml")
    assert raised.value.what.startswith("my.toml")


def test_an_unknown_layout_names_the_nearest_and_all_built_in_ones() -> None:
    with pytest.raises(LayoutError, match=r"did you mean gaitmap\?(.|\n)*pedal-balance"):
        load_layout("gait-map")


def test_a_layout_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"absent\.toml: cannot be read"):
        load_layout(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LayoutError, match=r"binary\.toml: not UTF-8"):
        load_layout(tmp_path / "binary.toml")
