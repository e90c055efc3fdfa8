"""``evenside run``: in the foreground, as a service runs it, and on a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, FigureConfig, NodeConfig, RecordingConfig, WearerConfig
from evenside.daemon.lock import hold
from evenside.simulator import default_nodes
from evenside.store import Reader

if TYPE_CHECKING:
    from tests.host.cli.conftest import Terminal

FAST = "simulate://?script=walk&stance_ai=6&speed=max&seconds=40&clock=shared"
LIVE = "simulate://?script=walk&repeat=yes"


def configured(folder: Path, url: str, *wearers: str, record: bool = False) -> Path:
    """An evenside.toml with insoles on a simulated source; each wearer has nodes and a source of its own."""
    made = tuple(
        WearerConfig(
            wearer,
            tuple(
                NodeConfig(node, url if place == 0 else f"{url}&seed={place}")
                for node in default_nodes()
                if node.site == "insole"
            ),
        )
        for place, wearer in enumerate(wearers or ("ann",))
    )
    path = folder / "evenside.toml"
    config = Config(path, folder, made, FigureConfig(10.0, 5.0), recording=RecordingConfig(enabled=record))
    path.write_text(config_toml(config) + f"\n[recording]\nenabled = {str(record).lower()}\n")
    return path


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "evenside", "run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[str]]]:
    """Whatever is put here is ended after the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def test_all_wearers_are_watched_until_their_sources_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, FAST, "ann", "bob")
    assert main(["run", "--config", str(path)]) == 0
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "ann left_insole: connected" in heard.err
    assert "ending: every source has ended" in heard.err
    with Reader(tmp_path / "store.sqlite") as reader:
        sessions = reader.sessions()
        assert {session.start.wearer for session in sessions} == {"ann", "bob"}
        for session in sessions:
            assert session.clean
            assert list(reader.figures(session.start.id))
    assert not (tmp_path / "recordings").exists()


def test_one_wearer_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, FAST, "ann", "bob")
    assert main(["run", "--config", str(path), "--wearer", "bob", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    with Reader(tmp_path / "store.sqlite") as reader:
        assert [session.start.wearer for session in reader.sessions()] == ["bob"]
    assert main(["run", "--config", str(path), "--wearer", "eve"]) == 2
    assert "no wearer 'eve'" in capsys.readouterr().err


def test_verbose_tells_every_figure_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(configured(tmp_path, FAST)), "--verbose"]) == 0
    said = capsys.readouterr().err
    assert "stance time" in said
    assert "longer on the right [" in said


def test_json_is_an_object_a_line_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(configured(tmp_path, FAST)), "--json", "--quiet"]) == 0
    heard = capsys.readouterr()
    lines = [json.loads(line) for line in heard.out.splitlines()]
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0].start.id
        stored = len(list(reader.figures(session)))
    assert lines[0] == {**lines[0], "type": "session", "session": session, "wearer": "ann", "kind": "run"}
    assert sum(line["type"] == "figure" for line in lines) == stored > 0
    assert heard.err == ""


def test_a_reader_that_leaves_ends_it_well(tmp_path: Path, running: list[subprocess.Popen[str]]) -> None:
    process = start("--config", str(configured(tmp_path, LIVE)), "--json")
    running.append(process)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["type"] == "session"
    process.stdout.close()
    assert process.stderr is not None
    assert "nobody reads any more" in process.stderr.read()
    process.wait(30)
    with Reader(tmp_path / "store.sqlite") as reader:
        assert reader.sessions()[0].clean


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_cleanly_with_exit_code_0(
    tmp_path: Path, name: str, running: list[subprocess.Popen[str]]
) -> None:
    process = start("--config", str(configured(tmp_path, LIVE, record=True)), "--json")
    running.append(process)
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["type"] != "status":
        pass
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"ending: {name}" in err
    assert json.loads(out.splitlines()[-1])["type"] == "summary"
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0]
        assert session.clean
        assert session.ended_ns is not None
    assert len(list(tmp_path.glob("recordings/*/raw/*/*.parquet"))) == 2


def test_it_ends_after_the_seconds_that_were_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(configured(tmp_path, LIVE)), "--seconds", "0.5"]) == 0
    assert "ending: the time is over" in capsys.readouterr().err


def test_when_every_source_fails_the_exit_code_and_the_mend_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configured(tmp_path, "serial:///dev/nowhere?wait=no")
    assert main(["run", "--config", str(path)]) == 4
    said = capsys.readouterr().err
    assert "error: /dev/nowhere is not there\n  mend: plug the device in" in said
    assert "Traceback" not in said


def test_a_second_daemon_is_told_of_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, FAST)
    with hold(tmp_path):
        assert main(["run", "--config", str(path)]) == 5
    assert f"another evenside, process {os.getpid()}, writes into {tmp_path} already" in capsys.readouterr().err


def test_a_node_without_a_partner_is_told_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(tmp_path, FAST)
    text = path.read_text()
    place = text.rindex("[[wearer.node]]")
    path.write_text(text[:place] + text[text.index("[recording]") :])
    assert main(["run", "--config", str(path)]) == 0
    assert "has no partner on the right" in capsys.readouterr().err.splitlines()[0]


def test_on_a_terminal_it_draws_and_a_key_ends_it(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("run", "--config", str(configured(tmp_path, LIVE)))
    shown.wait_for(lambda text: "insole load" in text and "connected 100.0" in text)
    assert shown.mode != shown.before
    shown.press("q")
    assert shown.end() == 0
    assert "ending: a key was pressed" in shown.text
    assert shown.mode == shown.before
    assert b"\x1b[?25h" in shown.raw.rpartition(b"\x1b[?25l")[2]
    with Reader(tmp_path / "store.sqlite") as reader:
        assert reader.sessions()[0].clean


def test_ctrl_c_leaves_the_terminal_as_it_was(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("run", "--config", str(configured(tmp_path, LIVE)))
    shown.wait_for(lambda text: "insole load" in text)
    shown.press("\x03")
    assert shown.end() == 0
    assert "ending: SIGINT" in shown.text
    assert shown.mode == shown.before


def test_a_closed_terminal_ends_it_cleanly(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("run", "--config", str(configured(tmp_path, LIVE)))
    shown.wait_for(lambda text: "insole load" in text)
    shown.hang_up()
    shown.process.wait(60)
    with Reader(tmp_path / "store.sqlite") as reader:
        assert reader.sessions()[0].clean
