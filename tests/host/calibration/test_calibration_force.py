"""Which calibrations hold for a session: those of the devices here, or those that a recording was made with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evenside.calibration.file import add_calibrations
from evenside.calibration.force import HOLD_ELSE_S, HOLD_S, session_force, worn_devices
from evenside.config import Config, NodeConfig, WearerConfig
from evenside.daemon import Daemon, SessionOutcome, plan_of
from evenside.readers import open_recording
from evenside_analysis.calibration import UNCALIBRATED, CalibratedDevice, Calibration, InForce
from evenside_analysis.types import FORCE, Node

URL = "simulate://?script=walk&speed=max&seconds=20"
NODES = tuple(Node(f"{side}_insole", "insole", side, (FORCE,), 100.0) for side in ("left", "right"))
SERIALS = ("EV-1", "EV-2")
NOW_NS = time.time_ns()


def entries(url: str = URL, serials: Sequence[str] = SERIALS) -> tuple[NodeConfig, ...]:
    return tuple(NodeConfig(node, url, serial) for node, serial in zip(NODES, serials, strict=True))


def gains(*values: float, days: float = 0.0) -> Calibration:
    devices = tuple(
        CalibratedDevice(node.id, (FORCE,), (gain,), (1.0,), serial, 0.004, 0.1)
        for node, gain, serial in zip(NODES, values, SERIALS, strict=True)
    )
    return Calibration(f"scale-{days:g}", "scale", "insole", "me", NOW_NS - round(days * 86_400e9), devices)


def test_devices_that_are_here_are_corrected_as_their_serial_numbers_say() -> None:
    found = session_force(entries(), "me", [gains(1.1, 0.9)], NOW_NS, "run")
    assert [(one.node, one.gain) for one in found.corrections] == [("left_insole", (1.1,)), ("right_insole", (0.9,))]
    exchanged = session_force(entries(serials=SERIALS[::-1]), "me", [gains(1.1, 0.9)], NOW_NS, "run")
    assert [one.gain for one in exchanged.corrections] == [(0.9,), (1.1,)]
    assert session_force(entries(serials=("", "")), "me", [gains(1.1, 0.9)], NOW_NS, "run") == UNCALIBRATED


def test_a_zero_is_trusted_less_for_a_day_than_for_a_session() -> None:
    def zero_error_n(kind: str) -> float:
        return dict(session_force(entries(), "me", [gains(1.0, 1.0)], NOW_NS, kind).trust)["insole"].zero_error_n

    assert zero_error_n("capture") < 1.0 < zero_error_n("run") == 10.0
    assert HOLD_S["run"] > HOLD_ELSE_S


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A recording of a session in which a calibration was in force."""
    data = tmp_path / "data"
    add_calibrations(data, gains(1.1, 0.9))
    plan = plan_of(Config(data / "evenside.toml", data, (WearerConfig("me", entries()),)), kind="capture")
    session: SessionOutcome = asyncio.run(Daemon(plan).run()).sessions[0]
    assert session.recording is not None
    return session.recording


def test_a_recording_keeps_what_its_session_was_corrected_with(recorded: Path) -> None:
    made_with = open_recording(recorded).in_force
    assert [one.gain for one in made_with.corrections] == [(1.1,), (0.9,)]
    later = [gains(2.0, 2.0)]
    found = session_force(entries(f"replay://{recorded}?speed=max"), "me", later, NOW_NS, "replay")
    assert found == made_with


def test_corrections_go_with_the_nodes_that_play_them(recorded: Path) -> None:
    named = tuple(replace(entry, node=replace(entry.node, id=f"my_{entry.node.side}")) for entry in entries())
    played = tuple(replace(entry, source=f"replay://{recorded}?speed=max") for entry in named)
    found = session_force(played, "me", [], NOW_NS, "replay")
    assert [(one.node, one.gain) for one in found.corrections] == [("my_left", (1.1,)), ("my_right", (0.9,))]


def test_recordings_of_others_and_missing_ones_are_not_corrected(tmp_path: Path) -> None:
    (tmp_path / "ride.csv").write_text("t_s,power\n0,1\n")
    for path in (tmp_path / "ride.csv", tmp_path / "nowhere"):
        assert session_force(entries(f"replay://{path}"), "me", [gains(1.1, 0.9)], NOW_NS, "replay") == InForce()


def test_each_node_is_worn_as_the_configuration_has_it() -> None:
    assert [(one.node.id, one.serial) for one in worn_devices(entries())] == [
        ("left_insole", "EV-1"),
        ("right_insole", "EV-2"),
    ]
