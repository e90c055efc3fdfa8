"""``evenside scan`` on real pseudo-terminals: lines that make an evenside.toml, honest words where there is nobody."""

from __future__ import annotations

import json
import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from evenside.cli import main
from evenside.config import parse_config
from evenside.errors import ConfigError
from evenside.wire import FIXED_SCHEMAS
from evenside.wire.line_model import LineModel
from evenside.wire.node_model import NodeModel
from evenside.wire.node_settings import NodeSettings
from evenside.wire.schemas import ACC_SCALE, GYR_SCALE
from evenside_analysis.types import ACC, GYR

IMU = (FIXED_SCHEMAS[3],)
LEFT = NodeModel(NodeSettings("EV-1", 1, IMU, 10_000, side="left", site="foot"))
RIGHT = NodeModel(NodeSettings("EV-2", 2, IMU, 10_000, side="right", site="foot"))


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    ends = os.openpty()
    tty.setraw(ends[1])
    yield ends
    for end in ends:
        os.close(end)


@contextmanager
def answering(line: LineModel) -> Iterator[str]:
    """The name of a port on which these nodes are."""
    with terminal() as (master, slave):

        def answer() -> None:
            while (data := os.read(master, 4096)) != b"over":
                line.receive(data, 0)
                os.write(master, line.send(0))

        thread = threading.Thread(target=answer)
        thread.start()
        yield os.ttyname(slave)
        os.write(slave, b"over")
        thread.join()


@pytest.fixture(autouse=True)
def no_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ports of the machine that runs the tests are out of the way."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


@pytest.fixture
def ports() -> Iterator[tuple[str, str]]:
    """A hub with a foot on each side, and a port where nobody is."""
    with answering(LineModel({1: LEFT, 2: RIGHT})) as hub, terminal() as (_, mute):
        yield hub, os.ttyname(mute)


def test_what_is_printed_is_a_configuration(ports: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--no-ble", *ports, "--patience", "0.6"]) == 0
    said = capsys.readouterr()
    assert said.err == "2 nodes on 1 port.\n"
    (wearer,) = parse_config(said.out, Path("evenside.toml")).wearers
    assert wearer.id == "me"
    for entry, side in zip(wearer.nodes, ("left", "right"), strict=True):
        assert (entry.node.id, entry.node.site, entry.node.side) == (f"{side}_foot", "foot", side)
        assert (entry.node.channels, entry.node.rate_hz) == (ACC + GYR, 100.0)
        assert entry.node.scale == (ACC_SCALE,) * 3 + (GYR_SCALE,) * 3
        assert entry.source == f"serial://{ports[0]}?baud=115200"
    assert [entry.serial for entry in wearer.nodes] == ["EV-1", "EV-2"]


def test_as_json_it_is_one_object(ports: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--no-ble", "--json", *ports, "--patience", "0.6"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ports"] == list(ports)
    assert [(node["serial"], node["side"], node["port"]) for node in found["nodes"]] == [
        ("EV-1", "left", ports[0]),
        ("EV-2", "right", ports[0]),
    ]


def test_a_mute_port_and_a_missing_one_are_told(
    ports: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "ttyUSB9")
    assert main(["scan", "--no-ble", ports[1], missing, "--patience", "0.1"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert f"note: {missing} is not there" in said.err
    assert f"error: no node answered within 0.1 s on {ports[1]}\n" in said.err
    assert "mend: switch the node on" in said.err


def test_a_machine_without_ports_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--no-ble"]) == 4
    assert "this machine has no serial port" in capsys.readouterr().err
    assert main(["scan", "--no-ble", str(tmp_path)]) == 4
    assert "no port could be asked" in capsys.readouterr().err
    assert main(["scan", "--no-ble", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"nodes": [], "problems": [], "ports": []}


def test_what_a_device_does_not_say_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(LineModel({3: NodeModel(NodeSettings("EV-9", 9, IMU, 10_000))})) as port:
        assert main(["scan", "--no-ble", port, "--patience", "0.6"]) == 0
    said = capsys.readouterr()
    assert said.err == "1 node on 1 port. Fill in where EV-9 is worn.\n"
    with pytest.raises(ConfigError, match=r"node\[EV-9\]\.site: expected one of"):
        parse_config(said.out, Path("evenside.toml"))


def over_the_air(monkeypatch: pytest.MonkeyPatch, *adverts: AdvertisementData, trouble: str = "") -> None:
    """The scanner of this machine hears these devices, none of which lets itself be connected, or fails."""

    class Scanner(BaseBleakScanner):
        def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
            super().__init__(callback, uuids)

        async def start(self) -> None:
            if trouble:
                raise BleakError(trouble)
            for at, data in enumerate(adverts):
                device = self.create_or_update_device(str(at), f"C0:{at:02X}", data.local_name, None, data)
                self.call_detection_callbacks(device, data)

        async def stop(self) -> None: ...

    class Client:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        async def connect(self, *_: Any, **__: Any) -> None:
            raise BleakError("out of slots")

        async def disconnect(self) -> None: ...

    monkeypatch.setattr("bleak.get_platform_scanner_backend_type", lambda: (Scanner, "test"))
    monkeypatch.setattr("bleak.get_platform_client_backend_type", lambda: (Client, "test"))
    monkeypatch.setattr("evenside.cli.scan.LISTEN_S", 0.0)


def advert(name: str) -> AdvertisementData:
    return AdvertisementData(name, {}, {}, [], None, -61, ())


def test_bluetooth_sensors_stand_beside_those_on_ports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over_the_air(monkeypatch, advert("Progressor_7"), advert("JBL Flip"))
    with answering(LineModel({1: LEFT, 2: RIGHT})) as port:
        assert main(["scan", "--patience", "0.6", "--adapter", "hci1", port]) == 0
    said = capsys.readouterr()
    assert "2 nodes on 1 port, 1 sensor over Bluetooth. Fill in where Progressor_7 is worn." in said.err
    assert "note: Progressor_7 (tindeq-progressor) over Bluetooth: it could not be connected: out of slots" in said.err
    filled = said.out.replace('site = "?"', 'site = "grip"').replace('side = "?"', 'side = "left"')
    (wearer,) = parse_config(filled, Path("evenside.toml")).wearers
    entry = wearer.nodes[2]
    assert (entry.source, entry.serial, entry.device) == ("ble://hci1", "Progressor_7", "tindeq-progressor")


def test_bluetooth_sensors_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    over_the_air(monkeypatch, advert("Progressor_7"), advert("JBL Flip"))
    assert main(["scan", "--json"]) == 0
    air = json.loads(capsys.readouterr().out)["bluetooth"]
    assert (air["problem"], air["strangers"]) == ("", 1)
    (device,) = air["devices"]
    assert (device["serial"], device["kind"], device["rssi_dbm"]) == ("Progressor_7", "tindeq-progressor", -61)
    assert (device["channels"], device["rate_hz"]) == (["force"], 80.0)


def test_a_machine_without_bluetooth_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over_the_air(monkeypatch, trouble="No Bluetooth adapters found.")
    with answering(LineModel({1: LEFT, 2: RIGHT})) as port:
        assert main(["scan", "--patience", "0.6", port]) == 0
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("note: no Bluetooth: No Bluetooth adapters found.; `evenside doctor`")
    assert second == "2 nodes on 1 port."


def test_nobody_over_bluetooth_either(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    over_the_air(monkeypatch, advert("JBL Flip"))
    assert main(["scan"]) == 4
    assert "no Bluetooth sensor that is known advertises (1 others advertise); this machine" in capsys.readouterr().err
