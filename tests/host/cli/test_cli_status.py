"""``evenside status``: before, beside and after a daemon, also one that was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, FigureConfig, NodeConfig, WearerConfig
from evenside.simulator import default_nodes
from evenside_analysis.conversions import Threshold
from evenside_analysis.limits import Limit

UNEVEN = Limit("uneven", "stance_time", "insole", Threshold(3.0, "ai"), Threshold(1.0, "ai"), 0.0, 0.0, "either")
LIVE = "simulate://?script=walk&stance_ai=8&repeat=yes&speed=10"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    nodes = tuple(NodeConfig(node, LIVE) for node in default_nodes() if node.site in ("foot", "insole"))
    path = tmp_path / "evenside.toml"
    wearers = (WearerConfig("ann", nodes, (UNEVEN,)),)
    path.write_text(config_toml(Config(path, tmp_path, wearers, FigureConfig(10.0, 5.0))))
    return path


@pytest.fixture
def daemon(config: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "evenside", "run", "--config", str(config), "--quiet"],
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def asked(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What --json prints."""
    assert main(["status", "--config", str(config), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def only(found: dict[str, Any]) -> dict[str, Any]:
    """The one session, {} before there is one."""
    sessions: list[dict[str, Any]] = found["sessions"]
    assert len(sessions) <= 1
    return sessions[0] if sessions else {}


def until(wanted: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if wanted():
            return
        pause.wait(0.02)
    pytest.fail("it never came to that")


def test_before_anything_ran_it_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(config.parent.iterdir())
    assert main(["status", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "no daemon runs (`evenside run` starts one)" in said
    assert f"there is no store at {config.parent / 'store.sqlite'} yet" in said
    assert sorted(config.parent.iterdir()) == before


def test_beside_a_daemon_it_shows_nodes_figures_and_alerts_in_words(
    config: Path, daemon: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def grown() -> bool:
        session = only(asked(config, capsys))
        return bool(session and session["alerts"] and (session["nodes"][0]["rate_hz"] or 0.0) > 90.0)

    until(lambda: (config.parent / "live.json").exists())
    until(grown)
    found = asked(config, capsys)
    assert found["daemon_pid"] == daemon.pid
    assert found["store_state"] == "ok"
    session = only(found)
    assert session["state"] == "running"
    assert session["alerts"][0]["rule"] == "uneven"
    assert [node["link"] for node in session["nodes"]] == ["connected"] * 4
    assert all(0.0 <= node["sync_error_s"] < 0.01 for node in session["nodes"])
    assert all(node["battery_percent"] > 50.0 for node in session["nodes"])
    assert all(node["lost"] < 0.01 for node in session["nodes"])
    assert main(["status", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert f"a daemon runs, process {daemon.pid}" in said
    assert "ann: run running, since " in said
    assert "alert uneven since " in said
    assert "insole: stance time" in said
    assert "longer on the right" in said


def test_after_a_kill_it_says_so_and_shows_what_there_was(
    config: Path, daemon: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: (config.parent / "store.sqlite").exists() and (config.parent / "live.json").exists())
    until(lambda: bool(only(asked(config, capsys)).get("figures")))
    daemon.kill()
    daemon.wait(30)
    found = asked(config, capsys)
    assert found["daemon_pid"] is None
    session = only(found)
    assert session["state"] == "killed"
    assert session["figures_of"] == "window"
    assert main(["status", "--config", str(config)]) == 0
    assert "ann: run killed, since" in capsys.readouterr().out


def test_after_a_clean_end_it_shows_the_figures_of_the_session(
    config: Path, daemon: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: (config.parent / "store.sqlite").exists() and (config.parent / "live.json").exists())
    until(lambda: bool(only(asked(config, capsys)).get("figures")))
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(60) == 0
    session = only(asked(config, capsys))
    assert session["state"] == "ended"
    assert session["figures_of"] == "session"
    assert not (config.parent / "live.json").exists()


def test_a_damaged_store_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "store.sqlite").write_text("this is no database, however long one looks at it " * 50)
    assert main(["status", "--config", str(config)]) == 5
    assert "store.sqlite" in capsys.readouterr().err
