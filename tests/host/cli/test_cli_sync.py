"""Taps against the clocks, from the samples to what a person and a program are told: offline, live, and afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenside.cli import main
from evenside.cli.live_toml import config_toml
from evenside.config import Config, NodeConfig, WearerConfig
from evenside.simulator import Device, Stand, Walk, Wearer, advance, default_nodes
from evenside.simulator import start as start_wearer
from evenside.store import Reader
from evenside_analysis.types import ACC, GYR

SPAN_S = 46.0


def table(folder: Path, lag_s: float) -> str:
    """A walk with two taps before it; the right sensor writes them ``lag_s`` late. The URL of the table."""
    feet = tuple(node for node in default_nodes() if node.site == "foot")
    devices = tuple(Device(node) for node in feet)
    wearer = Wearer((Stand(7.0), Walk(39.0)), seed=4)
    _, piece = advance(wearer, devices, start_wearer(wearer, devices), SPAN_S)
    columns = [piece.samples[0].true_s]
    for side, samples in enumerate(piece.samples):
        values = samples.values.copy()
        for at_s in (3.0, 3.3):
            since_s = np.maximum(samples.true_s - at_s - lag_s * side, 0.0)
            ring = np.sin(120.0 * since_s) * since_s / 0.02 * np.exp(1.0 - since_s / 0.02)
            values[:, :3] += 40.0 * ring[:, np.newaxis] * np.array([0.3, 0.5, 0.8])
        columns += list(values.T)
    sides = ("left", "right")
    names = ["t", *(f"{side}_{channel}" for side in sides for channel in (*ACC, *GYR))]
    np.savetxt(
        folder / "walk.csv", np.column_stack(columns), fmt="%.6f", delimiter=",", header=",".join(names), comments=""
    )
    nodes = "".join(
        f'[node.{side}_foot]\nsite = "foot"\nside = "{side}"\ngravity = true\n[node.{side}_foot.channels]\n'
        + "".join(f'{one} = {{ column = "{side}_{one}", unit = "m/s2" }}\n' for one in ACC)
        + "".join(f'{one} = {{ column = "{side}_{one}", unit = "rad/s" }}\n' for one in GYR)
        for side in sides
    )
    (folder / "lab.toml").write_text(
        'name = "lab"\nsummary = "two feet"\n[table]\nseparator = "comma"\nheader = "line"\n'
        f'[time]\ncolumn = "t"\nunit = "s"\nrate_hz = 100\n{nodes}'
    )
    return f"replay://{folder / 'walk.csv'}?layout={folder / 'lab.toml'}&speed=max"


def analysed(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["analyse", *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def reasons(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["reason"] for one in found["metrics"]}


@pytest.mark.parametrize(("lag_s", "verdict"), [(0.0003, "agree"), (0.0123, "disagree")])
def test_a_recording_tells_whether_its_clocks_are_what_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lag_s: float, verdict: str
) -> None:
    table(tmp_path, lag_s)
    arguments = (tmp_path / "walk.csv", "--layout", tmp_path / "lab.toml")
    found = analysed(capsys, *arguments)
    sync = found["sync"]
    (event,) = sync["events"]
    assert (sync["verdict"], event["verdict"], event["kind"], event["shocks"]) == (verdict, verdict, "taps", 2)
    assert event["lag_ms"] == pytest.approx(1e3 * lag_s, abs=0.3)
    assert event["time_s"] == pytest.approx(3.0, abs=0.1)
    assert event["stated_ms"] == 0.0  # one time column
    withheld = "sync_error" if verdict == "disagree" else ""
    assert reasons(found)["step_time"] == withheld
    assert reasons(found)["double_support"] == withheld
    assert reasons(found)["stance_time"] == ""
    if verdict == "disagree":
        assert 12.0 < sync["error_ms"] < 15.0
    assert main(["analyse", *map(str, arguments)]) == 0
    assert event["words"] in capsys.readouterr().out


def test_without_an_event_nothing_was_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(tmp_path, 5.0)  # the one side long after the other
    found = analysed(capsys, tmp_path / "walk.csv", "--layout", tmp_path / "lab.toml")
    assert (found["sync"]["verdict"], found["sync"]["events"]) == ("unchecked", [])
    assert reasons(found)["step_time"] == ""


def test_a_session_stores_it_shows_it_and_its_recording_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = table(tmp_path, 0.0123)
    data = tmp_path / "data"
    assert main(["capture", "taps", "--source", source, "--data", str(data), "--seconds", "60", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (event,) = [one for one in lines if one["type"] == "event" and one["kind"].startswith("sync")]
    summed = lines[-1]["sync"]
    assert (event["kind"], summed["verdict"]) == ("sync_off", "disagree")
    assert event["detail"] == summed["events"][0]["words"]
    with Reader(data / "store.sqlite") as reader:
        session = reader.sessions()[0].start
        (stored,) = [one.row for one in reader.events(session.id) if one.row.kind == "sync_off"]
        steps = [one.row.figure for one in reader.figures(session.id) if one.row.figure.metric == "step_time"]
    assert (stored.time_s, stored.detail) == (event["time_s"], event["detail"])
    assert {one.reason for one in steps} <= {"sync_error", "too_few"}

    again = analysed(capsys, data / "recordings" / session.id)
    assert again["sync"]["events"] == summed["events"]
    assert reasons(again)["step_time"] == "sync_error"

    path = tmp_path / "evenside.toml"
    feet = tuple(NodeConfig(node, source) for node in default_nodes() if node.site == "foot")
    path.write_text(config_toml(Config(path, data, (WearerConfig("me", feet),))))
    assert main(["status", "--config", str(path), "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["sessions"]
    assert (shown["sync"]["kind"], shown["sync"]["detail"]) == ("sync_off", event["detail"])
    assert main(["status", "--config", str(path)]) == 0
    assert f": {event['detail']}" in capsys.readouterr().out
