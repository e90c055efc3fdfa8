"""Whatever a file holds, reading it ends, with blocks or with an error for a person; nothing else is raised."""

from __future__ import annotations

import gzip
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenside.errors import EvensideError
from evenside.readers import open_recording
from evenside.readers.layout_toml import built_in, parse_layout


def sample(name: str) -> bytes:
    """A small file that the built-in layout of this name reads."""
    layout = next(layout for layout in built_in() if layout.name == name)
    names = [channel.column for node in layout.nodes for channel in node.channels]
    count = 30
    if name == "pedal-balance":
        rows = [f"{i},150,90,178,50" for i in range(count)]
        return "\n".join(["t_s,power,cadence,left_right_balance,right_pct", *rows]).encode()
    if name == "gaitmap":
        upper, lower = zip(*[str(column).split("/") for column in names], strict=True)
        head = [",".join(["", *upper]), ",".join(["", *lower])]
        return "\n".join([*head, *(f"{i}" + ",0.5" * len(names) for i in range(count))]).encode()
    if name == "moticon-opengo":
        head = ["# Name: x", "# " + "\t".join(["time", *map(str, names)])]
        return "\n".join([*head, *(f"{i / 100}" + "\t0.5" * len(names) for i in range(count))]).encode()
    if name == "physionet-gaitpdb":
        return "\n".join(f"{i / 100:.4f}" + "\t55.5" * 18 for i in range(count)).encode()
    if name == "opensim-forces":
        head = ["Jump", "version=1", "endheader", "time,ground_force1_vy,ground_force2_vy"]
        return "\n".join([*head, *(f"{i / 1000},400,410" for i in range(count))]).encode()
    return "\n".join([",".join(map(str, names)), *(",".join(["0.5"] * len(names)) for _ in range(count))]).encode()


NAMES = [layout.name for layout in built_in() if layout.name != "ipol-497"]
BITS = [
    b"\0",
    b"\n",
    b"\r",
    b",",
    b"\t",
    b'"',
    b"#",
    b"-",
    b"1e999",
    b"9" * 30,
    b"nan",
    b"inf",
    b"\xff",
    "²".encode(),
    b" ",
]


def read_whole(data: bytes, layout: str | None) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(data)
        try:
            recording = open_recording(path, layout, 0.1)
            last: dict[str, float] = {}
            for block in recording.read():
                assert block.time_s.size
                assert block.time_s[0] > last.get(block.node, -1.0)
                assert block.time_s[0] >= 0
                last[block.node] = float(block.time_s[-1])
                lost = np.isnan(block.values)
                assert (lost.any(axis=1) == lost.all(axis=1)).all()
                assert not np.isinf(block.values).any()
            assert all(note.words for note in recording.notes())
        except EvensideError as error:
            message = str(error)
        else:
            message = ""
    assert not message or str(path) in message or "layout" in message


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_themselves_are_recognised(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(sample(name))
    recording = open_recording(tmp_path / "x.csv")
    assert recording.layout == name
    assert sum(len(block.time_s) for block in recording.read()) == 30 * len(recording.nodes)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *NAMES]), st.booleans())
def test_random_bytes_never_raise_anything_else(data: bytes, layout: str | None, packed: bool) -> None:
    read_whole(gzip.compress(data) if packed else data, layout)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(BITS), st.integers(0, 40)), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_mutated_files_never_raise_anything_else(
    name: str, changes: list[tuple[float, bytes, int]], packed: bool, known: bool
) -> None:
    data = sample(name)
    for where, bit, cut in changes:
        at = int(where * len(data))
        data = data[:at] + bit + data[at + cut :]
    if packed:
        whole = gzip.compress(data)
        at = int(changes[0][0] * len(whole))
        data = whole[:at] + whole[at + changes[0][2] :]
    read_whole(data, name if known else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.text(max_size=6), st.integers(0, 12)), min_size=1, max_size=3))
def test_mutated_layouts_never_raise_anything_else(changes: list[tuple[float, str, int]]) -> None:
    text = files("evenside.readers").joinpath("layouts", "pedal-balance.toml").read_text("utf-8")
    for where, bit, cut in changes:
        at = int(where * len(text))
        text = text[:at] + bit + text[at + cut :]
    try:
        layout = parse_layout(text, "x.toml")
        message = "" if layout.nodes else "no nodes"
    except EvensideError as error:
        message = str(error)
    assert not message or "x.toml" in message
