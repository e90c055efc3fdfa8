"""Sensors that write lines: what a line is, what is none, and what a layout may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenside.devices import Advert, Closing, Heard, Hopeless, Said, Started, Subscribe, Write, kind_named, recognise
from evenside.devices.line_layout import builtin_line_layouts, parse_line_layout
from evenside.devices.nordic_uart import NOTIFY, WRITE, kind_of
from evenside.errors import LayoutError

TIMED = """
name = "shoe"
advertises = ["Shoe"]
separator = "comma"
columns = 3
rate_hz = [100, 50]
start = "go {rate}\\n"
stop = "halt\\n"
[time]
column = 1
unit = "ms"
wraps_at = 1000
[channels]
force = { column = 3, unit = "N", scale = 0.1, sign = -1 }
"""
UNTIMED = """
name = "cells"
separator = "space"
columns = 2
rate_hz = [50]
[channels]
force = { column = 2, unit = "kg" }
"""


def _heard(text: str, at_s: float = 1.0) -> Heard:
    return Heard(at_s, NOTIFY, text.encode())


@pytest.fixture
def shoe(play: Any, nodes_of: Any, opened: Any) -> Any:
    kind = kind_of(parse_line_layout(TIMED, "here"))
    played = play(kind, nodes_of(kind))
    played.tell(opened())
    return played


def test_it_is_started_and_stopped_with_the_texts_of_its_layout(play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_of(parse_line_layout(TIMED, "here"))
    shoe = play(kind, nodes_of(kind, rate_hz=50.0))
    assert shoe.tell(opened()) == [Subscribe(NOTIFY), Write(WRITE, b"go 50\n", response=True)]
    assert shoe.tell(Closing(1.0)) == [Write(WRITE, b"halt\n", response=True)]


def test_a_long_program_is_written_in_pieces_that_fit(play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_named("puck-js")
    doings = play(kind, nodes_of(kind)).tell(opened(max_write=61))
    pieces = [doing.data for doing in doings if isinstance(doing, Write)]
    assert max(map(len, pieces)) == 61
    text = b"".join(pieces).decode()
    assert text.startswith("\x03\x10")
    assert "Puck.accelOn(52);" in text
    assert all(line.startswith("\x10") for line in text.splitlines()[1:])


@pytest.mark.parametrize("layout", builtin_line_layouts(), ids=lambda layout: layout.name)
def test_a_built_in_program_is_told_each_of_its_rates(layout: Any, play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_of(layout)
    for rate_hz in layout.rates_hz:
        doings = play(kind, nodes_of(kind, rate_hz=rate_hz)).tell(opened())
        text = b"".join(doing.data for doing in doings if isinstance(doing, Write)).decode("ascii")
        assert "{rate}" not in text
        assert f"{rate_hz:g}" in text
        assert [text.count(opening) for opening in "({["] == [text.count(closing) for closing in ")}]"]


def test_a_line_is_a_sample_with_its_time_unit_scale_and_sign(shoe: Any, samples: Any) -> None:
    first, second = samples(shoe.tell(_heard("tail\n10,0,25\n"), _heard("20,0,-30\n")))
    np.testing.assert_allclose([first.values, second.values], [[[-2.5]], [[3.0]]])
    assert (first.device_us.tolist(), second.device_us.tolist()) == ([10_000], [20_000])


def test_the_first_line_may_have_begun_before_anybody_listened(shoe: Any, samples: Any) -> None:
    assert samples(shoe.tell(_heard("3,0,25\n"))) == []
    assert len(samples(shoe.tell(_heard("20,0,25\n")))) == 1


def test_lines_may_be_cut_anywhere_and_flow_control_is_passed_over(shoe: Any, samples: Any) -> None:
    whole = "\n10,0,25\r\n20,\x110,30\n\x1330,0,35\n"
    found = []
    for letter in whole:
        found += samples(shoe.tell(_heard(letter)))
    np.testing.assert_allclose([run.values[0, 0] for run in found], [-2.5, -3.0, -3.5])
    assert [run.device_us.tolist() for run in found] == [[10_000], [20_000], [30_000]]


def test_its_time_wraps_where_the_layout_says(shoe: Any, samples: Any) -> None:
    (run,) = samples(shoe.tell(_heard("\n990,0,1\n0,0,1\n10,0,1\n")))
    assert run.device_us.tolist() == [990_000, 1_000_000, 1_010_000]


@pytest.mark.parametrize(
    "line", [">puck()", "1,2", "1,2,3,4", "1,2,nan", "inf,2,3", "1,2,1e300", "\N{DEGREE SIGN},1,2"]
)
def test_a_line_that_is_no_sample_is_told_once_and_the_hole_shows(shoe: Any, samples: Any, line: str) -> None:
    found = shoe.tell(_heard("\n10,0,1\n20,0,1\n"), _heard(f"{line}\n40,0,1\n{line}\n"))
    assert len([doing for doing in found if isinstance(doing, Said)]) == 1
    assert [(run.device_us.tolist(), run.lost) for run in samples(found)] == [
        ([10_000, 20_000], False),
        ([40_000], True),
    ]


def test_before_the_first_sample_a_console_may_say_anything(shoe: Any) -> None:
    found = shoe.tell(_heard("\nhello\n>\n10,0,1\n"))
    assert isinstance(found[0], Started)
    assert not [doing for doing in found if isinstance(doing, Said)]


def test_without_a_time_samples_are_timed_by_arrival_and_a_bad_line_is_a_loss(
    play: Any, nodes_of: Any, opened: Any, samples: Any
) -> None:
    kind = kind_of(parse_line_layout(UNTIMED, "here"))
    assert kind.timing.by == "arrival"
    cells = play(kind, nodes_of(kind))
    cells.tell(opened())
    found = samples(cells.tell(_heard("\n0 1\n0 2\n"), _heard("0 x\n"), _heard("0 3\n")))
    assert [(run.device_us, run.lost, run.values.shape[0]) for run in found] == [(None, False, 2), (None, True, 1)]
    np.testing.assert_allclose(found[1].values, [[3 * 9.80665]])


def test_a_line_without_an_end_is_forgotten_with_what_follows_it(shoe: Any, samples: Any) -> None:
    shoe.tell(_heard("\n"), _heard("9" * 1000))
    assert len(shoe.state.rest) < 1000
    assert samples(shoe.tell(_heard("10,0,1\n"))) == []
    assert len(samples(shoe.tell(_heard("20,0,1\n")))) == 1


def test_a_rate_outside_the_layout_is_refused(play: Any, nodes_of: Any, opened: Any) -> None:
    kind = kind_of(parse_line_layout(TIMED, "here"))
    (hopeless,) = play(kind, nodes_of(kind, rate_hz=75.0)).tell(opened())
    assert isinstance(hopeless, Hopeless)


def test_the_built_in_layouts_are_kinds_that_are_recognised() -> None:
    for layout in builtin_line_layouts():
        assert kind_named(layout.name) is not None
        found = recognise(Advert(name=f"{layout.advertises[0]} ab12"))
        assert found is not None
        assert found.id == layout.name


def test_a_layout_of_ones_own_is_a_kind_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "shoe.toml"
    path.write_text(TIMED, "utf-8")
    kind = kind_named(str(path))
    assert kind is not None
    assert (kind.id, kind.channels, kind.rates_hz) == ("shoe", ("force",), (100.0, 50.0))
    with pytest.raises(LayoutError, match=r"none\.toml: cannot be read"):
        kind_named(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "shoe"', "", "name: expected text"),
        ('"comma"', '"pipe"', "separator: expected one of"),
        ("columns = 3", "columns = 0", "columns: expected how many"),
        ("columns = 3", "", "columns: expected how many"),
        ("[100, 50]", "[]", "rate_hz: expected a list of rates"),
        ("[100, 50]", "[0]", "rate_hz: expected a list of rates"),
        ("column = 3", "column = 4", "channels.force.column: expected a column from 1 to 3"),
        ("column = 1", 'column = "t"', "time.column: expected a column from 1 to 3"),
        ('unit = "ms"', 'unit = "N"', "time.unit: expected one of"),
        ('unit = "N"', 'unit = "ms"', "channels.force.unit: expected one of"),
        ("sign = -1", "sign = 2", "channels.force.sign: expected 1 or -1"),
        ("scale = 0.1", "scale = 0", "channels.force.scale: expected a number above 0"),
        ("force =", "weight =", "channels.weight: no such channel"),
        ("force = {", "# {", "channels.: expected at least one of"),
        ("[time]", "sites = ['ear']\n[time]", 'sites: there is no site "ear"'),
        ("[time]", "error_s = -1\n[time]", "error_s: expected seconds above 0"),
        ("[time]", "sited = ['foot']\n[time]", "sited: no such key"),
        ("[time]", "[time", "not valid TOML"),
    ],
)
def test_a_mistake_in_a_layout_is_named_with_its_place(old: str, new: str, words: str) -> None:
    text = TIMED.replace(old, new, 1)
    assert text != TIMED
    with pytest.raises(LayoutError, match=r"shoe\.toml: ") as caught:
        parse_line_layout(text, "shoe.toml")
    assert words in str(caught.value)
