"""``evenside habits``: shares over days with their interval, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from time import time_ns

import pytest

from evenside.cli import main
from evenside.config import example_config
from evenside.store import EventRow, SessionRow, Store

DAY_NS = 86_400 * 1_000_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "evenside.toml"
    path.write_text(f'data = "data"\n{example_config()}')
    return path


@pytest.fixture
def store(config: Path) -> Path:
    """The bag on the left, six times on each of the last four days."""
    path = config.parent / "data/store.sqlite"
    with Store.open(path) as opened:
        for day in range(4):
            session = SessionRow(f"s{day}", "me", "run", time_ns() - (day + 1) * DAY_NS, "0")
            detail = json.dumps({"kind": "carrying", "side": "left", "start_s": 0.0, "end_s": 600.0})
            rows = [EventRow(session.id, 600.0 + at, "habit", "strap", detail) for at in range(6)]
            opened.submit([session, *rows]).result(20)
    return path


def asked(capsys: pytest.CaptureFixture[str], config: Path, *arguments: str, code: int = 0) -> str:
    assert main(["habits", *arguments, "--config", str(config)]) == code
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.usefixtures("store")
def test_a_habit_is_told_with_share_interval_and_counts(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = asked(capsys, config)
    assert text.startswith("the bag is mostly on the left side: 98 % [")
    assert "24 left, 0 right on 4 days" in text
    found = json.loads(asked(capsys, config, "--json"))
    (habit,) = found["habits"]
    assert (habit["id"], habit["left"], habit["right"], habit["label"]) == ("carrying", 24, 0, "left")
    assert habit["posterior"]["ci95"][0] < habit["posterior"]["mean"] < habit["posterior"]["ci95"][1]
    assert sum(left for left, _ in habit["clusters"].values()) == 24


@pytest.mark.usefixtures("store")
def test_older_days_and_other_wearers_are_left_out(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no habit was seen in the last 0.5 days" in asked(capsys, config, "--days", "0.5")
    assert "--wearer is one of me" in asked(capsys, config, "--wearer", "you", code=2)


def test_without_a_store_the_mend_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "start the daemon once" in asked(capsys, config, code=5)
