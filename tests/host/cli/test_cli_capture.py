"""``evenside capture NAME``: a named session with markers, then its figures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.cli import main
from evenside.cli.live_replay import run_replay
from evenside.cli.live_toml import config_toml
from evenside.config import Config, NodeConfig, WearerConfig
from evenside.simulator import default_nodes
from evenside.sources.replay_options import ReplayOptions
from evenside.store import Reader

if TYPE_CHECKING:
    from tests.host.cli.conftest import Terminal

FAST = "simulate://?script=walk&stance_ai=6&speed=max&seconds=60"


def captured(tmp_path: Path, name: str, *more: str) -> list[str]:
    return ["capture", name, "--source", FAST, "--data", str(tmp_path), "--seconds", "60", *more]


def test_its_figures_come_as_a_table_with_words_budget_and_claim(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(captured(tmp_path, "a walk", "--wearer", "ann")) == 0
    out = capsys.readouterr().out
    header = next(line for line in out.splitlines() if line.startswith("site"))
    for title in ("left", "right", "AI", "95 % interval", "budget", "claim"):
        assert title in header
    (stance,) = [line.split() for line in out.splitlines() if line.startswith("insole  stance time")]
    assert stance[-1] == "2"
    assert "insole: stance time" in out
    assert "longer on the right [" in out
    assert str(tmp_path / "store.sqlite") in out
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0]
        stored = reader.last_figures(session.start.id, "session")
    assert (session.start.kind, session.start.name, session.start.wearer) == ("capture", "a walk", "ann")
    assert session.clean
    assert stored
    assert f"a walk: session {session.start.id}" in out


def test_json_ends_with_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(captured(tmp_path, "a walk", "--json")) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "summary"
    assert last["figures"]


def test_keys_put_markers_and_end_it(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    shown = terminal("capture", "stairs", "--source", "simulate://?script=walk", "--data", str(tmp_path))
    shown.wait_for(lambda text: "insole load" in text)
    for key, said in (("m", "1 marker "), (" ", "2 markers"), ("x3", "3 markers")):
        shown.press(key)
        shown.wait_for_text(said)
    shown.press("\n")
    assert shown.end() == 0
    assert shown.mode == shown.before
    assert "stairs: session" in shown.text
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0]
        events = [timed.row for timed in reader.events(session.start.id)]
    assert session.clean
    assert [event.detail for event in events if event.kind == "marker"] == ["", "", "3"]
    times = [event.time_s for event in events if event.kind == "marker"]
    assert times == sorted(times)
    assert 0.0 < times[0] < times[-1]


def test_without_a_key_to_press_the_seconds_must_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "empty").open("w+") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        assert main(["capture", "x", "--source", FAST, "--data", str(tmp_path)]) == 2
    assert "mend: say how long, as --seconds 60" in capsys.readouterr().err


def test_of_several_wearers_one_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wearers = tuple(
        WearerConfig(name, tuple(NodeConfig(node, f"{FAST}&seed={seed}") for node in default_nodes()))
        for seed, name in enumerate(("ann", "bob"))
    )
    path = tmp_path / "evenside.toml"
    path.write_text(config_toml(Config(path, tmp_path, wearers)))
    assert main(["capture", "x", "--config", str(path), "--seconds", "60"]) == 2
    assert "--wearer ann" in capsys.readouterr().err
    assert main(["capture", "x", "--config", str(path), "--seconds", "60", "--wearer", "bob"]) == 0
    capsys.readouterr()
    with Reader(tmp_path / "store.sqlite") as reader:
        assert [session.start.wearer for session in reader.sessions()] == ["bob"]


@pytest.mark.parametrize(
    ("source", "said", "code"),
    [
        ("serial:///dev/ttyUSB0", "`evenside scan > evenside.toml`", 4),
        ("nothing://", "no source for scheme 'nothing'", 4),
        ("replay:///nowhere/at/all", "/nowhere/at/all", 3),
    ],
)
def test_a_source_that_cannot_name_its_nodes_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, said: str, code: int
) -> None:
    assert main(["capture", "x", "--source", source, "--data", str(tmp_path), "--seconds", "1"]) == code
    assert said in capsys.readouterr().err


def test_a_recorded_session_can_be_captured_again_from_its_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(captured(tmp_path / "first", "one")) == 0
    (recording,) = (tmp_path / "first" / "recordings").iterdir()
    source = f"replay://{recording}?speed=max"
    assert main(["capture", "two", "--source", source, "--data", str(tmp_path / "second"), "--seconds", "60"]) == 0
    capsys.readouterr()
    found = []
    for name in ("first", "second"):
        with Reader(tmp_path / name / "store.sqlite") as reader:
            session = reader.sessions()[0].start.id
            found.append([repr(timed.row.figure) for timed in reader.figures(session)])
    assert found[0]
    assert found[0] == found[1]


def test_a_recording_runs_through_the_daemon_without_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(captured(tmp_path / "first", "one")) == 0
    (recording,) = (tmp_path / "first" / "recordings").iterdir()
    options = ReplayOptions(recording, speed=math.inf)
    noon_ns = 1_760_000_000_000_000_000
    outcome = run_replay(options, tmp_path / "again", "lines", wearer="ann", started_ns=noon_ns)
    capsys.readouterr()
    (session,) = outcome.sessions
    assert session.summary is not None
    assert session.recording is None
    assert session.summary.figures
    with Reader(tmp_path / "again" / "store.sqlite") as reader:
        (stored,) = reader.sessions()
    assert (stored.start.kind, stored.start.wearer, stored.start.started_ns) == ("replay", "ann", noon_ns)
    assert (stored.start.name, stored.clean) == (recording.name, True)
