"""Any blocks in, the same bits out: from the spool, from Parquet, and from both at once."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evenside.readers.evenside_recording import open_evenside_recording, read_manifest
from evenside.recording import Manifest, RecordingWriter
from evenside.recording.compact import compact
from evenside_analysis.types import Block, Node

HOUR_NS = 3_600_000_000_000
NODES = (
    Node("foot.left", "foot", "left", ("acc_x", "acc_y"), 100.0, scale=(0.1, -1 / 3)),
    Node("../rechts", "insole", "right", ("force",), 25.0),
)
Bits = dict[str, NDArray[np.int64]]

CELLS = st.one_of(
    st.integers(-40_000, 40_000).map(float),
    st.sampled_from([np.nan, -0.0, np.inf, -np.inf, 5e-324, 1e308, 2.0**31, -(2.0**31)]),
    st.floats(allow_nan=False),
)


@st.composite
def samples(draw: st.DrawFn, node: Node) -> list[Block]:
    """Blocks of one node over some seconds around 10 s, where the hour changes, and one beyond an hour's gap."""
    count = draw(st.integers(0, 40))
    steps_us = draw(st.lists(st.integers(1, 1_500_000), min_size=count, max_size=count))
    time_us = np.cumsum(np.array([0, *steps_us], np.int64))
    if draw(st.booleans()):
        time_us[-1] += 5_000_000_000
    kind = draw(st.sampled_from(["counts", "counts", "anything"]))
    cells = st.integers(-3000, 3000).map(float) if kind == "counts" else CELLS
    size = (count + 1) * len(node.channels)
    values = np.array(draw(st.lists(cells, min_size=size, max_size=size))).reshape(count + 1, -1)
    if kind == "counts" and node.scale is not None:
        values *= np.array(node.scale)
    values[draw(st.lists(st.integers(0, count), max_size=3))] = np.nan
    cuts = sorted(draw(st.sets(st.integers(1, max(1, count)), max_size=8)))
    errors = draw(st.lists(st.sampled_from([0.0, -0.0, 0.001, np.inf]), min_size=9, max_size=9))
    edges = [0, *(cut for cut in cuts if cut <= count), count + 1]
    return [
        Block(node.id, time_us[a:b] / 1e6, values[a:b], error)
        for (a, b), error in zip(itertools.pairwise(edges), errors, strict=False)
    ]


def bits(blocks: Iterable[Block]) -> Bits:
    """By node: time, clock error and values of every row, as bit patterns."""
    rows: dict[str, list[NDArray[np.float64]]] = {}
    for block in blocks:
        error = np.full(block.time_s.size, block.clock_error_s)
        rows.setdefault(block.node, []).append(np.column_stack([block.time_s, error, block.values]))
    return {node: np.concatenate(parts).view(np.int64) for node, parts in rows.items()}


def same(left: Bits, right: Bits) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[node], right[node]) for node in left)


def read(directory: Path) -> Bits:
    return bits(open_evenside_recording(directory).read())


@settings(max_examples=40, deadline=None)
@given(left=samples(NODES[0]), right=samples(NODES[1]), half=st.integers(0, 10))
def test_what_was_appended_comes_back_bit_for_bit(left: list[Block], right: list[Block], half: int) -> None:
    blocks = [block for pair in itertools.zip_longest(left, right) for block in pair if block is not None]
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "recording"
        manifest = Manifest("s", "w", 489_000 * HOUR_NS - 10_000_000_000, "0.1.0", NODES)
        with RecordingWriter.create(directory, manifest) as writer:
            for block in blocks[:half]:
                writer.append(block)
            writer.flush()
            assert same(read(directory), bits(blocks[:half]))  # the spool alone, while recording
            compact(directory)
            assert same(read(directory), bits(blocks[:half]))  # the hours that are over as files
            for block in blocks[half:]:
                writer.append(block)
            writer.flush()
            assert same(read(directory), bits(blocks))  # files and spool
            assert writer.health().state == "ok"
        assert same(read(directory), bits(blocks))
        compact(directory)
        assert same(read(directory), bits(blocks))  # files alone
        (directory / "spool.sqlite").unlink()
        assert same(read(directory), bits(blocks))  # a copy without the spool
        assert read_manifest(directory) == manifest


@settings(max_examples=40, deadline=None)
@given(blocks=samples(NODES[0]))
def test_blobs_do_not_depend_on_how_samples_were_cut(blocks: list[Block]) -> None:
    from evenside.recording.buffer import NodeBuffer

    def blobs(parts: Iterable[Block]) -> list[tuple[object, ...]]:
        buffer = NodeBuffer(NODES[0], 5_000_000)
        found = [blob for part in parts for blob in buffer.append(part)] + buffer.finish()
        return [(b.first_us, b.last_us, b.count, b.encoding, repr(b.clock_error_s), b.packed) for b in found]

    single = [
        Block(b.node, b.time_s[k : k + 1], b.values[k : k + 1], b.clock_error_s)
        for b in blocks
        for k in range(b.time_s.size)
    ]
    assert blobs(single) == blobs(blocks)
