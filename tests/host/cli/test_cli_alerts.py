"""``evenside alerts``: what was said, feedback, snoozes, and a test of every way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import time_ns

import pytest

from evenside.cli import main
from evenside.config import example_config
from evenside.notify.dispatch import dispatch, message_row
from evenside.notify.gate import Gate
from evenside.notify.message import Message
from evenside.notify.target import sink_name
from evenside.store import Messages, SinkRow, Store

ID = "0123456789abcdef" * 2


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(422 if self.path == "/no" else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def config(tmp_path: Path, server: HTTPServer) -> Path:
    ways = "".join(
        f'\n[[notify]]\nid = "{name}"\nkind = "webhook"\nurl = "http://127.0.0.1:{server.server_port}/{name}"\n'
        for name in ("hook", "no")
    )
    path = tmp_path / "evenside.toml"
    path.write_text(f'data = "data"\n{example_config()}{ways}')
    return path


@pytest.fixture
def store(config: Path) -> Path:
    """One message that was sent to the hook."""
    path = config.parent / "data/store.sqlite"
    message = Message(ID, "limit", "me", "bag", time_ns(), True, "left", "me: bag", "the bag is on the left")
    with Store.open(path) as opened:
        opened.submit([SinkRow(sink_name("hook"), 1 << 20), message_row(message, "load_share", "")]).result(20)
    with Messages(path) as messages:
        dispatch(messages, Gate(("hook",)), time_ns())
    return path


def asked(capsys: pytest.CaptureFixture[str], config: Path, *arguments: str, code: int = 0) -> str:
    assert main(["alerts", *arguments, "--config", str(config)]) == code
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.usefixtures("store")
def test_what_was_said_is_listed_with_what_became_of_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = asked(capsys, config, "list").splitlines()[-1]
    assert line.startswith("01234567 ")
    assert "the bag is on the left" in line
    assert "sent to hook" in line
    (found,) = [json.loads(one) for one in asked(capsys, config, "list", "--json").splitlines()]
    assert (found["id"], found["state"], found["targets"], found["useful"]) == (ID, "sent", ["hook"], None)


@pytest.mark.usefixtures("store")
def test_feedback_is_noted(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the bag is on the left" in asked(capsys, config, "not-useful", "0123")
    assert asked(capsys, config, "list").splitlines()[-1].endswith("no")
    asked(capsys, config, "useful", ID)
    assert asked(capsys, config, "list").splitlines()[-1].endswith("yes")
    assert "evenside alerts list" in asked(capsys, config, "useful", "ffff", code=5)


@pytest.mark.usefixtures("store")
def test_a_metric_is_snoozed_and_woken(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "me: load_share is snoozed until" in asked(capsys, config, "snooze", "load_share", "--days", "2")
    assert "load_share is snoozed until" in asked(capsys, config, "list")
    asked(capsys, config, "snooze", "load_share", "--days", "0")
    assert "snoozed" not in asked(capsys, config, "list")
    assert "there is no metric or habit" in asked(capsys, config, "snooze", "luck", code=2)
    assert "--wearer is one of me" in asked(capsys, config, "snooze", "impulse", "--wearer", "you", code=2)


def test_a_way_is_tried_at_once(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, config, "test", "hook") == "hook took it\n"
    assert "answers 422" in asked(capsys, config, "test", "no", code=1)
    assert "those there are: hook, no" in asked(capsys, config, "test", "pigeon", code=2)


def test_without_a_store_the_mend_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "start the daemon once" in asked(capsys, config, "list", code=5)
