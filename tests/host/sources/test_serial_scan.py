"""The scan of ports on real pseudo-terminals: who answers, what cannot be opened, and TOML that parses back."""

from __future__ import annotations

import asyncio
import os
import threading
import tomllib
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenside.sources.serial_scan import FoundNode, scan_ports, scan_serial, to_toml
from evenside.wire import CLOCK_ERROR, FIXED_SCHEMAS, SampleType, Schema, SchemaChannel
from evenside.wire.line_model import LineModel
from evenside.wire.node_model import NodeModel
from evenside.wire.node_settings import NodeSettings

# More channels than one page of a DESCRIBE reply of this link holds.
MANY = Schema.of(140, [SchemaChannel(16 + cell, SampleType.U16, 0.1) for cell in range(1, 17)])


@pytest.fixture
def port() -> Iterator[str]:
    """A hub with a foot that says where it is and a strap that does not."""
    foot = NodeSettings("EV-1", 1, (FIXED_SCHEMAS[2], FIXED_SCHEMAS[3]), 5_000, side="left", site="foot")
    strap = NodeSettings("EV-2", 2, (MANY,), 0, frame_bytes=97)
    line = LineModel({3: NodeModel(foot), 8: NodeModel(strap)})
    master, slave = os.openpty()
    tty.setraw(slave)

    def answer() -> None:
        while data := os.read(master, 4096):
            if data == b"over":
                return
            line.receive(data, 0)
            os.write(master, line.send(0))

    thread = threading.Thread(target=answer)
    thread.start()
    yield os.ttyname(slave)
    os.write(slave, b"over")
    thread.join()
    os.close(master)
    os.close(slave)


def test_every_node_of_a_line_is_found_with_all_that_it_offers(port: str) -> None:
    foot, strap = [node for node in scan_serial([port], patience_s=0.6) if node.port == port]
    assert (foot.address, foot.serial, foot.firmware, foot.side, foot.site) == (3, "EV-1", "model", "left", "foot")
    assert foot.rate_hz == 200.0
    assert foot.schemas == (FIXED_SCHEMAS[2], FIXED_SCHEMAS[3])
    assert foot.channels == ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z", "force")
    assert (strap.address, strap.side, strap.site, strap.rate_hz) == (8, None, None, None)
    assert strap.schemas == (MANY,)


def test_what_cannot_be_asked_is_named_and_a_mute_port_is_empty(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    mute, missing = os.ttyname(slave), str(tmp_path / "ttyUSB3")
    found = asyncio.run(scan_ports([mute, missing], patience_s=0.1))
    os.close(master)
    os.close(slave)
    assert [node for node in found.nodes if node.port in (mute, missing)] == []
    assert f"{missing} is not there" in [problem.what for problem in found.problems]


def test_the_toml_holds_what_was_found_and_asks_for_the_rest(port: str) -> None:
    text = to_toml([node for node in scan_serial([port], patience_s=0.6) if node.port == port])
    foot, strap = tomllib.loads(text)["wearer"]["node"]
    assert foot == {
        "id": "left_foot",
        "site": "foot",
        "side": "left",
        "source": f"serial://{port}?baud=115200",
        "serial": "EV-1",
        "channels": ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z", "force"],
        "rate_hz": 200.0,
    }
    assert (strap["id"], strap["side"], strap["site"]) == ("EV-2", "?", "?")
    assert "the device does not say" in text


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_whatever_a_device_calls_itself_the_toml_parses_with_ids_of_their_own(names: list[str]) -> None:
    names = [name.encode(errors="replace").decode() for name in names]
    found = [FoundNode("/dev/ttyX", 9600, at, name, name, None, None, None, ()) for at, name in enumerate(names)]
    nodes = tomllib.loads(to_toml(found))["wearer"]["node"]
    assert [node["serial"] for node in nodes] == names
    assert len({node["id"] for node in nodes}) == len(names)


@pytest.mark.parametrize(
    ("schema", "channels", "scaled"),
    [
        (FIXED_SCHEMAS[3], ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"), True),
        (FIXED_SCHEMAS[4], ("force",), False),  # a sum is no count times a scale, to the bit
        (
            Schema.of(141, [SchemaChannel.named(name, SampleType.F64) for name in ("force", CLOCK_ERROR)]),
            ("force",),
            False,
        ),
    ],
)
def test_what_is_measured_is_told_with_its_scale_where_it_has_one(
    schema: Schema, channels: tuple[str, ...], scaled: bool
) -> None:
    node = FoundNode("/dev/ttyX", 9600, 1, "EV-1", "1", "left", "foot", 100.0, (schema,))
    (found,) = tomllib.loads(to_toml([node]))["wearer"]["node"]
    assert tuple(found["channels"]) == channels
    assert found.get("scale") == ([channel.scale for channel in schema.channels] if scaled else None)
