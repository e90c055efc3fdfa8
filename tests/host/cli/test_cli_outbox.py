"""``evenside outbox``: what waits and what was refused, and what is to become of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.config import example_config
from evenside.store import Outbox, OutboxRow, SinkRow, Store

SINK = '\n[[sink]]\nid = "clinic"\nkind = "influxdb"\nurl = "http://127.0.0.1:8086"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "evenside.toml"
    path.write_text(f'data = "data"\n{example_config()}{SINK}')
    return path


@pytest.fixture
def store(config: Path) -> Path:
    """Four lines, of which one was refused and two wait."""
    path = config.parent / "data/store.sqlite"
    with Store.open(path) as opened:
        opened.submit([SinkRow("clinic", 10**6), OutboxRow("clinic", 10**18, b"m v=1 1\nm v=2 2\nm v=3 3\nm v=4 4")])
    with Outbox(path, "clinic") as outbox:
        outbox.settle(2, [("field type conflict", "m v=é 2".encode())], at_ns=10**18)
    return path


def asked(capsys: pytest.CaptureFixture[str], config: Path, *arguments: str, code: int = 0) -> str:
    assert main(["outbox", *arguments, "--config", str(config)]) == code
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.usefixtures("store")
def test_what_waits_is_shown(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = asked(capsys, config, "status").splitlines()[-1].split()
    assert line[:2] == ["clinic", "2"]
    (sink,) = json.loads(asked(capsys, config, "status", "--json"))["sinks"]
    assert (sink["name"], sink["waiting"], sink["sent"], sink["dead"], sink["dropped"]) == ("clinic", 2, 2, 1, 0)


@pytest.mark.usefixtures("store")
def test_status_of_the_monitor_shows_it_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "outbox      2 lines wait" in said
    assert "clinic: 2 wait, 1 refused" in said
    assert main(["status", "--config", str(config), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outbox_depth"] == 2
    assert found["sinks"] == [
        {"name": "clinic", "state": "", "words": "", "waiting": 2, "dead": 1, "dropped": 0},
    ]


@pytest.mark.usefixtures("store")
def test_refused_lines_are_shown_with_the_words_of_the_server(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = asked(capsys, config, "dead", "clinic")
    assert "field type conflict\n  m v=é 2\n1 refused" in said
    (line,) = asked(capsys, config, "dead", "clinic", "--json").splitlines()
    assert json.loads(line)["line"] == "m v=é 2"


def test_refused_lines_wait_again_on_request(config: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 lines wait again" in asked(capsys, config, "resend", "clinic")
    with Outbox(store, "clinic") as outbox:
        assert (outbox.state().waiting, outbox.state().dead) == (3, 0)


def test_what_waits_goes_only_if_that_is_meant(
    config: Path, store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    asked(capsys, config, "drop", "clinic", code=130)
    with Outbox(store, "clinic") as outbox:
        assert outbox.state().waiting == 2
        assert "2 lines are gone" in asked(capsys, config, "drop", "clinic", "--yes")
        assert (outbox.state().waiting, outbox.state().dead, outbox.state().dropped) == (0, 1, 2)
        assert "1 lines are gone" in asked(capsys, config, "drop", "clinic", "--dead", "--yes")
        assert (outbox.state().dead, outbox.state().dropped) == (0, 3)


def test_before_there_is_anything_that_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no outbox" in asked(capsys, config, "status")
    assert "there is no store" in asked(capsys, config, "dead", "clinic", code=5)


@pytest.mark.usefixtures("store")
def test_a_sink_that_nobody_knows_is_named_beside_those_there_are(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = asked(capsys, config, "resend", "clinique", code=5)
    assert "no outbox for a sink 'clinique'" in said
    assert "clinic" in said
