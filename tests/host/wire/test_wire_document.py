"""firmware/WIRE.md says what the code does: its codes, sizes and hexadecimal examples are read back here."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path

import pytest

from evenside import wire
from evenside.wire import codes
from evenside.wire.commands import ARGS

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "firmware" / "WIRE.md").read_text(encoding="utf-8")
VECTORS = (ROOT / "tests" / "vectors" / "wire.json").read_text(encoding="utf-8")
TABLES = [
    [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, flags=re.MULTILINE)
]
ROWS = [row for table in TABLES for row in table]


def _table(*heads: str) -> list[list[str]]:
    """The rows of the one table that begins with these heads."""
    (table,) = [table for table in TABLES if table[0][: len(heads)] == list(heads)]
    return table[2:]


@pytest.mark.parametrize("codes_of", [wire.Op, wire.Result, wire.EventCode, wire.ClockKind])
def test_each_code_has_a_row(codes_of: type[Enum]) -> None:
    assert [code.name for code in codes_of if [str(code.value), code.name] not in [row[:2] for row in ROWS]] == []


def test_each_flag_and_cause_has_a_row() -> None:
    flags = {str(flag.bit_length() - 1): flag.name for flag in wire.FrameFlag}
    assert {row[0]: row[1] for row in _table("bit", "name")} == flags
    assert {row[0] for row in _table("cause", "meaning")} == set(wire.CAUSES)


def test_each_kind_has_its_size() -> None:
    frames: dict[str, wire.Frame] = {
        "status": wire.StatusFrame(1, 0, 0, 0),
        "event": wire.EventFrame(0, 0, 1, 0),
        "sync reply": wire.SyncReply(0, 0, 0, 0),
        "reply": wire.Reply(1, 0, 0),
        "log": wire.LogFrame(0, 0, ""),
        "command": wire.Command(1, 0),
    }
    rows = {row[1]: row for row in _table("kind", "name", "direction", "bytes")}
    assert {row[1]: int(row[0]) for row in rows.values()} == {
        kind.name.lower().replace("_", " "): kind for kind in codes.Kind
    }
    for name, frame in frames.items():
        assert int(rows[name][3].split(" ")[0]) == len(wire.encode_frame(frame))


def test_each_quantity_and_schema_has_its_row() -> None:
    names = " ".join(row[1] for row in _table("quantity", "name", "unit"))
    assert [name for name in wire.QUANTITIES.values() if not re.match(r"force_\d+", name) and name not in names] == []
    for schema in wire.FIXED_SCHEMAS.values():
        (row,) = [row for row in _table("schema", "channels in order") if row[0] == str(schema.id)]
        frame = wire.DataFrame(1, 1, 1, 8, schema.id, b"\1" * 8 * schema.sample_bytes)
        sizes = (schema.sample_bytes, len(wire.encode_frame(frame)), len(wire.encode_packet(1, frame)))
        assert tuple(map(int, row[2:])) == sizes


def test_the_arguments_of_each_command_have_the_size_that_the_code_reads() -> None:
    widths = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
    rows = {row[1]: row[2] for row in _table("op", "name", "arguments")}
    for op, form in ARGS.items():
        assert sum(widths[kind] for kind in re.findall(r"\bu\d+\b", rows[op.name])) == form.size


def test_every_hexadecimal_example_is_a_golden_vector() -> None:
    packets = re.findall(r"^ *((?:[0-9A-F]{2} ){5,}00)$", TEXT, flags=re.MULTILINE)
    assert len(packets) == 5
    golden = {case["packet"] for case in json.loads(VECTORS)["frames"]}
    assert {packet.replace(" ", "").lower() for packet in packets} <= golden

    (listing,) = re.findall(r"```\n(10  .*?)```", TEXT, flags=re.DOTALL)
    parts = re.findall(r"^((?:[0-9A-F]{2} )+)", listing, flags=re.MULTILINE)
    assert "".join(parts).replace(" ", "").lower() in {case["frame"] for case in json.loads(VECTORS)["frames"]}


def test_limits_check_values_and_sites_are_those_of_the_code() -> None:
    sites = ", ".join(f"{code} {wire.site_of(code)}" for code in range(1, 13))
    wanted = [
        f"at most {wire.FRAME_BYTES_MAX} bytes",
        f"0x{wire.crc16(b'123456789'):04X}",
        f"0x{wire.schema_hash([wire.FIXED_SCHEMAS[1], wire.FIXED_SCHEMAS[3]]):08X}",
        codes.GATT_SERVICE,
        codes.GATT_STREAM,
        codes.GATT_CONTROL,
        sites,
    ]
    flat = " ".join(TEXT.split())
    assert [text for text in wanted if text not in flat] == []
    sides = dict(_table("side"))
    assert sides == {"0": "not known", **{str(code): wire.side_of(code) for code in (1, 2, 3)}}
