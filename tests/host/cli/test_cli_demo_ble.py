"""``evenside demo --ble``: the demonstration over emulated sensors, radio and the real Bluetooth stack in between."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.cli.demo_ble import over_ble
from evenside.cli.demo_plan import demo_config, demo_of
from evenside.cli.live_toml import config_toml
from evenside.config import parse_config
from evenside.store import Reader


@pytest.mark.slow
def test_it_finds_what_was_set_as_without_a_radio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--ble", "--seconds", "24", "--seed", "3", "--keep", str(tmp_path)]) == 0
    heard = capsys.readouterr()
    assert "uneven steps raised" in heard.err
    assert heard.err.count("the time is over") == 1  # and no second log of somebody else
    table = {line.split("  ")[1].strip() for line in heard.out.splitlines() if line.startswith("insole")}
    assert {"stance time", "load", "impulse"} <= table
    held, of = (int(number) for number in re.findall(r"held what was set in (\d+) of (\d+)", heard.out)[0])
    assert 0.8 * of < held <= of
    assert of > 10
    with Reader(tmp_path / "store.sqlite") as reader:
        session = reader.sessions()[0]
        assert (session.start.kind, session.clean) == ("demo", True)


def test_each_node_is_a_device_with_a_serial_number_and_a_configuration_says_so(tmp_path: Path) -> None:
    found = demo_of(tmp_path, seconds=10.0, speed=1.0, seed=1)
    config = over_ble(demo_config(found, found.url))
    (wearer,) = config.wearers
    assert {entry.source for entry in wearer.nodes} == {"ble://"}
    assert len({entry.serial for entry in wearer.nodes}) == len(wearer.nodes) == 6
    assert parse_config(config_toml(config), config.path).wearers[0].nodes == wearer.nodes


def test_a_radio_cannot_be_hurried(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--ble", "--speed", "5"]) == 2
    assert "cannot be hurried" in capsys.readouterr().err


def test_without_bumble_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith(("bumble", "evenside.testing."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "bumble", None)
    assert main(["demo", "--ble", "--seconds", "5", "--keep", str(tmp_path)]) == 2
    assert 'pip install "evenside[testing]"' in capsys.readouterr().err
