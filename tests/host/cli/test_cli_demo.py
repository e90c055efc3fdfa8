"""The demonstration: with and without a terminal it finds what was set, raises and clears its alert, and ends well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.cli import main
from evenside.cli.demo_plan import demo_config, demo_of
from evenside.cli.demo_truth import KnownTruth
from evenside.cli.live_toml import config_toml, write_config
from evenside.config import load_config
from evenside.errors import ConfigError
from evenside.store import Reader

if TYPE_CHECKING:
    from tests.host.cli.conftest import Terminal


@pytest.mark.slow
def test_on_a_terminal_all_of_it_is_seen(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("demo", "--seconds", "9", "--speed", "10", "--keep", str(tmp_path))
    text = shown.wait_for(lambda text: "uneven steps cleared" in text)
    assert shown.end() == 0
    for both in ("foot motion", "insole load", "strap load", "insole last stance time"):
        assert both in text
    assert re.search(r"█+┃█+", text)
    assert re.search(r"insole stance time .*━.*set 5\.0 right, found \d\.\d right \[\d\.\d, \d\.\d\]", text)
    assert text.index("uneven steps raised") < text.index("uneven steps cleared")
    assert b"\x1b[?25h" in shown.raw.rpartition(b"\x1b[?25l")[2]  # the cursor is back
    assert shown.mode == shown.before
    assert str(tmp_path / "store.sqlite") in shown.text
    assert "evenside status --config" in shown.text


def test_a_small_terminal_is_not_overfilled(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("demo", "--seconds", "3", "--speed", "12", "--keep", str(tmp_path), rows=24, columns=80)
    shown.wait_for(lambda text: "set 5.0 right" in text, 40.0)
    assert shown.end() == 0
    frames = re.split(rb"(?:\x1b\[1A\x1b\[2K)+", shown.raw)
    assert max(frame.count(b"\n") for frame in frames[1:-1]) < 24


def test_without_a_terminal_there_are_lines_and_the_same_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--seconds", "2.5", "--speed", "50", "--seed", "3", "--keep", str(tmp_path)]) == 0
    heard = capsys.readouterr()
    assert heard.err.index("uneven steps raised") < heard.err.index("uneven steps cleared")
    assert "set 5.0 right, found " in heard.err
    assert "\x1b" not in heard.err + heard.out
    table = {line.split("  ")[1].strip(): line.split() for line in heard.out.splitlines() if line.startswith("insole")}
    assert {"stance time", "load", "impulse", "swing time"} <= table.keys()
    held, of = (int(number) for number in re.findall(r"held what was set in (\d+) of (\d+)", heard.out)[0])
    assert 0.8 * of < held <= of
    assert of > 200
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0]
        assert (session.start.kind, session.clean) == ("demo", True)
        assert [timed.row.alert.active for timed in reader.alerts(session.start.id)][:2] == [True, False]


def test_one_seed_gives_the_same_figures_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for name in ("a", "b"):
        assert main(["demo", "--seconds", "2", "--speed", "20", "--keep", str(tmp_path / name)]) == 0
        with Reader(tmp_path / name / "store.sqlite") as reader:
            rows = reader.figures(reader.sessions()[0].start.id)
            found.append([repr(timed.row.figure) for timed in rows])
    capsys.readouterr()
    assert found[0]
    assert found[0] == found[1]


def test_for_programs_everything_is_an_object_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "2", "--speed", "40", "--keep", str(tmp_path), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["type"] == "session"
    assert lines[-1]["type"] == "summary"
    kinds = {line["type"] for line in lines}
    assert kinds == {"session", "event", "status", "figure", "alert", "habit", "summary"}
    figure = next(line for line in lines if line["type"] == "figure" and line["figure"]["ai"] is not None)
    assert figure["words"]


def test_its_configuration_reads_back_as_it_was_meant(tmp_path: Path) -> None:
    found = demo_of(tmp_path, seconds=30.0, speed=5.0, seed=7)
    config = demo_config(found, found.life_url)
    write_config(config, "made by a test")
    assert load_config(config.path) == config
    write_config(config, "made by a test")  # over its own file


def test_a_file_of_somebody_else_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "evenside.toml"
    mine.write_text("# my own\n")
    assert main(["demo", "--seconds", "2", "--keep", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert mine.read_text() == "# my own\n"
    config = demo_config(demo_of(tmp_path, seconds=30.0, speed=5.0, seed=7), "simulate://")
    with pytest.raises(ConfigError):
        write_config(config, "made by a test")
    assert "simulate://" in config_toml(config)


def test_what_was_set_is_known_where_a_window_lies_in_one_piece_of_the_script(tmp_path: Path) -> None:
    truth = KnownTruth(demo_of(tmp_path, seconds=100.0, speed=5.0, seed=7).wearer, 12.0, 200.0)
    assert truth.known_ai(10.0) == {}
    uneven = truth.known_ai(40.0)
    assert isclose(uneven["insole", "stance_time"], 5.0, rel_tol=1e-9)
    assert isclose(uneven["foot", "stance_time"], 5.0, rel_tol=1e-9)
    assert isclose(uneven["strap", "load_share"], 100.0, rel_tol=1e-9)
    assert truth.known_ai(70.0) == {}
    assert isclose(truth.known_ai(100.0)["insole", "stance_time"], 0.0, abs_tol=1e-9)
    assert isclose(truth.known_ai(160.0)["insole", "stance_time"], 5.0, rel_tol=1e-9)  # the script over again
    assert truth.known_ai(200.5) == {}  # it ended before


def test_too_short_a_demonstration_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "2", "--speed", "1", "--keep", str(tmp_path)]) == 0
    assert "too short to find anything" in capsys.readouterr().out
